//! The schema, step by step, forward only. One text serves both engines; a few tokens differ.
//!
//! The ledger `schema_migration` keeps the SHA-256 of each step: an old step that was changed, and a step that this
//! version does not know (a newer database), stop the start. A SQLite file is copied beside itself before it is
//! changed. On PostgreSQL the owner migrates, then grants the serving role what it needs, and row-level security is
//! forced on every tenant's table; several hubs that start at once queue on the ledger's row.
//!
//! Texts sort by their bytes on both engines: one order in lists and cursors, and indexes that no update of the
//! operating system's sorting rules can break.
use std::path::Path;

use rusqlite::OptionalExtension;
use tokio_postgres::GenericClient;

use crate::{Error, Result, tables};

/// A step's name and its text.
pub(crate) type Step = (&'static str, &'static str);

/// Name and text of each step; steps are never changed after a release.
pub(crate) const MIGRATIONS: &[Step] = &[
    ("0001_base", include_str!("migrations/0001_base.sql")),
    ("0002_dropzone", include_str!("migrations/0002_dropzone.sql")),
    ("0003_register", include_str!("migrations/0003_register.sql")),
    ("0004_identity", include_str!("migrations/0004_identity.sql")),
    ("0005_oauth", include_str!("migrations/0005_oauth.sql")),
];

/// Whether this version knows a step of that name.
pub(crate) fn is_known(name: &str) -> bool {
    known(MIGRATIONS, name)
}

/// Token, SQLite, PostgreSQL. `{KEYED}` is for narrow tables that are read by their key.
const TOKENS: [(&str, &str, &str); 7] = [
    ("{I64}", "integer", "bigint"),
    ("{F64}", "real", "double precision"),
    // text sorts by its bytes on both engines, whatever the server's locale
    ("{TEXT}", "text", "text collate \"C\""),
    ("{BYTES}", "blob", "bytea"),
    ("{UUID}", "blob", "uuid"),
    ("{KEYED}", "strict, without rowid", ""),
    ("{ROWS}", "strict", ""),
];
fn render(text: &str, postgres: bool) -> String {
    TOKENS.iter().fold(text.to_owned(), |s, (token, l, p)| s.replace(token, if postgres { p } else { l }))
}
fn checksum(text: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}
const LEDGER: &str =
    "create table if not exists schema_migration (name {TEXT} not null primary key, sum {BYTES} not null) {ROWS}";
const NIL: &str = "00000000000000000000000000000000";

fn changed(name: &str) -> Error {
    Error::Migration(format!(
        "step {name} was changed after it had been applied: use the version that made this database"
    ))
}
fn known(steps: &[Step], name: &str) -> bool {
    name == "lock" || steps.iter().any(|(n, _)| *n == name)
}

