// oauth4webapi, a library that takes nothing that a specification forbids: discovery, registration, code, refresh, and what
// must not work: a code twice, a refresh token twice, revoked tokens.
import * as oauth from 'oauth4webapi';
import { check, done, expect, hub, refused, same } from './checks.mjs';
import { call, grant, isOver, works } from './grants.mjs';
import { authorize, person } from './people.mjs';

const http = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(hub.url);
/** After this time, in milliseconds, the same refresh is no lost answer any more. */
const WINDOW = 121_000;
const REDIRECT = 'http://127.0.0.1:51735/cb';

const as = await check('discovery: the metadata of the authorization server', async () => {
  const options = { ...http, algorithm: 'oauth2' };
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
  same(as.issuer, hub.url, 'issuer');
  same(as.response_types_supported, ['code'], 'response_types_supported');
  same(as.code_challenge_methods_supported, ['S256'], 'code_challenge_methods_supported');
  same([...as.grant_types_supported].sort(), ['authorization_code', 'refresh_token'], 'grant_types_supported');
  same(as.authorization_response_iss_parameter_supported, true, 'authorization_response_iss_parameter_supported');
  expect(as.introspection_endpoint === undefined && as.jwks_uri === undefined, 'there is something that we do not have');
  return as;
});
if (!as) done();
await check('discovery: the same at openid-configuration and with a path', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server/api/mcp']) {
    same(await (await fetch(`${hub.url}${path}`)).json(), as, path);
  }
});
await check('discovery: the resource names this authorization server', async () => {
  const options = { ...http };
  const answer = await oauth.resourceDiscoveryRequest(new URL(hub.risk), options);
  const resource = await oauth.processResourceDiscoveryResponse(new URL(hub.risk), answer);
  same([resource.authorization_servers, resource.resource], [[hub.url], hub.risk], 'resource');
});
await check('discovery: a page on another origin may read it, but not ask for consent', async () => {
  const from = { headers: { Origin: 'https://elsewhere.example' } };
  const open = (path) => fetch(`${hub.url}${path}`, { ...from, redirect: 'manual' }).then((answer) => answer.headers.get('access-control-allow-origin'));
  same(await open('/.well-known/oauth-authorization-server'), '*', 'metadata');
  same(await open('/authorize'), null, 'authorize');
});

/** Registers, and gives the client with how it proves who it is. */
async function register(method, name = `oauth4webapi ${method}`) {
  const answer = await oauth.dynamicClientRegistrationRequest(
    as,
    { client_name: name, redirect_uris: [REDIRECT], token_endpoint_auth_method: method },
    http,
  );
  same(answer.headers.get('cache-control'), 'no-store', 'cache-control');
  const client = await oauth.processDynamicClientRegistrationResponse(answer);
  same(client.token_endpoint_auth_method, method, 'token_endpoint_auth_method');
  expect(/^mcp_[0-9a-f]{32}$/.test(client.client_id), client.client_id);
  same('client_secret' in client, method !== 'none', 'client_secret');
  const proof = {
    none: () => oauth.None(),
    client_secret_basic: () => oauth.ClientSecretBasic(client.client_secret),
    client_secret_post: () => oauth.ClientSecretPost(client.client_secret),
  }[method]();
  return { client, proof };
}

/** Asks, has the person allow it, and gives the parameters that came back, checked, with the verifier. */
async function ask({ client }, who, more = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'mcp:read',
    resource: hub.risk,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  });
  const back = new URL(await authorize(who, url.href));
  return { params: oauth.validateAuthResponse(as, client, back, state), verifier };
}

async function redeem({ client, proof }, { params, verifier }) {
  const more = { ...http, additionalParameters: { resource: hub.risk } };
  const answer = await oauth.authorizationCodeGrantRequest(as, client, proof, params, REDIRECT, verifier, more);
  same(answer.headers.get('cache-control'), 'no-store', 'cache-control');
  return oauth.processAuthorizationCodeResponse(as, client, answer);
}

async function refresh({ client, proof }, token, more = {}) {
  const answer = await oauth.refreshTokenGrantRequest(as, client, proof, token, { ...http, additionalParameters: more });
  return oauth.processRefreshTokenResponse(as, client, answer);
}

/** Fails unless the library is told this error. */
async function told(error, what) {
  const got = await refused(what, `no ${error}`);
  same(got.error ?? got.cause?.error ?? `${got.name}: ${got.message}`, error, 'error');
  return got;
}

