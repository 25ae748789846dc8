//! What goes wrong is told in one line, how to fix it in another, and the exit code says which kind it is.
use std::os::unix::process::CommandExt;
use std::path::Path;

use serde_json::Value;

use crate::home::{Home, ran, tamper};

fn error(home: &Home, args: &[&str]) -> (i32, Value) {
    let mut command = home.command(args);
    command.arg("--json");
    let done = ran(command);
    assert_eq!(done.out, "", "an error is not data");
    (done.code, serde_json::from_str(done.err.trim()).unwrap_or_else(|e| panic!("{e}: {}", done.err)))
}

#[test]
fn where_no_hub_is() {
    let home = Home::new();
    for args in [
        &["tenant", "list"][..],
        &["serve"],
        &["user", "list"],
        &["audit", "verify"],
        &["kri", "list"],
        &["backup", "x.db"],
    ] {
        home.run(args).code(10).told("there is no hub here: ").told("fix: run `watchkeep init`");
    }
    let (code, told) = error(&home, &["tenant", "list"]);
    assert_eq!((code, told["code"].as_str()), (10, Some("not_initialised")));
    assert!(told["message"].as_str().unwrap().contains("hub.db does not exist") && told["hint"].is_string());
    assert!(!home.data().exists(), "looking makes nothing");
}