/// Brings a SQLite file up to date.
pub(crate) fn sqlite(c: &mut rusqlite::Connection, path: &Path) -> Result<()> {
    sqlite_to(c, path, MIGRATIONS)
}
fn sqlite_to(c: &mut rusqlite::Connection, path: &Path, steps: &[Step]) -> Result<()> {
    let applied = applied_sqlite(c)?;
    if let Some(newer) = applied.iter().find(|n| !known(steps, n)) {
        return Err(Error::Newer(newer.clone()));
    }
    if let Some((missing, _)) = steps.iter().find(|(name, _)| !applied.iter().any(|a| a == name))
        && !applied.is_empty()
    {
        // one that is left over from an attempt some time ago is older than the database, and is replaced
        let copy = path.with_extension(format!("before-{missing}.db"));
        crate::backup::copy_over(c, &copy)?;
        tracing::info!(copy = %copy.display(), "the database was copied before its migration");
    }
    let tx = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    tx.execute_batch(&render(LEDGER, false))?;
    for (name, text) in steps {
        let old: Option<Vec<u8>> =
            tx.query_row("select sum from schema_migration where name = ?1", [name], |r| r.get(0)).optional()?;
        match old {
            Some(sum) if sum == checksum(text) => {}
            Some(_) => return Err(changed(name)),
            None => {
                tx.execute_batch(&render(text, false))?;
                tx.execute(
                    "insert into schema_migration (name, sum) values (?1, ?2)",
                    rusqlite::params![name, checksum(text)],
                )?;
            }
        }
    }
    tx.execute_batch(&format!(
        "insert into audit_head (chain_id, seq, hash) values (x'{NIL}', 0, zeroblob(32)) on conflict (chain_id) do nothing"
    ))?;
    Ok(tx.commit()?)
}
fn applied_sqlite(c: &rusqlite::Connection) -> Result<Vec<String>> {
    let there: bool = c.query_row(
        "select exists (select 1 from sqlite_master where type = 'table' and name = 'schema_migration')",
        [],
        |r| r.get(0),
    )?;
    if !there {
        return Ok(vec![]);
    }
    let mut s = c.prepare("select name from schema_migration order by name")?;
    let names = s.query_map([], |r| r.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(names)
}

/// Brings a PostgreSQL database up to date, as its owner, and grants `role` what serving needs.
pub(crate) async fn postgres(c: &mut tokio_postgres::Client, role: &str) -> Result<()> {
    make_ledger(c).await?;
    let tx = c.transaction().await?;
    // several hubs start at once: the second waits here for the first
    tx.batch_execute("insert into schema_migration values ('lock', '') on conflict (name) do update set sum = ''")
        .await?;
    let applied: Vec<String> =
        tx.query("select name from schema_migration", &[]).await?.iter().map(|r| r.get(0)).collect();
    if let Some(newer) = applied.iter().find(|n| !known(MIGRATIONS, n)) {
        return Err(Error::Newer(newer.clone()));
    }
    let mut stepped = false;
    for (name, text) in MIGRATIONS {
        match tx.query_opt("select sum from schema_migration where name = $1", &[name]).await? {
            Some(r) if r.get::<_, Vec<u8>>(0) == checksum(text) => {}
            Some(_) => return Err(changed(name)),
            None => {
                tx.batch_execute(&render(text, true)).await?;
                stepped = true;
                tx.execute("insert into schema_migration (name, sum) values ($1, $2)", &[name, &checksum(text)])
                    .await?;
            }
        }
    }
    // a policy locks its table: only when the schema moved or somebody lifted it, not at every start of every hub
    let open = without_forced_security(&tx).await?;
    for table in tables::TENANT.iter().filter(|t| stepped || open.iter().any(|o| o == *t)) {
        tx.batch_execute(&policies(table)).await?;
    }
    // by name: others may have tables of their own beside ours
    let (role, all) = (quoted(role), [tables::TENANT, tables::PERSON, tables::INSTALLATION].concat().join(", "));
    tx.batch_execute(&format!(
        "grant usage on schema public to {role}; \
         grant select, insert, update, delete on {all} to {role}; \
         revoke update, delete on audit_log, mcp_call_log, audit_checkpoint from {role}; \
         revoke insert, update, delete on schema_migration from {role}; \
         insert into audit_head (chain_id, seq, hash) values ('{NIL}', 0, decode(repeat('00', 32), 'hex')) \
         on conflict (chain_id) do nothing"
    ))
    .await?;
    Ok(tx.commit().await?)
}
/// `if not exists` does not keep two starters apart: the loser is told so in one of three ways, and then the table
/// is there.
async fn make_ledger(c: &tokio_postgres::Client) -> Result<()> {
    use tokio_postgres::error::SqlState as S;
    const LOST: [S; 3] = [S::UNIQUE_VIOLATION, S::DUPLICATE_TABLE, S::DUPLICATE_OBJECT];
    let mut tries = 0;
    loop {
        match c.batch_execute(&render(LEDGER, true)).await {
            Err(e) if tries < 5 && e.code().is_some_and(|c| LOST.contains(c)) => tries += 1,
            r => return Ok(r?),
        }
    }
}
/// The tenant's tables on which row-level security is off, or does not bind the owner.
async fn without_forced_security(c: &impl GenericClient) -> Result<Vec<String>> {
    let rows = c
        .query(
            "select t from unnest($1::text[]) t where not exists (select 1 from pg_class where oid = to_regclass('public.' || t) \
             and relrowsecurity and relforcerowsecurity)",
            &[&tables::TENANT],
        )
        .await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
/// Own rows by `app.tenant`, a person's rows by `app.person`, everything for the listed crossing statements.
fn policies(table: &str) -> String {
    let mut s = format!(
        "alter table {table} enable row level security; alter table {table} force row level security; \
         drop policy if exists own on {table}; \
         create policy own on {table} using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)); \
         drop policy if exists crossing on {table}; \
         create policy crossing on {table} using ((select current_setting('app.reach', true)) = 'crossing');"
    );
    if tables::PERSON_IN_TENANT.contains(&table) {
        s.push_str(&format!(
            "drop policy if exists person on {table}; create policy person on {table} for select \
             using (user_id = (select nullif(current_setting('app.person', true), '')::uuid));"
        ));
    }
    s
}

/// The serving role must be bound by row-level security, and the schema must be the one this version knows.
pub(crate) async fn postgres_is_current(c: &tokio_postgres::Client) -> Result<()> {
    let r = c
        .query_one(
            "select rolsuper, rolbypassrls, rolname::text, exists (select 1 from pg_tables where schemaname = 'public' \
             and pg_has_role(current_user, tableowner, 'member')), to_regclass('public.schema_migration') is not null \
             from pg_roles where rolname = current_user",
            &[],
        )
        .await?;
    let role: String = r.get(2);
    if r.get::<_, bool>(0) || r.get::<_, bool>(1) {
        return Err(Error::Refused(format!(
            "the database role {role} is a superuser or has BYPASSRLS, so row-level security would not hold: set \
             database.url to a plain role and database.owner_url to the owner"
        )));
    }
    if r.get::<_, bool>(3) {
        return Err(Error::Refused(format!(
            "the database role {role} owns the tables, or is a member of the role that does: set database.url to a role of \
             its own, and database.owner_url to the owner"
        )));
    }
    if !r.get::<_, bool>(4) {
        return Err(Error::Migration(
            "the database is empty: set database.owner_url, so that the schema can be made".into(),
        ));
    }
    let applied: Vec<(String, Vec<u8>)> =
        c.query("select name, sum from schema_migration", &[]).await?.iter().map(|r| (r.get(0), r.get(1))).collect();
    if let Some((newer, _)) = applied.iter().find(|(n, _)| !known(MIGRATIONS, n)) {
        return Err(Error::Newer(newer.clone()));
    }
    let open = without_forced_security(c).await?;
    if let Some(table) = open.first() {
        return Err(Error::Refused(format!(
            "row-level security is not forced on table {table}, so nothing would hold a tenant's rows apart: start once \
             with database.owner_url set"
        )));
    }
    for (name, text) in MIGRATIONS {
        match applied.iter().find(|(n, _)| n == name) {
            Some((_, sum)) if *sum == checksum(text) => {}
            Some(_) => return Err(changed(name)),
            None => {
                return Err(Error::Migration(format!(
                    "step {name} is missing: set database.owner_url, so that it can be applied"
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
