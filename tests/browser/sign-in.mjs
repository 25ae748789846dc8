// The pages of sign-in: link, password, authenticator app, recovery codes, passkey.
import { check, expect, hub, same } from '../clients/checks.mjs';
import { operate, watchkeep } from '../clients/cli.mjs';
import { link, person } from '../clients/people.mjs';
import { Authenticator } from './totp.mjs';
import { button, look, open, quiet, scan } from './window.mjs';

const PASSWORD = 'seven-herons-cross-the-grey-estuary';

/** Types e-mail and password and sends them. */
export async function signIn({ page }, { email, password }) {
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await Promise.all([page.waitForNavigation(), button(page, 'Sign in').click()]);
}

/** Types a code and sends it. */
async function enter(page, code) {
  const field = page.locator('[name=code]:visible').first();
  await field.fill(code);
  await Promise.all([page.waitForNavigation(), field.press('Enter')]);
}

const at = (page) => new URL(page.url()).pathname;
const words = (page) => page.locator('main').innerText();

export async function run() {
  const email = `bo-${process.pid}@example.com`;
  const who = { email, password: PASSWORD, url: hub.url, tenant: hub.tenant };
  const window = await open();
  const { page } = window;

  await check('link: an invitation shows who it is for, and asks for a password', async () => {
    const path = link(watchkeep('user', 'create', email, '--role', 'analyst', '--name', 'Bo Lindqvist'));
    await page.goto(hub.url + path);
    expect((await words(page)).includes(email), await words(page));
  });
  await look('link', window);
  await check('link: two different passwords are told at their field', async () => {
    await page.fill('[name=password]', PASSWORD);
    await page.fill('[name=again]', `${PASSWORD}x`);
    await Promise.all([page.waitForNavigation(), page.locator('main form button[type=submit]').click()]);
    same(await page.locator('[name=again][aria-invalid=true]').count() + await page.locator('[name=password][aria-invalid=true]').count() > 0, true, 'a field that is marked');
  });
  await look('link, refused', window);
  await check('link: a password opens the account', async () => {
    await page.fill('[name=password]', PASSWORD);
    await page.fill('[name=again]', PASSWORD);
    await Promise.all([page.waitForNavigation(), page.locator('main form button[type=submit]').click()]);
    same(at(page), '/account', 'where it leads');
  });
  await look('account, no second factor', window);
  await check('sign out', async () => {
    await Promise.all([page.waitForNavigation(), button(page, 'Sign out').first().click()]);
    same(at(page), '/sign-in', 'where it leads');
    await page.goto(`${hub.url}/account`);
    same(at(page), '/sign-in', 'the account afterwards');
  });
  await look('sign-in', window);
  await check('sign-in: a wrong password and an unknown address are told the same', async () => {
    await signIn(window, { email, password: 'not this one' });
    const [wrong, path] = [await page.locator('[role=alert]').first().innerText(), at(page)];
    await signIn(window, { email: `nobody-${process.pid}@example.com`, password: 'not this one' });
    same([wrong, path], [await page.locator('[role=alert]').first().innerText(), '/sign-in'], 'words');
  });
  await look('sign-in, refused', window);
  await check('forgot', async () => {
    await page.goto(`${hub.url}/forgot`);
    expect(/admin/i.test(await words(page)), await words(page));
  });
  await look('forgot', window);
  await check('sign-in: with the password, by the Enter key', async () => {
    await page.goto(`${hub.url}/sign-in`);
    await page.fill('[name=email]', email);
    await page.fill('[name=password]', PASSWORD);
    await Promise.all([page.waitForNavigation(), page.press('[name=password]', 'Enter')]);
    same(at(page), '/account', 'where it leads');
  });

  const app = await check('TOTP: the code is scanned, and names the hub and the person', async () => {
    await page.goto(`${hub.url}/account/security`);
    await Promise.all([page.waitForNavigation(), page.locator('form:has(input[name=step][value=begin]) button').click()]);
    const said = await scan(page, '.qr, form svg, form img');
    expect(said?.startsWith('otpauth://totp/'), `the code says ${said}`);
    const app = new Authenticator(said);
    expect(decodeURIComponent(app.url.pathname).includes(email), said);
    const secret = (await page.locator('main').textContent()).replaceAll(/\s+/g, '');
    expect(secret.includes(app.url.searchParams.get('secret')), 'the key by hand is another, or not there');
    return app;
  });
  await look('TOTP, set up', window);
  let codes = [];
  if (app) {
    await check('TOTP: a wrong code turns nothing on', async () => {
      await enter(page, app.wrong());
      expect((await page.locator('[name=code]').count()) > 0, await words(page));
    });
    await check('TOTP: a code turns it on, and recovery codes are shown', async () => {
      await enter(page, await app.code());
      codes = (await page.locator('ul.codes li, li code, .codes li').allInnerTexts()).map((code) => code.trim());
      expect(codes.length >= 8, `${codes.length} codes: ${await words(page)}`);
    });
    await look('recovery codes', window);
    await page.goto(`${hub.url}/account/security`);
    await look('security', window);
    await check('second factor: the password alone does not open the account', async () => {
      await Promise.all([page.waitForNavigation(), button(page, 'Sign out').first().click()]);
      await signIn(window, who);
      same(at(page), '/sign-in/second', 'where it leads');
      await page.goto(`${hub.url}/account`);
      same(at(page), '/sign-in/second', 'the account before the code');
    });
    await look('second factor', window);
    await check('second factor: a wrong code is told', async () => {
      await enter(page, app.wrong());
      same(at(page), '/sign-in/second', 'where it leads');
    });
    await look('second factor, refused', window);
    let used;
    await check('second factor: a code opens the account', async () => {
      used = await app.code();
      await enter(page, used);
      same(at(page), '/account', 'where it leads');
    });
    await check('second factor: the same code a second time does not', async () => {
      await Promise.all([page.waitForNavigation(), button(page, 'Sign out').first().click()]);
      await signIn(window, who);
      await enter(page, used);
      same(at(page), '/sign-in/second', 'where it leads');
    });
    await check('second factor: a recovery code does, once', async () => {
      await enter(page, codes[0]);
      same(at(page), '/account', 'where it leads');
      await Promise.all([page.waitForNavigation(), button(page, 'Sign out').first().click()]);
      await signIn(window, who);
      await enter(page, codes[0]);
      same(at(page), '/sign-in/second', 'the second time');
      await enter(page, codes[1]);
      same(at(page), '/account', 'another one');
    });
  }
  await check('the console is silent, and nothing was asked of another host', () => quiet(window));
  await window.close();
  await passkey();
  await required();
}

