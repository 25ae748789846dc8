-- The register around the KRIs. `body` is what was said of an entry, as JSON; the other columns of an entry are what
-- follows from it, to find, filter and sort by. `key` is the code in lower case.

create table control (
  tenant_id {UUID} not null,
  id {UUID} not null,
  key {TEXT} not null,
  code {TEXT} not null,
  name {TEXT} not null,
  category {TEXT} not null,
  owner {TEXT} not null,
  body {TEXT} not null,
  search {TEXT} not null,
  catalog_slug {TEXT},
  base_version {I64},
  frameworks {TEXT} not null,
  effectiveness {F64},
  effective_until {I64},
  technique_count {I64} not null,
  demo {I64} not null,
  version {I64} not null,
  created_at {I64} not null,
  updated_at {I64} not null,
  archived_at {I64},
  primary key (tenant_id, id),
  unique (tenant_id, key)
) {ROWS};

create table risk (
  tenant_id {UUID} not null,
  id {UUID} not null,
  key {TEXT} not null,
  code {TEXT} not null,
  name {TEXT} not null,
  category {TEXT} not null,
  owner {TEXT} not null,
  body {TEXT} not null,
  search {TEXT} not null,
  catalog_slug {TEXT},
  base_version {I64},
  inherent_score {F64},
  current_score {F64},
  annual_loss {F64},
  demo {I64} not null,
  version {I64} not null,
  created_at {I64} not null,
  updated_at {I64} not null,
  archived_at {I64},
  primary key (tenant_id, id),
  unique (tenant_id, key)
) {ROWS};

create table outcome (
  tenant_id {UUID} not null,
  id {UUID} not null,
  key {TEXT} not null,
  code {TEXT} not null,
  name {TEXT} not null,
  category {TEXT} not null,
  owner {TEXT} not null,
  body {TEXT} not null,
  search {TEXT} not null,
  demo {I64} not null,
  version {I64} not null,
  created_at {I64} not null,
  updated_at {I64} not null,
  archived_at {I64},
  primary key (tenant_id, id),
  unique (tenant_id, key)
) {ROWS};

create table vendor (
  tenant_id {UUID} not null,
  id {UUID} not null,
  key {TEXT} not null,
  code {TEXT} not null,
  name {TEXT} not null,
  category {TEXT} not null,
  owner {TEXT} not null,
  body {TEXT} not null,
  search {TEXT} not null,
  tier {I64},
  composite_score {F64},
  next_review_at {I64},
  demo {I64} not null,
  version {I64} not null,
  created_at {I64} not null,
  updated_at {I64} not null,
  archived_at {I64},
  primary key (tenant_id, id),
  unique (tenant_id, key)
) {ROWS};

-- assets, applications and people; their keys begin with the kind, so that an asset and an application may share a code
create table asset (
  tenant_id {UUID} not null,
  id {UUID} not null,
  kind {TEXT} not null,
  key {TEXT} not null,
  code {TEXT} not null,
  name {TEXT} not null,
  category {TEXT} not null,
  owner {TEXT} not null,
  body {TEXT} not null,
  search {TEXT} not null,
  demo {I64} not null,
  version {I64} not null,
  created_at {I64} not null,
  updated_at {I64} not null,
  archived_at {I64},
  primary key (tenant_id, id),
  unique (tenant_id, key)
) {ROWS};

create table control_kri (
  tenant_id {UUID} not null,
  control_id {UUID} not null,
  kri_id {UUID} not null,
  role {TEXT},
  weight {F64},
  primary key (tenant_id, control_id, kri_id),
  foreign key (tenant_id, control_id) references control (tenant_id, id),
  foreign key (tenant_id, kri_id) references kri (tenant_id, id)
) {KEYED};
create index control_kri_by_kri on control_kri (tenant_id, kri_id);

create table risk_control (
  tenant_id {UUID} not null,
  risk_id {UUID} not null,
  control_id {UUID} not null,
  primary key (tenant_id, risk_id, control_id),
  foreign key (tenant_id, risk_id) references risk (tenant_id, id),
  foreign key (tenant_id, control_id) references control (tenant_id, id)
) {KEYED};
create index risk_control_by_control on risk_control (tenant_id, control_id);

create table risk_kri (
  tenant_id {UUID} not null,
  risk_id {UUID} not null,
  kri_id {UUID} not null,
  primary key (tenant_id, risk_id, kri_id),
  foreign key (tenant_id, risk_id) references risk (tenant_id, id),
  foreign key (tenant_id, kri_id) references kri (tenant_id, id)
) {KEYED};
create index risk_kri_by_kri on risk_kri (tenant_id, kri_id);

create table outcome_risk (
  tenant_id {UUID} not null,
  outcome_id {UUID} not null,
  risk_id {UUID} not null,
  share {F64},
  primary key (tenant_id, outcome_id, risk_id),
  foreign key (tenant_id, outcome_id) references outcome (tenant_id, id),
  foreign key (tenant_id, risk_id) references risk (tenant_id, id)
) {KEYED};
create index outcome_risk_by_risk on outcome_risk (tenant_id, risk_id);

create table vendor_asset (
  tenant_id {UUID} not null,
  vendor_id {UUID} not null,
  asset_id {UUID} not null,
  primary key (tenant_id, vendor_id, asset_id),
  foreign key (tenant_id, vendor_id) references vendor (tenant_id, id),
  foreign key (tenant_id, asset_id) references asset (tenant_id, id)
) {KEYED};
create index vendor_asset_by_asset on vendor_asset (tenant_id, asset_id);

create table asset_owner (
  tenant_id {UUID} not null,
  asset_id {UUID} not null,
  owner_id {UUID} not null,
  primary key (tenant_id, asset_id, owner_id),
  foreign key (tenant_id, asset_id) references asset (tenant_id, id),
  foreign key (tenant_id, owner_id) references asset (tenant_id, id)
) {KEYED};
create index asset_owner_by_owner on asset_owner (tenant_id, owner_id);

-- an entry of any of the five tables, so no foreign key can name its parent
create table register_comment (
  tenant_id {UUID} not null,
  kind {TEXT} not null,
  entry_id {UUID} not null,
  id {UUID} not null,
  at {I64} not null,
  author {TEXT} not null,
  said {TEXT} not null,
  primary key (tenant_id, entry_id, id)
) {KEYED};

create table risk_acceptance (
  tenant_id {UUID} not null,
  risk_id {UUID} not null,
  id {UUID} not null,
  at {I64} not null,
  accepted_by {TEXT} not null,
  why {TEXT} not null,
  until {I64} not null,
  recorded_by {TEXT} not null,
  withdrawn_at {I64},
  primary key (tenant_id, risk_id, id),
  foreign key (tenant_id, risk_id) references risk (tenant_id, id)
) {KEYED};

create table treatment_action (
  tenant_id {UUID} not null,
  risk_id {UUID} not null,
  id {UUID} not null,
  title {TEXT} not null,
  owner {TEXT},
  due_at {I64} not null,
  state {TEXT} not null,
  note {TEXT},
  recorded_by {TEXT} not null,
  created_at {I64} not null,
  ended_at {I64},
  version {I64} not null,
  primary key (tenant_id, risk_id, id),
  foreign key (tenant_id, risk_id) references risk (tenant_id, id)
) {KEYED};

-- the current score of a risk at the end of each day on which it was written
create table risk_point (
  tenant_id {UUID} not null,
  risk_id {UUID} not null,
  day {I64} not null,
  current_score {F64},
  primary key (tenant_id, risk_id, day),
  foreign key (tenant_id, risk_id) references risk (tenant_id, id)
) {KEYED};
