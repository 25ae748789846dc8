//! Backups of a SQLite hub: whole, checked, and taken back.
use std::collections::BTreeSet;
use std::path::Path;

use watchkeep_store::{Error, backup, kris};

use crate::case::{Case, cases};
use crate::given::{self, NOW, call, new_kri, together, write};
use crate::home::Home;
use crate::raw::Raw;

pub(crate) const CASES: &[Case] = cases![
    a_backup_taken_while_writing_is_whole on Sqlite,
    a_backup_is_one_file_for_this_user on Sqlite,
    an_existing_file_is_not_written_over on Sqlite,
    a_backup_comes_back on Sqlite,
    a_backup_comes_back_over_a_damaged_database on Sqlite,
    what_stands_in_the_log_is_kept_with_the_old_file on Sqlite,
    a_running_hub_is_not_replaced on Sqlite,
    what_is_no_backup_is_refused on Sqlite,
    a_truncated_backup_is_refused on Sqlite,
    a_newer_backup_is_refused on Sqlite,
    postgres_backs_itself_up on Postgres,
];

fn files(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
}
fn io(r: Result<impl std::fmt::Debug, Error>) -> String {
    match r {
        Err(Error::Io(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// The name of the last step of the schema.
fn last_step() -> String {
    let steps = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/migrations")).unwrap();
    let last = steps.map(|s| s.unwrap().path()).max().unwrap();
    last.file_stem().unwrap().to_string_lossy().into_owned()
}

async fn a_backup_taken_while_writing_is_whole(home: &Home) {
    let (store, scope) = given::one(home).await;
    let (keys, file) = given::keys(home);
    let writing = tokio::spawn({
        let (store, scope) = (store.clone(), scope.clone());
        async move {
            together(4, move |i| {
                let (store, scope) = (store.clone(), scope.clone());
                async move {
                    for n in 0..150 {
                        write(&store, &scope, async move |tx| kris::add(tx, &new_kri(&format!("k{i}-{n}")), NOW).await)
                            .await
                            .unwrap();
                    }
                }
            })
            .await
        }
    });
    let mut sizes = vec![];
    for n in 0.. {
        if n > 2 && writing.is_finished() {
            break;
        }
        let to = home.path(&format!("backup-{n}.db"));
        let made = store.backup(&to).await.unwrap();
        assert_eq!((made.bytes, made.file.as_path()), (std::fs::metadata(&to).unwrap().len(), to.as_path()));
        assert_eq!(backup::check(&to).unwrap(), last_step());
        // a moment of the hub: every effect with its row, and the chain holds
        let raw = Raw::sqlite(&to);
        let (effects, rows) =
            (raw.count("kri").await, raw.one("select count(*) from audit_log where op = 'suite.write'").await);
        assert_eq!(effects.to_string(), rows);
        sizes.push(effects);
        drop(raw);
        let copy = watchkeep_store::Store::open(watchkeep_store::Options::sqlite(&to)).await.unwrap();
        assert!(copy.verify(&keys, &file).await.unwrap().is_clean());
    }
    writing.await.unwrap();
    assert!(sizes.windows(2).all(|w| w[0] <= w[1]) && *sizes.last().unwrap() <= 600, "{sizes:?}");
}

async fn a_backup_is_one_file_for_this_user(home: &Home) {
    use std::os::unix::fs::PermissionsExt;
    let (store, ..) = given::two(home).await;
    let folder = home.path("backups");
    std::fs::create_dir(&folder).unwrap();
    let to = folder.join("hub.2026-11-20.db");
    store.backup(&to).await.unwrap();
    assert_eq!(files(&folder), BTreeSet::from(["hub.2026-11-20.db".into()]));
    assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    backup::check(&to).unwrap();
    assert_eq!(files(&folder).len(), 1, "a check leaves nothing behind");
    // two names that differ in their end only
    let (a, b) = (folder.join("x.db"), folder.join("x.bak"));
    let (a, b) = tokio::join!(store.backup(&a), store.backup(&b));
    assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    assert_eq!(files(&folder).len(), 3);
    let why = io(store.backup(&home.path("no/such/folder/x.db")).await);
    assert!(!why.is_empty());
}

async fn an_existing_file_is_not_written_over(home: &Home) {
    let (store, ..) = given::two(home).await;
    let to = home.path("backup.db");
    std::fs::write(&to, "precious").unwrap();
    assert!(io(store.backup(&to).await).ends_with("exists already: choose another name"));
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "precious");
    assert!(io(store.backup(&home.file()).await).contains("exists already"));
}

async fn a_backup_comes_back(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (keys, file) = given::keys(home);
    let to = home.path("backup.db");
    store.backup(&to).await.unwrap();
    write(&store, &acme.scope, async |tx| kris::add(tx, &new_kri("later"), NOW).await).await.unwrap();
    close(store, home).await;
    let old = backup::restore(&to, &home.file()).unwrap().unwrap();
    assert_eq!(old, home.path("hub.replaced-1.db"));
    let store = home.open().await;
    let slugs = kris::slugs(store.at(&acme.scope)).await.unwrap();
    assert_eq!(slugs.iter().map(|(_, s)| s.as_str()).collect::<Vec<_>>(), ["open-findings"]);
    assert!(store.verify(&keys, &file).await.unwrap().is_clean());
    write(&store, &acme.scope, async |tx| kris::add(tx, &new_kri("anew"), NOW).await).await.unwrap();
    // the old file is whole, and is not written over by a second one
    assert_eq!(Raw::sqlite(&old).one("select count(*) from kri where slug = 'later'").await, "1");
    close(store, home).await;
    assert_eq!(backup::restore(&to, &home.file()).unwrap().unwrap(), home.path("hub.replaced-2.db"));
    // and where there is none yet
    let fresh = home.path("fresh.db");
    assert!(backup::restore(&to, &fresh).unwrap().is_none());
    backup::check(&fresh).unwrap();
    assert!(!files(home.folder.path()).iter().any(|f| f.contains("restoring") || f.contains(".part")));
}
/// Drops a store and waits until its writer has let go of the file.
async fn close(store: watchkeep_store::Store, home: &Home) {
    drop(store);
    for _ in 0..200 {
        if !home.path("hub.db-wal").exists() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the writer holds the file");
}

async fn a_backup_comes_back_over_a_damaged_database(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let to = home.path("backup.db");
    store.backup(&to).await.unwrap();
    close(store, home).await;
    for damage in [&b"not a database at all"[..], b"", b"SQLite format 3\0 and then nothing"] {
        std::fs::write(home.file(), damage).unwrap();
        let old = backup::restore(&to, &home.file()).unwrap().unwrap();
        assert_eq!(std::fs::read(old).unwrap(), damage, "what was there is kept");
        let store = home.open().await;
        assert_eq!(kris::slugs(store.at(&acme.scope)).await.unwrap().len(), 1);
        close(store, home).await;
    }
}

async fn what_stands_in_the_log_is_kept_with_the_old_file(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let to = home.path("backup.db");
    store.backup(&to).await.unwrap();
    write(&store, &acme.scope, async |tx| kris::add(tx, &new_kri("only-in-the-log"), NOW).await).await.unwrap();
    // as a crash leaves it: the file and its log, and nobody who has them open
    let (crashed, log) = (home.path("crashed.db"), home.path("crashed.db-wal"));
    std::fs::copy(home.file(), &crashed).unwrap();
    std::fs::copy(home.path("hub.db-wal"), &log).unwrap();
    let old = backup::restore(&to, &crashed).unwrap().unwrap();
    assert!(!log.exists());
    assert_eq!(Raw::sqlite(&old).one("select count(*) from kri where slug = 'only-in-the-log'").await, "1");
    assert_eq!(Raw::sqlite(&crashed).one("select count(*) from kri where slug = 'only-in-the-log'").await, "0");
}

async fn a_running_hub_is_not_replaced(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let to = home.path("backup.db");
    store.backup(&to).await.unwrap();
    let Err(Error::Held(file)) = backup::restore(&to, &home.file()) else { panic!("it was replaced under the hub") };
    assert_eq!(file, home.file().display().to_string());
    write(&store, &acme.scope, async |tx| kris::add(tx, &new_kri("goes-on"), NOW).await).await.unwrap();
    assert!(!files(home.folder.path()).iter().any(|f| f.contains("replaced") || f.contains("restoring")));
    assert_eq!(home.raw().await.one("pragma journal_mode").await, "wal");
}

async fn what_is_no_backup_is_refused(home: &Home) {
    let (store, ..) = given::two(home).await;
    let before = std::fs::read(home.file()).unwrap();
    let other = home.path("other.db");
    Raw::sqlite(&other).run("create table schema_migration (name text, sum blob); create table kri (id int)").await;
    let empty = home.path("empty.db");
    Raw::sqlite(&empty).run("create table t (a)").await;
    std::fs::write(home.path("letter"), "dear all ".repeat(1000)).unwrap();
    std::fs::write(home.path("nothing"), "").unwrap();
    for name in ["letter", "nothing", "other.db", "empty.db", "missing"] {
        let why = io(backup::restore(&home.path(name), &home.file()));
        assert!(why.contains(name) && why.contains("is not a whole Watchkeep database: "), "{why}");
    }
    // nor is a database in use: a part of it stands in its log
    let why = io(backup::restore(&home.file(), &home.path("new.db")));
    assert!(why.contains("is no backup but a database in use"), "{why}");
    assert!(!home.path("new.db").exists());
    assert_eq!(std::fs::read(home.file()).unwrap(), before);
    store.ready().await.unwrap();
}

async fn a_truncated_backup_is_refused(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    for i in 0..50 {
        store.record(&acme.scope, call(&format!("op{i}")), "ok").await.unwrap();
    }
    let to = home.path("backup.db");
    let whole = store.backup(&to).await.unwrap().bytes as usize;
    let bytes = std::fs::read(&to).unwrap();
    let cut = home.path("cut.db");
    for length in [1, 15, 16, 99, 100, 512, 4095, 4096, 8192, whole / 2, whole - 4096, whole - 1] {
        std::fs::write(&cut, &bytes[..length]).unwrap();
        let told = backup::check(&cut);
        assert!(told.is_err(), "{length} of {whole} bytes are enough");
        let why = io(told);
        assert!(why.contains("is not a whole Watchkeep database"), "{length} of {whole}: {why}");
    }
    // and one with a hole in it
    let mut holed = bytes.clone();
    for page in (2..whole / 4096).step_by(2) {
        holed[page * 4096..page * 4096 + 200].fill(0);
    }
    std::fs::write(&cut, &holed).unwrap();
    assert!(io(backup::check(&cut)).contains("is not a whole Watchkeep database"));
}

async fn a_newer_backup_is_refused(home: &Home) {
    let (store, ..) = given::two(home).await;
    let to = home.path("backup.db");
    store.backup(&to).await.unwrap();
    for newer in ["0099_future", "0000_from_elsewhere"] {
        Raw::sqlite(&to).run(&format!("insert into schema_migration (name, sum) values ('{newer}', x'00')")).await;
        let r = backup::restore(&to, &home.path("new.db"));
        assert!(matches!(&r, Err(Error::Newer(step)) if step == newer), "{r:?}");
        Raw::sqlite(&to).run(&format!("delete from schema_migration where name = '{newer}'")).await;
    }
    assert!(!home.path("new.db").exists());
}

async fn postgres_backs_itself_up(home: &Home) {
    let (store, _) = given::one(home).await;
    let Err(Error::Refused(why)) = store.backup(&home.path("x")).await else { panic!() };
    assert!(why.contains("pg_dump"), "{why}");
}
