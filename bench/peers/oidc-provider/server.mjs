// The peer of `cargo xtask bench oauth`: oidc-provider as it comes, opaque tokens, one process, everything in memory.
//
//   node server.mjs --port 9000 --chains 16
//
// Prints one line of JSON: a public client with one refresh and one access token per chain, tokens that were revoked,
// and a confidential client that may introspect. Each chain is a grant of its own.

import { parseArgs } from 'node:util';
import Provider from 'oidc-provider';

const { values: flags } = parseArgs({ options: { port: { type: 'string' }, chains: { type: 'string' } } });
const port = Number(flags.port);
const issuer = `http://127.0.0.1:${port}`;
const scope = 'mcp:read offline_access';
const secret = 'bench-introspection-secret-0123456789';

// The adapter that comes with it forgets all but the last 1,000 entries, grants among them, and walks through all
// tokens of a grant for each new one. This one does neither, so it is the cheapest that keeps what it is given.
const kept = new Map();
const byGrant = new Map();
const byUid = new Map();

class Memory {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload) {
    const key = `${this.model}:${id}`;
    kept.set(key, payload);
    if (payload.uid) byUid.set(payload.uid, key);
    if (payload.grantId) {
      const members = byGrant.get(payload.grantId);
      if (members) members.push(key);
      else byGrant.set(payload.grantId, [key]);
    }
  }

  async find(id) {
    return kept.get(`${this.model}:${id}`);
  }

  async findByUid(uid) {
    return kept.get(byUid.get(uid));
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    kept.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    kept.delete(`${this.model}:${id}`);
  }

  async revokeByGrantId(grantId) {
    for (const key of byGrant.get(grantId) ?? []) kept.delete(key);
    byGrant.delete(grantId);
  }
}

const provider = new Provider(issuer, {
  adapter: Memory,
  clients: [
    {
      client_id: 'bench',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    { client_id: 'resource', client_secret: secret, redirect_uris: [], response_types: [], grant_types: [] },
  ],
  scopes: ['offline_access', 'mcp:read'],
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    registration: { enabled: true },
    revocation: { enabled: true },
  },
  rotateRefreshToken: true,
  ttl: { AccessToken: 900, RefreshToken: 30 * 86400, Grant: 180 * 86400 },
  async findAccount(_ctx, id) {
    return { accountId: id, claims: async () => ({ sub: id }) };
  },
});
provider.on('server_error', (_ctx, error) => console.error(error));

const client = await provider.Client.find('bench');

async function grant(number) {
  const accountId = `person-${number}`;
  const made = new provider.Grant({ accountId, clientId: client.clientId });
  made.addOIDCScope(scope);
  const grantId = await made.save();
  const both = { client, accountId, grantId, scope, gty: 'authorization_code' };
  const refresh = await new provider.RefreshToken(both).save();
  const token = new provider.AccessToken(both);
  const access = await token.save();
  return { refresh, access, token };
}

const chains = [];
const revoked = [];
for (let number = 0; number < Number(flags.chains); number += 1) {
  const { refresh, access } = await grant(number);
  chains.push({ refresh, access });
  const gone = await grant(number);
  await gone.token.destroy();
  revoked.push(gone.access);
}

provider.listen(port, '127.0.0.1', () => {
  console.log(JSON.stringify({ client: client.clientId, chains, revoked, resource: { id: 'resource', secret } }));
});
process.on('SIGTERM', () => process.exit(0)).on('SIGINT', () => process.exit(0));
