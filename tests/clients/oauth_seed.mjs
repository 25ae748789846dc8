// What the set-up pages of the fleet connector print about registration, authorization and tokens, word by word but for the
// host and the placeholders, run by a shell and curl.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { check, done, expect, hub, same } from './checks.mjs';
import { operate, watchkeep } from './cli.mjs';
import { isOver } from './grants.mjs';
import { apps, authorize, person, revokeAll } from './people.mjs';

const REGISTER = `curl -X POST https://api.monsys.ai/mcp/oauth/register \\
-H "Content-Type: application/json" \\
-d '{"client_name":"my-script","redirect_uris":["http://localhost:8080/cb"]}'`;
const REGISTER_HOSTED = `curl -X POST https://api.monsys.ai/mcp/oauth/register \\
-H "Content-Type: application/json" \\
-d '{
"client_name": "claude-desktop",
"redirect_uris": ["https://claude.ai/oauth/callback"]
}'`;
const AUTHORIZE =
  'https://api.monsys.ai/mcp/oauth/authorize?client_id=mcp_xxx&redirect_uri=http://localhost:8080/cb&response_type=code&code_challenge=<sha256-of-verifier>&code_challenge_method=S256&scope=mcp.read';
const AUTHORIZE_HOSTED = `https://app.monsys.ai/mcp/oauth/authorize
?client_id=mcp_a1b2c3
&redirect_uri=https://claude.ai/oauth/callback
&response_type=code
&scope=mcp.read
&code_challenge=<challenge>
&code_challenge_method=S256`;
const TOKEN = `curl -X POST https://api.monsys.ai/mcp/oauth/token \\
-d "grant_type=authorization_code&code=xxx&redirect_uri=http://localhost:8080/cb&client_id=mcp_xxx&code_verifier=<original>"`;
const TOKEN_HOSTED = `POST /mcp/oauth/token
grant_type=authorization_code
&code=<code>
&redirect_uri=...
&client_id=mcp_a1b2c3
&code_verifier=<verifier>`;
const CALL = `curl -X POST https://api.monsys.ai/mcp \\
-H "Authorization: Bearer mat_xxx" \\
-H "Content-Type: application/json" \\
-d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"monsys_kpi_summary","arguments":{}}}'`;
const METADATA = {
  issuer: 'https://api.monsys.ai',
  authorization_endpoint: 'https://app.monsys.ai/mcp/oauth/authorize',
  token_endpoint: 'https://api.monsys.ai/mcp/oauth/token',
  registration_endpoint: 'https://api.monsys.ai/mcp/oauth/register',
  scopes_supported: ['mcp.read', 'mcp.acknowledge'],
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
};

/** The text with this hub in it, and what stands for the placeholders. */
const here = (text, values = {}) =>
  Object.entries(values).reduce((text, [mark, value]) => text.replaceAll(mark, value), text.replaceAll(/https:\/\/(api|app)\.monsys\.ai/g, hub.url));

/** Runs a command as a person types it; status and JSON of the answer. */
function curl(command) {
  const run = spawnSync('sh', ['-c', `${command} -sS -w '\\n%{http_code}'`], { encoding: 'utf8', timeout: 30_000 });
  expect(run.status === 0, `exit ${run.status}: ${run.stderr}`);
  const [, text, status] = run.stdout.match(/^([\s\S]*)\n(\d+)$/);
  try {
    return { status: Number(status), body: JSON.parse(text) };
  } catch {
    throw new Error(`${status}, and no JSON: ${text.slice(0, 300)}`);
  }
}

const who = await check('a person with a password', () => person('fleet'));
if (!who) done();
await check('fleet is off at first: a request for it is not granted', async () => {
  const { body } = curl(here(REGISTER));
  const url = here(AUTHORIZE, { mcp_xxx: body.client_id, '<sha256-of-verifier>': challenge(verifier()) });
  const outcome = await authorize(who, url).catch((error) => error.message);
  expect(!/[?&]code=/.test(outcome), outcome);
});
await check('fleet is turned on for the tenant', () => operate('tenant', 'connector', hub.tenant, 'fleet', 'on'));

