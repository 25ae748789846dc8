//! `doctor`: what is wrong is found, with what to do about it.
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::home::{Home, ran};

fn verdict(report: &Value, name: &str) -> String {
    let check = report["checks"].as_array().unwrap().iter().find(|c| c["name"] == name);
    check.unwrap_or_else(|| panic!("no check {name} in {report}"))["verdict"].as_str().unwrap().to_owned()
}

fn report(home: &Home, env: &[(&str, &str)]) -> (i32, Value) {
    let mut command = home.command(["doctor", "--json"]);
    command.env("WATCHKEEP_LISTEN", "127.0.0.1:1").envs(env.iter().copied());
    let done = ran(command);
    (done.code, done.json())
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_fresh_hub_is_well_but_for_its_backup() {
    let home = Home::initialised();
    let mut command = home.command(["doctor"]);
    command.env("WATCHKEEP_LISTEN", "127.0.0.1:0");
    let done = ran(command)
        .code(0)
        .shows("look  backup")
        .shows("fix: run `watchkeep backup FILE`")
        .shows("0 wrong, 1 to look at");
    assert!(done.out.contains("ok    sealed secrets"), "{}", done.out);
    let mut command = home.command(["doctor", "--strict"]);
    command.env("WATCHKEEP_LISTEN", "127.0.0.1:0");
    ran(command).code(6);
    home.run(["backup", "one.db"]).code(0);
    let mut command = home.command(["doctor", "--strict"]);
    command.env("WATCHKEEP_LISTEN", "127.0.0.1:0");
    ran(command).code(0).shows("0 wrong, 0 to look at");
    std::fs::remove_file(home.path.join("one.db")).unwrap();
    assert_eq!(verdict(&report(&home, &[]).1, "backup"), "warn");
}

#[test]
fn what_is_wrong_is_found() {
    let home = Home::initialised();
    set_mode(&home.data().join("keyring.json"), 0o644);
    let (code, told) = report(&home, &[]);
    assert_eq!((code, verdict(&told, "keyring").as_str()), (6, "fail"));
    set_mode(&home.data().join("keyring.json"), 0o600);

    set_mode(&home.data(), 0o755);
    let (code, told) = report(&home, &[]);
    assert_eq!((code, verdict(&told, "data folder").as_str()), (0, "warn"));
    set_mode(&home.data(), 0o700);

    let other = Home::initialised();
    std::fs::copy(other.data().join("keyring.json"), home.data().join("keyring.json")).unwrap();
    let (code, told) = report(&home, &[]);
    assert_eq!((code, verdict(&told, "checkpoints").as_str()), (6, "fail"), "signed with another keyring: {told}");

    std::fs::remove_file(home.data().join("audit.checkpoints")).unwrap();
    assert_eq!(verdict(&report(&home, &[]).1, "checkpoints"), "warn");

    let (code, told) = report(&Home::new(), &[]);
    assert_eq!((code, verdict(&told, "data folder").as_str()), (6, "fail"));
}

#[test]
fn addresses_ports_and_certificates_are_looked_at() {
    let home = Home::initialised();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    assert_eq!(verdict(&report(&home, &[("WATCHKEEP_LISTEN", &listen)]).1, "port"), "warn");
    let (code, told) = report(&home, &[("WATCHKEEP_LISTEN", "0.0.0.0:0")]);
    assert_eq!((code, verdict(&told, "public URL").as_str()), (6, "fail"));
    let open = [("WATCHKEEP_PUBLIC_URL", "http://hub.example")];
    assert_eq!(verdict(&report(&home, &open).1, "public URL"), "warn");
    assert_eq!(verdict(&report(&home, &[("WATCHKEEP_PUBLIC_URL", "https://hub.example")]).1, "public URL"), "ok");

    let (cert, key) = (home.file("cert.pem", "no certificate"), home.file("key.pem", "no key"));
    let files =
        [("WATCHKEEP_SERVER__TLS_CERT", cert.to_str().unwrap()), ("WATCHKEEP_SERVER__TLS_KEY", key.to_str().unwrap())];
    let (code, told) = report(&home, &files);
    assert_eq!((code, verdict(&told, "TLS").as_str()), (6, "fail"));
}

#[test]
fn a_running_hub_is_seen() {
    let home = Home::initialised();
    let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
    let listen = hub.text(&["listening"]);
    let (code, told) = report(&home, &[("WATCHKEEP_LISTEN", &listen)]);
    assert_eq!((code, verdict(&told, "port").as_str()), (0, "ok"), "{told}");
    let check = told["checks"].as_array().unwrap().iter().find(|c| c["name"] == "hub").unwrap();
    assert_eq!(check["told"], "is running on this data");
    hub.stop("TERM").code(0);
}
