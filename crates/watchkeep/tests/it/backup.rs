//! `backup`, `restore`, `audit verify`.
use crate::home::{Home, tamper};

fn drop_sides(home: &Home) {
    for side in ["hub.db-wal", "hub.db-shm"] {
        let _ = std::fs::remove_file(home.data().join(side));
    }
}

#[test]
fn a_backup_brings_everything_back() {
    let home = Home::initialised();
    home.run(["kri", "add", "--signal", "mfa_enforced_pct"]).code(0);
    home.run(["kri", "set", "mfa_enforced_pct", "91"]).code(0);
    home.run(["backup", "one.db"]).code(0).shows("verified").told("no key is in it");
    assert!(home.path.join("one.db.checkpoints").is_file());
    home.run(["backup", "one.db"]).code(5).told("exists already");
    home.run(["backup", "nowhere/one.db"]).code(3).told("nowhere does not exist");

    home.run(["tenant", "create", "contoso"]).code(0);
    home.run(["kri", "set", "mfa_enforced_pct", "50", "--tenant", "acme"]).code(0);
    home.run(["audit", "checkpoint"]).code(0);

    home.run(["restore", "one.db", "--check"]).code(0).shows("is whole: schema 0005_oauth, 1 tenant;");
    home.run(["tenant", "list"]).code(0).shows("contoso");

    let told = home.json(["restore", "one.db"]);
    let kept = told["kept"].as_str().unwrap().to_owned();
    assert!(std::path::Path::new(&kept).is_file() && told["keptCheckpoints"].is_string(), "{told}");
    assert!(!home.run(["tenant", "list"]).code(0).out.contains("contoso"));
    assert_eq!(home.json(["kri", "show", "mfa_enforced_pct"])["value"], 91.0);
    // the chain goes on from the backup, and its checkpoints fit it
    home.run(["audit", "verify"]).code(0).shows("whole");
    home.run(["audit", "checkpoint"]).code(0);
    home.run(["audit", "verify"]).code(0);
    home.run(["doctor"]).code(0);
}

#[test]
fn a_backup_is_made_while_the_hub_runs_and_restored_when_it_does_not() {
    let home = Home::initialised();
    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    home.run(["backup", "running.db"]).code(0);
    home.run(["restore", "running.db", "--check"]).code(0);
    home.run(["restore", "running.db"])
        .code(7)
        .told("another hub (process ")
        .told("hub.lock")
        .told("fix: stop it first");
    hub.stop("TERM").code(0);
    home.run(["restore", "running.db"]).code(0);
    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(hub.ask("GET", "/readyz", None, "").0, 200);
}

#[test]
fn what_is_no_backup_is_refused() {
    let home = Home::initialised();
    home.file("text.db", "hello");
    home.file("empty.db", "");
    home.run(["backup", "good.db"]).code(0);
    let mut bytes = std::fs::read(home.path.join("good.db")).unwrap();
    bytes.truncate(bytes.len() / 2);
    home.file("half.db", bytes);
    for name in ["text.db", "empty.db", "half.db"] {
        home.run(["restore", name]).code(5).told("is not a whole Watchkeep database");
        home.run(["restore", name, "--check"]).code(5);
    }
    home.run(["tenant", "list"]).code(0).shows("acme");
    home.run(["audit", "verify"]).code(0);
}

#[test]
fn a_backup_for_a_fresh_machine_needs_the_keyring_only() {
    let home = Home::initialised();
    home.run(["backup", "one.db"]).code(0);
    let fresh = Home::new();
    for name in ["one.db", "one.db.checkpoints"] {
        std::fs::copy(home.path.join(name), fresh.path.join(name)).unwrap();
    }
    fresh.run(["restore", "one.db"]).code(0).told("keyring.json is missing: restore your copy of it");
    fresh.run(["serve"]).code(1).told("is missing");
    std::fs::copy(home.data().join("keyring.json"), fresh.data().join("keyring.json")).unwrap();
    fresh.run(["audit", "verify"]).code(0);
    fresh.run(["tenant", "list"]).code(0).shows("acme");
}

/// Somebody edits a row behind the hub's back.
#[test]
fn a_changed_row_is_found() {
    let home = Home::initialised();
    home.run(["tenant", "create", "contoso"]).code(0);
    home.run(["audit", "verify"]).code(0).shows("(installation)").shows("whole");
    home.run(["backup", "edited.db"]).code(0);
    assert!(tamper(&home.path.join("edited.db"), "tenant_created", "tenant_deleted") >= 1);
    drop_sides(&home);
    std::fs::copy(home.path.join("edited.db"), home.data().join("hub.db")).unwrap();

    let found = home.run(["audit", "verify"]).code(6).shows("was edited, inserted or swapped");
    assert!(found.out.contains("(installation): row "), "{}", found.out);
    let told = home.run(["audit", "verify", "--json"]).code(6).json();
    assert_eq!(told["clean"], false);
    let problems: usize =
        told["chains"].as_array().unwrap().iter().map(|c| c["problems"].as_array().unwrap().len()).sum();
    assert!(problems >= 1, "{told}");
    home.run(["restore", "edited.db", "--check"]).code(6);
}

/// Somebody puts an older copy in place, or edits the checkpoints.
#[test]
fn a_cut_tail_and_a_forged_checkpoint_are_found() {
    let home = Home::initialised();
    home.run(["backup", "old.db"]).code(0);
    home.run(["tenant", "create", "contoso"]).code(0);
    home.run(["audit", "checkpoint"]).code(0);
    drop_sides(&home);
    std::fs::copy(home.path.join("old.db"), home.data().join("hub.db")).unwrap();
    home.run(["audit", "verify"]).code(6).shows("the tail was cut");

    let home = Home::initialised();
    let file = home.data().join("audit.checkpoints");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("1 ", "2 ", 1)).unwrap();
    home.run(["audit", "verify"]).code(6).shows("checkpoint file, line 1: the signature does not fit");
    home.run(["doctor"]).code(6).shows("FAIL  checkpoints");
}
