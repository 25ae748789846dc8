//! `kri` and `import`: definitions, typed values, files; read back by an MCP client.
use serde_json::Value;

use crate::home::Home;

#[test]
fn a_kri_of_the_catalogue_gets_a_value() {
    let home = Home::initialised();
    home.run(["kri", "signals", "mfa"]).code(0).shows("mfa_enforced_pct");
    let kri = home.json(["kri", "add", "--signal", "mfa_enforced_pct", "--owner", "IT"]);
    assert_eq!(
        (&kri["slug"], &kri["status"], &kri["value"]),
        (&"mfa_enforced_pct".into(), &"unknown".into(), &Value::Null)
    );
    let set =
        home.json(["kri", "set", "mfa_enforced_pct", "--numerator", "97", "--denominator", "100", "--note", "from HR"]);
    assert_eq!((&set["value"], &set["state"], &set["new"]), (&97.0.into(), &"ok".into(), &true.into()));

    let shown = home.json(["kri", "show", "mfa_enforced_pct"]);
    assert_eq!(shown["value"], 97.0);
    assert_eq!(
        (&shown["samples"][0]["note"], &shown["samples"][0]["source"]),
        (&"from HR".into(), &"Manual entry".into())
    );
    home.run(["kri", "show", "mfa_enforced_pct"]).code(0).shows("97 % (97 of 100)").shows("from HR");
    home.run(["kri", "list"]).code(0).shows("mfa_enforced_pct").shows("97 %");

    // the status follows the thresholds
    let before = home.json(["kri", "list"])["items"][0]["status"].clone();
    home.run(["kri", "edit", "mfa_enforced_pct", "--amber", "99", "--red", "98"]).code(0).shows("is red");
    assert_ne!(before, "red");
    assert_eq!(home.json(["kri", "list", "--status", "red"])["items"].as_array().unwrap().len(), 1);
    home.run(["kri", "edit", "mfa_enforced_pct", "--amber", "10", "--red", "50"]).code(5).told("red");

    home.run(["kri", "archive", "mfa_enforced_pct"]).code(0);
    assert_eq!(home.json(["kri", "list"])["items"], Value::Array(vec![]));
    home.run(["kri", "show", "mfa_enforced_pct"]).code(3);
}

#[test]
fn a_kri_of_ones_own_needs_its_parts() {
    let home = Home::initialised();
    home.run(["kri", "add", "--name", "Open doors"]).code(5).told("unit: is required").told("red: is required");
    let args = [
        "kri",
        "add",
        "--name",
        "Open doors",
        "--unit",
        "count",
        "--direction",
        "higherIsWorse",
        "--category",
        "physical",
    ];
    home.run(args.iter().chain(&["--amber", "5", "--red", "1"])).code(5).told("red");
    home.run(args.iter().chain(&["--amber", "1", "--red", "5", "--cadence", "7d"])).code(0).shows("KRI open_doors");
    home.run(["kri", "add", "--signal", "mfa_enforcd_pct"]).code(5).told("did you mean `mfa_enforced_pct`?");
    home.run(["kri", "list", "--category", "phisical"]).code(3).told("did you mean `physical`?");
}

#[test]
fn a_value_that_cannot_be_is_refused() {
    let home = Home::initialised();
    home.run(["kri", "add", "--signal", "mfa_enforced_pct"]).code(0);
    home.run(["kri", "set", "mfa_enforced_pct", "130"]).code(5).told("value: 130 is more than 100");
    home.run(["kri", "set", "mfa_enforced_pct"]).code(5).told("value: is required");
    home.run(["kri", "set", "mfa_enforced_pct", "90", "--observed-at", "2099-01-01"]).code(5).told("observedAt");
    home.run(["kri", "set", "mfa_enforced_pct", "lots"]).code(2);
    home.run(["kri", "set", "mfa_enforcd_pct", "90"]).code(3).told("did you mean `mfa_enforced_pct`?");
    home.run(["kri", "set", "mfa_enforced_pct", "--state", "unavailable", "--note", "no licence"])
        .code(0)
        .shows("is unknown");
}