/** A passkey by a virtual authenticator: added, used without a password, removed. */
async function passkey() {
  const who = await check('passkey: a person with a password', () => person('passkey'));
  if (!who) return;
  const window = await open();
  const { page, cdp } = window;
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const credentials = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  await check('passkey: it is added', async () => {
    await page.goto(`${hub.url}/sign-in`);
    await signIn(window, who);
    await page.goto(`${hub.url}/account/security`);
    const name = page.getByLabel(/name.*passkey|passkey.*name/i);
    if ((await name.count()) > 0) await name.first().fill('Virtual key');
    await button(page, /passkey/i).first().click();
    await page.locator('.codes li:visible').last().waitFor({ timeout: 10_000 });
    const held = await credentials();
    same([held.length, held[0]?.rpId, held[0]?.isResidentCredential], [1, 'localhost', true], 'credentials');
    const { items } = await (await page.request.get(`${hub.url}/api/v1/me/passkeys`)).json();
    same(items.length, 1, 'passkeys over REST');
  });
  await look('security, recovery codes of a passkey', window);
  await check('passkey: the first second factor comes with recovery codes, and is on the page', async () => {
    same(await page.locator('.codes li:visible').count(), 10, 'codes');
    await Promise.all([page.waitForNavigation(), page.locator('[data-codes] a').click()]);
    const text = await words(page);
    expect(text.includes('Virtual key'), text.slice(0, 800));
  });
  await check('passkey: how many recovery codes are left is told', async () => {
    const text = await words(page);
    expect(/10 left/.test(text), text.slice(0, 800));
  });
  await look('security, with a passkey', window);
  await check('passkey: it signs in without a password', async () => {
    await Promise.all([page.waitForNavigation(), button(page, 'Sign out').first().click()]);
    // a browser may offer it by itself as soon as the page is there
    await page.waitForTimeout(500);
    if (at(page) === '/sign-in') await button(page, /passkey/i).first().click();
    await page.waitForURL(`${hub.url}/account`, { timeout: 10_000 });
    expect((await page.locator('body').innerText()).includes(who.email), 'it is somebody else');
  });
  await check('passkey: after the password it is the second factor', async () => {
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false });
    await Promise.all([page.waitForNavigation(), button(page, 'Sign out').first().click()]);
    await signIn(window, who);
    same(at(page), '/sign-in/second', 'after the password');
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });
    await button(page, /passkey/i).first().click();
    await page.waitForURL(`${hub.url}/account`, { timeout: 10_000 });
  });
  await check('passkey: one of another hub signs nobody in', async () => {
    await Promise.all([page.waitForNavigation(), page.evaluate(() => document.querySelector('form[action="/sign-out"]').submit())]);
    await page.waitForTimeout(500);
    for (const { credentialId } of await credentials()) await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
    const fresh = await open();
    const other = await fresh.context.newCDPSession(fresh.page);
    await other.send('WebAuthn.enable');
    const made = await other.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    await fresh.page.goto(`${hub.url}/forgot`);
    // a key pair of our own making, for the same name
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
    const privateKey = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64');
    const [credentialId, userHandle] = [Buffer.alloc(32, 7).toString('base64'), Buffer.alloc(16, 9).toString('base64')];
    const credential = { credentialId, isResidentCredential: true, rpId: 'localhost', privateKey, userHandle, signCount: 0 };
    await other.send('WebAuthn.addCredential', { authenticatorId: made.authenticatorId, credential });
    await fresh.page.goto(`${hub.url}/sign-in`);
    await fresh.page.waitForTimeout(500);
    await button(fresh.page, /passkey/i).first().click();
    await fresh.page.waitForTimeout(1_500);
    same(at(fresh.page), '/sign-in', 'where it leads');
    await fresh.close();
  });
  await check('passkey: the console is silent', () => quiet(window));
  await window.close();
}

