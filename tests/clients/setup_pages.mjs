// What the set-up pages of clients print, word by word but for the host and the placeholders: each command and each JSON
// that a token can run. Signing in is tried by `claude-login.mjs` and its like.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { check, done, expect, hub, same, skip } from './checks.mjs';
import { told, token } from './cli.mjs';

const READ = ['list_kris', 'get_kri', 'list_controls', 'list_risks', 'list_outcomes', 'list_vendors', 'get_asset_inventory', 'list_simulations', 'list_integrations'];
const WRITE = ['submit_dropzone_artifact', 'run_integration'];

const ADD = `claude mcp add --transport http draxis https://app.draxis.ai/api/mcp \\
      --header "Authorization: Bearer drx_pat_<tenant>.<token>"`;
const ADD_WITHOUT = 'claude mcp add --transport http draxis https://app.draxis.ai/api/mcp';
const PROJECT = `{
  "mcpServers": {
    "draxis": {
      "url": "https://app.draxis.ai/api/mcp",
      "headers": {
        "Authorization": "Bearer drx_pat_acme.<token>"
      }
    }
  }
}`;
// the hub's own page for Claude Desktop
const BRIDGE = `{
  "mcpServers": {
    "watchkeep": {
      "command": "npx",
      "args": ["-y", "mcp-remote", "https://hub.example/api/mcp", "--header", "Authorization:\${AUTH}"],
      "env": { "AUTH": "Bearer drx_pat_acme.<hex>" }
    }
  }
}`;

const [reads, writes] = [token('read'), token('read write')];
/** The text with this hub in it. */
const here = (text, token) =>
  text
    .replaceAll(/https:\/\/(app\.draxis\.ai|hub\.example)/g, hub.url)
    .replaceAll(/drx_pat_(<tenant>|acme)\.<(token|hex)>/g, token);

