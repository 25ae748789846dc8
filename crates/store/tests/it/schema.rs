//! The schema is the same on both engines, and every table of it is known.
use std::collections::{BTreeMap, BTreeSet};

use watchkeep_store::tables;

use crate::case::{Case, cases};
use crate::home::{Engine, Home, server};
use crate::raw::Raw;

pub(crate) const CASES: &[Case] = cases![
    every_table_is_of_one_kind,
    tenants_lead_every_key_of_their_tables,
    both_engines_have_one_schema on Postgres,
    row_level_security_is_forced_on_every_tenants_table on Postgres,
    texts_sort_by_bytes_on_both_engines,
    sqlite_tables_are_strict on Sqlite,
];

/// One table: columns (type, whether null is refused), the primary key, and the other indexes (name where it was
/// given, unique, partial, columns).
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, (String, bool)>,
    key: Vec<String>,
    indexes: BTreeSet<(String, bool, bool, Vec<String>)>,
}

async fn tables_of(raw: &Raw) -> BTreeMap<String, Table> {
    match raw {
        Raw::Sqlite(_) => sqlite_tables(raw).await,
        Raw::Postgres(_) => postgres_tables(raw).await,
    }
}
async fn sqlite_tables(raw: &Raw) -> BTreeMap<String, Table> {
    let mut all = BTreeMap::new();
    for t in raw.rows("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").await {
        let mut table = Table::default();
        let mut key = vec![];
        for c in raw.rows(&format!("select name, type, \"notnull\", pk from pragma_table_xinfo('{}')", t[0])).await {
            table.columns.insert(c[0].clone(), (c[1].to_lowercase(), c[2] == "1"));
            if c[3] != "0" {
                key.push((c[3].parse::<u32>().unwrap(), c[0].clone()));
            }
        }
        key.sort();
        table.key = key.into_iter().map(|(_, name)| name).collect();
        let lists = format!("select name, \"unique\", origin, partial from pragma_index_list('{}')", t[0]);
        for i in raw.rows(&lists).await.into_iter().filter(|i| i[2] != "pk") {
            let columns = raw.rows(&format!("select name from pragma_index_info('{}') order by seqno", i[0])).await;
            let name = if i[2] == "c" { i[0].clone() } else { String::new() };
            let columns = columns.into_iter().map(|c| c[0].clone()).collect();
            table.indexes.insert((name, i[1] == "1", i[3] == "1", columns));
        }
        all.insert(t[0].clone(), table);
    }
    all
}
async fn postgres_tables(raw: &Raw) -> BTreeMap<String, Table> {
    let mut all: BTreeMap<String, Table> = BTreeMap::new();
    let columns = "select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull \
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'";
    for c in raw.rows(columns).await {
        all.entry(c[0].clone()).or_default().columns.insert(c[1].clone(), (c[2].clone(), c[3] == "true"));
    }
    let indexes = "select t.relname::text, i.relname::text, x.indisprimary, x.indisunique, x.indpred is not null, \
         (select string_agg(a.attname::text, ' ' order by k.n) from unnest(x.indkey) with ordinality k(attnum, n) \
          join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum), \
         exists (select 1 from pg_constraint p where p.conindid = x.indexrelid) \
         from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid \
         where t.relnamespace = 'public'::regnamespace";
    for i in raw.rows(indexes).await {
        let table = all.get_mut(&i[0]).unwrap();
        let columns: Vec<String> = i[5].split(' ').map(Into::into).collect();
        if i[2] == "true" {
            table.key = columns;
        } else {
            let name = if i[6] == "true" { String::new() } else { i[1].clone() };
            table.indexes.insert((name, i[3] == "true", i[4] == "true", columns));
        }
    }
    all
}

async fn every_table_is_of_one_kind(home: &Home) {
    let _store = home.open().await;
    let there: BTreeSet<String> = tables_of(&home.raw().await).await.into_keys().collect();
    let kinds: Vec<&str> = [tables::TENANT, tables::PERSON, tables::INSTALLATION].concat();
    let known: BTreeSet<String> = kinds.iter().map(|t| (*t).to_owned()).collect();
    assert_eq!(there, known);
    assert_eq!(known.len(), kinds.len(), "a table is of two kinds");
    for t in tables::PERSON_IN_TENANT {
        assert!(tables::TENANT.contains(t), "{t}");
    }
    for t in tables::BIG {
        assert!(known.contains(*t), "{t}");
    }
}

