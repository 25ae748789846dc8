//! The same program on PostgreSQL, where there is a server to test with.
use watchkeep_store::Database as Which;
use watchkeep_testkit::{Database, Engine, engines};

use crate::home::{Home, ran};

/// A home whose data are on the server, with its two URLs.
fn home() -> Option<(Home, Database, [String; 2])> {
    if !engines().contains(&Engine::Postgres) {
        return None;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(Database::new(Engine::Postgres));
    let Which::Postgres { url, owner_url: Some(owner), .. } = database.options().database else { panic!("no server") };
    Some((Home::new(), database, [url, owner]))
}

#[test]
fn everything_but_backups_works_the_same() {
    let Some((mut home, _database, [url, owner])) = home() else { return };
    home.env =
        vec![("WATCHKEEP_DATABASE__URL".into(), url.clone()), ("WATCHKEEP_DATABASE__OWNER_URL".into(), owner.clone())];
    home.run(["tenant", "list"]).code(10).told("there is no hub here: the keyring ");
    home.run(["init", "--tenant", "acme", "--email", "ana@example.com"]).code(0);
    home.run(["init", "--tenant", "acme", "--email", "ana@example.com"]).code(5).told("is a hub already");
    let token = home.token("ana@example.com");
    home.run(["kri", "add", "--signal", "mfa_enforced_pct"]).code(0);
    home.run(["kri", "set", "mfa_enforced_pct", "97"]).code(0);

    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    let (status, answer) = hub.tool(&token, "list_kris", "{}");
    assert_eq!((status, &answer["items"][0]["value"]), (200, &97.0.into()));
    // several hubs beside each other
    let second = home.start(["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.tool(&token, "list_kris", "{}").0, 200);
    home.run(["token", "revoke", "--user", "ana@example.com"]).code(0);
    assert_eq!((hub.tool(&token, "list_kris", "{}").0, second.tool(&token, "list_kris", "{}").0), (401, 401));
    hub.stop("TERM").code(0);
    second.stop("TERM").code(0);

    home.run(["audit", "verify"]).code(0).shows("whole");
    let mut doctor = home.command(["doctor"]);
    doctor.env("WATCHKEEP_LISTEN", "127.0.0.1:0");
    let doctor = ran(doctor).code(0).shows("row-level security holds");
    assert!(!doctor.out.contains(":test@"), "a password is shown: {}", doctor.out);
    home.run(["backup", "one.db"]).code(1).told("pg_dump");
    home.run(["restore", "Cargo.toml"]).code(3);

    // the owner may not serve
    home.env = vec![("WATCHKEEP_DATABASE__URL".into(), owner)];
    home.run(["serve", "--listen", "127.0.0.1:0"]).code(1).told("owns the tables");
    // a server that does not answer
    home.env = vec![("WATCHKEEP_DATABASE__URL".into(), "postgres://app@127.0.0.1:1/hub".into())];
    home.run(["tenant", "list"]).code(7).told("PostgreSQL");
}

#[test]
fn a_demo_may_live_there() {
    let Some((mut home, _database, [url, owner])) = home() else { return };
    home.env = vec![("WATCHKEEP_DATABASE__URL".into(), url), ("WATCHKEEP_DATABASE__OWNER_URL".into(), owner)];
    let demo = home.start(["demo", "--port", "0"]);
    let (status, answer) = demo.tool(&demo.text(&["token"]), "list_kris", r#"{"limit":200}"#);
    assert_eq!(status, 200);
    assert!(answer["items"].as_array().unwrap().len() > 30);
    demo.stop("TERM").code(0);
    home.run(["audit", "verify"]).code(0);
}
