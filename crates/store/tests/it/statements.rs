//! Every statement of the store, prepared and planned on both engines.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use watchkeep_store::sql::Listed;
use watchkeep_store::{registry, tables};

use crate::case::{Case, cases};
use crate::home::{Engine, Home};
use crate::raw::Raw;

pub(crate) const CASES: &[Case] = cases![
    every_statement_prepares,
    the_list_of_crossing_statements_is_whole on Sqlite,
    every_file_with_statements_is_registered on Sqlite,
    no_statement_reads_a_big_table_from_end_to_end,
    a_full_scan_would_be_found,
    every_tenant_named_in_a_text_has_its_predicate on Sqlite,
    every_change_of_a_kri_is_a_new_revision on Sqlite,
];

fn text(engine: Engine, s: &Listed) -> &'static str {
    match engine {
        Engine::Sqlite => s.sqlite,
        Engine::Postgres => s.postgres,
    }
}
fn name(s: &Listed) -> String {
    format!("{}::{}", s.module.trim_start_matches("watchkeep_store::"), s.name)
}

async fn every_statement_prepares(home: &Home) {
    let _store = home.open().await;
    let raw = home.raw().await;
    let mut wrong = vec![];
    for s in registry::all() {
        let r = match &raw {
            Raw::Sqlite(c) => c.prepare(s.sqlite).map(drop).map_err(|e| e.to_string()),
            Raw::Postgres(c) => c.prepare(s.postgres).await.map(drop).map_err(|e| format!("{e:?}")),
        };
        if let Err(e) = r {
            wrong.push(format!("{}: {e}", name(s)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(registry::all().count() > 80, "the registry has lost its lists");
}

async fn the_list_of_crossing_statements_is_whole(_: &Home) {
    let listed: BTreeSet<&str> = registry::CROSSING.iter().map(|(name, _)| *name).collect();
    let there: BTreeSet<&str> = registry::all().filter(|s| s.kind == "crossing").map(|s| s.name).collect();
    assert_eq!(listed, there);
    assert_eq!(listed.len(), registry::CROSSING.len(), "one is listed twice");
    assert!(registry::CROSSING.iter().all(|(_, why)| why.len() > 12), "each says why it crosses");
    // the list goes by name, so a name is crossing in one file only
    let all: Vec<&str> = registry::all().filter(|s| s.kind == "crossing").map(|s| s.name).collect();
    assert_eq!(all.len(), there.len(), "two crossing statements share a name");
}

async fn every_file_with_statements_is_registered(_: &Home) {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut with = BTreeSet::new();
    walk(&src, &mut |path, text| {
        // `table!` declares the statements of a table of the register
        if text.lines().any(|l| l == "statements! {" || l == "table! {") {
            let module = path.strip_prefix(&src).unwrap().with_extension("");
            with.insert(module.to_string_lossy().replace('/', "::"));
        }
    });
    let registered: BTreeSet<String> =
        registry::all().map(|s| s.module.trim_start_matches("watchkeep_store::").to_owned()).collect();
    assert_eq!(registered, with);
}
fn walk(folder: &std::path::Path, see: &mut impl FnMut(&std::path::Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, see);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            see(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The one that is right to: it looks for chains that nothing else knows of, and the rows are read right after it.
const MAY_SCAN: &[(&str, &str)] =
    &[("audit::verify::CHAINS_WITH_ROWS", "`audit verify` reads every row anyway, and looks for rows without a head")];

async fn no_statement_reads_a_big_table_from_end_to_end(home: &Home) {
    // what earlier cases left behind would count in the plans
    let home = &home.untouched().await;
    let _store = home.open().await;
    let raw = home.raw().await;
    let mut wrong = vec![];
    for s in registry::all() {
        let scans = scans(&raw, text(home.engine, s)).await;
        match MAY_SCAN.iter().any(|(n, _)| *n == name(s)) {
            false if !scans.is_empty() => wrong.push(format!("{}: {}", name(s), scans.join("; "))),
            true if scans.is_empty() => wrong.push(format!("{} scans nothing: take it off the list", name(s))),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    home.discard().await;
}

/// The check itself, on texts that it must refuse and on one that it must not.
async fn a_full_scan_would_be_found(home: &Home) {
    // what earlier cases left behind would count in the plans
    let home = &home.untouched().await;
    let _store = home.open().await;
    let raw = home.raw().await;
    for sql in [
        "select id from job where kind = 'x'",
        "select j.id from job j where j.attempt = 3",
        "select k.slug from kri k join kri_sample s on s.observed_at = k.observed_at where k.tenant_id = k.tenant_id",
        "update audit_log set outcome = 'ok' where outcome = 'x'",
        "select count(*) from mcp_call_log",
        "delete from idempotency where reply = ''",
    ] {
        assert!(!scans(&raw, sql).await.is_empty(), "{sql}");
    }
    let id = home.engine.id(uuid::Uuid::nil());
    let keyed = format!("select seq from audit_log where tenant_id = {id} and seq > 3");
    assert_eq!(scans(&raw, &keyed).await, Vec::<String>::new());
    home.discard().await;
}

async fn scans(raw: &Raw, sql: &str) -> Vec<String> {
    match raw {
        Raw::Sqlite(c) => {
            let mut s = c.prepare(&format!("explain query plan {sql}")).unwrap();
            let mut rows = s.raw_query();
            let mut found = vec![];
            while let Some(r) = rows.next().unwrap() {
                let detail: String = r.get("detail").unwrap();
                // an automatic index is a full scan, kept for the length of the statement
                let automatic = detail.contains("USING AUTOMATIC").then(|| detail.strip_prefix("SEARCH ")).flatten();
                let scanned = detail.strip_prefix("SCAN ").or(automatic).and_then(|d| d.split(' ').next());
                if scanned.is_some_and(|t| tables::BIG.contains(&table_of(sql, t).as_str())) {
                    found.push(detail);
                }
            }
            found
        }
        Raw::Postgres(c) => {
            let parameters = c.prepare(sql).await.unwrap().params().len();
            // as if the tables were big: by index where one fits, with nested loops, without looking at the values
            c.batch_execute(
                "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; \
                 set plan_cache_mode = force_generic_plan; deallocate all",
            )
            .await
            .unwrap();
            let nulls = vec!["null"; parameters].join(", ");
            let values = if parameters == 0 { String::new() } else { format!("({nulls})") };
            c.batch_execute(&format!("prepare s as {sql}")).await.unwrap();
            let plan = c.simple_query(&format!("explain (format json) execute s{values}")).await.unwrap();
            let json = plan.iter().find_map(|m| match m {
                tokio_postgres::SimpleQueryMessage::Row(r) => r.get(0),
                _ => None,
            });
            let plan: Value = serde_json::from_str(json.unwrap()).unwrap();
            let leading = leading_columns(raw).await;
            let mut found = vec![];
            unbounded(&plan[0]["Plan"], &leading, &mut found);
            found
        }
    }
}
/// The first column of each index.
async fn leading_columns(raw: &Raw) -> BTreeMap<String, String> {
    let rows = raw
        .rows(
            "select i.relname::text, a.attname::text from pg_index x join pg_class i on i.oid = x.indexrelid \
             join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]",
        )
        .await;
    rows.into_iter().map(|r| (r[0].clone(), r[1].clone())).collect()
}
/// The nodes of a plan that read a big table without a condition on an index, or with one that leaves its first
/// column open: PostgreSQL then reads the whole index.
fn unbounded(node: &Value, leading: &BTreeMap<String, String>, found: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    // a bitmap names its table above and its condition below
    let table = node["Relation Name"].as_str().unwrap_or_default();
    let bounded = |n: &Value| {
        let first = n["Index Name"].as_str().and_then(|i| leading.get(i));
        let cond = n["Index Cond"].as_str().unwrap_or_default();
        first.is_some_and(|c| [format!("({c} "), format!("ROW({c},")].iter().any(|w| cond.contains(w.as_str())))
    };
    let full = match kind {
        "Seq Scan" => true,
        "Index Scan" | "Index Only Scan" => !bounded(node),
        "Bitmap Heap Scan" => !node["Plans"].as_array().is_some_and(|p| p.iter().all(bounded)),
        _ => false,
    };
    if full && tables::BIG.contains(&table) {
        found.push(format!("{kind} on {table}: {}", node["Index Cond"]));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        unbounded(child, leading, found);
    }
}
/// SQLite's plan tells the alias; the text tells whose it is.
fn table_of(sql: &str, alias: &str) -> String {
    let words: Vec<&str> = sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let named = words.windows(3).find(|w| matches!(w[0], "from" | "join" | "update" | "into") && w[2] == alias);
    named.map_or(alias, |w| w[1]).to_owned()
}

/// The compile-time check reads words; this reads them again in another way, with the aliases.
async fn every_tenant_named_in_a_text_has_its_predicate(_: &Home) {
    let mut wrong = vec![];
    for s in registry::all().filter(|s| s.kind == "tenant") {
        let words: Vec<&str> = s.postgres.split_whitespace().collect();
        for (i, pair) in words.windows(2).enumerate() {
            let table = pair[1].trim_matches(|c| matches!(c, '(' | ')' | ','));
            if !matches!(pair[0], "from" | "join" | "update") || !tables::TENANT.contains(&table) {
                continue;
            }
            let alias = words.get(i + 2).copied().unwrap_or_default();
            let keyword = matches!(alias, "where" | "set" | "on" | "order" | "group" | "" | "limit");
            let wanted = if keyword { "tenant_id = $1".to_owned() } else { format!("{alias}.tenant_id = ") };
            if !s.postgres.contains(&wanted) {
                wrong.push(format!("{}: `{wanted}` is missing for {table}", name(s)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What was told of a KRI is told again until its revision grows.
async fn every_change_of_a_kri_is_a_new_revision(_: &Home) {
    let changes: Vec<_> = registry::all().filter(|s| s.sqlite.starts_with("update kri ")).collect();
    assert!(changes.len() > 2, "{changes:?}");
    for s in changes {
        assert!(s.sqlite.contains("rev = rev + 1"), "{} leaves the revision as it is", name(s));
    }
}
