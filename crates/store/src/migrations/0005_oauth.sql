-- Who may ask for access: programs that registered themselves, that an admin made, or that are known by the address of
-- their metadata document.
create table oauth_client (
  id {TEXT} not null primary key,
  kind {TEXT} not null,
  name {TEXT} not null,
  redirect_uris {TEXT} not null,
  auth_method {TEXT} not null,
  secret_hash {BYTES},
  -- stays good while a secret is being changed
  former_secret_hash {BYTES},
  only_tenant {UUID},
  scopes {TEXT},
  about {TEXT} not null,
  -- the same registration again is the same row
  fingerprint {BYTES},
  created_by {TEXT} not null,
  created_at {I64} not null,
  -- when somebody last allowed it something: who never was allowed anything is removed after a day
  granted_at {I64},
  fresh_until {I64},
  disabled_at {I64}
) {ROWS};
create unique index oauth_client_by_fingerprint on oauth_client (fingerprint);
create index oauth_client_by_age on oauth_client (created_at);

-- What a person allowed a client in one tenant; the code that it began with stands in the same row.
create table oauth_grant (
  tenant_id {UUID} not null,
  id {UUID} not null,
  user_id {UUID} not null,
  client_id {TEXT} not null,
  redirect_uri {TEXT} not null,
  connector {TEXT} not null,
  -- the address that its tokens are for; null: any address of the connector
  resource {TEXT},
  scopes {TEXT} not null,
  created_at {I64} not null,
  expires_at {I64} not null,
  revoked_at {I64},
  revoked_why {TEXT},
  last_used_at {I64},
  code_hash {BYTES} not null,
  code_expires_at {I64} not null,
  code_used_at {I64},
  code_tries {I64} not null,
  challenge {TEXT} not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references membership (tenant_id, user_id),
  foreign key (client_id) references oauth_client (id)
) {ROWS};
create unique index oauth_grant_by_hash on oauth_grant (code_hash);
create index oauth_grant_by_user on oauth_grant (user_id);
create index oauth_grant_by_client on oauth_grant (client_id);
create index oauth_grant_by_code_end on oauth_grant (code_expires_at);
create index oauth_grant_by_revoked on oauth_grant (revoked_at);
create index oauth_grant_by_end on oauth_grant (expires_at);

-- The generations of refresh tokens. A successor is made of the token that was presented and `nonce`, so it can be told
-- again to whoever lost the answer, and by nobody who has the database alone.
create table oauth_refresh (
  tenant_id {UUID} not null,
  id {UUID} not null,
  grant_id {UUID} not null,
  generation {I64} not null,
  token_hash {BYTES} not null,
  nonce {BYTES} not null,
  created_at {I64} not null,
  expires_at {I64} not null,
  used_at {I64},
  retries {I64} not null,
  recovered {I64} not null,
  successor_id {UUID},
  -- the access token that was given out with it
  access_id {UUID} not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, grant_id) references oauth_grant (tenant_id, id)
) {ROWS};
create unique index oauth_refresh_by_hash on oauth_refresh (token_hash);
create index oauth_refresh_by_grant on oauth_refresh (tenant_id, grant_id, generation);
create index oauth_refresh_by_end on oauth_refresh (expires_at);

-- what a person allowed before this moment is good for nothing any more: a new password, lost factors, a lock-out
alter table person add column grants_cut_at {I64};

-- null for a personal access token
alter table mcp_access_tokens add column grant_id {UUID};
create index mcp_access_tokens_by_grant on mcp_access_tokens (tenant_id, grant_id);
create index mcp_access_tokens_by_end on mcp_access_tokens (expires_at);

-- the client of a call with an OAuth token; `client_id` is then the grant
alter table mcp_call_log add column oauth_client {TEXT};
create index mcp_call_log_by_client on mcp_call_log (tenant_id, client_id, called_at);

-- What clients tried of late, for the people who wonder why it does not connect. Kept for a few days.
create table connection_attempt (
  id {UUID} not null primary key,
  at {I64} not null,
  step {TEXT} not null,
  reason {TEXT} not null,
  detail {TEXT},
  client_id {TEXT},
  client {TEXT},
  address {TEXT},
  person {UUID}
) {ROWS};
create index connection_attempt_by_age on connection_attempt (at);
create index connection_attempt_by_person on connection_attempt (person, at);
create index connection_attempt_by_address on connection_attempt (address, at);
create index connection_attempt_by_client on connection_attempt (client_id, at);