#[test]
fn a_command_line_that_cannot_be_used() {
    let home = Home::new();
    for args in [
        &["tenant", "lst"][..],
        &["frobnicate"],
        &["token", "create"],
        &["kri", "edit", "x"],
        &["token", "revoke"],
        &[],
    ] {
        home.run(args).code(2);
    }
    home.run(["tenant", "lst"]).told("'list'");
    home.run(["user", "create", "a@b.example", "--role", "boss", "--tenant", "acme"]).code(2).told("allowed are");
    let (code, told) = error(&home, &["tenant", "lst"]);
    assert_eq!((code, told["code"].as_str()), (2, Some("usage")));
    home.run(["--help"]).code(0).shows("Exit codes:").shows("130  stopped by the user");
    home.run(["--version"]).code(0).shows(env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_configuration_that_cannot_be_used() {
    let home = Home::new();
    let file = home.file("hub.toml", "[server]\nlissten = \"127.0.0.1:1\"\n[limits]\ncalls_per_minute = \"many\"\n");
    let mut command = home.command(["tenant", "list", "--config"]);
    command.arg(&file);
    let done = ran(command).code(2);
    let done = done.told("hub.toml:2: there is no key `server.lissten`; did you mean `server.listen`?");
    done.told("hub.toml:4: limits.calls_per_minute: expected a whole number");
    let mut command = home.command(["tenant", "list"]);
    command.env("WATCHKEEP_LOGG__LEVEL", "debug");
    ran(command)
        .code(2)
        .told("WATCHKEEP_LOGG__LEVEL: there is no key `logg.level`; did you mean WATCHKEEP_LOG__LEVEL?");
    let mut command = home.command(["config", "check"]);
    command.env("WATCHKEEP_LOG", "loud,=,");
    let done = ran(command);
    assert!(done.code == 2 && done.err.contains("log.level"), "{done:?}");
}

#[test]
fn what_is_not_there() {
    let home = Home::initialised();
    home.run(["user", "list", "--tenant", "contoso"])
        .code(3)
        .told("there is no tenant `contoso`")
        .told("fix: `watchkeep tenant list`");
    home.run(["user", "show", "bo@example.com"]).code(3).told("there is no user `bo@example.com`");
    home.run(["kri", "show", "mfa"]).code(3).told("there is no KRI `mfa`");
    home.run(["integration", "disable", "x"]).code(3).told("there is no integration `x`");
    home.run(["token", "revoke", "--id", "00000000-0000-7000-8000-000000000000"]).code(3);
    home.run(["job", "run", "housekeepng"]).code(3).told("did you mean `housekeeping`?");
    home.run(["config", "explain", "server.lissten"]).code(3).told("did you mean `server.listen`?");
    home.run(["restore", "nowhere.db"]).code(3).told("there is no file nowhere.db");
    let (code, told) = error(&home, &["tenant", "disable", "contoso"]);
    assert_eq!((code, told["code"].as_str()), (3, Some("not_found")));
}

#[test]
fn which_tenant_must_be_said_where_there_are_several() {
    let home = Home::initialised();
    home.run(["kri", "list"]).code(0);
    home.run(["tenant", "create", "contoso"]).code(0);
    home.run(["kri", "list"]).code(2).told("there are 2 tenants (acme, contoso): which one?").told("--tenant SLUG");
    home.run(["kri", "list", "-t", "contoso"]).code(0);
}

/// A program that another user may start: the tests may run as root, who may do everything.
fn as_nobody(home: &Home, args: &[&str]) -> Option<std::process::Command> {
    let copy = home.path.join("watchkeep");
    let program = env!("CARGO_BIN_EXE_watchkeep");
    // a copy may still be open for writing in a child that another test just started: a link cannot
    let there = copy.exists() || std::fs::hard_link(program, &copy).is_ok();
    if !there {
        std::fs::copy(program, &copy).ok()?;
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    let mut command = std::process::Command::new(copy);
    command.args(args).env_clear().env("WATCHKEEP_DATA_DIR", home.data()).current_dir("/");
    let is_root = std::fs::metadata("/proc/self").map(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0).ok()?;
    if is_root {
        command.uid(65_534).gid(65_534);
    }
    Some(command)
}

#[test]
fn what_may_not_be_read_or_written() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::initialised();
    let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    set(&home.path, 0o755);
    set(&home.data(), 0o555);
    set(&home.data().join("hub.db"), 0o444);
    let done = ran(as_nobody(&home, &["tenant", "list"]).unwrap());
    done.code(4).told("hub.db: permission denied").told("fix: ");
    let done = ran(as_nobody(&home, &["serve"]).unwrap());
    done.code(4).told("permission denied");
    let mut command = as_nobody(&home, &["init", "--tenant", "acme", "--email", "ana@example.com"]).unwrap();
    command.env("WATCHKEEP_DATA_DIR", "/proc/watchkeep");
    let done = ran(command);
    assert!(done.code != 0 && done.err.contains("the folder /proc/watchkeep"), "{done:?}");
    set(&home.data(), 0o700);
}

#[test]
fn a_newer_database_is_left_alone() {
    let home = Home::initialised();
    let copy = home.path.join("newer.db");
    home.run(["backup", "newer.db"]).code(0);
    assert!(tamper(&copy, "0005_oauth", "9999_oauth") >= 1);
    home.run(["restore", "newer.db"]).code(5).told("was written by a newer Watchkeep").told("9999_oauth");
    home.run(["tenant", "list"]).code(0).shows("acme");

    let database = home.data().join("hub.db");
    std::fs::copy(&copy, &database).unwrap();
    for side in ["hub.db-wal", "hub.db-shm"] {
        let _ = std::fs::remove_file(home.data().join(side));
    }
    let before = std::fs::read(&database).unwrap();
    for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["tenant", "list"]] {
        home.run(args).code(1).told("was written by a newer Watchkeep").told("9999_oauth");
    }
    home.run(["doctor"]).code(6).shows("newer Watchkeep");
    // the head of the file says how it is opened; the rows are as they were
    assert!(std::fs::read(&database).unwrap()[100..] == before[100..], "the database was changed");
}

#[test]
fn a_file_that_is_no_database() {
    let home = Home::initialised();
    for side in ["hub.db-wal", "hub.db-shm"] {
        let _ = std::fs::remove_file(home.data().join(side));
    }
    std::fs::write(home.data().join("hub.db"), "these are not the rows you are looking for\n".repeat(200)).unwrap();
    home.run(["tenant", "list"]).code(1).told("is not a SQLite database");
    home.run(["doctor"]).code(6).shows("FAIL  database");
}

#[test]
fn a_lost_keyring_is_not_replaced() {
    let home = Home::initialised();
    std::fs::remove_file(home.data().join("keyring.json")).unwrap();
    for args in [&["serve"][..], &["audit", "verify"], &["backup", "b.db"]] {
        home.run(args).code(1).told("keyring.json is missing").told("fix: restore it");
    }
    home.run(["tenant", "list"]).code(0);
    assert!(!home.data().join("keyring.json").exists() && !home.path.join("b.db").exists());
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = Home::new();
    let mut command = home.command(["config", "reference"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(0), ""));
}
