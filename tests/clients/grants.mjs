// What must hold of every client that signed in by itself: a tool answers its token, Connected Apps tells of it, and as soon
// as it is revoked there the next call is 401.
import { check, expect, hub, same } from './checks.mjs';
import { apps, revokeAll } from './people.mjs';

/** Calls a tool as a plain script does: status, challenge, and the answer. */
export async function call(token, tool = 'list_kris', args = {}, url = hub.risk) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: args } }),
  });
  const text = await answer.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = { text };
  }
  return { status: answer.status, challenge: answer.headers.get('www-authenticate') ?? '', ...body };
}

/** A tool answers this token. */
export async function works(token, url = hub.risk) {
  const { status, result, error } = await call(token, 'list_kris', { limit: 1 }, url);
  expect(status === 200 && result && !result.isError, `${status} ${JSON.stringify(error ?? result)}`);
  same(result.structuredContent.items.length, 1, 'items');
}

/** This token opens nothing any more, and the hub says where to get another. */
export async function isOver(token, url = hub.risk) {
  const { status, challenge } = await call(token, 'list_kris', { limit: 1 }, url);
  same(status, 401, 'status');
  expect(challenge.startsWith('Bearer') && challenge.includes('resource_metadata='), `challenge: ${challenge}`);
}

/**
 * The checks; `token` gives the access token that the client holds now, `revoke` ends the grants and tells how many, and
 * `times` is how often the person allowed: each is a grant of its own, for one client on two machines is two.
 */
export async function grant(name, who, token, { revoke = revokeAll, client, scopes = 'mcp:read', times = 1 } = {}) {
  const held = await check(`${name}: it holds an access token`, async () => {
    const held = await token();
    expect(/^mat_[0-9a-f]{64}$/.test(held), `${held}`);
    return held;
  });
  if (!held) return;
  await check(`${name}: a tool answers it`, () => works(held));
  await check(`${name}: Connected Apps tells of it`, async () => {
    const connected = await apps(who);
    same(connected.length, times, `apps in ${JSON.stringify(connected)}`);
    const told = JSON.stringify(connected[0]);
    same([connected[0].tenant, connected[0].scopes], [who.tenant, scopes], `tenant and scopes in ${told}`);
    if (client) expect(client.test(told), `not ${client}: ${told}`);
  });
  await check(`${name}: it is revoked`, async () => {
    same(await revoke(who), times, 'grants');
    same((await apps(who)).length, 0, 'apps');
  });
  await check(`${name}: the next call is 401`, () => isOver(held));
}
