-- What both peers serve: the tables and rows behind one `list_kris`, the same for both and the same on each run.
-- 20 tenants with 120 KRIs each; a KRI is about 480 bytes of JSON. The token is added by the program, as SHA-256.
PRAGMA journal_mode = WAL;
BEGIN;

CREATE TABLE tenant (
  id      INTEGER PRIMARY KEY,
  slug    TEXT NOT NULL UNIQUE,
  active  INTEGER NOT NULL
);

CREATE TABLE token (
  hash        BLOB PRIMARY KEY,          -- SHA-256 of the whole token
  id          TEXT NOT NULL UNIQUE,
  tenant_id   INTEGER NOT NULL REFERENCES tenant (id),
  name        TEXT NOT NULL,
  scopes      TEXT NOT NULL,
  expires_at  INTEGER NOT NULL,          -- microseconds since 1970
  revoked_at  INTEGER
) WITHOUT ROWID;

CREATE TABLE kri (
  tenant_id    INTEGER NOT NULL REFERENCES tenant (id),
  slug         TEXT NOT NULL,
  id           TEXT NOT NULL,
  name         TEXT NOT NULL,
  category     TEXT NOT NULL,
  value        REAL,
  unit         TEXT NOT NULL,
  numerator    REAL,
  denominator  REAL,
  state        TEXT NOT NULL,
  status       TEXT NOT NULL,
  trend        TEXT NOT NULL,
  slope        REAL,
  direction    TEXT NOT NULL,
  amber        REAL NOT NULL,
  red          REAL NOT NULL,
  target       REAL,
  observed_at  TEXT NOT NULL,
  source_id    TEXT NOT NULL,
  source_name  TEXT NOT NULL,
  source_kind  TEXT NOT NULL,
  via_mcp      INTEGER NOT NULL,
  quality      TEXT NOT NULL,
  PRIMARY KEY (tenant_id, slug)
) WITHOUT ROWID;

CREATE TABLE audit (
  seq          INTEGER PRIMARY KEY,
  tenant_id    INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  event        TEXT NOT NULL,
  actor        TEXT NOT NULL,
  client       TEXT,
  tool         TEXT NOT NULL,
  args_sha256  BLOB NOT NULL,
  status       TEXT NOT NULL,
  duration_us  INTEGER NOT NULL,
  request_id   TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (tenant_id, at);

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO tenant SELECT i, CASE i WHEN 1 THEN 'bench' ELSE printf('tenant-%02d', i) END, 1 FROM n;

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 119)
INSERT INTO kri
SELECT t.id,
       printf('mfa-coverage-%03d', i),
       printf('%08x-%04x-7c3e-9b1a-3f5d7e9a%04x', 26159402 + t.id, i, 46028 + i),
       printf('MFA coverage of privileged accounts, unit %d', i),
       CASE i % 4 WHEN 0 THEN 'identity' WHEN 1 THEN 'endpoint' WHEN 2 THEN 'cloud' ELSE 'vulnerability' END,
       CASE WHEN i % 8 = 7 THEN NULL ELSE round(0.5 + i / 300.0, 4) END,
       'ratio', 90 + i, 240,
       CASE WHEN i % 8 = 7 THEN 'unknown' ELSE 'ok' END,
       CASE i % 8 WHEN 0 THEN 'green' WHEN 1 THEN 'amber' WHEN 2 THEN 'red' WHEN 7 THEN 'unknown' ELSE 'green' END,
       CASE i % 4 WHEN 0 THEN 'improving' WHEN 1 THEN 'stable' WHEN 2 THEN 'worsening' ELSE 'insufficient' END,
       CASE WHEN i % 4 = 3 THEN NULL ELSE round((i % 7 - 3) / 1000.0, 4) END,
       'higherIsBetter', 0.9, 0.75, 0.98,
       '2026-11-20T08:00:00Z',
       '018f6d2a-0001-7c3e-9b1a-3f5d7e9a1b2c', 'Entra ID', 'mcp', 1, 'complete'
FROM tenant t, n;

COMMIT;
