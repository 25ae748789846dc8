-- Sign-in. Every secret (session, link, device, recovery code) is kept as SHA-256 only; a seed of one-time codes is
-- sealed. These rows are a person's own: they belong to no tenant.
alter table tenant add column require_mfa {I64} not null default 0;
alter table tenant add column risk_on {I64} not null default 1;
alter table tenant add column fleet_on {I64} not null default 0;

-- none until the first link was used
create table password (
  user_id {UUID} not null primary key,
  phc {TEXT} not null,
  changed_at {I64} not null,
  foreign key (user_id) references person (id)
) {ROWS};

create table totp (
  user_id {UUID} not null primary key,
  sealed {BYTES} not null,
  -- a code counts only if its step is greater
  last_step {I64} not null,
  created_at {I64} not null,
  foreign key (user_id) references person (id)
) {ROWS};

create table recovery_code (
  user_id {UUID} not null,
  code_hash {BYTES} not null,
  created_at {I64} not null,
  used_at {I64},
  primary key (user_id, code_hash),
  foreign key (user_id) references person (id)
) {KEYED};

create table passkey (
  id {UUID} not null primary key,
  user_id {UUID} not null,
  credential_id {BYTES} not null unique,
  name {TEXT} not null,
  -- the public credential as JSON: key, counter, flags
  credential {TEXT} not null,
  -- grows with every change: of two that count from the same state, one wins
  rev {I64} not null,
  created_at {I64} not null,
  last_used_at {I64},
  foreign key (user_id) references person (id)
) {ROWS};
create index passkey_by_user on passkey (user_id);

create table session (
  id {UUID} not null primary key,
  user_id {UUID} not null,
  secret_hash {BYTES} not null unique,
  level {TEXT} not null,
  signed_in_at {I64} not null,
  second_at {I64},
  seen_at {I64} not null,
  address {TEXT} not null,
  client {TEXT},
  ended_at {I64},
  foreign key (user_id) references person (id)
) {ROWS};
create index session_by_user on session (user_id, signed_in_at);
create index session_by_age on session (signed_in_at);

create table one_time_link (
  id {UUID} not null primary key,
  user_id {UUID} not null,
  secret_hash {BYTES} not null unique,
  kind {TEXT} not null,
  created_at {I64} not null,
  expires_at {I64} not null,
  ended_at {I64},
  foreign key (user_id) references person (id)
) {ROWS};
create index one_time_link_by_user on one_time_link (user_id);

create table known_device (
  user_id {UUID} not null,
  secret_hash {BYTES} not null,
  created_at {I64} not null,
  expires_at {I64} not null,
  primary key (user_id, secret_hash),
  foreign key (user_id) references person (id)
) {KEYED};
create index known_device_by_age on known_device (expires_at);

-- by a keyed hash of the address typed, so that an unknown account is locked like a known one
create table sign_in_attempt (
  subject {BYTES} not null,
  factor {TEXT} not null,
  failures {I64} not null,
  last_at {I64} not null,
  locked_until {I64} not null,
  primary key (subject, factor)
) {KEYED};
create index sign_in_attempt_by_age on sign_in_attempt (last_at);

-- a reset of the second factors that waits for its time
create table mfa_reset (
  user_id {UUID} not null primary key,
  asked_at {I64} not null,
  due_at {I64} not null,
  foreign key (user_id) references person (id)
) {ROWS};

-- sealed states that were used once
create table spent_state (
  hash {BYTES} not null primary key,
  until {I64} not null
) {KEYED};
create index spent_state_by_age on spent_state (until);
