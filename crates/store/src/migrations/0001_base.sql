-- Foreign keys lead to rows of the same tenant. The logs (audit_log, mcp_call_log) and the jobs have none: they outlive
-- what they speak of, and the installation has a chain and jobs of its own.
create table installation (
  id {I64} not null primary key,
  created_at {I64} not null,
  demo {I64} not null
) {ROWS};

create table tenant (
  id {UUID} not null primary key,
  slug {TEXT} not null unique,
  name {TEXT} not null,
  demo {I64} not null,
  created_at {I64} not null,
  disabled_at {I64}
) {ROWS};

-- a former slug stays reserved
create table tenant_slug (
  slug {TEXT} not null primary key,
  tenant_id {UUID} not null,
  since {I64} not null,
  foreign key (tenant_id) references tenant (id)
) {ROWS};

create table person (
  id {UUID} not null primary key,
  email {TEXT} not null unique,
  name {TEXT} not null,
  operator {I64} not null,
  created_at {I64} not null,
  disabled_at {I64}
) {ROWS};

create table membership (
  tenant_id {UUID} not null,
  user_id {UUID} not null,
  role {TEXT} not null,
  home {I64} not null,
  created_at {I64} not null,
  disabled_at {I64},
  primary key (tenant_id, user_id),
  foreign key (tenant_id) references tenant (id),
  foreign key (user_id) references person (id)
) {KEYED};
create index membership_by_user on membership (user_id);

create table mcp_access_tokens (
  tenant_id {UUID} not null,
  id {UUID} not null,
  user_id {UUID} not null,
  kind {TEXT} not null,
  name {TEXT} not null,
  token_hash {BYTES} not null,
  scopes {TEXT} not null,
  created_at {I64} not null,
  expires_at {I64} not null,
  revoked_at {I64},
  last_used_at {I64},
  last_used_client {TEXT},
  last_used_address {TEXT},
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references membership (tenant_id, user_id)
) {ROWS};
create unique index mcp_access_tokens_by_hash on mcp_access_tokens (token_hash);
create index mcp_access_tokens_by_user on mcp_access_tokens (user_id);

create table api_key (
  tenant_id {UUID} not null,
  id {UUID} not null,
  name {TEXT} not null,
  key_hash {BYTES} not null,
  scopes {TEXT} not null,
  created_by {TEXT} not null,
  created_at {I64} not null,
  expires_at {I64} not null,
  revoked_at {I64},
  last_used_at {I64},
  last_used_client {TEXT},
  last_used_address {TEXT},
  primary key (tenant_id, id),
  foreign key (tenant_id) references tenant (id)
) {ROWS};
create unique index api_key_by_hash on api_key (key_hash);

create table integration (
  tenant_id {UUID} not null,
  id {UUID} not null,
  name {TEXT} not null,
  vendor {TEXT} not null,
  source_kind {TEXT} not null,
  schedule {TEXT},
  enabled {I64} not null,
  auth_state {TEXT} not null,
  priority {I64} not null,
  demo {I64} not null,
  created_at {I64} not null,
  search {TEXT} not null,
  last_run_id {UUID},
  next_run_at {I64},
  primary key (tenant_id, id),
  unique (tenant_id, name),
  foreign key (tenant_id) references tenant (id)
) {ROWS};

create table integration_secret (
  tenant_id {UUID} not null,
  integration_id {UUID} not null,
  name {TEXT} not null,
  sealed {BYTES} not null,
  created_at {I64} not null,
  primary key (tenant_id, integration_id, name),
  foreign key (tenant_id, integration_id) references integration (tenant_id, id)
) {ROWS};

create table integration_run (
  tenant_id {UUID} not null,
  id {UUID} not null,
  integration_id {UUID} not null,
  started_at {I64} not null,
  ended_at {I64},
  status {TEXT} not null,
  started_by {TEXT} not null,
  written {I64} not null,
  skipped {I64} not null,
  calls {I64} not null,
  cap {I64},
  error {TEXT},
  primary key (tenant_id, id),
  foreign key (tenant_id, integration_id) references integration (tenant_id, id)
) {ROWS};
create index integration_run_by_integration on integration_run (tenant_id, integration_id, started_at);

create table kri (
  tenant_id {UUID} not null,
  id {UUID} not null,
  slug {TEXT} not null,
  signal {TEXT},
  name {TEXT} not null,
  about {TEXT} not null,
  category {TEXT} not null,
  unit {TEXT} not null,
  direction {TEXT} not null,
  amber {F64} not null,
  red {F64} not null,
  target {F64},
  aggregation {TEXT} not null,
  per_thousand {I64} not null,
  cadence_us {I64} not null,
  owner {TEXT},
  search {TEXT} not null,
  demo {I64} not null,
  version {I64} not null,
  -- grows with every change of the row: what was made of it before is out of date
  rev {I64} not null,
  created_at {I64} not null,
  archived_at {I64},
  value {F64},
  numerator {F64},
  denominator {F64},
  state {TEXT} not null,
  status {TEXT} not null,
  status_since {I64},
  trend {TEXT} not null,
  slope_per_day {F64},
  quality {TEXT} not null,
  observed_at {I64},
  fresh_until {I64},
  refresh_at {I64},
  source_id {UUID},
  also {TEXT} not null,
  subjects {I64} not null,
  missing {I64} not null,
  primary key (tenant_id, id),
  unique (tenant_id, slug),
  foreign key (tenant_id) references tenant (id),
  foreign key (tenant_id, source_id) references integration (tenant_id, id)
) {ROWS};
create index kri_by_refresh on kri (refresh_at);

