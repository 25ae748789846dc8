//! The register in files over the API: preview, apply, again, changed; and back out to the same.
use serde_json::{Value, json};
use watchkeep_testkit::Engine;

use crate::calling::of_rest;
use crate::ledger;
use crate::world::{Done, Side, World, on_each_engine};

const CONTROLS: &str = "\
code,name,status,effectiveness,owner,kris,techniques
AC-1,Sign-in with a second factor,operating,0.8,Ines,mfa_enforced_pct:coverage:2,T1078;T1110.003
AC-2,Fixing,operating,,,vuln_critical_open,
";
const RISKS: &str = "\
title;currentScore;inherentScore;controls;kris
Ransomware;70,5;90;AC-1;
Theft;;60;\"AC-1;ac-2\";vuln_critical_open
";

/// Two tenants with KRIs and an empty register.
async fn with_kris(engine: Engine) -> World {
    let w = World::new(engine).await;
    for side in [&w.acme, &w.contoso] {
        side.posted(json!([{ "kri": "vuln_critical_open", "value": 1 }, { "kri": "mfa_enforced_pct", "value": 95 }]))
            .await;
        let own = json!({
            "name": "Own", "slug": "own_indicator", "category": "governance", "unit": "count",
            "direction": "higherIsWorse", "amber": 1, "red": 5,
        });
        side.key.post(&side.path("/kris"), own).await.done();
    }
    w
}

async fn import(side: &Side, kind: &str, content: &str, apply: bool) -> Value {
    let body = json!({ "kind": kind, "content": content, "apply": apply });
    side.key.post(&side.path("/imports/register"), body).await.done()
}

async fn export(side: &Side, query: &str) -> Value {
    side.key.get(&side.path(&format!("/exports/register{query}"))).await.done()
}

fn counts(told: &Value) -> (u64, u64, u64) {
    let n = |name: &str| told[name].as_u64().unwrap();
    (n("made"), n("changed"), n("same"))
}

