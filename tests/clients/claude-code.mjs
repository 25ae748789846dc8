// Claude Code: `claude mcp add`, `list` and `get`, with a good, a wrong and no token. None of it needs an account.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, done, expect, hub, same, skip, wrongToken } from './checks.mjs';

const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const platform = `${process.platform}-${arch}`;
const PROGRAM = fileURLToPath(new URL(`node_modules/@anthropic-ai/claude-code-${platform}/claude`, import.meta.url));
if (!existsSync(PROGRAM)) {
  skip('Claude Code', `there is no build of it for ${platform}`);
  done();
}

const home = mkdtempSync(join(tmpdir(), 'wk-claude-'));
const env = {
  PATH: process.env.PATH,
  HOME: home,
  CLAUDE_CONFIG_DIR: join(home, 'config'),
  DISABLE_AUTOUPDATER: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  NO_COLOR: '1',
};

function claude(...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(PROGRAM, ['mcp', ...words], { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'], timeout: 90_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Adds the hub under a name, exactly as the set-up page says. */
async function add(name, url, token) {
  const header = token ? ['--header', `Authorization: Bearer ${token}`] : [];
  const { code, output } = await claude('add', '--transport', 'http', name, url, ...header);
  same(code, 0, output);
}

const connected = /(✔|✓) ?Connected/;
const line = (output, name) => output.split('\n').find((line) => line.startsWith(`${name}:`)) ?? '';

await check('add: a good, a wrong and no token', async () => {
  await add('good', hub.risk, hub.token);
  await add('tenant', `${hub.risk}/t/${hub.tenant}`, hub.token);
  await add('foreign', `${hub.risk}/t/nobody-here`, hub.token);
  await add('wrong', hub.risk, wrongToken());
  await add('none', hub.risk, null);
});
const { output } = await claude('list');
await check('list: a good token is connected', () => expect(connected.test(line(output, 'good')), output));
await check("list: the tenant's own mount is connected", () => expect(connected.test(line(output, 'tenant')), output));
await check("list: another tenant's mount is not", () => expect(!line(output, 'foreign').includes('Connected'), output));
await check('list: a wrong token is not connected', () => expect(/Failed/i.test(line(output, 'wrong')), output));
await check('list: without a token it asks to sign in', () => {
  const said = line(output, 'none');
  expect(said && !said.includes('Connected') && /auth|Failed/i.test(said), output);
});
await check('get: a good token', async () => {
  const { code, output } = await claude('get', 'good');
  expect(code === 0 && output.includes('Connected') && output.includes(hub.risk), output);
});
await check('get: a wrong token, with the reason that the hub gives', async () => {
  const { output } = await claude('get', 'wrong');
  expect(!output.includes('Connected') && /token/i.test(output), output);
});
await check('get: no token', async () => {
  const { output } = await claude('get', 'none');
  expect(!connected.test(output), output);
});
await check('remove', async () => {
  const { code, output } = await claude('remove', 'good');
  same(code, 0, output);
});
rmSync(home, { recursive: true, force: true });
done();
