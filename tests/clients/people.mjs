// People of the hub under test: made on the command line, with a password set over their link, and what they do in a browser.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Browser } from './browser.mjs';
import { expect, hub } from './checks.mjs';
import { watchkeep } from './cli.mjs';

/** Long enough for every rule, and in no list. */
const PASSWORD = 'copper-lantern-under-41-quiet-bridges';

/** Makes a person who is an analyst of the demo's tenant, and sets their password. */
export async function person(name, role = 'analyst') {
  const email = `${name}-${process.pid}@example.com`;
  const said = watchkeep('user', 'create', email, '--role', role);
  const who = { email, password: PASSWORD, tenant: hub.tenant, url: hub.url };
  browsers.set(email, await setPassword(who, link(said)));
  return who;
}

/** The path of a one-time link that the command line printed. */
export function link(said) {
  const path = said.match(/\/link\/[\w.~-]+/)?.[0];
  expect(path, `no one-time link was printed: ${said.slice(0, 200)}`);
  return path;
}

/** Opens the link and sets the password twice; gives the browser, which has signed in by that. */
export async function setPassword({ email, password, url }, path) {
  const browser = new Browser(url);
  const { page } = await browser.go(path);
  expect(page?.status === 200 && page.text.includes(email), `the link page: ${page?.status} ${page?.text.slice(0, 300)}`);
  const { page: after } = await browser.submit(page.form('password', 'again'), { password, again: password });
  expect(after?.status === 200 && !after.path.startsWith('/link/'), `after the link: ${after?.status} ${after?.path} ${after?.text.slice(0, 300)}`);
  return browser;
}

/** The browsers in which people of this driver have signed in, by their address. */
const browsers = new Map();

/** A browser in which the person has signed in. */
export async function signedIn(who) {
  const there = browsers.get(who.email);
  if (there) return there;
  const browser = new Browser(who.url);
  const { page } = await browser.go('/sign-in');
  const { page: after } = await browser.submit(page.form('email', 'password'), { email: who.email, password: who.password });
  expect(after?.status === 200 && after.path.startsWith('/account'), `after signing in: ${after?.status} ${after?.path} ${after?.text.slice(0, 300)}`);
  browsers.set(who.email, browser);
  return browser;
}

/**
 * Walks an authorization request as far as it goes: signs in where asked, answers the consent, and gives the address
 * to which the hub sends the browser. `write`: the boxes of all scopes are on; `deny`: the other button.
 */
export async function authorize(who, url, { browser = browsers.get(who.email) ?? new Browser(who.url), write = false, deny = false, seen } = {}) {
  let { page, left } = await browser.go(url);
  for (let step = 0; page && step < 6; step += 1) {
    seen?.(page);
    expect(page.status === 200, `${page.path} is answered ${page.status}: ${page.text.slice(0, 400)}`);
    if (page.path === '/sign-in') {
      ({ page, left } = await browser.submit(page.form('email', 'password'), { email: who.email, password: who.password }));
    } else if (page.path === '/consent') {
      const form = page.form('ticket', 'decision');
      const values = { tenant: who.tenant, decision: deny ? 'deny' : 'allow' };
      const boxes = form.controls.filter((control) => control.name === 'scope' && control.type === 'checkbox');
      const fixed = form.controls.filter((control) => control.name === 'scope' && control.type === 'hidden');
      if (write) values.scope = [...new Set([...fixed, ...boxes].map((control) => control.value))];
      ({ page, left } = await browser.submit(form, values));
    } else {
      throw new Error(`the way ends at ${page.path}: ${page.text.slice(0, 400)}`);
    }
  }
  expect(left, `the hub does not send the browser back: ${page?.path}`);
  return left;
}

/** The apps that a person has connected. */
export async function apps(who) {
  return (await (await signedIn(who)).rest('GET', '/api/v1/me/apps')).items;
}

/** Ends every grant of the person over REST; gives how many there were. */
export async function revokeAll(who) {
  const browser = await signedIn(who);
  const { items } = await browser.rest('GET', '/api/v1/me/apps');
  for (const { id } of items) await browser.rest('DELETE', `/api/v1/me/apps/${id}`);
  return items.length;
}

/** The same with the button "Revoke" of Connected Apps. */
export async function revokeByHand(who) {
  const browser = await signedIn(who);
  let [revoked, { page }] = [0, await browser.go('/account/apps')];
  for (;;) {
    const form = page.forms.find(({ action }) => /\/account\/apps\/[\w-]+\/revoke$/.test(action));
    if (!form) return revoked;
    expect(revoked < 20, 'what is revoked stays in the list');
    ({ page } = await browser.submit(form));
    revoked += 1;
  }
}

/**
 * A program for `BROWSER` (and `xdg-open`) that does what the person would do, in the background: some clients wait
 * for it to end before they listen. `seen()` gives how often it was opened; `away()` makes it do nothing from then on.
 */
export function browserProgram(home, who, answers = {}) {
  const [bin, file, log] = [join(home, 'bin'), join(home, 'browser.json'), join(home, 'browser.log')];
  mkdirSync(bin, { recursive: true });
  const script = fileURLToPath(new URL('open.mjs', import.meta.url));
  const keep = (more) => writeFileSync(file, JSON.stringify({ ...who, ...answers, ...more }));
  keep({});
  writeFileSync(log, '');
  const program = join(bin, 'xdg-open');
  writeFileSync(program, `#!/bin/sh\n'${process.execPath}' '${script}' '${file}' "$@" >>'${log}' 2>&1 </dev/null &\n`);
  chmodSync(program, 0o755);
  const env = { BROWSER: program, PATH: `${bin}:${process.env.PATH}` };
  const said = () => readFileSync(log, 'utf8');
  return { env, said, away: () => keep({ away: true }), seen: () => said().split('\n').filter((line) => line.startsWith('opened ')).length };
}
