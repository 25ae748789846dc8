//! `token`, against a running hub: what is made opens, what is revoked does not.
use serde_json::Value;

use crate::home::Home;

#[test]
fn a_token_is_alone_on_the_output_stream() {
    let home = Home::initialised();
    let made = home.run(["token", "create", "--user", "ana@example.com", "--name", "laptop"]).code(0);
    let token = made.out.trim();
    assert!(made.out.lines().count() == 1 && token.starts_with("drx_pat_acme.") && token.len() == 13 + 64, "{token}");
    assert!(made.err.contains("laptop of ana@example.com for acme (mcp:read)") && made.err.contains("shown this once"));
    assert!(!home.run(["token", "list"]).code(0).out.contains(token));

    let key = home.json(["token", "create", "--kind", "api", "--name", "scanner", "--scope", "read write"]);
    assert!(key["token"].as_str().unwrap().starts_with("drx_api_acme."));
    assert_eq!((&key["scopes"], &key["user"]), (&"api:read api:write".into(), &Value::Null));
    let both =
        home.json(["token", "create", "--user", "ana@example.com", "--connector", "both", "--scope", "read write"]);
    assert_eq!(both["scopes"], "mcp.acknowledge mcp.read mcp:read mcp:write");
}

#[test]
fn what_would_open_nothing_is_not_made() {
    let home = Home::initialised();
    home.run(["user", "create", "vi@example.com", "--tenant", "acme", "--role", "viewer"]).code(0);
    home.run(["token", "create", "--user", "vi@example.com"])
        .code(5)
        .told("is viewer of `acme`, and a connector needs an analyst");
    home.run(["token", "create", "--user", "no@example.com"]).code(3).told("is no member of `acme`");
    home.run(["token", "create", "--user", "ana@example.com", "--expires", "2020-01-01"])
        .code(5)
        .told("expires: must lie in the future");
    home.run(["token", "create", "--user", "ana@example.com", "--expires", "never"]).code(2).told("every token ends");
    home.run(["token", "create", "--user", "ana@example.com", "--scope", "admin"])
        .code(2)
        .told("allowed are `read` and `read write`");
    home.run(["token", "create", "--kind", "api", "--user", "ana@example.com"]).code(2).told("belongs to the tenant");
    home.run(["user", "disable", "ana@example.com"]).code(0);
    home.run(["token", "create", "--user", "ana@example.com"]).code(5).told("is disabled");
    assert_eq!(home.json(["token", "list"])["items"].as_array().unwrap().len(), 1, "the one of init");
}

/// While the hub runs: tokens are made, used, listed with their use, and revoked; the next call is refused.
#[test]
fn a_revocation_holds_from_the_next_call_on() {
    let home = Home::initialised();
    home.run(["tenant", "create", "contoso"]).code(0);
    home.run(["user", "create", "bo@example.com", "--tenant", "acme"]).code(0);
    home.run(["user", "join", "bo@example.com", "--tenant", "contoso"]).code(0);
    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    let make = |tenant: &str| home.json(["token", "create", "--user", "bo@example.com", "--tenant", tenant]);
    let (one, two, other) = (make("acme"), make("acme"), make("contoso"));
    let works = |token: &Value| hub.tool(token["token"].as_str().unwrap(), "list_kris", "{}").0;
    assert_eq!((works(&one), works(&two), works(&other)), (200, 200, 200));

    let id = one["id"].as_str().unwrap();
    home.run(["token", "revoke", "--id", id]).code(0).shows("is revoked");
    assert_eq!((works(&one), works(&two), works(&other)), (401, 200, 200));
    home.run(["token", "revoke", "--id", id]).code(3).told("no living token or key");

    let all = home.json(["token", "revoke", "--user", "bo@example.com"]);
    assert_eq!(all["revoked"], 2);
    assert_eq!((works(&one), works(&two), works(&other)), (401, 401, 401));

    let third = make("acme");
    assert_eq!(works(&third), 200);
    home.run(["tenant", "disable", "acme"]).code(0);
    assert_eq!(works(&third), 401);
    home.run(["tenant", "enable", "acme"]).code(0);
    assert_eq!(works(&third), 200);
    home.run(["user", "leave", "bo@example.com", "--tenant", "acme"]).code(0);
    assert_eq!(works(&third), 401);

    let list = home.json(["token", "list", "--tenant", "acme"]);
    let states: Vec<_> = list["items"].as_array().unwrap().iter().map(|t| t["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["active", "revoked", "revoked", "active"], "the first is of init");
    hub.stop("TERM").code(0);
    home.run(["audit", "verify"]).code(0);
}