#[tokio::test]
async fn a_preview_writes_nothing_apply_keeps_it_and_a_second_time_changes_only_what_differs() {
    on_each_engine(async |engine| {
        let w = with_kris(engine).await;
        let before = export(&w.acme, "").await;
        let told = import(&w.acme, "control", CONTROLS, false).await;
        assert_eq!(told["kinds"]["control"], json!({ "good": 2, "new": 2, "changed": 0, "same": 0 }));
        assert_eq!((&told["applied"], &told["problems"]), (&json!(false), &json!([])));
        assert_eq!(export(&w.acme, "").await, before);

        assert_eq!(counts(&import(&w.acme, "control", CONTROLS, true).await), (2, 0, 0));
        assert_eq!(counts(&import(&w.acme, "risk", RISKS, true).await), (2, 0, 0));
        let whole = export(&w.acme, "").await;
        let risk = &whole["risks"][0];
        assert_eq!((&risk["slug"], &risk["currentScore"]), (&json!("ransomware"), &json!(70.5)), "{whole:#}");
        assert_eq!(whole["risks"][1]["controls"], json!(["AC-1", "AC-2"]));
        assert_eq!(whole["risks"][1].get("currentScore"), None, "unknown is absent");
        assert_eq!(
            whole["controls"][0]["kris"],
            json!([{ "kri": "mfa_enforced_pct", "role": "coverage", "weight": 2.0 }])
        );
        assert_eq!(export(&w.contoso, "").await["controls"], json!([]), "not the other tenant's");

        assert_eq!(counts(&import(&w.acme, "risk", RISKS, true).await), (0, 0, 2));
        let other = RISKS.replace("Theft;;60", "Theft;44;60");
        let told = import(&w.acme, "risk", &other, false).await;
        assert_eq!(told["kinds"]["risk"], json!({ "good": 2, "new": 0, "changed": 1, "same": 1 }));
        assert_eq!(counts(&import(&w.acme, "risk", &other, true).await), (0, 1, 1));
        // what a file does not say stays: no column, or an empty cell
        assert_eq!(counts(&import(&w.acme, "risk", "slug,currentScore,owner\ntheft,,Tom\n", true).await), (0, 1, 0));
        let whole = export(&w.acme, "").await;
        assert_eq!((&whole["risks"][1]["currentScore"], &whole["risks"][1]["owner"]), (&json!(44.0), &json!("Tom")));
        // and null takes it back
        let null = r#"[{"slug":"theft","currentScore":null,"controls":null}]"#;
        assert_eq!(counts(&import(&w.acme, "risk", null, true).await), (0, 1, 0));
        let risk = &export(&w.acme, "?kind=risk").await["risks"][1];
        assert_eq!((risk.get("currentScore"), risk.get("controls")), (None, None));
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn each_bad_row_is_named_and_nothing_is_kept_unless_told() {
    on_each_engine(async |engine| {
        let w = with_kris(engine).await;
        import(&w.acme, "control", CONTROLS, true).await;
        import(&w.contoso, "control", "code,name\nCO-9,Of contoso\n", true).await;
        let before = export(&w.acme, "").await;
        let file = json!({
            "controls": [
                { "code": "AC-3", "name": "Third", "effectivenessLow": 0.9, "effectiveness": 0.1 },
                { "code": "AC-4" },
                { "code": "AC-5", "name": "Fifth", "kris": ["mfa_enforced_pc"] },
                { "code": "AC-6", "name": "Sixth" },
                { "code": "ac-6", "name": "Sixth again" },
                { "name": "Without a code" },
            ],
            "risks": [
                { "title": "Of good ones", "controls": ["AC-1", "AC-6"] },
                { "title": "Of a bad one", "controls": ["AC-4"] },
                { "title": "Of another tenant's", "controls": ["CO-9"] },
                { "title": "???" },
            ],
        })
        .to_string();
        let body = json!({ "content": file });
        let told = w.acme.key.post(&w.acme.path("/imports/register"), body).await.done();
        let wanted = [
            ("control", 1, "effectiveness", "is less than `effectivenessLow`"),
            ("control", 2, "name", "is required"),
            ("control", 3, "kris[0]", "did you mean `mfa_enforced_pct`?"),
            ("control", 5, "code", "`ac-6` stands in row 4 already"),
            ("control", 6, "code", "is required"),
            ("risk", 2, "controls[0]", "there is no control `AC-4` in the register"),
            ("risk", 3, "controls[0]", "there is no control `CO-9` in the register"),
            ("risk", 4, "slug", "is required"),
        ];
        let problems = told["problems"].as_array().unwrap();
        for (problem, (kind, row, column, says)) in problems.iter().zip(wanted) {
            assert_eq!(
                (&problem["kind"], &problem["row"], &problem["column"]),
                (&json!(kind), &json!(row), &json!(column)),
                "{problems:#?}"
            );
            assert!(problem["problem"].as_str().unwrap().contains(says), "{problem}");
        }
        assert_eq!((problems.len(), &told["rows"], &told["good"]), (wanted.len(), &json!(10), &json!(2)));

        let path = w.acme.path("/imports/register");
        let told = of_rest(w.acme.key.post(&path, json!({ "content": file, "apply": true })).await);
        assert_eq!((told.answer.status, &*told.word), (422, "invalid"));
        assert!(told.text.contains("content, risks, row 3, column controls[0]: "), "{}", told.text);
        assert_eq!(export(&w.acme, "").await, before);
        let body = json!({ "content": file, "apply": true, "skipBad": true });
        assert_eq!(counts(&w.acme.key.post(&path, body).await.done()), (2, 0, 0));
        let whole = export(&w.acme, "").await;
        assert_eq!(whole["risks"][0]["controls"], json!(["AC-1", "AC-6"]));
        w.chains().await;
    })
    .await;
}

/// Texts that a table, a spreadsheet or a reader of JSON could trip over.
fn awkward() -> Value {
    let long = "€".repeat(2_000);
    json!({
        "people": [{ "slug": "p", "name": "=HYPERLINK(\"http://x.example\")", "email": "@p" }],
        "assets": [{ "slug": "a", "name": "'quoted'", "about": "+1; -2, \"three\"", "dataClasses": ["a, b", "=c"], "owners": ["p"] }],
        "applications": [{ "slug": "b", "name": "''=x", "lastSeen": "2026-11-01T00:00:00Z", "owners": ["p"] }],
        "vendors": [{ "slug": "v", "name": "-v", "note": long, "tier": 2, "assets": ["a"], "applications": ["b"] }],
        "controls": [{ "code": "C-1(2)", "name": "@c", "effectiveness": 0.1, "kris": [{ "kri": "mfa_enforced_pct", "role": "timeliness", "weight": 0.5 }] }],
        "risks": [
            { "slug": "ransomware", "currentScore": 12.25, "controls": ["C-1(2)"], "catalogSlug": "ransomware", "baseVersion": 1 },
            { "slug": "r", "title": "ünï\u{1F980}", "lossForms": ["fines", "response"], "annualLossMean": 1e14, "kris": ["own_indicator"] },
        ],
        "outcomes": [{ "slug": "o", "name": "o", "currency": "EUR", "risks": [{ "risk": "r", "share": 0.333 }, { "risk": "ransomware" }] }],
    })
}

#[tokio::test]
async fn what_is_exported_imports_again_to_the_same() {
    on_each_engine(async |engine| {
        let w = with_kris(engine).await;
        let body = json!({ "content": awkward().to_string(), "apply": true });
        assert_eq!(counts(&w.acme.key.post(&w.acme.path("/imports/register"), body).await.done()), (8, 0, 0));
        let whole = export(&w.acme, "").await;
        let mut wanted = awkward();
        wanted["risks"].as_array_mut().unwrap().reverse();
        for (kind, entries) in wanted.as_object().unwrap() {
            assert_eq!(&whole[kind], entries, "{kind}");
        }

        // the whole as JSON, into the other tenant and into the own
        let body = json!({ "content": whole.to_string(), "apply": true });
        assert_eq!(
            counts(&w.contoso.key.post(&w.contoso.path("/imports/register"), body.clone()).await.done()),
            (8, 0, 0)
        );
        assert_eq!(counts(&w.acme.key.post(&w.acme.path("/imports/register"), body).await.done()), (0, 0, 8));
        let mut there = export(&w.contoso, "").await;
        there["tenant"] = json!("acme");
        assert_eq!(there, whole);

        // each table, into the own tenant: nothing changes, and no cell begins a formula
        for (kind, name) in [
            ("person", "people"),
            ("asset", "assets"),
            ("application", "applications"),
            ("vendor", "vendors"),
            ("control", "controls"),
            ("risk", "risks"),
            ("outcome", "outcomes"),
        ] {
            let table = export(&w.acme, &format!("?kind={kind}&csv=true")).await["csv"].as_str().unwrap().to_owned();
            for begin in ["=", "+", "-", "@"] {
                for before in [",", ",\"", "\n", "\n\""] {
                    assert!(!table.contains(&format!("{before}{begin}")), "{table}");
                }
            }
            let told = import(&w.acme, kind, &table, true).await;
            assert_eq!(
                (told["changed"].as_u64(), told["made"].as_u64(), told["same"].as_u64()),
                (Some(0), Some(0), Some(whole[name].as_array().unwrap().len() as u64)),
                "{name}"
            );
        }
        assert_eq!(export(&w.acme, "").await, whole);
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn files_that_are_none_are_told_why_and_leave_nothing() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let before = export(&w.acme, "").await;
        let columns = format!("slug{}\nx\n", ",name".repeat(5_000));
        for (kind, content, says) in [
            (Some("risk"), " \n ".to_owned(), "is empty"),
            (Some("risk"), "slug,titel\nx,y\n".to_owned(), "did you mean `title`?"),
            (Some("risk"), "slug,title\nx,y\0\n".to_owned(), "NUL"),
            (Some("risk"), columns, "5001 columns; at most 64"),
            (Some("risk"), format!("slug,title\n{}", "x,y\n".repeat(10_001)), "more than 10000 rows"),
            (Some("risk"), "[".repeat(10_000), "recursion limit"),
            (Some("risk"), "{\"risks\":[{\"slug\":\"a\",\"slug\":\"b\"}]}".to_owned(), "`slug` stands twice"),
            (None, "slug,title\nx,y\n".to_owned(), "say which"),
            (None, "{\"riskz\":[]}".to_owned(), "did you mean `risks`?"),
            (None, "{\"format\":\"x\"}".to_owned(), "nothing to import"),
        ] {
            for apply in [false, true] {
                let mut body = json!({ "content": content, "apply": apply, "skipBad": true });
                if let Some(kind) = kind {
                    body["kind"] = json!(kind);
                }
                let told = of_rest(w.acme.key.post(&w.acme.path("/imports/register"), body).await);
                let start: String = content.chars().take(40).collect();
                assert_eq!((told.answer.status, &*told.word), (422, "invalid"), "{start:?}: {}", told.text);
                assert!(told.text.starts_with("content: ") && told.text.contains(says), "{start:?}: {}", told.text);
            }
        }
        let told = of_rest(w.acme.key.get(&w.acme.path("/exports/register?csv=true")).await);
        assert!(told.text.starts_with("kind: is required for CSV"), "{}", told.text);
        assert_eq!(export(&w.acme, "").await, before);
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn a_long_file_comes_in_whole_with_each_slice_on_record() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let mut csv = "name,category,criticality\n".to_owned();
        for n in 0..1_000 {
            csv.push_str(&format!("Host {n},server,low\n"));
        }
        let before = ledger::mark(&w.hub, &w.acme).await;
        assert_eq!(counts(&import(&w.acme, "asset", &csv, true).await), (1_000, 0, 0));
        let rows = ledger::rows_after(&w.hub, &w.acme.tenant.scope, before.seq).await;
        assert!(rows.iter().filter(|r| r.event == "register_imported").count() >= 10, "{}", rows.len());
        assert_eq!(counts(&import(&w.acme, "asset", &csv, true).await), (0, 0, 1_000));
        assert_eq!(export(&w.acme, "?kind=asset").await["assets"].as_array().unwrap().len(), 1_000);
        w.chains().await;
    })
    .await;
}
