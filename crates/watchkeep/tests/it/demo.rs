//! `demo`: one command, and an MCP client finds a register with a history.
use crate::home::{Home, ran};

#[test]
fn one_line_and_a_hub_with_data() {
    let home = Home::new();
    let hub = home.start(["demo", "--port", "0"]);
    let keys: Vec<&String> = hub.told.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["mcp", "signInUrl", "tenant", "token", "url"]);
    assert!(hub.text(&["signInUrl"]).starts_with(&format!("{}/link/", hub.text(&["url"]))));
    assert_eq!(hub.text(&["mcp", "risk"]), format!("{}/api/mcp", hub.text(&["url"])));
    let (status, answer) = hub.tool(&hub.text(&["token"]), "list_kris", r#"{"status":"red","limit":200}"#);
    assert_eq!(status, 200);
    let red = answer["items"].as_array().unwrap();
    assert!(!red.is_empty() && red.iter().all(|k| k["status"] == "red" && k["demo"] == true), "{answer}");
    // both tenants are marked as demo
    let tenants = home.json(["tenant", "list"]);
    let all = tenants["items"].as_array().unwrap();
    assert!(all.len() == 2 && all.iter().all(|t| t["demo"] == true), "{tenants}");
    hub.stop("TERM").code(0);
    home.run(["audit", "verify"]).code(0);

    // the folder was named, so the data stay and are served again, with a new token
    let again = home.start(["demo", "--port", "0"]);
    assert_eq!(again.tool(&again.text(&["token"]), "list_kris", "{}").0, 200);
    again.stop("INT").code(0);
}

#[test]
fn a_demo_never_moves_into_a_hub() {
    let home = Home::initialised();
    home.run(["demo", "--port", "0"]).code(5).told("is a hub of its own, no demo").told("--keep");
    assert_eq!(home.json(["tenant", "list"])["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_temporary_demo_leaves_nothing() {
    let home = Home::new();
    let temporary = home.path.join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = home.command(["demo", "--port", "0", "--json"]);
    command.env_remove("WATCHKEEP_DATA_DIR").env("TMPDIR", &temporary);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    assert!(line.contains("\"signInUrl\":\"http://127.0.0.1:"), "{line}");
    let entries = || std::fs::read_dir(&temporary).unwrap().count();
    assert_eq!(entries(), 1);
    assert!(std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(entries(), 0);
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
}

#[test]
fn a_port_that_was_asked_for_must_be_free() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = home.command(["demo", "--port", &port]);
    command.env_remove("WATCHKEEP_DATA_DIR");
    ran(command).code(7).told("is in use");
}
