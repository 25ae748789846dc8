//! `dropzone` and `proposal`: files go in, values come out, people decide; and the doors for files over real sockets.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use watchkeep_store::Stopwatch;

use crate::home::{Home, Running};

const NPM: &str = r#"{"auditReportVersion":2,"vulnerabilities":{"lodash":{"name":"lodash","severity":"critical","via":[{"severity":"critical"}]},"qs":{"name":"qs","severity":"high","via":[{"severity":"high"}]}},"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":1,"critical":1,"total":2}}}"#;

fn with_zone() -> Home {
    let home = Home::initialised();
    home.run(["dropzone", "create", "drops"]).code(0).shows("Drop Zone drops (").shows("made in acme");
    home
}

#[test]
fn a_file_is_pushed_and_becomes_a_value() {
    let home = with_zone();
    home.file("npm-audit.json", NPM);
    let done = home.json(["dropzone", "push", "npm-audit.json", "--subject", "acme/shop", "--run"]);
    let pushed = &done["items"][0];
    assert_eq!(
        (&pushed["file"], &pushed["proposals"]["autoAccepted"]),
        (&"npm-audit.json".into(), &2.into()),
        "{done}"
    );
    assert_eq!(done["run"]["status"], "ok", "{done}");
    let kri = home.json(["kri", "show", "sca_critical_open"]);
    assert_eq!((&kri["value"], &kri["samples"][0]["subject"]), (&1.0.into(), &"acme/shop".into()), "{kri}");

    home.run(["dropzone", "push", "npm-audit.json"]).code(0).shows("known: the same bytes are artifact");
    home.run(["dropzone", "list"]).code(0).shows("drops");
    let artifacts = home.json(["dropzone", "artifacts"]);
    assert_eq!(
        (artifacts["items"].as_array().unwrap().len(), &artifacts["items"][0]["via"]),
        (1, &"command_line".into())
    );
    home.run(["dropzone", "artifacts"]).code(0).shows("npm-audit.json");
    home.run(["audit", "verify"]).code(0);
}

#[test]
fn several_files_are_pushed_although_one_is_not_there() {
    let home = with_zone();
    home.file("npm-audit.json", NPM);
    home.file("note.txt", "MFA: 91% of all accounts.\n");
    let files = ["dropzone", "push", "npm-audit.json", "nowhere.json", "note.txt"];
    home.run(files).code(3).told("1 of 3 files could not be pushed").told("nowhere.json").shows("not pushed");
    assert_eq!(home.json(["dropzone", "artifacts"])["items"].as_array().unwrap().len(), 2);
    home.run(["dropzone", "push", "a", "b", "--filename", "c"]).code(2).told("--filename");
    home.file("empty.txt", "");
    home.run(["dropzone", "push", "empty.txt"]).code(5).told("content");
}

#[test]
fn which_zone_must_be_said_where_there_are_several() {
    let home = Home::initialised();
    home.file("npm-audit.json", NPM);
    home.run(["dropzone", "push", "npm-audit.json"])
        .code(3)
        .told("has no Drop Zone yet")
        .told("watchkeep dropzone create");
    home.run(["dropzone", "create", "one"]).code(0);
    home.run(["dropzone", "create", "one"]).code(5);
    home.run(["dropzone", "create", "two"]).code(0);
    home.run(["dropzone", "push", "npm-audit.json"])
        .code(2)
        .told("acme has 2 Drop Zones (one, two): which one?")
        .told("--zone NAME");
    home.run(["dropzone", "push", "npm-audit.json", "--zone", "two"]).code(0);
    home.run(["dropzone", "push", "npm-audit.json", "--zone", "three"]).code(3);
}

