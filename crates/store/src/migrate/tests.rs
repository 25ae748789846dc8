use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

const ONE: Step = ("0001_base", MIGRATIONS[0].1);
const TWO: Step = ("0002_more", "create table more (id {I64} not null primary key, name {TEXT} not null) {ROWS};");
const BROKEN: Step = ("0003_broken", "create table third (a {I64}) {ROWS}; create table more (a {I64}) {ROWS};");

fn file() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hub.db");
    (folder, path)
}
fn open(path: &Path) -> Connection {
    crate::engine::sqlite::open_writer(path).unwrap()
}
fn tables_in(path: &Path) -> Vec<String> {
    let c = Connection::open(path).unwrap();
    let mut s = c
        .prepare("select name from sqlite_schema where type = 'table' and name in ('kri', 'more', 'third') order by 1")
        .unwrap();
    s.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_step_follows_the_last_and_the_file_is_copied_before() {
    let (folder, path) = file();
    sqlite_to(&mut open(&path), &path, &[ONE]).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().filter(is_copy).count(), 0, "a new file needs no copy");
    sqlite_to(&mut open(&path), &path, &[ONE, TWO]).unwrap();
    assert_eq!(tables_in(&path), ["kri", "more"]);
    let copy = folder.path().join("hub.before-0002_more.db");
    assert_eq!(tables_in(&copy), ["kri"]);
    // done: nothing more to do, and no further copy
    std::fs::remove_file(&copy).unwrap();
    sqlite_to(&mut open(&path), &path, &[ONE, TWO]).unwrap();
    assert!(!copy.exists());
}
fn is_copy(e: &std::io::Result<std::fs::DirEntry>) -> bool {
    e.as_ref().unwrap().file_name().to_string_lossy().contains("before")
}

#[test]
fn a_failed_step_leaves_the_file_as_it_was() {
    let (folder, path) = file();
    sqlite_to(&mut open(&path), &path, &[ONE]).unwrap();
    sqlite_to(&mut open(&path), &path, &[ONE, TWO, BROKEN]).unwrap_err();
    assert_eq!(tables_in(&path), ["kri"], "the good step before it went back, too");
    // some days later, with other rows, the next attempt: the copy is of today
    let c = open(&path);
    c.execute("insert into person values (x'01', 'a@example.com', 'A', 0, 0, null)", []).unwrap();
    drop(c);
    sqlite_to(&mut open(&path), &path, &[ONE, TWO]).unwrap();
    let copy = Connection::open(folder.path().join("hub.before-0002_more.db")).unwrap();
    assert_eq!(copy.query_row("select count(*) from person", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn an_older_version_refuses_a_newer_file() {
    let (_folder, path) = file();
    sqlite_to(&mut open(&path), &path, &[ONE, TWO]).unwrap();
    let r = sqlite_to(&mut open(&path), &path, &[ONE]);
    assert!(matches!(&r, Err(Error::Newer(step)) if step == "0002_more"), "{r:?}");
}

#[test]
fn a_changed_step_stops_the_start() {
    let (_folder, path) = file();
    sqlite_to(&mut open(&path), &path, &[ONE, TWO]).unwrap();
    let r = sqlite_to(&mut open(&path), &path, &[ONE, ("0002_more", "create table more (id {I64}) {ROWS};")]);
    assert!(matches!(&r, Err(Error::Migration(why)) if why.contains("0002_more was changed")), "{r:?}");
}

#[test]
fn every_token_is_replaced() {
    for (name, text) in MIGRATIONS {
        for postgres in [false, true] {
            let text = render(text, postgres);
            assert!(!text.contains(['{', '}']), "{name}: {text}");
        }
        assert!(!text.contains(" text ") && !text.contains("bigint"), "{name} names a type of one engine");
    }
    assert!(MIGRATIONS.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn a_role_is_quoted() {
    assert_eq!(quoted("plain"), "\"plain\"");
    assert_eq!(quoted("a\"; drop table kri; --"), "\"a\"\"; drop table kri; --\"");
}
