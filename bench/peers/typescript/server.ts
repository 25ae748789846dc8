// One MCP tool, `list_kris`, the way a careful TypeScript team would serve it: the official SDK over node:http, the
// database of the runtime (node:sqlite) with prepared statements, one commit that is on the disk before the answer.
//
//   node server.ts init  --data FILE --token TOKEN     makes the database
//   node server.ts serve --data FILE --port PORT [--mode stateless|sessions] [--workers N]
//   node server.ts audit --data FILE                   prints the number of audit rows
import cluster from 'node:cluster';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';

import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { type AuthInfo, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const { positionals: [verb], values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    token: { type: 'string' },
    port: { type: 'string' },
    mode: { type: 'string', default: 'stateless' },
    workers: { type: 'string', default: '1' },
  },
});
const sha256 = (text: string) => createHash('sha256').update(text).digest();

// ---- the database

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL');
  return db;
}

function make(file: string, token: string) {
  const db = open(file);
  db.exec(readFileSync(new URL('../tables.sql', import.meta.url), 'utf8'));
  const inAYear = (Date.now() + 365 * 86_400_000) * 1000;
  db.prepare('INSERT INTO token VALUES (?, ?, 1, ?, ?, ?, NULL)').run(sha256(token), 'tok_1', 'bench', 'mcp:read', inAYear);
  db.close();
}

// ---- what a KRI looks like; the SDK checks each answer against it, as the client is told it does

const Source = z.object({ integrationId: z.string(), name: z.string(), kind: z.string(), viaMcp: z.boolean() });
const Thresholds = z.object({ direction: z.string(), amber: z.number(), red: z.number(), target: z.number().optional() });
const Kri = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  category: z.string(),
  value: z.number().optional(),
  unit: z.string(),
  numerator: z.number().optional(),
  denominator: z.number().optional(),
  state: z.enum(['ok', 'unknown', 'stale', 'unavailable', 'error']),
  status: z.enum(['green', 'amber', 'red', 'unknown']),
  trend: z.enum(['improving', 'stable', 'worsening', 'insufficient']),
  slope: z.number().optional(),
  thresholds: Thresholds,
  observedAt: z.string(),
  source: Source,
  alsoSources: z.array(Source),
  quality: z.enum(['complete', 'partial', 'extracted', 'manual']),
});
const ListKris = z.object({
  status: z.enum(['green', 'amber', 'red', 'unknown']).optional(),
  category: z.string().optional(),
  limit: z.int().min(1).max(200).default(50),
  cursor: z.string().optional(),
});
const Kris = z.object({ items: z.array(Kri), nextCursor: z.string().optional(), truncated: z.boolean() });

// ---- the server

