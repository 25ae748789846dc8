//! `serve`: starts, answers, stops; and what keeps it from starting.
use crate::home::Home;

#[test]
fn it_serves_until_it_is_asked_to_stop() {
    for signal in ["TERM", "INT"] {
        let home = Home::initialised();
        let token = home.token("ana@example.com");
        let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(hub.text(&["mcp", "risk"]), format!("{}/api/mcp", hub.text(&["url"])));
        assert_eq!(hub.ask("GET", "/healthz", None, ""), (200, "ok\n".into()));
        assert_eq!(hub.ask("GET", "/readyz", None, "").0, 200);
        assert_eq!(hub.ask("GET", "/metrics", None, "").0, 200);
        assert_eq!(hub.tool(&token, "list_kris", "{}").0, 200);
        let ended = hub.stop(signal).code(0);
        // not on a terminal: one JSON object per line
        for line in ended.err.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
        }
        assert!(ended.err.contains("Watchkeep serves") && ended.err.contains("stopping"), "{}", ended.err);
        assert!(!ended.err.contains(&token), "a token is in the log");
        // what was written is whole
        home.run(["audit", "verify"]).code(0);
        home.start(["serve", "--listen", "127.0.0.1:0"]).stop("TERM").code(0);
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let home = Home::initialised();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let done = home.run(["serve", "--listen", &address.to_string()]).code(7);
    done.told(&format!("port {} is in use ({address})", address.port())).told("choose another port with --listen");
    home.run(["serve", "--listen", "192.0.2.1:80", "--public-url", "https://hub.example"])
        .code(1)
        .told("is not an address of this machine");
    home.run(["serve", "--listen", "nowhere"]).code(2);
}

#[test]
fn a_second_hub_on_the_same_file_is_refused() {
    let home = Home::initialised();
    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    let second = home.run(["serve", "--listen", "127.0.0.1:0"]).code(7);
    second.told("another hub (process ").told("hub.lock").told("several hubs beside each other need PostgreSQL");
    // the command line works beside it
    home.run(["tenant", "create", "contoso"]).code(0);
    assert_eq!(hub.ask("GET", "/readyz", None, "").0, 200);
    // a killed hub leaves no lock behind
    hub.signal("KILL");
    drop(hub);
    home.start(["serve", "--listen", "127.0.0.1:0"]).stop("TERM").code(0);
}

#[test]
fn the_network_needs_an_address() {
    let home = Home::initialised();
    home.run(["serve", "--listen", "0.0.0.0:0"]).code(2).told("server.public_url").told("fix: set it: --public-url");
    home.run(["serve", "--listen", "127.0.0.1:0", "--public-url", "hub.example"]).code(2).told("flag --public-url");
    let hub = home.start(["serve", "--listen", "0.0.0.0:0", "--public-url", "http://hub.example"]);
    assert_eq!(hub.text(&["url"]), "http://hub.example");
    hub.stop("TERM").code(0);
}

#[test]
fn certificates_that_cannot_be_used_are_told() {
    let home = Home::initialised();
    let (cert, key) = (home.file("cert.pem", "no"), home.file("key.pem", "no"));
    let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("WATCHKEEP_SERVER__TLS_CERT", &cert).env("WATCHKEEP_SERVER__TLS_KEY", &key);
    crate::home::ran(command).code(1).told("cert.pem").told("fix: set server.tls_cert");
}

#[test]
fn a_second_signal_cuts_off() {
    let home = Home::initialised();
    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    // a request that never ends its body keeps the hub from stopping at once
    let host = hub.text(&["url"]).trim_start_matches("http://").to_owned();
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    let head = format!(
        "POST /api/mcp HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nauthorization: Bearer {}\r\ncontent-length: 100\r\n\r\n{{",
        home.token("ana@example.com")
    );
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let begun = watchkeep_store::Stopwatch::start();
    hub.signal("TERM");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let ended = hub.stop("TERM");
    assert!(begun.elapsed() < std::time::Duration::from_secs(15), "it waited");
    assert_eq!(ended.code, 130, "{}", ended.err);
    home.run(["audit", "verify"]).code(0);
}
