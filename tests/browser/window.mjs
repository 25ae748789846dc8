// A browser window whose every move is noted: what the page complains of, what it asks of other hosts, what the policy
// refuses, where it goes. And the eye of a test: a picture and the rules of accessibility, in both schemes and two widths.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { check, expect, hub, same } from '../clients/checks.mjs';

const local = createRequire(import.meta.url);
const AXE = readFileSync(local.resolve('axe-core/axe.min.js'), 'utf8');
const QR = readFileSync(local.resolve('jsqr/dist/jsQR.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PICTURES = process.env.WATCHKEEP_PICTURES;

/** The browser of the machine. No name but the hub's leads anywhere. */
export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
  ],
});

/** A window of its own: `page`, `cdp`, and `notes` of what went wrong or elsewhere. */
export async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options });
  const notes = { console: [], policy: [], elsewhere: [], went: [] };
  if (options.javaScriptEnabled !== false) {
    await context.exposeBinding('watchkeepPolicy', (_, what) => notes.policy.push(what));
    await context.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', (event) =>
        window.watchkeepPolicy(`${event.violatedDirective} ${event.blockedURI}`)));
  }
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  const answers = new Map();
  cdp.on('Network.responseReceived', ({ type, response }) => type === 'Document' && answers.set(response.url, response.status));
  cdp.on('Network.requestWillBeSent', ({ request, type }) => {
    if (type === 'Document') notes.went.push(request.url);
    else if (!request.url.startsWith(`${hub.url}/`) && !request.url.startsWith('data:')) notes.elsewhere.push(request.url);
  });
  page.on('pageerror', (error) => notes.console.push(error.message));
  page.on('console', (message) => {
    // a page that is answered 401 or 400 is told on the console by the browser itself
    const itself = /^Failed to load resource/.test(message.text()) && answers.get(message.location().url) >= 400;
    if (message.type() === 'error' && !itself) notes.console.push(message.text());
  });
  return { context, page, cdp, notes, close: () => context.close() };
}

/** Nothing went wrong in a window so far. */
export function quiet({ notes }) {
  same({ console: notes.console, policy: notes.policy, elsewhere: notes.elsewhere }, { console: [], policy: [], elsewhere: [] }, 'the page complains');
}

/** Looks at the page as it is: two schemes, two widths, each with a picture and no violation. One check. */
export async function look(name, { page }) {
  await check(`${name}: axe, light and dark, 1280 and 390 px`, async () => {
    const found = [];
    const size = page.viewportSize();
    for (const [width, height] of [[1280, 900], [390, 844]]) {
      await page.setViewportSize({ width, height });
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        // colours that are on their way are neither the old nor the new ones
        await page.evaluate(() => new Promise((done) =>
          requestAnimationFrame(() => done(Promise.allSettled(document.getAnimations().map((one) => one.finished))))));
        if (PICTURES) {
          mkdirSync(PICTURES, { recursive: true });
          const path = join(PICTURES, `${name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}-${width}-${colorScheme}.png`);
          await page.screenshot({ path, fullPage: true });
        }
        found.push(...(await rules(page)).map((one) => `${width} ${colorScheme} ${one}`));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 0) found.push(`${width} ${colorScheme} the page is ${wide} px too wide`);
      }
    }
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: 'light' });
    same(found, [], 'violations');
  });
}

/** The violations on a page. */
export async function rules(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: 'tag', values } }), RULES);
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id} at ${node.target} (${node.html.slice(0, 100)})`));
}

/** What the code in the picture says, read as a phone reads it: from the pixels. */
export async function scan(page, selector) {
  const pixels = await page.locator(selector).first().screenshot();
  await page.evaluate(QR);
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return window.jsQR(data, width, height)?.data;
  }, pixels.toString('base64'));
}

/** Waits until the window has asked for an address of another place, and gives it. */
export async function left({ notes, page }, start, within = 5_000) {
  for (let waited = 0; waited < within; waited += 100) {
    const there = notes.went.find((url) => url.startsWith(start));
    if (there) {
      // that host has no address here: the browser ends at its own page about that
      if (there.startsWith('https:')) await page.waitForURL(/^chrome-error:/, { timeout: 5_000 });
      return new URL(there);
    }
    await page.waitForTimeout(100);
  }
  expect(false, `it did not leave for ${start}: it went to ${notes.went.slice(-3).join(', ')}; ${notes.console.join(' ')} ${notes.policy.join(' ')}`);
}

/** The button or link of these words. */
export const button = (page, name) => page.getByRole('button', { name });