-- append only: what was said, by whom, about what
create table kri_sample (
  tenant_id {UUID} not null,
  kri_id {UUID} not null,
  observed_at {I64} not null,
  id {UUID} not null,
  received_at {I64} not null,
  subject {TEXT} not null,
  integration_id {UUID} not null,
  run_id {UUID},
  value {F64},
  numerator {F64},
  denominator {F64},
  state {TEXT} not null,
  quality {TEXT} not null,
  actor {TEXT} not null,
  note {TEXT},
  provenance {TEXT} not null,
  fingerprint {BYTES} not null,
  primary key (tenant_id, kri_id, observed_at, id),
  foreign key (tenant_id, kri_id) references kri (tenant_id, id),
  foreign key (tenant_id, integration_id) references integration (tenant_id, id),
  foreign key (tenant_id, run_id) references integration_run (tenant_id, id)
) {KEYED};
create unique index kri_sample_once on kri_sample (tenant_id, kri_id, fingerprint);

-- the latest sample of each subject and source: what a value is made of
create table kri_subject (
  tenant_id {UUID} not null,
  kri_id {UUID} not null,
  subject {TEXT} not null,
  integration_id {UUID} not null,
  sample_id {UUID} not null,
  observed_at {I64} not null,
  fresh_until {I64} not null,
  value {F64},
  numerator {F64},
  denominator {F64},
  state {TEXT} not null,
  quality {TEXT} not null,
  primary key (tenant_id, kri_id, subject, integration_id),
  foreign key (tenant_id, kri_id) references kri (tenant_id, id),
  foreign key (tenant_id, integration_id) references integration (tenant_id, id)
) {KEYED};

-- the value of a KRI at the end of each day
create table kri_point (
  tenant_id {UUID} not null,
  kri_id {UUID} not null,
  day {I64} not null,
  value {F64},
  state {TEXT} not null,
  status {TEXT} not null,
  primary key (tenant_id, kri_id, day),
  foreign key (tenant_id, kri_id) references kri (tenant_id, id)
) {KEYED};

create table idempotency (
  tenant_id {UUID} not null,
  token_id {UUID} not null,
  op {TEXT} not null,
  key {TEXT} not null,
  args_hash {BYTES} not null,
  reply {TEXT} not null,
  items {I64} not null,
  at {I64} not null,
  primary key (tenant_id, token_id, op, key)
) {KEYED};
create index idempotency_by_age on idempotency (at);

create table audit_log (
  tenant_id {UUID} not null,
  seq {I64} not null,
  at {I64} not null,
  event {TEXT} not null,
  op {TEXT} not null,
  actor_kind {TEXT} not null,
  actor_id {UUID},
  actor {TEXT} not null,
  target {TEXT},
  outcome {TEXT} not null,
  args_hash {BYTES} not null,
  duration_us {I64} not null,
  address {TEXT},
  request_id {UUID} not null,
  metadata {TEXT} not null,
  hash {BYTES} not null,
  primary key (tenant_id, seq)
) {KEYED};

create table audit_head (
  chain_id {UUID} not null primary key,
  seq {I64} not null,
  hash {BYTES} not null
) {ROWS};

create table audit_checkpoint (
  tenant_id {UUID} not null,
  n {I64} not null,
  seq {I64} not null,
  hash {BYTES} not null,
  at {I64} not null,
  line {TEXT} not null,
  primary key (tenant_id, n)
) {KEYED};

create table mcp_call_log (
  tenant_id {UUID} not null,
  called_at {I64} not null,
  request_id {UUID} not null,
  connector {TEXT} not null,
  tool_name {TEXT} not null,
  args_hash {BYTES} not null,
  result_status {TEXT} not null,
  duration_ms {I64} not null,
  user_id {UUID},
  client_id {UUID},
  primary key (tenant_id, called_at, request_id)
) {KEYED};

create table job (
  tenant_id {UUID} not null,
  id {UUID} not null,
  kind {TEXT} not null,
  payload {TEXT} not null,
  state {TEXT} not null,
  run_at {I64} not null,
  lease_until {I64},
  lease_by {TEXT},
  fence {I64} not null,
  attempt {I64} not null,
  max_attempts {I64} not null,
  unique_key {TEXT},
  last_error {TEXT},
  created_at {I64} not null,
  ended_at {I64},
  primary key (tenant_id, id)
) {ROWS};
create index job_by_time on job (run_at);
create index job_due on job (run_at, id) where state in ('ready', 'leased');
create unique index job_live on job (tenant_id, kind, unique_key) where state in ('ready', 'leased');
create index job_ended on job (ended_at) where state in ('done', 'dead');

create table schedule (
  tenant_id {UUID} not null,
  id {UUID} not null,
  kind {TEXT} not null,
  payload {TEXT} not null,
  spec {TEXT} not null,
  next_at {I64} not null,
  enabled {I64} not null,
  primary key (tenant_id, id),
  unique (tenant_id, kind)
) {ROWS};
create index schedule_due on schedule (next_at);
