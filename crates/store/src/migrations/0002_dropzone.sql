-- how much the gate may accept by itself, where a tenant has said so; else the defaults hold
create table autonomy (
  tenant_id {UUID} not null,
  kind {TEXT} not null,
  threshold {F64} not null,
  floor {F64} not null,
  review_improvements {I64} not null,
  changed_at {I64} not null,
  changed_by {TEXT} not null,
  primary key (tenant_id, kind)
) {KEYED};

-- the one token that opens a Drop Zone's webhook
create table dropzone_token (
  tenant_id {UUID} not null,
  integration_id {UUID} not null,
  id {UUID} not null,
  token_hash {BYTES} not null,
  created_at {I64} not null,
  created_by {TEXT} not null,
  primary key (tenant_id, integration_id),
  foreign key (tenant_id, integration_id) references integration (tenant_id, id)
) {ROWS};
create unique index dropzone_token_by_hash on dropzone_token (token_hash);

-- what was pushed, without its bytes
create table artifact (
  tenant_id {UUID} not null,
  id {UUID} not null,
  integration_id {UUID} not null,
  sha256 {BYTES} not null,
  filename {TEXT},
  mime {TEXT},
  subject {TEXT},
  size {I64} not null,
  parts {I64} not null,
  format {TEXT} not null,
  notes {TEXT} not null,
  extractions {I64} not null,
  via {TEXT} not null,
  pushed_by {TEXT} not null,
  pusher_id {UUID},
  client {TEXT},
  received_at {I64} not null,
  expires_at {I64} not null,
  body_removed_at {I64},
  primary key (tenant_id, id),
  foreign key (tenant_id, integration_id) references integration (tenant_id, id)
) {ROWS};
create unique index artifact_once on artifact (tenant_id, integration_id, sha256);
create index artifact_to_expire on artifact (expires_at) where body_removed_at is null;

-- the sealed bytes, in parts, so that no write takes long. A long body's first parts are laid down before its artifact:
-- until then `artifact_staging` names them, and they have no parent that a foreign key could name
create table artifact_part (
  tenant_id {UUID} not null,
  artifact_id {UUID} not null,
  n {I64} not null,
  sealed {BYTES} not null,
  primary key (tenant_id, artifact_id, n)
) {ROWS};

create table artifact_staging (
  tenant_id {UUID} not null,
  artifact_id {UUID} not null,
  since {I64} not null,
  primary key (tenant_id, artifact_id)
) {KEYED};

-- what somebody or something suggests, and what became of it
create table proposal (
  tenant_id {UUID} not null,
  id {UUID} not null,
  kind {TEXT} not null,
  status {TEXT} not null,
  verdict {TEXT} not null,
  reason {TEXT} not null,
  integration_id {UUID} not null,
  artifact_id {UUID},
  signal {TEXT} not null,
  subject {TEXT} not null,
  value {F64},
  numerator {F64},
  denominator {F64},
  unit {TEXT} not null,
  state {TEXT} not null,
  observed_at {I64} not null,
  span_start {I64},
  span_end {I64},
  confidence {F64} not null,
  reasoning {TEXT} not null,
  features {TEXT} not null,
  threshold {F64} not null,
  floor {F64} not null,
  edit {TEXT},
  note {TEXT},
  created_at {I64} not null,
  decided_by {TEXT},
  decided_at {I64},
  to_land {I64} not null,
  kri_id {UUID},
  sample_id {UUID},
  sample_at {I64},
  run_id {UUID},
  landed_at {I64},
  primary key (tenant_id, id),
  foreign key (tenant_id, integration_id) references integration (tenant_id, id),
  foreign key (tenant_id, artifact_id) references artifact (tenant_id, id)
) {ROWS};
create index proposal_by_status on proposal (tenant_id, status, id);
create index proposal_by_artifact on proposal (tenant_id, artifact_id);
create index proposal_open on proposal (tenant_id, integration_id) where status = 'pending';
create index proposal_by_sample on proposal (tenant_id, sample_id);
-- accepted, and not yet a sample
create index proposal_to_land on proposal (tenant_id, to_land, id);
create index proposal_landing on proposal (to_land, decided_at);

-- each decision about a proposal, by the gate or by a person: what was known, and what was decided
create table ai_proposal_outcome (
  tenant_id {UUID} not null,
  id {UUID} not null,
  proposal_id {UUID} not null,
  kind {TEXT} not null,
  decision {TEXT} not null,
  reason {TEXT},
  confidence {F64} not null,
  features {TEXT} not null,
  threshold {F64} not null,
  floor {F64} not null,
  actor_kind {TEXT} not null,
  actor {TEXT} not null,
  note {TEXT},
  at {I64} not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, proposal_id) references proposal (tenant_id, id)
) {ROWS};
create index ai_proposal_outcome_by_time on ai_proposal_outcome (tenant_id, kind, at, id);
create index ai_proposal_outcome_by_proposal on ai_proposal_outcome (tenant_id, proposal_id, id);

-- samples that were taken back: they stay where they are and no longer count
create table kri_sample_undone (
  tenant_id {UUID} not null,
  kri_id {UUID} not null,
  sample_id {UUID} not null,
  observed_at {I64} not null,
  undone_at {I64} not null,
  actor {TEXT} not null,
  note {TEXT},
  primary key (tenant_id, kri_id, sample_id),
  foreign key (tenant_id, kri_id) references kri (tenant_id, id)
) {KEYED};
