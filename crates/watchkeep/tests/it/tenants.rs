//! `tenant`, `user`, `integration`.
use serde_json::{Value, json};

use crate::home::Home;

fn slugs(home: &Home) -> Vec<String> {
    let list = home.json(["tenant", "list"]);
    list["items"].as_array().unwrap().iter().map(|t| t["slug"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn tenants_are_made_renamed_closed_and_opened() {
    let home = Home::initialised();
    home.run(["tenant", "create", "contoso", "--name", "Contoso Ltd"])
        .code(0)
        .shows("tenant contoso (Contoso Ltd) made");
    assert_eq!(slugs(&home), ["acme", "contoso"]);
    home.run(["tenant", "create", "contoso"]).code(5).told("is or was the slug of a tenant");
    home.run(["tenant", "create", "Not A Slug"]).code(2).told("not-a-slug");

    home.run(["tenant", "rename", "contoso", "--to", "contoso-eu", "--name", "Contoso EU"]).code(0);
    assert_eq!(slugs(&home), ["acme", "contoso-eu"]);
    // a former slug stays reserved
    home.run(["tenant", "create", "contoso"]).code(5).told("a former slug stays reserved");
    home.run(["tenant", "rename", "acme", "--to", "contoso"]).code(5);
    home.run(["tenant", "rename", "acme"]).code(2).told("nothing to change was named");

    let closed = home.json(["tenant", "disable", "contoso-eu"]);
    assert!(closed["disabledAt"].is_string());
    assert_eq!(
        home.json(["tenant", "disable", "contoso-eu"])["disabledAt"],
        closed["disabledAt"],
        "the first moment stays"
    );
    assert_eq!(home.json(["tenant", "enable", "contoso-eu"])["disabledAt"], Value::Null);
}

#[test]
fn a_table_is_plain_where_no_terminal_is() {
    let home = Home::initialised();
    let list = home.run(["tenant", "list"]).code(0).shows("SLUG").shows("Acme Corp");
    assert!(list.out.is_ascii() && !list.out.contains('|') && !list.out.contains('\u{1b}'), "{}", list.out);
    let none = home.run(["token", "list", "--tenant", "acme", "--json"]).code(0);
    assert_eq!(none.json()["items"].as_array().unwrap().len(), 1);
    let none = home.run(["integration", "list", "--json"]).code(0);
    assert_eq!(none.json(), json!({ "items": [] }));
    home.run(["integration", "list"]).code(0).told("no integration yet");
}

#[test]
fn users_join_and_leave() {
    let home = Home::initialised();
    home.run(["tenant", "create", "contoso"]).code(0);
    home.run(["user", "create", "Bo@Example.com", "--name", "Bo", "--tenant", "acme", "--role", "viewer"]).code(0);
    home.run(["user", "create", "bo@example.com"]).code(5).told("there is a user `bo@example.com` already");
    home.run(["user", "create", "cy@example.com", "--tenant", "nowhere"]).code(3);
    home.run(["user", "show", "cy@example.com"]).code(3);

    home.run(["user", "join", "bo@example.com", "--tenant", "contoso", "--role", "admin", "--home"])
        .code(5)
        .told("the home of bo@example.com is `acme`");
    home.run(["user", "join", "bo@example.com", "--tenant", "contoso", "--role", "admin"]).code(0);
    let memberships = |email: &str| {
        let all = home.json(["user", "show", email])["memberships"].clone();
        let line = |m: &Value| format!("{} {} {}", m["tenant"], m["role"], m["home"]).replace('"', "");
        all.as_array().unwrap().iter().filter(|m| m["disabledAt"].is_null()).map(line).collect::<Vec<_>>()
    };
    assert_eq!(memberships("bo@example.com"), ["acme viewer true", "contoso admin false"]);
    home.run(["user", "join", "bo@example.com", "--tenant", "acme", "--role", "analyst"]).code(0);
    home.run(["user", "leave", "bo@example.com", "--tenant", "contoso"]).code(0);
    assert_eq!(memberships("bo@example.com"), ["acme analyst true"]);
    home.run(["user", "list", "--tenant", "acme"]).code(0).shows("ana@example.com").shows("analyst");
    assert!(home.json(["user", "disable", "bo@example.com"])["disabledAt"].is_string());
    assert_eq!(home.json(["user", "enable", "bo@example.com"])["disabledAt"], Value::Null);
    assert_eq!(home.json(["user", "list"])["items"].as_array().unwrap().len(), 2);
}

#[test]
fn people_get_in_by_a_link_that_is_shown_once() {
    let home = Home::initialised();
    let made = home.run(["user", "create", "bo@example.com", "--tenant", "acme", "--role", "viewer"]).code(0);
    let made = made.shows("bo@example.com sets the first password here, once, until");
    let link = made.out.lines().find(|l| l.contains("http://127.0.0.1:8420/link/")).unwrap().trim().to_owned();
    assert_eq!(link.len(), "http://127.0.0.1:8420/link/".len() + 64, "{link}");
    let again = home.json(["user", "link", "bo@example.com"]);
    assert_eq!(again["kind"], "invitation");
    assert_ne!(again["url"].as_str().unwrap(), link);
    assert!(home.json(["user", "create", "cy@example.com"])["link"]["url"].as_str().unwrap().contains("/link/"));
    home.run(["user", "link", "no@example.com"]).code(3);
    home.run(["user", "disable", "bo@example.com"]).code(0);
    home.run(["user", "link", "bo@example.com"]).code(5).told("is locked out");

    home.run(["user", "reset-mfa", "ana@example.com"]).code(5).told("has no second factor");
    home.run(["user", "sessions", "ana@example.com"]).code(0).told("not signed in anywhere");
    assert_eq!(home.json(["user", "sessions", "ana@example.com", "--end"])["ended"], 0);
}

#[test]
fn a_tenant_says_what_it_requires_and_which_connectors_are_open() {
    let home = Home::initialised();
    let rules = home.json(["tenant", "require-mfa", "acme", "on"]);
    assert_eq!(rules, json!({"slug": "acme", "requireMfa": true, "connectors": {"risk": true, "fleet": false}}));
    let rules = home.json(["tenant", "connector", "acme", "fleet", "on"]);
    assert_eq!(rules["connectors"], json!({"risk": true, "fleet": true}));
    home.run(["tenant", "connector", "acme", "risk", "off"]).code(0).shows("risk connector off, fleet connector on");
    home.run(["tenant", "require-mfa", "acme", "off"]).code(0).shows("second factor required off");
    home.run(["tenant", "require-mfa", "nowhere", "on"]).code(3);
    home.run(["tenant", "connector", "acme", "other", "on"]).code(2);
}

#[test]
fn integrations_are_made_and_switched() {
    let home = Home::initialised();
    let made = home.json(["integration", "create", "Scanner push", "--kind", "api", "--vendor", "ScanCo"]);
    assert_eq!((&made["sourceType"], &made["priority"]), (&"api".into(), &50.into()));
    home.run(["integration", "create", "Scanner push"])
        .code(5)
        .told("there is an integration named `Scanner push` already");
    home.run(["integration", "create", "Native", "--kind", "native"]).code(5).told("this version does not have");
    home.run(["integration", "create", "Far", "--priority", "9999"]).code(5).told("priority: must be from 0 to 1000");
    home.run(["integration", "disable", "Scanner push"]).code(0).shows("is off");
    let id = made["id"].as_str().unwrap();
    let health = || home.json(["integration", "list"])["items"][0]["health"].clone();
    assert_eq!(health(), "disabled");
    home.run(["integration", "enable", id]).code(0).shows("is on");
    assert_eq!(health(), "never_run");
    home.run(["integration", "enable", "Scaner push"]).code(3).told("did you mean `Scanner push`?");
}

/// Each administrative write leaves a row that names who, what and about what.
#[test]
fn every_write_is_on_the_record() {
    let home = Home::initialised();
    home.run(["user", "create", "bo@example.com", "--tenant", "acme"]).code(0);
    home.run(["token", "create", "--user", "bo@example.com"]).code(0);
    home.run(["integration", "create", "Scanner"]).code(0);
    home.run(["kri", "add", "--signal", "mfa_enforced_pct"]).code(0);
    home.run(["kri", "add", "--signal", "mfa_enforced_pct"]).code(5);
    home.run(["token", "revoke", "--user", "bo@example.com"]).code(0);
    let list = home.json(["audit", "list"]);
    let rows: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|r| format!("{} {}", r["event"].as_str().unwrap(), r["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        rows,
        [
            "membership_changed ok",
            "api_token_created ok",
            "membership_changed ok",
            "api_token_created ok",
            "integration_created ok",
            "kri_created ok",
            "kri_created conflict",
            "api_token_revoked ok",
        ]
    );
    let row = &list["items"][0];
    assert_eq!(row["actorKind"], "operator");
    assert!(row["actor"].as_str().unwrap().starts_with("command line ("), "{row}");
    assert!(row["requestId"].is_string() && row["target"].is_string());
    // the reading itself is on the record, too
    assert_eq!(home.json(["audit", "list", "--event", "audit_read"])["items"].as_array().unwrap().len(), 1);
    let verified = home.json(["audit", "verify"]);
    assert_eq!(verified["clean"], true);
    let names: Vec<_> = verified["chains"].as_array().unwrap().iter().map(|c| c["chain"].as_str().unwrap()).collect();
    assert_eq!(names, ["(installation)", "acme"]);
}
