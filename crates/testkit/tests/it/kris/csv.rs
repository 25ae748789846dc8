//! A CSV file: preview, apply, read back; and everything that can be wrong with one.
use serde_json::{Value, json};

use super::now;
use crate::calling::of_rest;
use crate::ledger;
use crate::world::{Done, World, on_each_engine};

const FILE: &str = "\
kri,value,numerator,denominator,subject,observed_at,state,note
vuln_critical_open,3,,,shop,2026-11-19,,from the scanner
vuln_critical_open,4,,,api,2026-11-20T06:30:00Z,,
mfa_enforced_pct,,95,100,,2026-11-20,,
backup_restore_test_age_days,12,,,,2026-11-18,,
edr_coverage_pct,,,,,2026-11-20,unavailable,no licence
";

async fn import(w: &World, body: Value) -> Value {
    w.acme.key.post(&w.acme.path("/imports/kris"), body).await.done()
}

#[tokio::test]
async fn a_preview_tells_what_would_happen_and_writes_nothing_and_apply_keeps_it() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let before = ledger::register(&w.hub, &w.acme).await;
        let told = import(&w, json!({ "csv": FILE, "filename": "november.csv" })).await;
        let kris = ["backup_restore_test_age_days", "edr_coverage_pct", "mfa_enforced_pct", "vuln_critical_open"];
        let expected = json!({
            "applied": false, "rows": 5, "good": 5, "problems": [], "kris": kris, "newKris": kris,
            "written": 0, "skipped": 0,
        });
        assert_eq!(told, expected);
        assert_eq!(ledger::register(&w.hub, &w.acme).await, before);

        let told = import(&w, json!({ "csv": FILE, "filename": "november.csv", "apply": true })).await;
        assert_eq!(
            (told["applied"].as_bool(), told["written"].as_i64(), told["skipped"].as_i64()),
            (Some(true), Some(5), Some(0))
        );
        assert_eq!(w.acme.slugs(json!({})).await, kris);
        let open = w.acme.kri("vuln_critical_open").await;
        assert_eq!(now(&open), (Some(7.0), "ok", "amber"));
        assert_eq!((open["subjects"].as_i64(), open["missing"].as_i64()), (Some(2), Some(0)));
        assert_eq!(open["source"]["name"], "CSV import");
        let mfa = w.acme.kri("mfa_enforced_pct").await;
        assert_eq!((now(&mfa), mfa["numerator"].as_f64()), ((Some(95.0), "ok", "amber"), Some(95.0)));
        assert_eq!(now(&w.acme.kri("backup_restore_test_age_days").await), (Some(12.0), "ok", "green"));
        assert_eq!(now(&w.acme.kri("edr_coverage_pct").await), (None, "unavailable", "unknown"));
        let run = w.acme.asked("list_integrations", json!({ "kind": "csv" })).await["items"][0]["lastRun"].clone();
        assert_eq!((&run["id"], &run["written"], &run["status"]), (&told["runId"], &json!(5), &json!("ok")));
    })
    .await;
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_but_the_last_run() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let body = json!({ "csv": FILE, "filename": "november.csv", "apply": true });
        let first = import(&w, body.clone()).await;
        let kris = async || {
            let mut all = vec![];
            for slug in w.acme.slugs(json!({})).await {
                all.push(w.acme.kri(&slug).await);
            }
            all
        };
        let before = kris().await;
        w.hub.clock.advance(watchkeep_model::Span::hours(1));
        let told = import(&w, body).await;
        assert_eq!(
            (told["written"].as_i64(), told["skipped"].as_i64(), &told["newKris"]),
            (Some(0), Some(5), &json!([]))
        );
        assert_ne!(told["runId"], first["runId"]);
        assert_eq!(kris().await, before);
        // a file that was cut off is completed by importing it again
        let longer = format!("{FILE}vuln_critical_open,2,,,mail,2026-11-20,,\n");
        let told = import(&w, json!({ "csv": longer, "apply": true })).await;
        assert_eq!((told["written"].as_i64(), told["skipped"].as_i64()), (Some(1), Some(5)));
        assert_eq!(now(&w.acme.kri("vuln_critical_open").await), (Some(9.0), "ok", "amber"));
    })
    .await;
}