/** A tenant that requires a second factor of its people. */
async function required() {
  const slug = `strict-${process.pid}`;
  const email = `cy-${process.pid}@example.com`;
  const window = await open();
  const { page } = window;
  await check('required: a tenant asks for a second factor', () => {
    operate('tenant', 'create', slug, '--name', 'Strict');
    operate('tenant', 'require-mfa', slug, 'on');
  });
  await check('required: who has none sets one up before anything else', async () => {
    const path = link(operate('user', 'create', email, '--tenant', slug, '--role', 'analyst'));
    await page.goto(hub.url + path);
    await page.fill('[name=password]', PASSWORD);
    await page.fill('[name=again]', PASSWORD);
    await Promise.all([page.waitForNavigation(), page.locator('main form button[type=submit]').click()]);
    same(at(page), '/sign-in/enrol', 'where it leads');
    await page.goto(`${hub.url}/account`);
    same(at(page), '/sign-in/enrol', 'the account before that');
  });
  await look('required, set up', window);
  await check('required: with a code the account opens', async () => {
    const app = new Authenticator(await scan(page, '.qr, form svg, form img'));
    await enter(page, await app.code());
    await page.goto(`${hub.url}/account`);
    same(at(page), '/account', 'where it leads');
  });
  await check('required: the console is silent', () => quiet(window));
  await window.close();
}