const who = await check('a person with a password', () => person('oauth4webapi'));
if (!who) done();
/** Families of tokens whose first refresh token is tried again once the time for lost answers is over. */
const stale = [];
for (const method of ['none', 'client_secret_basic', 'client_secret_post']) {
  const app = await check(`${method}: it registers`, () => register(method));
  if (!app) continue;
  const asked = await check(`${method}: consent gives a code, state and iss`, () => ask(app, who));
  const first = await check(`${method}: the code gives tokens`, () => redeem(app, asked));
  if (!first) continue;
  await check(`${method}: what the tokens are`, () => {
    same([first.token_type, first.expires_in, first.scope], ['bearer', 900, 'mcp:read'], 'token_type, expires_in, scope');
    expect(/^mat_[0-9a-f]{64}$/.test(first.access_token) && /^mrt_[0-9a-f]{64}$/.test(first.refresh_token), 'their form');
  });
  await check(`${method}: a tool answers`, () => works(first.access_token));
  if (method !== 'none') {
    await check(`${method}: a wrong secret is invalid_client`, async () => {
      const wrong = method === 'client_secret_basic' ? oauth.ClientSecretBasic('no') : oauth.ClientSecretPost('no');
      const got = await refused(() => refresh({ ...app, proof: wrong }, first.refresh_token), 'taken');
      const why = JSON.stringify([got.error, got.status, got.cause]);
      expect(got.error === 'invalid_client' || got.status === 401 || /401|Basic/i.test(why), `${got.message} ${why}`);
    });
    await check(`${method}: without its secret it is invalid_client`, async () => {
      const body = { grant_type: 'refresh_token', refresh_token: first.refresh_token, client_id: app.client.client_id };
      const answer = await fetch(as.token_endpoint, { method: 'POST', body: new URLSearchParams(body) });
      same([answer.status, (await answer.json()).error], [401, 'invalid_client'], 'answer');
    });
  }
  const second = await check(`${method}: refresh gives new tokens without naming the resource`, () => refresh(app, first.refresh_token));
  if (!second) continue;
  await check(`${method}: the same refresh at once is a lost answer: the same tokens again`, async () => {
    const again = await refresh(app, first.refresh_token);
    same([again.access_token, again.refresh_token], [second.access_token, second.refresh_token], 'successor');
  });
  await check(`${method}: more than was granted is invalid_scope`, () =>
    told('invalid_scope', () => refresh(app, second.refresh_token, { scope: 'mcp:read mcp:write' })));
  await check(`${method}: another resource is invalid_target`, () =>
    told('invalid_target', () => refresh(app, second.refresh_token, { resource: `${hub.url}/mcp` })));
  await check(`${method}: another client's refresh token is invalid_grant`, async () => {
    const other = await register('none', 'oauth4webapi, another');
    await told('invalid_grant', () => refresh(other, second.refresh_token));
  });
  const third = await check(`${method}: the next refresh`, async () => {
    await works(second.access_token);
    const third = await refresh(app, second.refresh_token);
    await works(third.access_token);
    return third;
  });
  if (third) stale.push({ method, app, first, third, at: Date.now() });
}

const app = await check('a client of the other checks', () => register('none', 'oauth4webapi, app'));
if (!app) done();
await check('a code twice: invalid_grant, and what came of it is over', async () => {
  const asked = await ask(app, who);
  const tokens = await redeem(app, asked);
  await works(tokens.access_token);
  await told('invalid_grant', () => redeem(app, asked));
  await isOver(tokens.access_token);
  await told('invalid_grant', () => refresh(app, tokens.refresh_token));
});
await check('a wrong verifier is invalid_grant, and the right one still counts', async () => {
  const asked = await ask(app, who);
  await told('invalid_grant', () => redeem(app, { ...asked, verifier: oauth.generateRandomCodeVerifier() }));
  await works((await redeem(app, asked)).access_token);
});
await check("another client's code is invalid_grant", async () => {
  const other = await register('none', 'oauth4webapi, another');
  const asked = await ask(app, who);
  await told('invalid_grant', () => redeem(other, asked));
});
await check('revoking the access token ends it, and leaves the refresh token', async () => {
  const tokens = await redeem(app, await ask(app, who));
  const answer = await oauth.revocationRequest(as, app.client, app.proof, tokens.access_token, http);
  await oauth.processRevocationResponse(answer);
  await isOver(tokens.access_token);
  await works((await refresh(app, tokens.refresh_token)).access_token);
});
await check('revoking the refresh token ends the grant', async () => {
  const tokens = await redeem(app, await ask(app, who));
  const answer = await oauth.revocationRequest(as, app.client, app.proof, tokens.refresh_token, http);
  await oauth.processRevocationResponse(answer);
  await isOver(tokens.access_token);
  await told('invalid_grant', () => refresh(app, tokens.refresh_token));
});
await check('revoking what nobody has is told like success', async () => {
  const answer = await oauth.revocationRequest(as, app.client, app.proof, `mrt_${'0'.repeat(64)}`, http);
  await oauth.processRevocationResponse(answer);
});
await check('a token without a resource in its request is for the connector of its scopes', async () => {
  const asked = await ask(app, who, { resource: '' });
  const { client, proof } = app;
  const answer = await oauth.authorizationCodeGrantRequest(as, client, proof, asked.params, REDIRECT, asked.verifier, http);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer);
  await works(tokens.access_token);
  const { status } = await call(tokens.access_token, 'monsys_kpi_summary', {}, `${hub.url}/mcp`);
  same(status, 401, 'at the other connector');
});

for (const { method, app, first, third, at } of stale) {
  await check(`${method}: a refresh token that was used two minutes ago ends the whole family`, async () => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at + WINDOW - Date.now())));
    await told('invalid_grant', () => refresh(app, first.refresh_token));
    await isOver(third.access_token);
    await told('invalid_grant', () => refresh(app, third.refresh_token));
  });
}

const last = await check('a person for the end', () => person('oauth4webapi-end'));
if (last) {
  const tokens = await check('the end: signed in once more', async () => redeem(app, await ask(app, last)));
  if (tokens) await grant('the end', last, () => tokens.access_token, { client: /oauth4webapi, app/ });
  await check('the end: the refresh token is invalid_grant', () => told('invalid_grant', () => refresh(app, tokens.refresh_token)));
}
done();
