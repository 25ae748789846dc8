//! `config`, `openapi`, `completions`, `reference`, `job`.
use serde_json::Value;

use crate::home::{Home, ran};

#[test]
fn a_value_tells_where_it_comes_from() {
    let home = Home::new();
    let file = home.file("hub.toml", "\n[limits]\ncalls_per_minute = 7\n");
    let mut command = home.command(["config", "explain", "limits.calls_per_minute", "--config"]);
    command.arg(&file).env("WATCHKEEP_LIMITS__CALLS_PER_MINUTE", "9");
    let done =
        ran(command).code(0).shows("limits.calls_per_minute = 9").shows("environment variable WATCHKEEP_LIMITS__CALLS");
    assert!(done.out.contains(&format!("overrules  7 from {}:3", file.display())), "{}", done.out);
    assert!(done.out.contains("Lookups and pages of lists") && done.out.contains("default    600"), "{}", done.out);

    let mut command = home.command(["config", "show", "--set", "--json", "--config"]);
    command.arg(&file);
    let told = ran(command).code(0).json();
    let keys: Vec<_> = told["items"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["data_dir", "limits.calls_per_minute"]);
}

#[test]
fn secrets_are_not_shown() {
    let home = Home::new();
    for args in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &["config", "explain", "database.url"],
        &["config", "explain", "server.metrics_token"],
    ] {
        let mut command = home.command(args);
        command
            .env("WATCHKEEP_DATABASE__URL", "postgres://app:s3cret@db/hub")
            .env("WATCHKEEP_SERVER__METRICS_TOKEN", "t0ken");
        let done = ran(command).code(0);
        assert!(!done.out.contains("s3cret") && !done.out.contains("t0ken"), "{}", done.out);
    }
}

#[test]
fn the_configuration_is_checked() {
    let home = Home::new();
    home.run(["config", "check"]).code(0).shows("the configuration is good");
    let mut command = home.command(["config", "check"]);
    command.env("WATCHKEEP_SERVER__TLS_CERT", "cert.pem");
    ran(command).code(2).told("server.tls_cert needs server.tls_key");
    let mut command = home.command(["config", "check", "--config", "nowhere.toml"]);
    command.env("WATCHKEEP_CONFIG", "elsewhere.toml");
    ran(command).code(2).told("nowhere.toml: the file cannot be read");
}

/// The pages are the same on every machine, so that they can be kept and compared.
#[test]
fn references_do_not_depend_on_the_machine() {
    let (one, two) = (Home::new(), Home::new());
    for args in [&["config", "reference"][..], &["reference", "commands"], &["reference", "exit-codes"], &["openapi"]] {
        let page = one.run(args).code(0).out;
        let mut command = two.command(args);
        command.env("WATCHKEEP_LISTEN", "127.0.0.1:9").env("COLUMNS", "40");
        assert_eq!(ran(command).code(0).out, page, "{args:?}");
        assert!(page.len() > 500 && !page.contains(one.path.to_str().unwrap()), "{args:?}");
    }
    let commands = one.run(["reference", "commands"]).code(0).out;
    for command in ["watchkeep serve", "watchkeep token create", "watchkeep audit verify", "watchkeep import kris"] {
        assert!(commands.contains(&format!("## `{command}`")), "{command}");
    }
    assert!(!one.data().exists());
}

#[test]
fn the_openapi_document_lists_the_operations() {
    let home = Home::new();
    let document: Value =
        serde_json::from_str(&home.run(["openapi", "--url", "https://hub.example"]).code(0).out).unwrap();
    assert_eq!(document["servers"][0]["url"], "https://hub.example");
    assert!(document["paths"]["/api/v1/tenants/{slug}/kris"]["get"].is_object(), "{}", document["paths"]);
}

#[test]
fn shells_are_completed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        home.run(["completions", shell]).code(0).shows("watchkeep").shows("tenant");
    }
    home.run(["completions", "cmd.exe"]).code(2);
}

#[test]
fn jobs_are_listed_and_run() {
    let home = Home::initialised();
    home.run(["job", "kinds"]).code(0).shows("housekeeping").shows("audit.checkpoint");
    assert_eq!(home.json(["job", "list"])["items"], Value::Array(vec![]));
    let before = std::fs::read_to_string(home.data().join("audit.checkpoints")).unwrap();
    let run = home.run(["job", "run", "audit.checkpoint"]).code(0);
    assert!(run.out.contains("done"), "{}{}", run.out, run.err);
    assert!(std::fs::read_to_string(home.data().join("audit.checkpoints")).unwrap().len() > before.len());
    let list = home.json(["job", "list"]);
    assert!(
        list["items"].as_array().unwrap().iter().any(|j| j["kind"] == "audit.checkpoint" && j["state"] == "done"),
        "{list}"
    );
    home.run(["audit", "verify"]).code(0);
}