function serve(file: string, port: number, mode: string) {
  const db = open(file);
  const findToken = db.prepare(
    `SELECT k.id, k.name, k.scopes, k.expires_at, t.id AS tenant FROM token k JOIN tenant t ON t.id = k.tenant_id
     WHERE k.hash = ? AND k.revoked_at IS NULL AND t.active = 1`,
  );
  const listKris = db.prepare(
    `SELECT * FROM kri WHERE tenant_id = ?1 AND slug > ?2 AND (?3 IS NULL OR status = ?3)
     AND (?4 IS NULL OR category = ?4) ORDER BY slug LIMIT ?5`,
  );
  const insertAudit = db.prepare(
    `INSERT INTO audit (tenant_id, at, event, actor, client, tool, args_sha256, status, duration_us, request_id)
     VALUES (?, ?, 'MCP_TOOL_CALLED', ?, ?, ?, ?, ?, ?, ?)`,
  );

  function authenticate(req: IncomingMessage): AuthInfo | undefined {
    const [scheme, token] = (req.headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !token) return;
    const row = findToken.get(sha256(token)) as Record<string, string | number> | undefined;
    if (!row || (row.expires_at as number) < Date.now() * 1000) return;
    return {
      token,
      clientId: row.id as string,
      scopes: (row.scopes as string).split(' '),
      expiresAt: Math.floor((row.expires_at as number) / 1e6),
      extra: { tenant: row.tenant },
    };
  }

  // null columns are absent in the answer
  const given = (value: unknown) => (value === null ? undefined : value);
  const kri = (r: Record<string, any>) => ({
    id: r.id,
    slug: r.slug,
    name: r.name,
    category: r.category,
    value: given(r.value),
    unit: r.unit,
    numerator: given(r.numerator),
    denominator: given(r.denominator),
    state: r.state,
    status: r.status,
    trend: r.trend,
    slope: given(r.slope),
    thresholds: { direction: r.direction, amber: r.amber, red: r.red, target: given(r.target) },
    observedAt: r.observed_at,
    source: { integrationId: r.source_id, name: r.source_name, kind: r.source_kind, viaMcp: r.via_mcp === 1 },
    alsoSources: [],
    quality: r.quality,
  });

  function makeServer(): McpServer {
    const server = new McpServer({ name: 'bench-typescript', version: '1.0.0' });
    server.registerTool(
      'list_kris',
      {
        title: 'List KRIs',
        description: 'Key risk indicators of this tenant with value, status, trend, thresholds and source, by slug.',
        inputSchema: ListKris,
        outputSchema: Kris,
        annotations: { readOnlyHint: true },
      },
      async (args, ctx) => {
        const started = performance.now();
        const auth = ctx.http!.authInfo!;
        const tenant = auth.extra!.tenant as number;
        const rows = listKris.all(tenant, args.cursor ?? '', args.status ?? null, args.category ?? null, args.limit + 1);
        const more = rows.length > args.limit;
        if (more) rows.pop();
        const items = rows.map(kri);
        const answer = { items, nextCursor: more ? items.at(-1)!.slug : undefined, truncated: false };
        insertAudit.run(
          tenant, Date.now() * 1000, auth.clientId, 'bench', 'list_kris', sha256(JSON.stringify(args)), 'ok',
          Math.round((performance.now() - started) * 1000), randomUUID(),
        );
        return { content: [{ type: 'text', text: JSON.stringify(answer) }], structuredContent: answer };
      },
    );
    return server;
  }

  type Answer = (req: IncomingMessage & { auth?: AuthInfo }, res: ServerResponse) => Promise<void>;
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const answers: Record<string, Answer> = {
    // a server and a transport per request, as the SDK asks for without sessions
    async stateless(req, res) {
      const transport = new NodeStreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
      await makeServer().connect(transport);
      await transport.handleRequest(req, res);
    },
    async sessions(req, res) {
      const known = req.headers['mcp-session-id'] as string | undefined;
      let transport = known === undefined ? undefined : sessions.get(known);
      if (known !== undefined && !transport) return void res.writeHead(404).end();
      if (!transport) {
        const made = new NodeStreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          enableJsonResponse: true,
          onsessioninitialized: (id) => void sessions.set(id, made),
          onsessionclosed: (id) => void sessions.delete(id),
        });
        transport = made;
        await makeServer().connect(made);
      }
      await transport.handleRequest(req, res);
    },
  };
  const answer = answers[mode]!;

  createServer((req, res) => {
    if (req.url !== '/mcp') return void res.writeHead(404).end();
    const auth = authenticate(req);
    if (!auth) return void res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    answer(Object.assign(req, { auth }), res).catch((error) => {
      console.error(error);
      res.headersSent ? res.destroy() : res.writeHead(500).end();
    });
  }).listen(port, '127.0.0.1');
}

if (verb === 'serve') {
  const workers = Number(flags.workers);
  if (cluster.isPrimary) {
    const stop = () => {
      for (const worker of Object.values(cluster.workers ?? {})) worker?.kill();
      process.exit(0);
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
    if (workers > 1) for (let i = 0; i < workers; i += 1) cluster.fork();
  }
  if (cluster.isWorker || workers === 1) serve(flags.data!, Number(flags.port), flags.mode!);
} else if (verb === 'init') {
  make(flags.data!, flags.token!);
} else if (verb === 'audit') {
  console.log((open(flags.data!).prepare('SELECT count(*) AS n FROM audit').get() as { n: number }).n);
} else {
  console.error('usage: node server.ts init|serve|audit --data FILE ...');
  process.exitCode = 2;
}
