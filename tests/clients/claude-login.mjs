// Claude Code signs in by itself: `claude mcp add` without a token, `claude mcp login`, connected, revoked, and no longer.
// `node claude-login.mjs document` expects its metadata document as the client id, `registration` expects it to register.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, done, expect, hub, same, skip } from './checks.mjs';
import { grant } from './grants.mjs';
import { browserProgram, person } from './people.mjs';

const by = process.argv[2];
const client = { document: /https:\/\/claude\.ai\/oauth\/claude-code-client-metadata/, registration: /"mcp_[0-9a-f]{32}"/ }[by];
if (!client) throw new Error('node claude-login.mjs document|registration');
const name = `Claude Code, ${by}`;

const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const PROGRAM = fileURLToPath(new URL(`node_modules/@anthropic-ai/claude-code-${process.platform}-${arch}/claude`, import.meta.url));
if (!existsSync(PROGRAM) || process.platform !== 'linux') {
  skip(name, `there is no build of it for ${process.platform}-${arch}, or no terminal of our own to give it`);
  done();
}

const home = mkdtempSync(join(tmpdir(), 'wk-claude-'));
const config = join(home, 'config');
const who = await check(`${name}: a person with a password`, () => person(`claude-${by}`));
if (!who) done();
const browser = browserProgram(home, who);
const env = {
  HOME: home,
  CLAUDE_CONFIG_DIR: config,
  DISABLE_AUTOUPDATER: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  NO_COLOR: '1',
  TERM: 'xterm',
  ...browser.env,
};

/** Runs it; `terminal` gives it one, without which it does not sign in. */
function claude(words, { terminal = false } = {}) {
  const [program, args] = terminal
    ? ['script', ['-qefc', `'${PROGRAM}' mcp ${words.join(' ')}`, '/dev/null']]
    : [PROGRAM, ['mcp', ...words]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'], timeout: 90_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: output.replaceAll(/\x1b\[[0-9;?]*[a-zA-Z]/g, '') }));
  });
}

const line = (output) => output.split('\n').find((line) => line.startsWith('hub:')) ?? '';
const connected = /(✔|✓) ?Connected/;

/** What it has kept of the sign-in. */
function kept() {
  const file = join(config, '.credentials.json');
  expect(existsSync(file), `no ${file} among ${readdirSync(config)}`);
  const all = Object.values(JSON.parse(readFileSync(file, 'utf8')).mcpOAuth ?? {});
  same(all.length, 1, 'sign-ins that it keeps');
  return all[0];
}

await check(`${name}: the hub offers what this run is about`, async () => {
  const metadata = await (await fetch(`${hub.url}/.well-known/oauth-authorization-server`)).json();
  same(metadata.client_id_metadata_document_supported ?? false, by === 'document', 'client_id_metadata_document_supported');
});
await check(`${name}: added without a token, it asks to sign in`, async () => {
  same((await claude(['add', '--transport', 'http', 'hub', hub.risk])).code, 0, 'add');
  const { output } = await claude(['list']);
  expect(/needs authentication/i.test(line(output)), output);
});
await check(`${name}: it signs in`, async () => {
  const { code, output } = await claude(['login', 'hub'], { terminal: true });
  expect(code === 0, `exit ${code}: ${output.slice(-400)} / the browser: ${browser.said().slice(-400)}`);
});
await check(`${name}: it is connected`, async () => {
  const { output } = await claude(['list']);
  expect(connected.test(line(output)), output);
});
await check(`${name}: it can go on without asking again`, () => expect(/^mrt_/.test(kept().refreshToken), 'no refresh token'));
browser.away();
await grant(name, who, () => kept().accessToken, { client });
await check(`${name}: it is no longer connected, and asks to sign in`, async () => {
  const { output } = await claude(['list']);
  expect(!connected.test(line(output)), output);
});
rmSync(home, { recursive: true, force: true });
done();
