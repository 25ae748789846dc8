// Whether the window sees what it must see: a page whose policy forbids the way out, and one that is hard to read.
import http from 'node:http';
import { check, expect, refused } from '../clients/checks.mjs';
import { left, open, quiet, rules } from './window.mjs';

/** A page with one form that leads to an app, under a policy. */
function serve(policy) {
  const server = http.createServer((request, response) => {
    if (request.method === 'POST') return response.writeHead(303, { Location: 'cursor://there/back?code=1' }).end();
    response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': policy });
    return response.end('<!doctype html><html><body><form method="post"><input name="a"><button>Go</button></form></body></html>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function gone(policy) {
  const server = await serve(policy);
  const window = await open();
  await window.page.goto(`http://127.0.0.1:${server.address().port}/`);
  await window.page.getByRole('button').click();
  const outcome = await left(window, 'cursor://there/back', 1_500).then(() => true, () => false);
  server.close();
  return { window, outcome };
}

export async function run() {
  await check("control: a policy of 'self' alone keeps the browser here, and that is noted", async () => {
    const { window, outcome } = await gone("form-action 'self'");
    expect(!outcome, 'it left');
    await refused(() => quiet(window), 'the window did not note it');
    await window.close();
  });
  await check('control: with the scheme in the policy it leaves', async () => {
    const { window, outcome } = await gone("form-action 'self' cursor:");
    expect(outcome, 'it stayed');
    await window.close();
  });
  await check('control: a page without language, title and labels has violations', async () => {
    const { window } = await gone("form-action 'self'");
    const found = (await rules(window.page)).join(' ');
    for (const rule of ['html-has-lang', 'document-title', 'label']) expect(found.includes(rule), `no ${rule}: ${found}`);
    await window.close();
  });
}
