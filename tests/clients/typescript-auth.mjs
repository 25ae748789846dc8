// The TypeScript SDK signs in by itself with `auth()`, as programs that embed it do: with registration, and with a metadata
// document; refresh, more rights when a tool wants them, and the end.
import { Client, StreamableHTTPClientTransport, UnauthorizedError, auth } from '@modelcontextprotocol/client';
import { check, done, expect, hub, refused, same } from './checks.mjs';
import { call, grant, isOver, works } from './grants.mjs';
import { authorize, person, revokeByHand } from './people.mjs';

const DOCUMENT = 'https://claude.ai/oauth/claude-code-client-metadata';

/** What a program keeps of a sign-in, in memory. */
class Keeper {
  #redirect;
  constructor({ redirect = 'http://127.0.0.1:51733/callback', document } = {}) {
    this.#redirect = redirect;
    this.clientMetadataUrl = document;
  }
  get redirectUrl() {
    return this.#redirect;
  }
  get clientMetadata() {
    return {
      client_name: 'TypeScript SDK tests',
      redirect_uris: [this.#redirect],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }
  state = () => (this.lastState = crypto.randomUUID());
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => void (this.kept = tokens);
  redirectToAuthorization = (url) => void (this.asked = url);
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  saveDiscoveryState = (found) => void (this.found = found);
  discoveryState = () => this.found;
  invalidateCredentials = (which) => void (['all', 'tokens'].includes(which) && (this.kept = undefined));
}

/** Does what the person does at the address that the SDK wants opened; gives what comes back, checked. */
async function answered(keeper, who, answers) {
  const back = new URL(await authorize(who, keeper.asked.href, answers));
  same(back.origin + back.pathname, keeper.redirectUrl, 'where the hub sends the browser');
  same(back.searchParams.get('state'), keeper.lastState, 'state');
  same(back.searchParams.get('iss'), hub.url, 'iss');
  return back.searchParams;
}

async function signIn(keeper, who, answers) {
  same(await auth(keeper, { serverUrl: hub.risk }), 'REDIRECT', 'first step');
  const params = await answered(keeper, who, answers);
  const finish = { serverUrl: hub.risk, authorizationCode: params.get('code'), iss: params.get('iss') };
  same(await auth(keeper, finish), 'AUTHORIZED', 'second step');
}

async function connect(keeper, mode) {
  const client = new Client({ name: 'watchkeep-tests', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(hub.risk), { authProvider: keeper }));
  return client;
}

for (const [way, options] of [
  ['registration', {}],
  ['document', { document: DOCUMENT, redirect: 'http://localhost:51734/callback' }],
]) {
  const name = `auth(), ${way}`;
  const who = await check(`${name}: a person with a password`, () => person(`sdk-${way}`));
  if (!who) continue;
  const keeper = new Keeper(options);
  await check(`${name}: it signs in`, () => signIn(keeper, who));
  if (!keeper.kept) continue;
  await check(`${name}: the request asks for this connector and S256`, () => {
    const asked = keeper.asked.searchParams;
    same([asked.get('resource'), asked.get('code_challenge_method')], [hub.risk, 'S256'], 'request');
    expect(way === 'document' ? asked.get('client_id') === DOCUMENT : /^mcp_[0-9a-f]{32}$/.test(asked.get('client_id')), `${asked.get('client_id')}`);
  });
  await check(`${name}: the tokens are told as they must be`, () => {
    const { token_type, expires_in, scope, refresh_token } = keeper.kept;
    same([token_type, expires_in, scope], ['Bearer', 900, 'mcp:read'], 'token_type, expires_in, scope');
    expect(/^mrt_[0-9a-f]{64}$/.test(refresh_token), 'refresh_token');
  });
  for (const mode of ['legacy', 'auto']) {
    await check(`${name}: a client calls a tool, ${mode}`, async () => {
      const client = await connect(keeper, mode);
      const result = await client.callTool({ name: 'list_kris', arguments: { limit: 1 } });
      same(result.structuredContent.items.length, 1, 'items');
      await client.close();
    });
  }
  await check(`${name}: it refreshes, and both tokens are new`, async () => {
    const before = keeper.kept;
    same(await auth(keeper, { serverUrl: hub.risk }), 'AUTHORIZED', 'refresh');
    expect(before.access_token !== keeper.kept.access_token && before.refresh_token !== keeper.kept.refresh_token, 'a token is the old one');
    await works(keeper.kept.access_token);
  });
  await check(`${name}: a tool that writes is challenged, and asks for more`, async () => {
    const { status, challenge } = await call(keeper.kept.access_token, 'run_integration', { integrationId: 'x' });
    same(status, 403, 'status');
    expect(/error="insufficient_scope"/.test(challenge) && /scope="mcp:read mcp:write"/.test(challenge), challenge);
  });
  await check(`${name}: the SDK asks for it by itself, and gets it`, async () => {
    const client = await connect(keeper, 'auto');
    const { items } = (await client.callTool({ name: 'list_integrations', arguments: {} })).structuredContent;
    keeper.asked = undefined;
    const write = { name: 'run_integration', arguments: { integrationId: items[0].id } };
    const error = await refused(() => client.callTool(write), 'a token that reads may write');
    expect(keeper.asked, `it did not ask: ${error.name} ${error.message}`);
    const wanted = keeper.asked.searchParams.get('scope').split(' ');
    same(wanted.filter((scope) => scope !== 'offline_access').sort(), ['mcp:read', 'mcp:write'], 'scopes asked');
    const params = await answered(keeper, who, { write: true });
    const finish = { serverUrl: hub.risk, authorizationCode: params.get('code'), iss: params.get('iss') };
    same(await auth(keeper, finish), 'AUTHORIZED', 'code');
    same(keeper.kept.scope.split(' ').sort(), ['mcp:read', 'mcp:write'], 'scopes given');
    await client.close();
    const { status, error: told } = await call(keeper.kept.access_token, 'run_integration', write.arguments);
    same(status, 200, JSON.stringify(told));
  });
  await grant(name, who, () => keeper.kept.access_token, {
    revoke: revokeByHand,
    scopes: 'mcp:read mcp:write',
    times: 2,
    client: way === 'document' ? /claude-code-client-metadata/ : /TypeScript SDK tests/,
  });
  await check(`${name}: a client with the revoked tokens is asked to sign in anew`, async () => {
    keeper.asked = undefined;
    const error = await refused(() => connect(keeper, 'auto'), 'connected');
    expect(error instanceof UnauthorizedError || /unauthori[sz]ed/i.test(`${error.name} ${error.message}`), `${error.name} ${error.message}`);
    expect(keeper.asked, 'it was not asked');
  });
  await check(`${name}: "Deny" comes back as access_denied, and nothing is connected`, async () => {
    const fresh = new Keeper(options);
    await auth(fresh, { serverUrl: hub.risk });
    const params = await answered(fresh, who, { deny: true });
    same([params.get('error'), params.get('code')], ['access_denied', null], 'error and code');
  });
}

await check('a viewer is told that the role is not enough', async () => {
  const viewer = await person('sdk-viewer', 'viewer');
  const keeper = new Keeper();
  await auth(keeper, { serverUrl: hub.risk });
  let text = '';
  const outcome = await authorize(viewer, keeper.asked.href, { seen: (page) => (text = page.text) }).catch((error) => error.message);
  expect(!/[?&]code=/.test(outcome), `a code: ${outcome}`);
  expect(/analyst/i.test(text + outcome), `${text.slice(0, 300)} ${outcome}`);
});
await check('an access token of nobody opens nothing', () => isOver(`mat_${'0'.repeat(64)}`));
done();
