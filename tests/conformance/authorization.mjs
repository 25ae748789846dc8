// The MCP conformance suite for authorization servers, against a hub: each of its scenarios is one check. The suite prints
// the address that a person should open; here a browser without a window does what they would do.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, done, expect, hub, same } from '../clients/checks.mjs';
import { loopback } from '../clients/loopback.mjs';
import { apps, authorize, person, revokeAll } from '../clients/people.mjs';

const SUITE = fileURLToPath(new URL('../clients/node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wk-conformance-'));

/** A port that nobody uses at this moment. */
async function freePort() {
  const listener = await loopback();
  listener.close();
  return listener.port;
}

/** Runs the suite and opens each address that it asks for. */
function suite(words, opened) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SUITE, ...words], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    let [output, seen] = ['', new Set()];
    const read = (data) => {
      output += data;
      for (const [url] of output.matchAll(/https?:\/\/\S+[?&]code_challenge=\S+(?=\s)/g)) {
        if (!seen.has(url)) seen.add(url) && opened?.(url);
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** The suite's scenarios, as it lists them. */
async function scenarios() {
  const { output } = await suite(['list', '--authorization']);
  return [...output.matchAll(/^\s+- (\S+)/gm)].map(([, name]) => name);
}

/** What the scenarios found: a folder per scenario with `checks.json`. */
function results() {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name === 'checks.json')
    .flatMap((entry) => JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8')).map((one) => ({ ...one, from: entry.parentPath })));
}

const who = await check('a person with a password', () => person('conformance'));
if (!who) done();
const port = await freePort();
const client = await check('a client that is registered', async () => {
  const answer = await fetch(`${hub.url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: 'Conformance', redirect_uris: [`http://127.0.0.1:${port}/callback`], token_endpoint_auth_method: 'none' }),
  });
  same(answer.status, 201, await answer.clone().text());
  return (await answer.json()).client_id;
});
if (!client) done();

const said = [];
const open = async (url) => {
  try {
    await fetch(await authorize(who, url));
  } catch (error) {
    said.push(error.message);
  }
};
const words = ['authorization', '--url', hub.url, '--client-id', client, '--resource', hub.risk, '--port', `${port}`, '-o', folder];
const { code, output } = await suite(words, open);
const found = results();
for (const name of await scenarios()) {
  const its = found.filter(({ from }) => from.includes(name));
  await check(`authorization ${name}`, () => {
    expect(its.length > 0, `it did not run: ${output.slice(-500)}`);
    const bad = its.filter(({ status }) => !['SUCCESS', 'INFO'].includes(status));
    const why = bad.map(({ id, status, errorMessage }) => `${id} ${status} ${errorMessage ?? ''}`).join('; ');
    expect(bad.length === 0, `${why} ${said.join(' ')}`);
    expect(its.some(({ status }) => status === 'SUCCESS'), 'it checked nothing');
  });
}
await check('the suite itself is content', () => same(code, 0, output.slice(-500)));
await check('what it was granted is in Connected Apps, and ends there', async () => {
  same((await apps(who)).map(({ scopes }) => scopes), ['mcp:read'], 'scopes');
  same([await revokeAll(who), (await apps(who)).length], [1, 0], 'revoked and left');
});
rmSync(folder, { recursive: true, force: true });
done();
