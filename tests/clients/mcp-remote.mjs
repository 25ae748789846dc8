// mcp-remote signs in by itself, as Claude Desktop runs it: standard input and output on one side, the hub on the other.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { TOOLS, check, done, expect, hub, refused, same } from './checks.mjs';
import { grant } from './grants.mjs';
import { browserProgram, person } from './people.mjs';

const home = mkdtempSync(join(tmpdir(), 'wk-remote-'));
const folder = join(home, 'mcp-remote');
const who = await check('mcp-remote: a person with a password', () => person('mcp-remote'));
if (!who) done();
const browser = browserProgram(home, who);
const PROGRAM = fileURLToPath(new URL('node_modules/mcp-remote/dist/proxy.js', import.meta.url));

/** Starts it, and speaks with the hub through it. */
async function connect() {
  const client = new Client({ name: 'watchkeep-tests', version: '1.0.0' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROGRAM, hub.risk, '--transport', 'http-only'],
    env: { HOME: home, MCP_REMOTE_CONFIG_DIR: folder, ...browser.env },
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (data) => (said += data));
  try {
    await client.connect(transport, { timeout: 45_000 });
  } catch (error) {
    throw new Error(`${error.message}: ${said.slice(-400)} / the browser: ${browser.said().slice(-400)}`);
  }
  return client;
}

/** The tokens that it keeps. */
function kept() {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('_tokens.json')) {
      return JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    }
  }
  throw new Error(`no tokens in ${folder}`);
}

const client = await check('mcp-remote: it signs in and connects', connect);
if (client) {
  await check('mcp-remote: tools', async () => {
    const { tools } = await client.listTools();
    same(tools.map((tool) => tool.name).sort(), TOOLS, 'names');
  });
  await check('mcp-remote: a tool answers through it', async () => {
    const result = await client.callTool({ name: 'list_kris', arguments: { limit: 1 } });
    same(result.structuredContent.items.length, 1, 'items');
  });
  await check('mcp-remote: it keeps a refresh token', () => expect(/^mrt_/.test(kept().refresh_token), 'none'));
  await check('mcp-remote: started again, it needs no browser', async () => {
    const again = await connect();
    await again.listTools();
    await again.close();
    same(browser.seen(), 1, 'times that the browser was opened');
  });
  browser.away();
  await grant('mcp-remote', who, () => kept().access_token, { client: /mcp[- ]?remote|MCP CLI/i });
  await check('mcp-remote: a call through it is not answered any more', async () => {
    await refused(() => client.callTool({ name: 'list_kris', arguments: { limit: 1 } }, { timeout: 8_000 }), 'it was answered');
  });
  await client.close();
}
rmSync(home, { recursive: true, force: true });
done();
