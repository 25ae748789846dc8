// MCP Inspector on the command line: the strict schema lint, every tool, prompts and resources, both eras, its exit codes.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROMPTS, TOOLS, check, done, expect, hub, same, wrongToken } from './checks.mjs';

const PROGRAM = fileURLToPath(new URL('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'wk-inspector-'));

function inspect(era, method, args = [], token = hub.token) {
  const common = ['--cli', '--server-url', hub.risk, '--transport', 'http', '--protocol-era', era, '--format', 'json'];
  const words = [PROGRAM, ...common, '--header', `Authorization: Bearer ${token}`, '--method', method, ...args];
  const env = { PATH: process.env.PATH, HOME: home, NO_COLOR: '1' };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function answer(era, method, args) {
  const { code, stdout, stderr } = await inspect(era, method, args);
  expect(code === 0, `exit ${code}: ${stderr || stdout}`);
  const answered = JSON.parse(stdout);
  return answered.result ?? answered;
}

const call = (era, tool, args = {}) =>
  answer(era, 'tools/call', ['--tool-name', tool, '--tool-args-json', JSON.stringify(args), '-q']);

for (const era of ['legacy', 'modern']) {
  await check(`${era}: tools pass the strict lint without a word`, async () => {
    const { code, stdout, stderr } = await inspect(era, 'tools/list', ['--strict']);
    same({ code, stderr: stderr.trim() }, { code: 0, stderr: '' }, 'lint');
    const answered = JSON.parse(stdout);
    const { tools } = answered.result ?? answered;
    same(tools.map((tool) => tool.name).sort(), TOOLS, 'names');
  });
  const kri = await check(`${era}: list_kris`, async () => {
    const { structuredContent } = await call(era, 'list_kris', { limit: 3 });
    same(structuredContent.items.length, 3, 'items');
    return structuredContent.items[0];
  });
  await check(`${era}: get_kri`, async () => {
    same((await call(era, 'get_kri', { id: kri.slug })).structuredContent.id, kri.id, 'id');
  });
  await check(`${era}: list_integrations`, async () => {
    expect((await call(era, 'list_integrations')).structuredContent.items.length > 0, 'none');
  });
  await check(`${era}: search and fetch`, async () => {
    const { results } = (await call(era, 'search', { query: kri.name })).structuredContent;
    same((await call(era, 'fetch', { id: results[0].id })).structuredContent.id, results[0].id, 'id');
  });
  await check(`${era}: a bad argument ends as a tool error that names it`, async () => {
    const bad = ['--tool-name', 'list_kris', '--tool-args-json', '{"status":"purple"}', '-q'];
    const { code, stdout, stderr } = await inspect(era, 'tools/call', bad);
    same(code, 5, `exit code, with ${stderr}`);
    expect(`${stdout}${stderr}`.includes('status'), `${stdout}${stderr}`);
  });
  await check(`${era}: prompts`, async () => {
    const { messages } = await answer(era, 'prompts/get', ['--prompt-name', 'top_risks', '--prompt-args', 'count=3', '-q']);
    expect(messages.length > 0, 'no messages');
    const { prompts } = await answer(era, 'prompts/list', ['-q']);
    same(prompts.map((prompt) => prompt.name).sort(), PROMPTS, 'names');
  });
  await check(`${era}: resources`, async () => {
    const uri = `kri://${kri.slug}`;
    const { contents } = await answer(era, 'resources/read', ['--uri', uri, '-q']);
    same(JSON.parse(contents[0].text).id, kri.id, 'id');
    const { resources } = await answer(era, 'resources/list', ['-q']);
    expect(resources.length > 0, 'none listed');
  });
  await check(`${era}: a wrong token is told as such`, async () => {
    const { code, stdout, stderr } = await inspect(era, 'tools/list', ['-q'], wrongToken());
    expect(code !== 0, 'taken');
    expect(/auth|401/i.test(`${stdout}${stderr}`), `${stdout}${stderr}`);
  });
}
rmSync(home, { recursive: true, force: true });
done();