#[tokio::test]
async fn each_bad_row_is_named_with_its_line_its_column_and_the_reason() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let csv = "\
kri,value,numerator,denominator,subject,observed_at,state,note
vuln_critical_opn,3,,,,,,
,3,,,,,,
vuln_critical_open,many,,,,,,
vuln_critical_open,2.5,,,,,,
vuln_critical_open,-1,,,,,,
mfa_enforced_pct,101,,,,,,
mfa_enforced_pct,95,50,100,,,,
mfa_enforced_pct,,5,0,,,,
vuln_critical_open,,,,,,,
vuln_critical_open,1,,,,2027-01-01,,
vuln_critical_open,1,,,,20.11.2026,,
vuln_critical_open,1,,,,,broken,
vuln_critical_open,1,,,,,unknown,
vuln_critical_open,,,,,,stale,
vuln_critical_open,1,,,,,,,too many
vuln_critical_open,\"1,5\",,,,,,
no_such_kri_anywhere,x,,,,2027-13-01,,
vuln_critical_open,1,,,good,2026-11-20,,
";
        let told = import(&w, json!({ "csv": csv })).await;
        assert_eq!(
            (told["rows"].as_i64(), told["good"].as_i64(), told["applied"].as_bool()),
            (Some(18), Some(1), Some(false)),
            "{told:#}"
        );
        let wanted = [
            (2, "kri", "did you mean `vuln_critical_open`?"),
            (3, "kri", "is empty"),
            (4, "value", "`many` is not a number"),
            (5, "value", "a count is a whole number, not 2.5"),
            (6, "value", "-1 is less than 0"),
            (7, "value", "101 is more than 100"),
            (8, "value", "95 is not 50 of 100, which is 50.00 percent"),
            (9, "value", "is required"),
            (10, "value", "is required; if it could not be had, leave it out and say so with the state"),
            (11, "observed_at", "is in the future"),
            (12, "observed_at", "is not a time"),
            (13, "state", "broken"),
            (14, "state", "says unknown, so there can be no value"),
            (15, "state", "stale is not for samples"),
            (16, "(row)", "the row has 9 cells, the header 8"),
            (17, "value", "could be read in two ways"),
            (18, "observed_at", "is not a time"),
            (18, "value", "`x` is not a number"),
        ];
        let problems = told["problems"].as_array().unwrap();
        for (row, column, says) in wanted {
            let found = problems.iter().find(|p| p["row"] == row && p["column"] == column);
            let problem =
                found.unwrap_or_else(|| panic!("row {row}, {column}: {problems:#?}"))["problem"].as_str().unwrap();
            assert!(problem.contains(says), "row {row}, {column}: {problem}");
        }
        assert_eq!(problems.len(), wanted.len(), "{problems:#?}");

        // nothing is kept while something is wrong, unless the good rows are asked for
        let before = ledger::register(&w.hub, &w.acme).await;
        let path = w.acme.path("/imports/kris");
        let told = of_rest(w.acme.key.post(&path, json!({ "csv": csv, "apply": true })).await);
        assert_eq!((told.answer.status, &*told.word), (422, "invalid"));
        assert!(told.text.contains("csv, row 2, column kri: ") && told.text.contains("csv, row 18"), "{}", told.text);
        assert_eq!(ledger::register(&w.hub, &w.acme).await, before);
        let told = import(&w, json!({ "csv": csv, "apply": true, "skipBad": true })).await;
        assert_eq!((told["written"].as_i64(), told["problems"].as_array().unwrap().len()), (Some(1), wanted.len()));
        assert_eq!(now(&w.acme.kri("vuln_critical_open").await), (Some(1.0), "ok", "amber"));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_why() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let rows = |n: usize| format!("kri,value\n{}", "vuln_critical_open,1\n".repeat(n));
        let columns = vec!["note"; 65].join(",");
        for (csv, says) in [
            (" \n \n".to_owned(), "is empty"),
            ("kri,value\n".to_owned(), "has no rows below its first line"),
            ("kri,valu\nvuln_critical_open,1\n".to_owned(), "the column `valu` is not known"),
            ("kri,valu\nvuln_critical_open,1\n".to_owned(), "did you mean `value`?"),
            ("value\n1\n".to_owned(), "has no column `kri`"),
            ("kri\nvuln_critical_open\n".to_owned(), "has no column `value`"),
            ("kri,numerator\nvuln_critical_open,1\n".to_owned(), "has no column `value`"),
            ("kri,value,value\nvuln_critical_open,1,1\n".to_owned(), "has two columns for value"),
            ("{\"kri\": \"vuln_critical_open\"}".to_owned(), "is not known"),
            ("PK\u{3}\u{4}".to_owned(), "is not known"),
            (columns, "at most 64 are read"),
            (rows(10_001), "has more than 10000 rows: split the file"),
            (format!("kri,value\n{}", "x,y\n".repeat(3_000)), "has more than 2,000 problems"),
        ] {
            let before = ledger::register(&w.hub, &w.acme).await;
            for apply in [false, true] {
                let body = json!({ "csv": csv, "apply": apply, "skipBad": true });
                let told = of_rest(w.acme.key.post(&w.acme.path("/imports/kris"), body).await);
                let start: String = csv.chars().take(40).collect();
                assert_eq!((told.answer.status, &*told.word), (422, "invalid"), "{start:?}: {}", told.text);
                assert!(told.text.starts_with("csv: ") && told.text.contains(says), "{start:?}: {}", told.text);
            }
            assert_eq!(ledger::register(&w.hub, &w.acme).await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn the_ways_in_which_people_write_files_are_understood() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for (csv, value) in [
            ("\u{feff}KRI;Value;Observed At\r\nmfa_enforced_pct;\"97,5 %\";2026-11-20\r\n", 97.5),
            ("signal\twert\tdate\nmfa_enforced_pct\t96,25\t2026-11-20 07:00:00Z\n", 96.25),
            ("slug, value ,time,comment\n mfa_enforced_pct , 95% ,2026-11-20T08:30:00+01:00,\"a, quoted\nnote\"\n\n,,\n", 95.0),
            ("kri,num,total,date\nmfa_enforced_pct,94,100,2026-11-20T07:45:00Z\n", 94.0),
        ] {
            let told = import(&w, json!({ "csv": csv, "apply": true })).await;
            assert_eq!(told["written"], 1, "{csv:?}: {told}");
            assert_eq!(w.acme.kri("mfa_enforced_pct").await["value"], value, "{csv:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_value_is_traced_back_to_its_file_and_line() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let told = import(&w, json!({ "csv": FILE, "filename": "november.csv", "apply": true })).await;
        let kri = w.acme.kri("vuln_critical_open").await;
        let lineage = kri["lineage"].as_array().unwrap();
        assert_eq!(lineage.len(), 2);
        // the worst first
        for (line, subject, value, row) in [(&lineage[0], "api", 4.0, 3), (&lineage[1], "shop", 3.0, 2)] {
            assert_eq!((&line["subject"], &line["value"]), (&json!(subject), &json!(value)));
            assert_eq!(line["provenance"], json!({ "file": "november.csv", "row": row }));
            assert_eq!((&line["run"]["id"], &line["integration"]), (&told["runId"], &json!("CSV import")));
            assert_eq!(
                (&line["run"]["status"], &line["run"]["startedBy"], &line["by"]),
                (&json!("ok"), &json!("test"), &json!("test"))
            );
        }
        assert_eq!(lineage[1]["note"], "from the scanner");
    })
    .await;
}

#[tokio::test]
async fn a_long_file_comes_in_whole_with_one_run_and_each_slice_on_record() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let mut csv = "kri,value,subject,observed_at\n".to_owned();
        for n in 0..1_000 {
            csv.push_str(&format!("vuln_critical_open,1,host {n},2026-11-20T0{}:{:02}:00Z\n", n % 8, n % 60));
        }
        let before = ledger::mark(&w.hub, &w.acme).await;
        let told = import(&w, json!({ "csv": csv, "filename": "hosts.csv", "apply": true })).await;
        assert_eq!((told["written"].as_i64(), told["rows"].as_i64()), (Some(1_000), Some(1_000)));
        let kri = w.acme.kri("vuln_critical_open").await;
        assert_eq!((now(&kri), kri["subjects"].as_i64()), ((Some(1_000.0), "ok", "red"), Some(1_000)));
        assert_eq!(kri["lineage"].as_array().unwrap().len(), 20, "the worst twenty");
        let after = ledger::mark(&w.hub, &w.acme).await;
        assert_ne!(after, before);
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn a_row_without_a_date_is_of_the_moment_it_comes_in() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let body = json!({ "csv": "kri,value\nvuln_kev_open,3\n", "apply": true });
        assert_eq!(import(&w, body.clone()).await["written"], 1);
        assert_eq!(import(&w, body.clone()).await["skipped"], 1, "within the same moment");
        w.hub.clock.advance(watchkeep_model::Span::hours(30));
        assert_eq!(import(&w, body).await["written"], 1);
        let kri = w.acme.kri("vuln_kev_open").await;
        assert_eq!((now(&kri), &kri["observedAt"]), ((Some(3.0), "ok", "amber"), &json!(w.hub.now().to_string())));
    })
    .await;
}