async fn tenants_lead_every_key_of_their_tables(home: &Home) {
    // found by what nobody else knows: the hash of a credential; or used across tenants by the store's own work
    const ACROSS: &[&str] = &[
        "api_key_by_hash",
        "artifact_to_expire",
        "dropzone_token_by_hash",
        "idempotency_by_age",
        "job_by_time",
        "job_due",
        "job_ended",
        "kri_by_refresh",
        "mcp_access_tokens_by_end",
        "mcp_access_tokens_by_hash",
        "mcp_access_tokens_by_user",
        "membership_by_user",
        "oauth_grant_by_client",
        "oauth_grant_by_code_end",
        "oauth_grant_by_end",
        "oauth_grant_by_hash",
        "oauth_grant_by_revoked",
        "oauth_grant_by_user",
        "oauth_refresh_by_end",
        "oauth_refresh_by_hash",
        "proposal_landing",
        "schedule_due",
    ];
    let _store = home.open().await;
    let mut across = BTreeSet::new();
    for (name, t) in tables_of(&home.raw().await).await {
        if tables::TENANT.contains(&name.as_str()) {
            assert_eq!(t.key.first().map(String::as_str), Some("tenant_id"), "{name}");
            for (index, unique, _, columns) in &t.indexes {
                if columns[0] != "tenant_id" {
                    across.insert(index.clone());
                    assert!(!unique || index.ends_with("_by_hash"), "{index} is unique over all tenants");
                }
            }
        }
    }
    assert_eq!(across, ACROSS.iter().map(|s| (*s).to_owned()).collect());
}

async fn both_engines_have_one_schema(home: &Home) {
    assert!(server().is_some());
    let _here = home.open().await;
    let there = Home::new(Engine::Sqlite).await;
    let _there = there.open().await;
    let (postgres, sqlite) = (tables_of(&home.raw().await).await, tables_of(&there.raw().await).await);
    assert_eq!(postgres.keys().collect::<Vec<_>>(), sqlite.keys().collect::<Vec<_>>());
    for (name, p) in &postgres {
        let s = &sqlite[name];
        assert_eq!(p.key, s.key, "the key of {name}");
        assert_eq!(p.indexes, s.indexes, "the indexes of {name}");
        assert_eq!(p.columns.keys().collect::<Vec<_>>(), s.columns.keys().collect::<Vec<_>>(), "{name}");
        for (column, (kind, not_null)) in &p.columns {
            let (other, also) = &s.columns[column];
            let same = matches!(
                (kind.as_str(), other.as_str()),
                ("bigint", "integer") | ("double precision", "real") | ("text", "text") | ("bytea" | "uuid", "blob")
            );
            assert!(same, "{name}.{column} is {kind} on PostgreSQL and {other} on SQLite");
            assert_eq!(not_null, also, "whether {name}.{column} may be null");
        }
    }
}

async fn row_level_security_is_forced_on_every_tenants_table(home: &Home) {
    let _store = home.open().await;
    let raw = home.raw().await;
    let forced = raw
        .rows(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' \
             and relrowsecurity and relforcerowsecurity order by relname collate \"C\"",
        )
        .await;
    let forced: Vec<String> = forced.into_iter().map(|mut r| r.remove(0)).collect();
    assert_eq!(forced, tables::TENANT);
    let policies = raw.rows("select tablename::text, policyname::text, cmd::text from pg_policies").await;
    for t in tables::TENANT {
        let of: BTreeSet<(&str, &str)> =
            policies.iter().filter(|p| p[0] == *t).map(|p| (p[1].as_str(), p[2].as_str())).collect();
        let mut expected = BTreeSet::from([("own", "ALL"), ("crossing", "ALL")]);
        if tables::PERSON_IN_TENANT.contains(t) {
            expected.insert(("person", "SELECT"));
        }
        assert_eq!(of, expected, "{t}");
    }
}

async fn texts_sort_by_bytes_on_both_engines(home: &Home) {
    let _store = home.open().await;
    let raw = home.raw().await;
    for (i, name) in ["b", "A", "a", "Z", "ä", "_", "a b", "a-b", "B"].iter().enumerate() {
        let id = home.engine.id(uuid::Uuid::from_u128(i as u128));
        raw.run(&format!(
            "insert into person (id, email, name, operator, created_at) values ({id}, '{name}', '{name}', 0, 0)"
        ))
        .await;
    }
    let sorted: Vec<String> = raw.rows("select email from person order by email").await.concat();
    assert_eq!(sorted, ["A", "B", "Z", "_", "a", "a b", "a-b", "b", "ä"]);
    let after: Vec<String> = raw.rows("select email from person where email > 'a' order by email").await.concat();
    assert_eq!(after, ["a b", "a-b", "b", "ä"]);
}

async fn sqlite_tables_are_strict(home: &Home) {
    let _store = home.open().await;
    let raw = home.raw().await;
    let loose = raw
        .rows("select name from pragma_table_list where schema = 'main' and type = 'table' and strict = 0 and name not like 'sqlite_%'")
        .await;
    assert!(loose.is_empty(), "{loose:?}");
    raw.try_run("insert into installation (id, created_at, demo) values (1, 'soon', 0)").await.unwrap_err();
}