/// What waits is looked at, decided, taken back; each decision can be seen.
#[test]
fn a_person_decides_about_what_is_not_sure() {
    let home = with_zone();
    home.run(["proposal", "autonomy", "--threshold", "1"]).code(0).shows("accepted from 1");
    home.file("npm-audit.json", NPM);
    let pushed = home.json(["dropzone", "push", "npm-audit.json", "--subject", "shop"]);
    assert_eq!(pushed["items"][0]["proposals"]["queued"], 2, "{pushed}");
    let waiting = home.json(["proposal", "list"]);
    let of = |signal: &str| {
        let all = waiting["items"].as_array().unwrap();
        all.iter().find(|p| p["kri"] == signal).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (critical, high) = (of("sca_critical_open"), of("sca_high_open"));
    home.run(["proposal", "list"]).code(0).shows("sca_critical_open").shows(&critical);
    home.run(["proposal", "show", &critical]).code(0).shows("sca_critical_open").shows("shop").shows("critical");
    home.run(["proposal", "note", &critical, "asked Eve"]).code(0).shows("noted");

    home.run(["proposal", "edit", &critical]).code(2);
    let edited = home.json(["proposal", "edit", &critical, "--value", "3", "--note", "two more by hand"]);
    assert_eq!(edited["status"], "edited", "{edited}");
    home.run(["proposal", "reject", &high, "--note", "a test system"]).code(0).shows("is rejected");
    home.run(["dropzone", "run"]).code(0).shows("run ");
    assert_eq!(home.json(["kri", "show", "sca_critical_open"])["value"], 3.0);
    assert_eq!(home.json(["proposal", "list"])["items"], Value::Array(vec![]));
    assert_eq!(home.json(["proposal", "list", "--all"])["items"].as_array().unwrap().len(), 2);

    home.run(["proposal", "undo", &critical, "--note", "wrong project"]).code(0).shows("is undone");
    let kri = home.json(["kri", "show", "sca_critical_open"]);
    assert_eq!((&kri["value"], &kri["state"]), (&Value::Null, &"unknown".into()), "{kri}");
    assert_ne!(kri["status"], "green", "what is not known is not good");
    home.run(["proposal", "accept", "00000000-0000-7000-8000-000000000000"]).code(3);
    home.run(["proposal", "accept", "no-id"]).code(2);

    let replay = home.json(["proposal", "replay", "--threshold", "0.5"]);
    assert!(replay.is_object(), "{replay}");
    home.run(["proposal", "replay", "--threshold", "0.5"]).code(0);
    home.run(["proposal", "replay", "--threshold", "7"]).code(5);
    home.run(["proposal", "lineage"]).code(0);
    home.run(["proposal", "autonomy"]).code(0).shows("extraction");
    home.run(["audit", "verify"]).code(0);
}

/// A hub with a Drop Zone, an API key and the token of the zone.
struct Open {
    home: Home,
    hub: Running,
    key: String,
    token: String,
    zone: String,
}

impl Open {
    fn new(env: &[(&str, &str)]) -> Self {
        let mut home = with_zone();
        home.env = env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let key = home.run(["token", "create", "--kind", "api", "--scope", "read write"]).code(0).out.trim().to_owned();
        let rotated = home.run(["dropzone", "token", "rotate"]).code(0).told("x-extractor-token");
        let zone = home.json(["dropzone", "list"])["items"][0]["id"].as_str().unwrap().to_owned();
        let hub = home.start(["serve", "--listen", "127.0.0.1:0"]);
        Self { home, hub, key, token: rotated.out.trim().to_owned(), zone }
    }

    fn connect(&self) -> TcpStream {
        let host = self.hub.text(&["url"]).trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// The head of an upload with these more headers.
    fn head(&self, more: &str) -> String {
        let host = self.hub.text(&["url"]).trim_start_matches("http://").to_owned();
        format!(
            "POST /api/v1/tenants/acme/dropzone/{}/artifacts?subject=shop HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer \
             {}\r\nconnection: close\r\n{more}\r\n",
            self.zone, self.key
        )
    }

    /// The status and the body of what comes back.
    fn answer(mut stream: TcpStream) -> (u16, String) {
        let mut text = String::new();
        let _cut = stream.read_to_string(&mut text);
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
        (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    fn left_in_the_spool(&self) -> usize {
        let files = std::fs::read_dir(self.home.data()).unwrap().filter_map(Result::ok);
        files.filter(|f| f.file_name().to_string_lossy().starts_with("watchkeep-upload-")).count()
    }
}

#[test]
fn files_come_in_over_sockets() {
    let open = Open::new(&[]);
    let mut stream = open.connect();
    stream.write_all(open.head(&format!("content-length: {}\r\n", NPM.len())).as_bytes()).unwrap();
    stream.write_all(NPM.as_bytes()).unwrap();
    let (status, body) = Open::answer(stream);
    assert_eq!(status, 200, "{body}");

    // in chunks, without a length
    let mut stream = open.connect();
    stream.write_all(open.head("transfer-encoding: chunked\r\n").as_bytes()).unwrap();
    for piece in NPM.as_bytes().chunks(50) {
        stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).unwrap();
        stream.write_all(piece).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let (status, body) = Open::answer(stream);
    assert!(status == 200 && body.contains("duplicateOf"), "{status} {body}");

    // by webhook
    let host = open.hub.text(&["url"]).trim_start_matches("http://").to_owned();
    let mut stream = open.connect();
    let head = format!(
        "POST /api/v1/hooks/dropzone/{} HTTP/1.1\r\nhost: {host}\r\nx-extractor-token: {}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n",
        open.zone,
        open.token,
        NPM.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(NPM.as_bytes()).unwrap();
    let (status, body) = Open::answer(stream);
    assert!(status == 200 && body.contains("duplicateOf"), "{status} {body}");
    assert_eq!(open.left_in_the_spool(), 0);
}

#[test]
fn a_file_that_is_cut_off_or_slow_leaves_a_row_and_nothing_else() {
    let open = Open::new(&[("WATCHKEEP_SERVER__BODY_TIMEOUT", "1s")]);
    // the sender goes away
    let mut stream = open.connect();
    stream.write_all(open.head("content-length: 100000\r\n").as_bytes()).unwrap();
    stream.write_all(NPM.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let (status, body) = Open::answer(stream);
    assert!(status == 400 || (status == 0 && body.is_empty()), "{status} {body}");
    // the sender falls silent
    let mut stream = open.connect();
    stream.write_all(open.head("content-length: 100000\r\n").as_bytes()).unwrap();
    stream.write_all(NPM.as_bytes()).unwrap();
    let (status, body) = Open::answer(stream);
    assert!(status == 408 && body.contains("did not arrive in time"), "{status} {body}");
    // one that is announced too large is refused before it is sent
    let mut stream = open.connect();
    stream.write_all(open.head("content-length: 67108865\r\nexpect: 100-continue\r\n").as_bytes()).unwrap();
    let (status, body) = Open::answer(stream);
    assert!(status == 413 && body.contains("64 MiB"), "{status} {body}");

    let begun = Stopwatch::start();
    while open.left_in_the_spool() > 0 && begun.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(open.left_in_the_spool(), 0);
    assert_eq!(open.home.json(["dropzone", "artifacts"])["items"], Value::Array(vec![]));
    open.home.run(["audit", "list"]).code(0).shows("invalid");
}

/// Sixteen large files at one time do not stand in the memory at one time.
#[test]
fn many_uploads_at_a_time_do_not_fill_the_memory() {
    const EACH: usize = 16 * 1024 * 1024;
    let open = Open::new(&[]);
    let before = peak(&open.hub);
    std::thread::scope(|scope| {
        for n in 0..16_u8 {
            let open = &open;
            scope.spawn(move || {
                let mut stream = open.connect();
                stream.write_all(open.head(&format!("content-length: {EACH}\r\n")).as_bytes()).unwrap();
                // lines without meaning, different for each
                let line =
                    format!("{n} lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam\n").into_bytes();
                let body: Vec<u8> = line.iter().copied().cycle().take(EACH).collect();
                stream.write_all(&body).unwrap();
                let (status, text) = Open::answer(stream);
                assert_eq!(status, 200, "{text}");
            });
        }
    });
    let grown = peak(&open.hub) - before;
    // two are read at a time, each with its sealed copy and what the reading needs; all together are 256 MiB
    assert!(grown < 160 * 1024 * 1024, "{} MiB for {} MiB", grown >> 20, (16 * EACH) >> 20);
    assert_eq!(open.left_in_the_spool(), 0);
}

/// The most memory that the hub had, in bytes.
fn peak(hub: &Running) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", hub.id())).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() * 1024
}
