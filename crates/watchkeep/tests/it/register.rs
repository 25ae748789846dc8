//! The register at the command line: entries typed, decided on, exported and imported.
use serde_json::{Value, json};

use crate::home::Home;

#[test]
fn an_entry_is_made_changed_decided_on_and_archived() {
    let home = Home::initialised();
    home.run(["control", "add", "--code", "IAM-01", "--name", "Sign-in", "--status", "operating"])
        .code(0)
        .shows("control IAM-01");
    let made =
        home.json(["risk", "add", "--title", "Press line stops", "--current-score", "73", "--controls", "IAM-01"]);
    assert_eq!((&made["slug"], &made["version"]), (&json!("press-line-stops"), &json!(1)));
    home.run(["risk", "add", "--title", "Small one", "--current-score", "9"]).code(0);
    home.run(["risk", "add", "--title", "Nobody scored it"]).code(0);

    let list = home.json(["risk", "list"]);
    let slugs: Vec<&str> = list["items"].as_array().unwrap().iter().map(|r| r["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["press-line-stops", "small-one", "nobody-scored-it"], "what is unknown comes last");
    assert_eq!(home.json(["risk", "list", "--query", "PRESS"])["items"].as_array().unwrap().len(), 1);

    home.run(["risk", "edit", "press-line-stops", "--current-score", "60", "--clear", "controls"])
        .code(0)
        .shows("version 2");
    home.run(["risk", "edit", "press-line-stops", "--current-score", "60"]).code(0).shows("was so already (version 2)");
    home.run(["risk", "edit", "press-line-stops"]).code(2).told("nothing to change");
    home.run(["risk", "edit", "press-line-stops", "--clear", "title"]).code(5).told("cannot be cleared");
    home.run(["risk", "edit", "press-line-stop", "--owner", "x"]).code(3).told("did you mean `press-line-stops`?");
    home.run(["risk", "add", "--title", "Another", "--treatment", "mitgate"]).code(5).told("did you mean `mitigate`?");
    home.run(["risk", "add", "--title", "Another", "--controls", "IAM-99"]).code(5).told("no control `IAM-99`");
    home.run(["risk", "add", "--title", "Small one"]).code(5).told("already");
    home.run(["vendor", "add", "--name", "V", "--tier", "7"]).code(5).told("tier");

    home.run(["risk", "accept", "press-line-stops", "--by", "Ines", "--why", "spare is here", "--until", "2099-01-01"])
        .code(0);
    let out = home.path.join("decided");
    home.run(["export", out.to_str().unwrap()]).code(0);
    let decided: Value = serde_json::from_str(&std::fs::read_to_string(out.join("decisions.json")).unwrap()).unwrap();
    let of_risk = decided["items"].as_array().unwrap().iter().find(|d| d["code"] == "press-line-stops").unwrap();
    assert_eq!((&of_risk["kind"], &of_risk["acceptances"][0]["why"]), (&"risk".into(), &"spare is here".into()));
    home.run(["risk", "accept", "press-line-stops", "--by", "Ines", "--why", "x", "--until", "2020-01-01"])
        .code(5)
        .told("past");
    home.run(["risk", "treat", "press-line-stops", "Buy a second spare", "--due", "2026-01-01", "--owner", "Tom"])
        .code(0);
    home.run(["risk", "comment", "press-line-stops", "It has arrived"]).code(0);
    let shown = home.json(["risk", "show", "press-line-stops"]);
    assert_eq!((&shown["currentScore"], shown.get("controls")), (&json!(60.0), None));
    assert_eq!((&shown["acceptances"][0]["by"], &shown["acceptances"][0]["expired"]), (&json!("Ines"), &json!(false)));
    assert_eq!(
        (&shown["actions"][0]["overdue"], &shown["comments"][0]["text"]),
        (&json!(true), &json!("It has arrived"))
    );
    home.run(["risk", "show", "press-line-stops"]).code(0).shows("OVERDUE").shows("accepted by Ines");

    home.run(["risk", "archive", "press-line-stops"]).code(0);
    home.run(["risk", "show", "press-line-stops"]).code(3);
    home.run(["risk", "add", "--title", "Press line stops"]).code(5).told("stays taken");
    home.run(["audit", "verify"]).code(0);
}

#[test]
fn a_register_goes_out_and_comes_back() {
    let home = Home::initialised();
    let file = home.path.join("vendors.csv");
    std::fs::write(&file, "name;tier;findingsOpen;note\nNorthgate;1;4;=1+1\nForge;9;;\n").unwrap();
    let path = file.to_str().unwrap();
    home.run(["import", "vendors", path]).code(6).shows("out of range").shows("nothing was written");
    assert_eq!(home.json(["vendor", "list"])["items"], Value::Array(vec![]));
    home.run(["import", "vendors", path, "--apply"]).code(5).told("--skip-bad");
    home.run(["import", "vendors", path, "--apply", "--skip-bad"]).code(0).shows("1 made");
    std::fs::write(&file, "name;tier\nNorthgate;2\n").unwrap();
    home.run(["import", "vendors", path]).code(0).shows("0 new, 1 changed");
    home.run(["import", "vendors", path, "--apply"]).code(0).shows("1 changed");
    home.run(["risk", "add", "--title", "A risk", "--current-score", "12.5"]).code(0);

    let out = home.path.join("out");
    let out = out.to_str().unwrap();
    home.run(["export", out]).code(0).shows("2 entries in 9 files");
    assert_eq!(std::fs::read_to_string(format!("{out}/decisions.json")).unwrap(), "{\n  \"items\": []\n}\n");
    home.run(["export", out]).code(5).told("is there already");
    home.run(["export", out, "--overwrite"]).code(0);
    let table = std::fs::read_to_string(format!("{out}/vendors.csv")).unwrap();
    assert!(table.contains(",'=1+1"), "{table}");
    let whole = home.run(["export", "-"]).code(0).out;
    assert_eq!(std::fs::read_to_string(format!("{out}/register.json")).unwrap(), whole);

    home.run(["tenant", "create", "second"]).code(0);
    home.run(["import", "register", out, "--tenant", "second", "--apply"]).code(0).shows("2 made");
    home.run(["import", "register", &format!("{out}/register.json"), "--tenant", "second"])
        .code(0)
        .shows("0 new, 0 changed, 1 as they are");
    let again = home.run(["export", "-", "--tenant", "second"]).code(0).out;
    let without = |text: &str| {
        let mut whole: Value = serde_json::from_str(text).unwrap();
        whole["tenant"] = Value::Null;
        whole
    };
    assert_eq!(without(&again), without(&whole));
    home.run(["import", "register", home.path.to_str().unwrap(), "--tenant", "second"]).code(0).shows("1 row");
    home.run(["import", "risks", "/nowhere.csv", "--tenant", "second"]).code(3);
}