await check('the metadata has every member of the page, and its values are among ours', async () => {
  const got = await (await fetch(`${hub.url}/.well-known/oauth-authorization-server`)).json();
  same(got.issuer, hub.url, 'issuer');
  for (const [name, value] of Object.entries(METADATA)) {
    if (Array.isArray(value)) same(value.filter((one) => !got[name]?.includes(one)), [], `missing in ${name}`);
    else expect(got[name]?.startsWith(hub.url), `${name}: ${got[name]}`);
  }
});
await check('the paths of the page are doors: authorize, token, register', async () => {
  for (const path of ['authorize', 'token', 'register']) {
    const answer = await fetch(`${hub.url}/mcp/oauth/${path}`, { method: path === 'authorize' ? 'GET' : 'POST', redirect: 'manual' });
    same(answer.status, 400, path);
  }
});

function verifier() {
  // the page: verifier = random_bytes(32).hex()
  return randomBytes(32).toString('hex');
}
/** The page: challenge = base64url(sha256(verifier)). */
function challenge(text) {
  return createHash('sha256').update(text).digest('base64url');
}

const script = await check('1. Register a client', () => {
  const { status, body } = curl(here(REGISTER));
  same(status, 201, JSON.stringify(body));
  expect(/^mcp_[0-9a-f]{32}$/.test(body.client_id), body.client_id);
  // a public client: the page has null, which real clients refuse, so it is left out
  same(['client_secret' in body, body.token_endpoint_auth_method], [false, 'none'], 'client_secret and token_endpoint_auth_method');
  same([body.client_name, body.redirect_uris], ['my-script', ['http://localhost:8080/cb']], 'what was sent');
  return body.client_id;
});
const secret = verifier();
const code = await check('2. Browser flow', async () => {
  const url = here(AUTHORIZE, { mcp_xxx: script, '<sha256-of-verifier>': challenge(secret) });
  const back = new URL(await authorize(who, url));
  same(back.origin + back.pathname, 'http://localhost:8080/cb', 'redirect');
  return back.searchParams.get('code');
});
const token = await check('3. Exchange code for token', () => {
  // placeholders in the order in which they cannot meet each other
  const values = { 'code=xxx': `code=${code}`, mcp_xxx: script, '<original>': secret };
  const { status, body } = curl(here(TOKEN, values));
  same(status, 200, JSON.stringify(body));
  same([body.token_type, body.expires_in, body.scope], ['Bearer', 3600, 'mcp.read'], 'token_type, expires_in, scope');
  expect(/^mat_[0-9a-f]{64}$/.test(body.access_token), body.access_token);
  return body.access_token;
});
await check('4. Call a tool: the token opens /mcp', () => {
  const { status, body } = curl(here(CALL, { mat_xxx: token }));
  expect(![401, 403, 404, 405].includes(status), `${status} ${JSON.stringify(body)}`);
  same([body.jsonrpc, body.id], ['2.0', 1], 'answer');
});
await check('the token of fleet does not open risk', async () => {
  await isOver(token, hub.risk);
});

const hosted = await check('the article: registration of a hosted client', () => {
  const { status, body } = curl(here(REGISTER_HOSTED));
  same([status, body.redirect_uris], [201, ['https://claude.ai/oauth/callback']], JSON.stringify(body));
  return body.client_id;
});
await check('the article: authorization, redirect and token exchange', async () => {
  const secret = verifier();
  const url = here(AUTHORIZE_HOSTED, { mcp_a1b2c3: hosted, '<challenge>': challenge(secret) }).replaceAll('\n', '');
  const back = new URL(await authorize(who, url));
  same(back.origin + back.pathname, 'https://claude.ai/oauth/callback', 'redirect');
  const values = { '<code>': back.searchParams.get('code'), '...': 'https://claude.ai/oauth/callback', mcp_a1b2c3: hosted, '<verifier>': secret };
  const [line, ...fields] = here(TOKEN_HOSTED, values).split('\n');
  const [method, path] = line.split(' ');
  const answer = await fetch(`${hub.url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: fields.join(''),
  });
  const body = await answer.json();
  same([answer.status, body.token_type, body.expires_in, body.scope], [200, 'Bearer', 3600, 'mcp.read'], JSON.stringify(body));
});
await check('Connected Apps tells of both, and what a grant is called in the audit log', async () => {
  same((await apps(who)).length, 2, 'apps');
  const rows = JSON.parse(watchkeep('audit', 'list', '--event', 'mcp_authorization_granted', '--limit', '50', '--json')).items;
  expect(rows.length >= 2, `${rows.length} rows`);
});
await check('revoked, and the next call is 401', async () => {
  same(await revokeAll(who), 2, 'grants');
  await isOver(token, `${hub.url}/mcp`);
});
await check('fleet is turned off again', () => operate('tenant', 'connector', hub.tenant, 'fleet', 'off'));
done();
