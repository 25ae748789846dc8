//! Processes that die, disks that are full, and two processes on one file.
use std::collections::BTreeSet;
use std::time::Duration;

use watchkeep_store::{ErrorKind, kris};

use crate::case::{Case, Skipped, cases};
use crate::child::Other;
use crate::given::{self, NOW, call, new_kri, together, write};
use crate::home::{Engine, Home, long};

pub(crate) const CASES: &[Case] = cases![
    a_killed_hub_loses_nothing_that_it_acknowledged,
    a_killed_server_loses_nothing_that_it_acknowledged on Postgres,
    two_processes_on_one_file_keep_the_chains_right,
    a_full_disk_fails_the_one_that_needs_the_room on Sqlite,
    a_full_server_says_so on Postgres,
    a_user_without_rights_is_told on Sqlite,
];

fn rounds() -> usize {
    if long() { 30 } else { 3 }
}
/// A moment within the first 600 ms of writing, another one each round.
fn moment(round: usize) -> Duration {
    Duration::from_micros((round as u64 * 7_919_311 + 137_531) % 600_000 + 1_000)
}

async fn a_killed_hub_loses_nothing_that_it_acknowledged(home: &Home) {
    let home = home.untouched().await;
    let store = home.open().await;
    for name in ["acme", "noise", "third"] {
        given::tenant(&store, name).await;
    }
    drop(store);
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds() {
        let mut hub = Other::write(&home);
        assert_eq!(hub.line().as_deref(), Some("ready"));
        acknowledged.insert(hub.line().expect("it has begun"));
        // what it says is read while it lives, so that the pipe never holds it up
        let pid = hub.id();
        let reader = std::thread::spawn(move || hub.rest());
        tokio::time::sleep(moment(round)).await;
        kill(pid);
        let lines = reader.join().unwrap();
        assert!(lines.iter().all(|l| !l.starts_with("failed")), "{lines:?}");
        acknowledged.extend(lines);
        check(&home, &acknowledged).await;
    }
    println!("{}: {} rounds, {} rows acknowledged, none lost", home.engine.name(), rounds(), acknowledged.len());
    home.discard().await;
}
fn kill(pid: u32) {
    // SIGKILL, by id: nothing of the process runs after it
    let done = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    assert!(done.success());
}

/// Everything that was acknowledged is there, with its audit row; the chains hold; the file is whole.
async fn check(home: &Home, acknowledged: &BTreeSet<String>) {
    let store = home.open().await;
    let (keys, file) = given::keys(home);
    let report = store.verify(&keys, &file).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    let raw = home.raw().await;
    let kris: BTreeSet<String> = raw.rows("select slug from kri").await.into_iter().flatten().collect();
    let rows: BTreeSet<String> = raw.rows("select op from audit_log").await.into_iter().flatten().collect();
    let calls: BTreeSet<String> = raw.rows("select tool_name from mcp_call_log").await.into_iter().flatten().collect();
    for line in acknowledged {
        let (kind, name) = line.split_once(' ').unwrap();
        assert!(kind == "row" || kris.contains(name), "{line} was acknowledged and is lost");
        assert!(rows.contains(name), "the audit row of {line} is lost");
        assert!(calls.contains(name), "the call log's row of {line} is lost");
    }
    // nothing is half-written: each effect has its audit row
    for name in &kris {
        assert!(rows.contains(name), "{name} has no audit row");
    }
    if home.engine == Engine::Sqlite {
        assert_eq!(raw.one("pragma integrity_check").await, "ok");
    }
}

/// The server itself loses its power, and comes back. Only with a cluster of our own: a shared one is not ours to stop.
async fn a_killed_server_loses_nothing_that_it_acknowledged(_: &Home) -> Result<(), Skipped> {
    let mut cluster = crate::cluster::Cluster::start().map_err(Skipped)?;
    let home = cluster.home().await;
    let store = home.open().await;
    for name in ["acme", "noise", "third"] {
        given::tenant(&store, name).await;
    }
    drop(store);
    let mut acknowledged = BTreeSet::new();
    for round in 0..if long() { 10 } else { 1 } {
        let mut hub = Other::write(&home);
        assert_eq!(hub.line().as_deref(), Some("ready"));
        let reader = std::thread::spawn(move || hub.rest());
        tokio::time::sleep(moment(round)).await;
        cluster.stop_at_once();
        let lines = reader.join().unwrap();
        assert!(lines.iter().any(|l| l.starts_with("failed")), "it did not notice");
        acknowledged.extend(lines.into_iter().filter(|l| !l.starts_with("failed")));
        cluster.start_again();
        check(&home, &acknowledged).await;
    }
    assert!(!acknowledged.is_empty());
    Ok(())
}

