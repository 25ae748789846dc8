// MCP Inspector on the command line signs in by itself: it registers, opens the browser, and calls a tool; then it is revoked.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, done, expect, hub, same } from './checks.mjs';
import { grant } from './grants.mjs';
import { browserProgram, person } from './people.mjs';

const PROGRAM = fileURLToPath(new URL('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url));

function inspect(env, era, words) {
  const common = ['--cli', '--server-url', hub.risk, '--transport', 'http', '--protocol-era', era, '--format', 'json'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...common, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The first access token in the files of a folder. */
function token(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const found = readFileSync(join(entry.parentPath, entry.name), 'utf8').match(/mat_[0-9a-f]{64}/);
    if (found) return found[0];
  }
  return undefined;
}

const CALL = ['--method', 'tools/call', '--tool-name', 'list_kris', '--tool-args-json', '{"limit":1}', '-q'];
for (const era of ['legacy', 'modern']) {
  const name = `Inspector, ${era}`;
  const home = mkdtempSync(join(tmpdir(), 'wk-inspector-'));
  const who = await check(`${name}: a person with a password`, () => person(`inspector-${era}`));
  if (!who) continue;
  const browser = browserProgram(home, who);
  // without a terminal it asks nobody, and without a key ring it keeps nothing, unless it is told so
  const told = { MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' };
  const env = { HOME: home, NO_COLOR: '1', ...told, ...browser.env };
  await check(`${name}: it signs in and calls a tool`, async () => {
    const { code, stdout, stderr } = await inspect(env, era, CALL);
    expect(code === 0, `exit ${code}: ${stderr.slice(-400)} ${stdout.slice(-300)} / the browser: ${browser.said().slice(-400)}`);
    const answered = JSON.parse(stdout);
    same((answered.result ?? answered).structuredContent.items.length, 1, 'items');
  });
  await check(`${name}: the second call needs no browser`, async () => {
    const { code, stderr } = await inspect(env, era, CALL);
    same(code, 0, stderr);
    same(browser.seen(), 1, 'times that the browser was opened');
  });
  browser.away();
  await grant(name, who, () => token(home), { client: /inspector/i });
  await check(`${name}: its next call ends without an answer`, async () => {
    const { code, stdout } = await inspect(env, era, [...CALL, '--stored-auth-only']);
    expect(code !== 0, stdout);
  });
  rmSync(home, { recursive: true, force: true });
}
done();
