//! `keyring`: keys come and go, nothing that is sealed is lost on the way, and what is left when all of them are lost.
use serde_json::Value;

use crate::home::{Home, Running};

const REPORT: &str = r#"{"auditReportVersion":2,"vulnerabilities":{"lodash":{"name":"lodash","severity":"critical","via":[{"severity":"critical"}]}},"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":0,"critical":1,"total":1}}}"#;
/// What a proposal was read from.
const WORDS: &str = r#"{"name":"lodash","severity":"critical""#;

/// A hub with an artifact, whose body is sealed under key 1.
fn with_artifact() -> Home {
    let home = Home::initialised();
    home.run(["dropzone", "create", "drops"]).code(0);
    home.file("npm.json", REPORT);
    home.run(["dropzone", "push", "npm.json"]).code(0);
    home
}

fn serving(home: &Home) -> Running {
    home.start(["serve", "--listen", "127.0.0.1:0"])
}

/// The key, its state and how many values it has sealed, for each key.
fn listed(home: &Home) -> Vec<(u64, bool, bool, u64)> {
    let told = home.json(["keyring", "list"]);
    let line = |l: &Value| {
        (
            l["id"].as_u64().unwrap(),
            l["active"].as_bool().unwrap(),
            l["here"].as_bool().unwrap(),
            l["sealed"].as_u64().unwrap(),
        )
    };
    told["items"].as_array().unwrap().iter().map(line).collect()
}

/// Whether the words that a proposal was read from can be shown: they stand in the sealed body.
fn shows_its_words(home: &Home) -> bool {
    let all = home.json(["proposal", "list", "--all"]);
    let id = all["items"][0]["id"].as_str().unwrap().to_owned();
    home.run(["proposal", "show", &id]).code(0).out.contains(WORDS)
}

#[test]
fn a_key_is_rotated_out() {
    let home = with_artifact();
    assert_eq!(listed(&home), [(1, true, true, 1)]);
    assert!(shows_its_words(&home));
    home.run(["keyring", "rotate"]).code(0).shows("key 2 is the active one").told("restart every hub");
    assert_eq!(listed(&home), [(1, false, true, 1), (2, true, true, 0)]);
    assert!(shows_its_words(&home), "the older key still opens");
    home.run(["doctor"]).shows("look  sealed secrets 1, each opens; 1 with an older key");

    home.run(["keyring", "drop", "1"]).code(5).told("key 1 is needed: 1 value sealed with it").told("reseal");
    home.run(["keyring", "drop", "2"]).code(5).told("key 2 is the active one");
    home.run(["keyring", "drop", "7"]).code(5).told("no key 7");

    // a hub that was started before would go on with the old key
    let hub = serving(&home);
    for args in [&["keyring", "reseal"][..], &["keyring", "drop", "1"]] {
        home.run(args).code(7).told("another hub (process ").told("--hubs-restarted");
    }
    home.run(["keyring", "reseal", "--hubs-restarted"]).code(0).shows("1 value sealed anew under key 2");
    assert!(shows_its_words(&home));
    hub.stop("TERM").code(0);

    home.run(["keyring", "reseal"]).code(0).shows("0 values sealed anew");
    home.run(["keyring", "drop", "1"]).code(0).shows("key 1 is gone").told("keep the old keyring file");
    assert_eq!(listed(&home), [(2, true, true, 1)]);
    assert!(shows_its_words(&home));
    home.run(["doctor"]).shows("ok    sealed secrets 1, each opens");
    home.run(["audit", "verify"]).code(0).shows("whole");
    let rows = home.run(["audit", "list", "--tenant", "acme", "--event", "values_resealed"]).code(0);
    assert!(rows.out.contains("1 under key 2"), "{}", rows.out);
}

#[test]
fn a_backup_holds_no_key_of_the_ring() {
    let home = with_artifact();
    home.run(["keyring", "rotate"]).code(0);
    home.run(["keyring", "reseal"]).code(0);
    home.run(["backup", "one.db"]).code(0);
    let ring = std::fs::read_to_string(home.data().join("keyring.json")).unwrap();
    let keys: Vec<&str> = ring.split('"').filter(|word| word.len() == 64).collect();
    assert_eq!(keys.len(), 3, "two that seal, one that signs");
    for file in ["one.db", "one.db.checkpoints"] {
        let bytes = std::fs::read(home.path.join(file)).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
        assert!(!bytes.is_empty() && !holds(WORDS.as_bytes()));
        for key in &keys {
            let raw: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&key[2 * i..2 * i + 2], 16).unwrap()).collect();
            // a part of a key would be bad enough
            assert!(
                !holds(key.as_bytes()) && !holds(&raw) && !holds(&raw[..12]) && !holds(&key.as_bytes()[..24]),
                "{file}"
            );
        }
    }
}

#[test]
fn what_works_when_the_keyring_is_lost() {
    let home = with_artifact();
    let token = home.token("ana@example.com");
    home.run(["kri", "add", "--signal", "mfa_enforced_pct"]).code(0);
    home.run(["keyring", "replace", "--lost"]).code(5).told("is there");
    std::fs::remove_file(home.data().join("keyring.json")).unwrap();
    home.run(["keyring", "replace"]).code(2).told("--lost");
    home.run(["serve"]).code(1).told("keyring.json is missing");

    let told = home.json(["keyring", "replace", "--lost"]);
    assert_eq!((&told["active"], &told["closed"]), (&2.into(), &1.into()), "never the number of a lost key: {told}");
    assert!(told["findings"][0].as_str().unwrap().contains("the keyring has no key 1"), "{told}");
    assert_eq!(listed(&home), [(1, false, false, 1), (2, true, true, 0)]);
    assert!(std::path::Path::new(told["keptCheckpoints"].as_str().unwrap()).is_file());

    // what is kept as a hash, or in the clear, works as before
    let hub = serving(&home);
    let (status, answer) = hub.tool(&token, "list_kris", "{}");
    assert_eq!((status, &answer["items"][0]["slug"]), (200, &"mfa_enforced_pct".into()));
    assert_eq!(hub.tool("drx_pat_acme.00", "list_kris", "{}").0, 401);
    hub.stop("TERM").code(0);
    // what was sealed does not open, and the doctor names it
    assert!(!shows_its_words(&home));
    home.run(["doctor"]).code(6).shows("FAIL  sealed secrets 1 of 1 do not open: part 0 of artifact");
    home.run(["keyring", "reseal"]).code(6).shows("0 values sealed anew").shows("1 of 1 sealed values do not open");
    // what is sealed from now on does
    home.file("later.json", REPORT.replace("lodash", "qs"));
    home.run(["dropzone", "push", "later.json"]).code(0);
    assert_eq!(listed(&home), [(1, false, false, 1), (2, true, true, 1)]);
}
