//! `init`: from nothing to a hub.
use std::os::unix::fs::PermissionsExt;

use crate::home::{Home, ran};

#[test]
fn it_makes_everything_once() {
    let home = Home::new();
    let done = home.run(["init", "--tenant-name", "Acme Werke GmbH", "--email", "Ana@Example.com"]).code(0);
    let done = done.shows("acme-werke-gmbh").shows("ana@example.com, admin").shows("drx_pat_acme-werke-gmbh.");
    assert!(done.out.contains("claude mcp add --transport http watchkeep http://127.0.0.1:8420/api/mcp --header"));
    let mode = |name: &str| std::fs::metadata(home.data().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("keyring.json"), 0o600);
    assert_eq!(std::fs::metadata(home.data()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(home.data().join("hub.db").is_file());

    let before = std::fs::read(home.data().join("keyring.json")).unwrap();
    let again = home.run(["init", "--tenant-name", "Other", "--email", "bo@example.com"]).code(5);
    again.told("is a hub already, with 1 tenant").told("fix: `watchkeep tenant create`");
    assert_eq!(std::fs::read(home.data().join("keyring.json")).unwrap(), before);
}

#[test]
fn it_says_what_is_missing_when_nobody_can_be_asked() {
    let home = Home::new();
    home.run(["init"])
        .code(2)
        .told("--tenant-name and --email must be given")
        .told("fix: watchkeep init --tenant-name");
    home.run(["init", "--email", "ana@example.com"]).code(2).told("--tenant-name must be given");
    assert!(!home.data().exists(), "nothing was made");
}

#[test]
fn what_is_wrong_leaves_nothing_behind() {
    let home = Home::new();
    home.run(["init", "--tenant-name", "Acme", "--email", "not an address"]).code(5).told("email: must be one address");
    home.run(["init", "--tenant-name", "%%%", "--email", "ana@example.com"]).code(2).told("no slug can be made");
    home.run(["init", "--tenant", "Acme Corp", "--email", "ana@example.com"]).code(2).told("acme-corp");
    assert!(!home.data().exists());
}

#[test]
fn machines_get_one_document() {
    let home = Home::new();
    let told = home.json(["init", "--tenant", "acme", "--email", "ana@example.com", "--expires", "12h"]);
    assert_eq!((&told["tenant"], &told["user"]), (&"acme".into(), &"ana@example.com".into()));
    assert!(told["token"].as_str().unwrap().starts_with("drx_pat_acme."));
    assert!(told["signInUrl"].as_str().unwrap().starts_with("http://127.0.0.1:8420/link/"));
    assert_eq!(told["mcp"]["risk"], "http://127.0.0.1:8420/api/mcp");
    assert_eq!(told["dataDir"].as_str().unwrap(), home.data().to_str().unwrap());
}

#[test]
fn an_interrupted_init_is_ended_by_the_next_one() {
    let home = Home::initialised();
    // what is left when it stopped after the keyring
    std::fs::remove_file(home.data().join("hub.db")).unwrap();
    for side in ["hub.db-wal", "hub.db-shm"] {
        let _ = std::fs::remove_file(home.data().join(side));
    }
    let _ = std::fs::remove_file(home.data().join("audit.checkpoints"));
    home.run(["init", "--tenant", "acme", "--email", "ana@example.com"]).code(0);
    home.run(["audit", "verify"]).code(0);
}

#[test]
fn the_folder_may_be_named_in_three_ways() {
    let home = Home::new();
    let by_flag = home.path.join("by-flag");
    let mut command = home.command(["init", "--tenant", "acme", "--email", "ana@example.com", "--data"]);
    command.arg(&by_flag);
    ran(command).code(0);
    assert!(by_flag.join("hub.db").is_file() && !home.data().exists());
    let file = home.file("hub.toml", "data_dir = \"by-file\"\n");
    let mut command = home.command(["init", "--tenant", "acme", "--email", "ana@example.com", "--config"]);
    command.arg(file).env_remove("WATCHKEEP_DATA_DIR");
    ran(command).code(0);
    assert!(home.path.join("by-file/hub.db").is_file());
}