#[test]
fn a_file_is_looked_at_first_and_kept_when_told_to() {
    let home = Home::initialised();
    home.file(
        "values.csv",
        "kri;value;observed_at;note\nmfa_enforced_pct;97,5;2026-11-19;erste\nphish_sim_click_pct;4;2026-11-19;\n",
    );
    let preview = home.run(["import", "kris", "values.csv"]).code(0);
    let preview =
        preview.shows("2 rows, 2 good, 2 KRIs in acme").shows("new from the catalogue: mfa_enforced_pct, phish_sim");
    preview.shows("preview only, nothing was written");
    assert_eq!(home.json(["kri", "list"])["items"], Value::Array(vec![]));

    home.run(["import", "kris", "values.csv", "--apply"]).code(0).shows("kept 2 samples, 0 known already");
    assert_eq!(home.json(["kri", "show", "mfa_enforced_pct"])["value"], 97.5);
    let again = home.json(["import", "kris", "values.csv", "--apply"]);
    assert_eq!((&again["written"], &again["skipped"]), (&0.into(), &2.into()));
}

#[test]
fn bad_rows_are_told_with_line_and_column() {
    let home = Home::initialised();
    home.file(
        "bad.csv",
        "kri,value\nmfa_enforced_pct,97\nmfa_enforced_pct,130\nno_such_thing,3\nmfa_enforced_pct,lots\n",
    );
    let preview = home.run(["import", "kris", "bad.csv"]).code(6).shows("4 rows, 1 good");
    preview.shows("no_such_thing").shows("130 is more than 100");
    home.run(["import", "kris", "bad.csv", "--apply"]).code(5).told("nothing was kept: 3 problems").told("--skip-bad");
    assert_eq!(home.json(["kri", "list"])["items"], Value::Array(vec![]));
    home.run(["import", "kris", "bad.csv", "--apply", "--skip-bad"]).code(0).shows("kept 1 sample,");
    let told = home.run(["import", "kris", "bad.csv", "--json"]).code(6).json();
    let lines: Vec<_> = told["problems"].as_array().unwrap().iter().map(|p| p["row"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5]);

    for (name, content) in
        [("empty.csv", &b""[..]), ("latin.csv", b"kri,value\nm\xfc,3\n"), ("odd.csv", b"colour,value\nred,3\n")]
    {
        home.file(name, content);
        home.run(["import", "kris", name]).code(5).told("csv: ");
    }
    home.run(["import", "kris", "nowhere.csv"]).code(3).told("nowhere.csv");
    home.run(["import", "kris", "."]).code(1).told("directory");
}

#[test]
fn a_pipe_that_stays_open_can_be_left() {
    let home = Home::initialised();
    let mut command = home.command(["import", "kris", "-"]);
    command.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let pipe = child.stdin.take();
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    drop(pipe);
    assert_eq!(done.status.code(), Some(130), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stderr).contains("interrupted"));

    let mut command = home.command(["import", "kris", "-", "--apply"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"kri,value\nmfa_enforced_pct,97\n").unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&done.stdout).contains("kept 1 sample,"));
}

/// In by the command line, out by an MCP client, while the hub runs.
#[test]
fn what_comes_in_here_is_read_there() {
    let home = Home::initialised();
    home.file("values.csv", "kri,value,subject\nopen_critical_vulns,3,web\nopen_critical_vulns,4,mail\n");
    let known = home.run(["kri", "signals", "critical"]).code(0).out;
    let slug = known.lines().nth(1).and_then(|l| l.split_whitespace().next()).unwrap().to_owned();
    let token = home.token("ana@example.com");
    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    home.run(["kri", "add", "--signal", &slug]).code(0);
    home.run(["kri", "set", &slug, "7", "--note", "counted by hand"]).code(0);
    let (status, answer) = hub.tool(&token, "list_kris", "{}");
    assert_eq!((status, answer["items"].as_array().map(Vec::len)), (200, Some(1)), "{answer}");
    assert_eq!((&answer["items"][0]["slug"], &answer["items"][0]["value"]), (&slug.into(), &7.0.into()));
    hub.stop("INT").code(0);
    home.run(["audit", "verify"]).code(0);
    let calls = home.json(["audit", "list", "--event", "MCP_TOOL_CALLED"]);
    assert_eq!(calls["items"].as_array().unwrap().len(), 1);
}
