// Consent in a browser: the picker with 200 tenants, the way out to https and to an app under the policy, Deny, Connected Apps.
import { createHash, randomBytes } from 'node:crypto';
import { check, expect, hub, same } from '../clients/checks.mjs';
import { operate } from '../clients/cli.mjs';
import { isOver, works } from '../clients/grants.mjs';
import { person } from '../clients/people.mjs';
import { signIn } from './sign-in.mjs';
import { button, left, look, open, quiet } from './window.mjs';

const HTTPS = 'https://claude.ai/api/mcp/auth_callback';
const APP = 'cursor://anysphere.cursor-mcp/oauth/callback';

/** Registers a client; gives its id. */
async function register(name, redirect) {
  const answer = await fetch(`${hub.url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [redirect], token_endpoint_auth_method: 'none' }),
  });
  const body = await answer.json();
  same(answer.status, 201, JSON.stringify(body));
  return body.client_id;
}

/** An authorization request of a client: its address, and how to redeem the code that comes. */
function request(id, redirect, more = {}) {
  const verifier = randomBytes(32).toString('hex');
  const state = randomBytes(8).toString('hex');
  const url = new URL(`${hub.url}/authorize`);
  url.search = new URLSearchParams({
    client_id: id,
    redirect_uri: redirect,
    response_type: 'code',
    scope: 'mcp:read mcp:write',
    resource: hub.risk,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  const redeem = async (code) => {
    const body = { grant_type: 'authorization_code', code, redirect_uri: redirect, client_id: id, code_verifier: verifier };
    const answer = await fetch(`${hub.url}/token`, { method: 'POST', body: new URLSearchParams(body) });
    const told = await answer.json();
    same(answer.status, 200, JSON.stringify(told));
    return told;
  };
  return { url: url.href, state, redeem };
}

const at = (page) => new URL(page.url()).pathname;
const words = (page) => page.locator('main').innerText();
const radio = (page, slug) => page.locator(`[name=tenant][value="${slug}"]`);

export async function run() {
  const who = await check('connect: a person with a password', () => person('connect'));
  if (!who) return;
  const window = await open();
  const { page } = window;
  const many = Array.from({ length: 199 }, (_, i) => `client-${String(i + 1).padStart(3, '0')}-${process.pid}`);

  await check('consent: who is not signed in signs in first, and comes back', async () => {
    const id = await register('Claude', HTTPS);
    await page.goto(request(id, HTTPS).url);
    same(at(page), '/sign-in', 'before');
  });
  await look('sign-in for a client', window);
  await check('consent: it names the client, where it sends back to, and the person', async () => {
    await signIn(window, who);
    same(at(page), '/consent', 'after');
    const text = await words(page);
    for (const word of ['Claude', 'claude.ai', who.email]) expect(text.includes(word), `no ${word}: ${text}`);
    expect(/unverified/i.test(text), text);
  });
  await check('consent: reading is fixed, writing is off', async () => {
    const boxes = page.locator('[name=scope][type=checkbox]');
    same([await boxes.count(), await boxes.first().isChecked()], [1, false], 'boxes, and the first is on');
  });
  await look('consent', window);

  let tokens;
  await check('https: "Allow access" leaves for the address of the client under the policy', async () => {
    const asked = request(await register('Claude', HTTPS), HTTPS);
    await page.goto(asked.url);
    await radio(page, who.tenant).check();
    await button(page, 'Allow access').click();
    const back = await left(window, `${HTTPS}?`);
    same([back.searchParams.get('state'), back.searchParams.get('iss')], [asked.state, hub.url], 'state and iss');
    tokens = await asked.redeem(back.searchParams.get('code'));
    same(tokens.scope, 'mcp:read', 'scope: the box was off');
    await works(tokens.access_token);
  });
  await check('https: the policy named that origin and no other', async () => {
    const asked = request(await register('Claude', HTTPS), HTTPS);
    const answer = await page.goto(asked.url);
    const policy = answer.headers()['content-security-policy'] ?? '';
    expect(/form-action 'self' https:\/\/claude\.ai(;|$)/.test(policy), policy);
  });
  await check('an app: "Allow access" leaves for cursor: under the policy', async () => {
    const asked = request(await register('Cursor', APP), APP);
    await page.goto(asked.url);
    expect(/cursor/i.test(await words(page)), 'the page does not say where it leads');
    await radio(page, who.tenant).check();
    await page.locator('[name=scope][type=checkbox]').check();
    await button(page, 'Allow access').click();
    const back = await left(window, `${APP}?`);
    same(back.searchParams.get('state'), asked.state, 'state');
    same((await asked.redeem(back.searchParams.get('code'))).scope.split(' ').sort(), ['mcp:read', 'mcp:write'], 'scope: the box was on');
  });
  await check('"Deny" leaves with access_denied', async () => {
    const asked = request(await register('Claude', HTTPS), HTTPS);
    await page.goto(asked.url);
    window.notes.went.length = 0;
    await button(page, 'Deny').click();
    const back = await left(window, `${HTTPS}?`);
    same([back.searchParams.get('error'), back.searchParams.get('state'), back.searchParams.get('iss')], ['access_denied', asked.state, hub.url], 'answer');
  });
  await check('a redirect that is not registered is a page, not a way out', async () => {
    window.notes.went.length = 0;
    const answer = await page.goto(request(await register('Claude', HTTPS), 'https://evil.example/cb').url);
    same([answer.status(), window.notes.went.some((url) => url.startsWith('https:'))], [400, false], 'status, and that it left');
  });
  await look('authorization error', window);

  await check('picker: 200 tenants are made', () => {
    for (const slug of many) {
      operate('tenant', 'create', slug, '--name', `Client ${slug.slice(7, 10)} Ltd`);
      operate('user', 'join', who.email, '--tenant', slug, '--role', slug.startsWith('client-007') ? 'viewer' : 'analyst');
    }
  });
  // without a resource it is for every address of the connector, the mount of its tenant, too
  const asked = request(await register('Claude', HTTPS), HTTPS, { resource: '' });
  await check('picker: all 200 are on the page', async () => {
    await page.goto(asked.url);
    same(await page.locator('[name=tenant]').count(), 200, 'tenants');
  });
  await look('consent, 200 tenants', window);
  await check('picker: where the role is not enough, it is told and cannot be picked', async () => {
    same(await radio(page, many[6]).isDisabled(), true, 'disabled');
    const text = await page.locator('li, label', { has: radio(page, many[6]) }).first().innerText();
    expect(/analyst/i.test(text), text);
  });
  await check('picker: typing narrows the list to one, the keyboard picks it', async () => {
    const find = page.locator('input[type=search]');
    await find.fill('client 142');
    const shown = () => page.locator('[name=tenant]:visible');
    const values = await shown().evaluateAll((all) => all.filter((one) => !one.checked).map((one) => one.value));
    same(values, [many[141]], 'shown');
    await find.press('Enter');
    await radio(page, many[141]).press(' ');
    same(await radio(page, many[141]).isChecked(), true, 'picked');
  });
  await look('consent, narrowed', window);
  await check('picker: access is for that tenant', async () => {
    window.notes.went.length = 0;
    await button(page, 'Allow access').click();
    const back = await left(window, `${HTTPS}?`);
    const { access_token: token } = await asked.redeem(back.searchParams.get('code'));
    const status = async (slug) => (await call(token, slug)).status;
    same([await status(many[141]), await status(who.tenant)], [200, 404], 'its own mount, and that of another tenant');
  });
  await withoutScript(who, many[100]);

  await check('Connected Apps: each grant with its client, tenant and scopes', async () => {
    await page.goto(`${hub.url}/account/apps`);
    const text = await words(page);
    for (const word of ['Claude', 'Cursor', 'claude.ai', who.tenant, many[141], 'mcp:write']) expect(text.includes(word), `no ${word}: ${text}`);
    same(await button(page, /Revoke/).count(), 4, 'buttons');
  });
  await look('Connected Apps', window);
  await check('Connected Apps: "Revoke" ends the grant from the next call on', async () => {
    await works(tokens.access_token);
    const ours = page.locator('li', { hasText: 'Claude' }).filter({ hasText: who.tenant }).filter({ has: button(page, /Revoke/) });
    await Promise.all([page.waitForNavigation(), ours.getByRole('button', { name: /Revoke/ }).first().click()]);
    same(await button(page, /Revoke/).count(), 3, 'buttons that are left');
    await isOver(tokens.access_token);
  });
  await look('Connected Apps, one revoked', window);

  const token = await check('API tokens: one is made, and works', async () => {
    await page.goto(`${hub.url}/account/tokens`);
    await page.fill('[name=name]', 'Nightly report');
    const select = page.locator('select[name=tenant]');
    if ((await select.count()) > 0) await select.selectOption(who.tenant);
    await Promise.all([page.waitForNavigation(), page.locator('form[action="/account/tokens"] button[type=submit]').first().click()]);
    const token = (await page.content()).match(new RegExp(`drx_pat_${who.tenant}\\.[0-9a-f]+`))?.[0];
    expect(token, await words(page));
    await works(token);
    return token;
  });
  await look('API token, shown once', window);
  await check('API tokens: it is shown once', async () => {
    await page.goto(`${hub.url}/account/tokens`);
    expect(!(await page.content()).includes(token), 'it is shown again');
  });
  await look('API tokens', window);
  await check('API tokens: "Revoke" ends it', async () => {
    await Promise.all([page.waitForNavigation(), button(page, /Revoke/).first().click()]);
    await isOver(token);
  });
  for (const [path, name] of [['sessions', 'Sessions'], ['connections', 'Connections'], ['security', 'Security'], ['', 'Account']]) {
    await check(`${name}: the page`, async () => {
      const answer = await page.goto(`${hub.url}/account/${path}`.replace(/\/$/, ''));
      same(answer.status(), 200, 'status');
    });
    await look(name, window);
  }
  await check('Connections: the refused redirect is told, with its reason', async () => {
    await page.goto(`${hub.url}/account/connections`);
    const text = await page.locator('main').textContent();
    expect(text.includes('redirect_mismatch'), text.slice(0, 600));
  });
  await check('Sessions: the other one is ended', async () => {
    const other = await open();
    await other.page.goto(`${hub.url}/sign-in`);
    await signIn(other, who);
    await page.goto(`${hub.url}/account/sessions`);
    await Promise.all([page.waitForNavigation(), button(page, /End all other|End.*others/i).first().click()]);
    await other.page.goto(`${hub.url}/account`);
    same(at(other.page), '/sign-in', 'the other browser');
    await other.close();
  });
  await check('connect: the console is silent, and nothing was asked of another host', () => quiet(window));
  await window.close();
}

/** A call at the mount of a tenant. */
function call(token, slug) {
  return fetch(`${hub.risk}/t/${slug}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_kris', arguments: { limit: 1 } } }),
  });
}

/** Without JavaScript everything is there, only longer. */
async function withoutScript(who, slug) {
  const window = await open({ javaScriptEnabled: false });
  const { page } = window;
  await check('without JavaScript: sign-in, 200 tenants, "Allow access"', async () => {
    const asked = request(await register('Plain', HTTPS), HTTPS);
    await page.goto(asked.url);
    await signIn(window, who);
    same(await page.locator('[name=tenant]').count(), 200, 'tenants');
    await radio(page, slug).check();
    await button(page, 'Allow access').click();
    const back = await left(window, `${HTTPS}?`);
    await asked.redeem(back.searchParams.get('code'));
  });
  await check('without JavaScript: the console is silent', () => quiet(window));
  await window.close();
}