const home = mkdtempSync(join(tmpdir(), 'wk-pages-'));
const rpc = (method, params, token, path = '/api/mcp') =>
  fetch(`${hub.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });

/** Calls a tool as a plain script does, and gives its structured content. */
async function tool(name, args = {}, token = writes) {
  const answer = await rpc('tools/call', { name, arguments: args }, token);
  const { result, error } = await answer.json();
  expect(result && !result.isError, `${name}: ${answer.status} ${JSON.stringify(error ?? result)}`);
  return result.structuredContent;
}

// Claude Code
const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const program = fileURLToPath(new URL(`node_modules/@anthropic-ai/claude-code-${process.platform}-${arch}/claude`, import.meta.url));
const bin = join(home, 'bin');
mkdirSync(bin);
if (existsSync(program)) symlinkSync(program, join(bin, 'claude'));

/** Runs a line as a person types it into a shell, with a Claude Code of its own. */
function shell(line, config) {
  const folder = join(home, config);
  mkdirSync(folder, { recursive: true });
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    CLAUDE_CONFIG_DIR: join(folder, 'config'),
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    NO_COLOR: '1',
  };
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', line], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 90_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

if (existsSync(program)) {
  await check('Claude Code: the line of the page adds the hub', async () => {
    const { code, output } = await shell(here(ADD, writes), 'token');
    same(code, 0, output);
  });
  await check('Claude Code: `claude mcp list` shows draxis connected', async () => {
    const { output } = await shell('claude mcp list', 'token');
    const line = output.split('\n').find((line) => line.startsWith('draxis:')) ?? '';
    expect(/(✔|✓) ?Connected/.test(line), output);
  });
  await check('Claude Code: without a header it meets the challenge and asks to sign in', async () => {
    same((await shell(here(ADD_WITHOUT), 'none')).code, 0, 'add');
    const { output } = await shell('claude mcp list', 'none');
    const line = output.split('\n').find((line) => line.startsWith('draxis:')) ?? '';
    expect(line && !/(✔|✓) ?Connected/.test(line) && /auth|fail/i.test(line), output);
  });
  const { code, output } = await shell('claude mcp test draxis', 'token');
  if (/unknown command/i.test(output)) {
    skip('Claude Code: `claude mcp test draxis`', 'this version has no such command; `claude mcp get` tells the error');
    await check('Claude Code: `claude mcp get draxis` in its place', async () => {
      const { output } = await shell('claude mcp get draxis', 'token');
      expect(output.includes('Connected'), output);
    });
  } else {
    await check('Claude Code: `claude mcp test draxis`', () => same(code, 0, output));
  }
  await check('Claude Code: .mcp.json wants the type that .claude/mcp.json leaves out, as our page says', async () => {
    const folder = join(home, 'project');
    mkdirSync(folder);
    const file = join(folder, '.mcp.json');
    writeFileSync(file, here(PROJECT, writes));
    expect(/no "type"/.test((await shell('claude mcp list', 'project')).output), 'it is taken without a type: correct the page');
    writeFileSync(file, here(PROJECT, writes).replace('"url"', '"type": "http", "url"'));
    const { output } = await shell('claude mcp list', 'project');
    expect(/draxis: .*Pending approval/.test(output), output);
  });
} else {
  skip('Claude Code', `there is no build of it for ${process.platform}-${arch}`);
}

await check('the JSON of .claude/mcp.json: its url and headers connect', async () => {
  const { url, headers } = JSON.parse(here(PROJECT, writes)).mcpServers.draxis;
  const client = new Client({ name: 'watchkeep-tests', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  const { tools } = await client.listTools();
  expect(tools.length >= READ.length + WRITE.length, 'too few tools');
  await client.close();
});
await check('claude_desktop_config.json with mcp-remote connects', async () => {
  const { args, env } = JSON.parse(here(BRIDGE, writes)).mcpServers.watchkeep;
  // npx would load it; it is installed in a fixed version
  const bridge = fileURLToPath(new URL('node_modules/mcp-remote/dist/proxy.js', import.meta.url));
  const client = new Client({ name: 'watchkeep-tests', version: '1.0.0' });
  const variables = { PATH: process.env.PATH, HOME: home, MCP_REMOTE_CONFIG_DIR: join(home, 'mcp-remote'), ...env };
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bridge, ...args.slice(2)],
    env: variables,
    stderr: 'ignore',
  });
  await client.connect(transport, { timeout: 30_000 });
  const result = await client.callTool({ name: 'list_kris', arguments: { limit: 1 } });
  same(result.structuredContent.items.length, 1, 'items');
  await client.close();
});

// the tools
await check('nine read tools and two write tools, by name', async () => {
  const { result } = await (await rpc('tools/list', {}, writes)).json();
  const names = result.tools.map((tool) => tool.name);
  same([...READ, ...WRITE].filter((name) => !names.includes(name)), [], 'missing');
  const marked = (name) => result.tools.find((tool) => tool.name === name).annotations?.readOnlyHint === true;
  same([READ.every(marked), WRITE.some(marked)], [true, false], 'readOnlyHint of the read and of the write tools');
});
const kri = await check('a KRI to ask for', async () => (await tool('list_kris', { limit: 1 })).items[0]);
for (const name of READ) {
  await check(`${name} answers a token that reads`, async () => {
    const content = await tool(name, name === 'get_kri' ? { id: kri.slug } : {}, reads);
    expect(name === 'get_kri' ? content.id === kri.id : Array.isArray(content.items), JSON.stringify(content).slice(0, 200));
  });
}
for (const name of WRITE) {
  await check(`${name} is challenged for mcp:write with a token that reads`, async () => {
    const answer = await rpc('tools/call', { name, arguments: { integrationId: kri.id, content: 'x' } }, reads);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    expect(answer.status === 403 && challenge.includes('insufficient_scope') && challenge.includes('mcp:write'), `${answer.status} ${challenge}`);
  });
}
await check('"What are my top 5 risks by current score?"', async () => {
  const { items } = await tool('list_risks', { sort: 'currentScore', limit: 5 }, reads);
  expect(items.length > 0 && items.length <= 5, `${items.length} risks`);
});
await check('"Show me KRIs that are red right now and which controls feed them."', async () => {
  const { items } = await tool('list_kris', { status: 'red' }, reads);
  expect(items.length > 0 && items.every((kri) => kri.status === 'red'), 'no red KRI');
});
await check('"Summarize the AI proposal queue, what\'s awaiting review?"', async () => {
  const { items } = await tool('list_proposals', {}, reads);
  expect(Array.isArray(items), 'no list');
});
await check('"Which controls have weak effectiveness and cover the most MITRE techniques?"', async () => {
  const { items } = await tool('list_controls', { sort: 'techniqueCount', limit: 5 }, reads);
  expect(items.length > 0, 'no control');
});

// the pattern
const zone = await check('pattern: list_integrations finds the Drop Zone', async () => {
  const made = told('dropzone', 'create', 'EDR drops');
  const { items } = await tool('list_integrations');
  const found = items.find((one) => one.isDropZone === true && one.id === made.id);
  expect(found, JSON.stringify(items.map((one) => [one.name, one.isDropZone])));
  return found;
});
const evidence = {
  integrationId: zone?.id,
  content: JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: { lodash: { name: 'lodash', severity: 'critical', via: [{ severity: 'critical' }] } },
    metadata: { vulnerabilities: { info: 0, low: 0, moderate: 0, high: 0, critical: 1, total: 1 } },
  }),
  filename: 'npm-audit.json',
  mimeType: 'application/json',
};
const first = await check('pattern: submit_dropzone_artifact takes the text', async () => {
  const got = await tool('submit_dropzone_artifact', evidence);
  expect(got.artifactId && /^[0-9a-f]{64}$/.test(got.sha256) && !got.duplicateOf, JSON.stringify(got));
  const { autoAccepted, queued, dismissed } = got.proposals;
  expect(autoAccepted + queued + dismissed > 0, JSON.stringify(got));
  return got;
});
await check('pattern: run_integration ends', async () => {
  const run = await tool('run_integration', { integrationId: zone.id });
  expect(run.runId && ['ok', 'partial'].includes(run.status), JSON.stringify(run));
});
await check('pattern: the same data twice is a no-op', async () => {
  const again = await tool('submit_dropzone_artifact', evidence);
  same([again.duplicateOf, again.sha256], [first.artifactId, first.sha256], 'the first one');
});

// troubleshooting and security notes
await check('401 for half a token names its form', async () => {
  const answer = await rpc('tools/list', {}, 'drx_pat_acme');
  const text = await answer.text();
  expect(answer.status === 401 && text.includes('drx_pat_<tenant-slug>.<hex>'), `${answer.status} ${text}`);
});
await check('/api tells the right address', async () => {
  const answer = await rpc('tools/list', {}, writes, '/api');
  expect(answer.status === 404 && (await answer.text()).includes('/api/mcp'), `${answer.status}`);
});
await check('a token of one tenant cannot read another', async () => {
  const answer = await rpc('tools/list', {}, writes, '/api/mcp/t/contoso');
  same(answer.status, 404, 'status');
});
await check('the resource metadata is there', async () => {
  const answer = await fetch(`${hub.url}/.well-known/oauth-protected-resource/api/mcp`);
  same((await answer.json()).resource, hub.risk, 'resource');
});
await check('every call is on the audit log as MCP_TOOL_CALLED', () => {
  const { items } = told('audit', 'list', '--event', 'MCP_TOOL_CALLED', '--limit', '200');
  const ops = new Set(items.map((row) => row.op));
  same([...READ, ...WRITE].filter((name) => !ops.has(name)), [], 'not recorded');
});
rmSync(home, { recursive: true, force: true });
done();