async fn two_processes_on_one_file_keep_the_chains_right(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    // the command line beside a running hub; and, on PostgreSQL, a second hub
    let second = home.open().await;
    let done = together(16, |task| {
        let store = if task % 2 == 0 { store.clone() } else { second.clone() };
        let scope = if task % 4 < 2 { acme.scope.clone() } else { noise.scope.clone() };
        async move {
            for n in 0..25 {
                if n % 2 == 0 {
                    store.record(&scope, call("read"), "ok").await?;
                } else {
                    let name = format!("k{task}-{n}");
                    write(&store, &scope, async move |tx| kris::add(tx, &new_kri(&name), NOW).await).await?;
                }
                tokio::task::yield_now().await;
            }
            Ok::<_, watchkeep_store::Error>(())
        }
    })
    .await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let (keys, file) = given::keys(home);
    for store in [&store, &second] {
        let report = store.verify(&keys, &file).await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
    }
    let raw = home.raw().await;
    assert_eq!(raw.one("select count(*) from kri where slug <> 'open-findings'").await, (16 * 12).to_string());
    assert_eq!(raw.one("select count(*) from audit_log where op = 'read'").await, (16 * 13).to_string());
}

/// A file system of 5 MB in memory, in a name space of the child's own, so that no rights are needed but these.
async fn a_full_disk_fails_the_one_that_needs_the_room(home: &Home) -> Result<(), Skipped> {
    let disk = home.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let ballast = "head -c 300000 /dev/zero > ballast";
    let script = format!(
        "mount -t tmpfs -o size=5m none '{}' && cd '{}' && {ballast} && exec \"$0\"",
        disk.display(),
        disk.display()
    );
    let probe = std::process::Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none"]).arg(&disk).output();
    if !probe.as_ref().is_ok_and(|o| o.status.success()) {
        return Err(Skipped(format!("no file system of one's own can be mounted here: {probe:?}")));
    }
    let with = ["unshare", "-rm", "sh", "-c", &script];
    let lines = Other::start(&with, "fill", &disk.join("hub.db").display().to_string()).unwrap().rest();
    let told = |name: &str| {
        lines.iter().find(|l| l.split([' ', ':']).nth(1) == Some(name)).unwrap_or_else(|| panic!("{name}: {lines:#?}"))
    };
    for i in 0..80 {
        let line = told(&format!("k{i}"));
        if i == 20 || i == 60 {
            assert!(line.starts_with(&format!("{:?} k{i}: ", ErrorKind::Full)) && line.contains("full"), "{line}");
        } else {
            assert_eq!(*line, format!("ok k{i}"), "an innocent one: {lines:#?}");
        }
    }
    let at = lines.iter().position(|l| l.starts_with("read ")).unwrap();
    let full = &lines[at - 1];
    assert!(full.starts_with(&format!("{:?} ", ErrorKind::Full)) && full.contains("full"), "{full}");
    let kept = lines[..at].iter().filter(|l| l.starts_with("ok ")).count();
    assert_eq!(lines[at], format!("read {kept}"), "what was acknowledged is there, and nothing else");
    assert_eq!(told("after"), "ok after", "with room, it goes on");
    Ok(())
}

async fn a_full_server_says_so(home: &Home) {
    let (store, scope) = given::one(home).await;
    let full = "create function full_disk() returns trigger language plpgsql as $$ begin \
                if new.slug = 'big' then raise exception 'could not extend file' using errcode = '53100'; end if; \
                return new; end $$; create trigger full_disk before insert on kri for each row execute function full_disk()";
    home.raw().await.run(full).await;
    let done = together(12, |i| {
        let (store, scope) = (store.clone(), scope.clone());
        let name = if i == 5 { "big".to_owned() } else { format!("k{i}") };
        async move { write(&store, &scope, async move |tx| kris::add(tx, &new_kri(&name), NOW).await).await }
    })
    .await;
    for (i, r) in done.into_iter().enumerate() {
        match r {
            Ok(()) => assert_ne!(i, 5),
            Err(e) => assert_eq!((i, e.kind()), (5, ErrorKind::Full), "{e}"),
        }
    }
}

async fn a_user_without_rights_is_told(home: &Home) {
    use std::os::unix::fs::PermissionsExt;
    let set = |path: &std::path::Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    // a copy of this binary where another user can read it
    set(home.folder.path(), 0o755);
    let (me, closed) = (home.path("it"), home.path("closed"));
    std::fs::copy(std::env::current_exe().unwrap(), &me).unwrap();
    set(&me, 0o755);
    std::fs::create_dir(&closed).unwrap();
    let (old, new) = (closed.join("old.db"), closed.join("new.db"));
    drop(watchkeep_store::Store::open(watchkeep_store::Options::sqlite(&old)).await.unwrap());
    set(&closed, 0o555);
    // for root no folder is closed: then as somebody else
    let root = std::fs::write(closed.join("probe"), "x").is_ok();
    let other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", "exec \"$1\"", "sh"];
    let other = [&other[..], &[me.to_str().unwrap()]].concat();
    let with = if root { &other[..] } else { &[] };
    let open =
        |file: &std::path::Path| Other::start(with, "open", &file.display().to_string()).unwrap().rest().concat();
    let told = open(&new);
    assert!(
        told.contains("new.db cannot be opened: check that its folder exists and that this user may read"),
        "{told}"
    );
    let told = open(&old);
    let expected = if root { "old.db cannot be written: make the file and its folder writable" } else { "cannot be" };
    assert!(told.contains(expected), "{told}");
    set(&old, 0o000);
    let told = open(&old);
    assert!(told.contains("old.db cannot be opened"), "{told}");
    set(&closed, 0o755);
}
