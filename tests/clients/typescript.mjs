// The TypeScript SDK: both eras, every tool, prompt and resource, and what it tells about mistakes.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { PROMPTS, TOOLS, WRITING, check, done, expect, hub, refused, same, wrongToken } from './checks.mjs';

async function connect(mode, { url = hub.risk, token = hub.token } = {}) {
  const client = new Client({ name: 'watchkeep-tests', version: '1.0.0' }, { versionNegotiation: { mode } });
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

/** Calls a tool that must answer, and gives what it answered. The SDK checks it against the output schema. */
async function call(client, name, args = {}) {
  const result = await client.callTool({ name, arguments: args });
  const text = result.content.map((block) => block.text).join('');
  expect(!result.isError, `isError: ${text}`);
  same(JSON.parse(text), result.structuredContent, 'the text differs from the structured content');
  return result.structuredContent;
}

/** Calls a tool that must not take its arguments, and gives the words. */
async function mistake(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  expect(result.isError === true, `taken: ${JSON.stringify(result).slice(0, 200)}`);
  return result.content.map((block) => block.text).join('');
}

async function era(mode, revision) {
  const client = await check(`${mode}: connects as ${revision}`, async () => {
    const client = await connect(mode);
    same(client.getNegotiatedProtocolVersion(), revision, 'revision');
    expect(/watchkeep/i.test(client.getServerVersion()?.name), 'the server does not tell its name');
    return client;
  });
  if (!client) return;
  await check(`${mode}: tools are listed and described, and all but two only read`, async () => {
    const { tools } = await client.listTools();
    same(tools.map((tool) => tool.name).sort(), TOOLS, 'names');
    for (const tool of tools) {
      expect(tool.title && tool.description && tool.outputSchema, `${tool.name} lacks title, description or outputSchema`);
      same(tool.annotations?.readOnlyHint, !WRITING.includes(tool.name), `${tool.name}: readOnlyHint`);
    }
  });
  const first = await check(`${mode}: list_kris`, async () => {
    const page = await call(client, 'list_kris', { limit: 2 });
    same(page.items.length, 2, 'items');
    expect(page.nextCursor, 'no nextCursor');
    return page;
  });
  await check(`${mode}: list_kris goes on where it stopped`, async () => {
    const next = await call(client, 'list_kris', { limit: 2, cursor: first.nextCursor });
    const before = first.items.map((kri) => kri.id);
    expect(next.items.length > 0 && next.items.every((kri) => !before.includes(kri.id)), 'the pages overlap');
  });
  await check(`${mode}: list_kris filters`, async () => {
    const page = await call(client, 'list_kris', { status: 'red' });
    expect(page.items.every((kri) => kri.status === 'red'), 'a KRI of another status');
    expect(page.items.length > 0, 'the demo has red KRIs');
  });
  await check(`${mode}: get_kri by id and by slug`, async () => {
    const { id, slug } = first.items[0];
    same((await call(client, 'get_kri', { id })).slug, slug, 'slug');
    same((await call(client, 'get_kri', { id: slug })).id, id, 'id');
  });
  await check(`${mode}: list_integrations`, async () => {
    expect((await call(client, 'list_integrations')).items.length > 0, 'none');
  });
  await check(`${mode}: search and fetch`, async () => {
    const { results } = await call(client, 'search', { query: first.items[0].name });
    expect(results.length > 0 && results[0].id && results[0].title && results[0].url, 'no result with id, title and url');
    const found = await call(client, 'fetch', { id: results[0].id });
    same(found.id, results[0].id, 'id');
    expect(found.title && found.text && found.url, 'no title, text or url');
  });
  await check(`${mode}: a bad value names its argument and the allowed ones`, async () => {
    const text = await mistake(client, 'list_kris', { status: 'purple' });
    expect(text.includes('status') && text.includes('amber'), text);
  });
  await check(`${mode}: an unknown argument names the nearest`, async () => {
    const text = await mistake(client, 'list_kris', { categry: 'x' });
    expect(text.includes('categry') && text.includes('category'), text);
  });
  await check(`${mode}: a missing argument is named`, async () => {
    const text = await mistake(client, 'get_kri', {});
    expect(text.includes('id'), text);
  });
  await check(`${mode}: a foreign cursor is refused with words`, async () => {
    const text = await mistake(client, 'list_kris', { cursor: 'nobodys' });
    expect(text.includes('cursor'), text);
  });
  await check(`${mode}: a KRI that does not exist`, async () => {
    const text = await mistake(client, 'get_kri', { id: 'no-such-kri' });
    expect(text.includes('no-such-kri') || /no such|not found|does not exist/i.test(text), text);
  });
  await check(`${mode}: an unknown tool is -32602`, async () => {
    const error = await refused(() => client.callTool({ name: 'drop_everything', arguments: {} }), 'taken');
    same(error.code, -32602, error.message);
  });
  await check(`${mode}: prompts`, async () => {
    const { prompts } = await client.listPrompts();
    same(prompts.map((prompt) => prompt.name).sort(), PROMPTS, 'names');
    const { messages } = await client.getPrompt({ name: 'top_risks', arguments: { count: '3' } });
    expect(messages.length > 0 && messages[0].content.text.includes('3'), 'the argument is not in the text');
    expect((await client.getPrompt({ name: 'red_kris' })).messages.length > 0, 'red_kris is empty');
    const error = await refused(() => client.getPrompt({ name: 'top_risks', arguments: { count: 'many' } }), 'taken');
    expect(error.message.includes('count'), error.message);
  });
  await check(`${mode}: resources`, async () => {
    const { resourceTemplates } = await client.listResourceTemplates();
    same(resourceTemplates.map((template) => template.uriTemplate), ['kri://{slug}', 'risk://{id}'], 'templates');
    const { resources } = await client.listResources();
    const kinds = new Set(resources.map((resource) => resource.uri.split('://')[0]));
    same([...kinds].sort(), ['kri', 'risk'], 'kinds of resources');
    const { contents } = await client.readResource({ uri: resources[0].uri });
    same(contents[0].uri, resources[0].uri, 'uri');
    expect(JSON.parse(contents[0].text).slug, 'the text is no KRI');
  });
  await check(`${mode}: a resource that does not exist`, async () => {
    const error = await refused(() => client.readResource({ uri: 'kri://no-such-kri' }), 'taken');
    // on the wire it is -32002 in the legacy era; the SDK tells both in the same words
    same({ code: error.code, uri: error.data?.uri }, { code: -32602, uri: 'kri://no-such-kri' }, error.message);
  });
  await check(`${mode}: the tenant's own mount`, async () => {
    const own = await connect(mode, { url: `${hub.risk}/t/${hub.tenant}` });
    same((await call(own, 'list_kris', { limit: 2 })).items, first.items, 'items');
    await own.close();
  });
  await check(`${mode}: another tenant's mount does not exist`, async () => {
    const error = await refused(() => connect(mode, { url: `${hub.risk}/t/nobody-here` }), 'connected');
    expect(`${error} ${JSON.stringify(error)}`.includes('404'), error.message);
  });
  await client.close();
}

for (const [mode, revision] of [['legacy', '2025-11-25'], ['auto', '2026-07-28']]) {
  await era(mode, revision);
  for (const [name, token] of [['a wrong', wrongToken()], ['no', null]]) {
    await check(`${mode}: ${name} token does not connect`, async () => {
      const error = await refused(() => connect(mode, { token }), 'connected');
      expect(/401|unauthorized/i.test(`${error.name} ${error.message} ${JSON.stringify(error)}`), error.message);
    });
  }
}
done();
