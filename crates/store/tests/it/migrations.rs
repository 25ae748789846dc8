//! The schema moves forward, once, whoever starts; what does not fit is refused in a sentence.
use watchkeep_store::{Database, Options, Store, tables};

use crate::case::{Case, cases};
use crate::given::{self, NOW, new_kri, write};
use crate::home::{APP, Engine, Home, OWNER};

pub(crate) const CASES: &[Case] = cases![
    a_second_start_changes_nothing,
    a_changed_step_is_refused,
    a_newer_database_is_refused,
    starters_at_once_make_one_schema,
    a_store_without_an_owner_needs_a_current_schema on Postgres,
    a_hub_serves_without_the_owners_url on Postgres,
    a_superuser_does_not_serve on Postgres,
    a_role_that_bypasses_security_does_not_serve on Postgres,
    the_owner_does_not_serve on Postgres,
    a_member_of_the_owner_does_not_serve on Postgres,
    a_table_without_forced_security_is_refused_and_mended_by_the_owner on Postgres,
    tables_of_others_in_the_schema_do_no_harm on Postgres,
    an_unreachable_server_is_told on Postgres,
    a_url_that_cannot_be_used_is_told on Postgres,
    settings_in_the_url_are_kept on Postgres,
    what_is_no_database_is_refused on Sqlite,
    a_folder_that_is_not_there_is_told on Sqlite,
    the_file_is_in_wal_mode_and_flushed_on_commit on Sqlite,
];

async fn refused(options: Options) -> String {
    match Store::open(options).await {
        Ok(_) => panic!("it opened"),
        Err(e) => e.to_string(),
    }
}
fn serving(home: &Home, role: &str) -> Options {
    Options { database: home.postgres(role, None), ..Options::sqlite("") }
}

async fn a_second_start_changes_nothing(home: &Home) {
    let (store, scope) = given::one(home).await;
    write(&store, &scope, async |tx| watchkeep_store::kris::add(tx, &new_kri("a"), NOW).await).await.unwrap();
    drop(store);
    let before = all_rows(home).await;
    for _ in 0..3 {
        drop(home.open().await);
    }
    assert_eq!(all_rows(home).await, before);
    if home.engine == Engine::Sqlite {
        let copies = std::fs::read_dir(home.folder.path())
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("before-"));
        assert_eq!(copies.count(), 0, "nothing was to be done, so nothing is copied");
    }
}
async fn all_rows(home: &Home) -> Vec<Vec<Vec<String>>> {
    let raw = home.raw().await;
    let mut all = vec![];
    for t in [tables::TENANT, tables::PERSON, tables::INSTALLATION].concat() {
        let mut rows = raw.rows(&format!("select * from {t}")).await;
        rows.sort();
        all.push(rows);
    }
    all
}

async fn a_changed_step_is_refused(home: &Home) {
    let home = &home.untouched().await;
    let _made = home.open().await;
    let sum = home.engine.bytes(&[1; 32]);
    home.raw().await.run(&format!("update schema_migration set sum = {sum} where name = '0001_base'")).await;
    let expected =
        "migration: step 0001_base was changed after it had been applied: use the version that made this database";
    assert_eq!(refused(home.options()).await, expected);
    if home.engine == Engine::Postgres {
        assert_eq!(refused(serving(home, APP)).await, expected);
    }
    home.discard().await;
}

async fn a_newer_database_is_refused(home: &Home) {
    let home = &home.untouched().await;
    let _made = home.open().await;
    let before = all_rows(home).await;
    let sum = home.engine.bytes(&[1; 32]);
    home.raw().await.run(&format!("insert into schema_migration (name, sum) values ('0099_future', {sum})")).await;
    let expected = "the database was written by a newer Watchkeep (its schema has `0099_future`, which this version does \
                    not know): install that version or restore a backup made before the upgrade";
    assert_eq!(refused(home.options()).await, expected);
    if home.engine == Engine::Postgres {
        assert_eq!(refused(serving(home, APP)).await, expected);
    }
    home.raw().await.run("delete from schema_migration where name = '0099_future'").await;
    assert_eq!(all_rows(home).await, before, "nothing was touched");
    home.discard().await;
}

async fn starters_at_once_make_one_schema(home: &Home) {
    for _ in 0..3 {
        let home = home.untouched().await;
        let starts: Vec<_> = (0..6).map(|_| tokio::spawn(Store::open(home.options()))).collect();
        let mut stores = vec![];
        for s in starts {
            stores.push(s.await.unwrap().unwrap_or_else(|e| panic!("{e}")));
        }
        let scope = given::tenant(&stores[0], "acme").await;
        for store in &stores {
            write(store, &scope, async |_| Ok(())).await.unwrap();
        }
        let raw = home.raw().await;
        let id = home.engine.id(scope.tenant().uuid());
        assert_eq!(raw.one(&format!("select seq from audit_head where chain_id = {id}")).await, "6");
        let steps = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/migrations")).unwrap().count();
        let kept = raw.one("select count(*) from schema_migration where name <> 'lock'").await;
        assert_eq!(kept, steps.to_string());
        drop(stores);
        home.discard().await;
    }
}

async fn a_store_without_an_owner_needs_a_current_schema(home: &Home) {
    let home = home.untouched().await;
    let told = refused(serving(&home, APP)).await;
    assert_eq!(told, "migration: the database is empty: set database.owner_url, so that the schema can be made");
    drop(home.open().await);
    home.raw().await.run("delete from schema_migration where name = '0001_base'").await;
    let told = refused(serving(&home, APP)).await;
    assert_eq!(told, "migration: step 0001_base is missing: set database.owner_url, so that it can be applied");
    home.discard().await;
}

async fn a_hub_serves_without_the_owners_url(home: &Home) {
    let (store, scope) = given::one(home).await;
    drop(store);
    let store = Store::open(serving(home, APP)).await.unwrap();
    write(&store, &scope, async |tx| watchkeep_store::kris::add(tx, &new_kri("a"), NOW).await).await.unwrap();
    assert_eq!(store.tenants(store.operator()).await.unwrap().len(), 1);
}

async fn a_superuser_does_not_serve(home: &Home) {
    let (_store, _) = given::one(home).await;
    let role = format!("wk_super_{}", std::process::id());
    let raw = home.raw().await;
    raw.run(&format!("create role {role} login superuser password 'nothing-to-protect'")).await;
    let told = refused(serving(home, &role)).await;
    raw.run(&format!("drop role {role}")).await;
    assert!(told.starts_with(&format!("the database role {role} is a superuser or has BYPASSRLS")), "{told}");
    assert!(told.contains("set database.url to a plain role and database.owner_url to the owner"), "{told}");
}

async fn a_role_that_bypasses_security_does_not_serve(home: &Home) {
    let (_store, _) = given::one(home).await;
    let role = format!("wk_bypass_{}", std::process::id());
    let raw = home.raw().await;
    raw.run(&format!("create role {role} login bypassrls password 'nothing-to-protect'")).await;
    let told = refused(serving(home, &role)).await;
    raw.run(&format!("drop role {role}")).await;
    assert!(told.starts_with(&format!("the database role {role} is a superuser or has BYPASSRLS")), "{told}");
}

async fn the_owner_does_not_serve(home: &Home) {
    let (_store, _) = given::one(home).await;
    let told = refused(serving(home, OWNER)).await;
    assert!(told.starts_with(&format!("the database role {OWNER} owns the tables")), "{told}");
}

async fn a_member_of_the_owner_does_not_serve(home: &Home) {
    let (_store, _) = given::one(home).await;
    let role = format!("wk_member_{}", std::process::id());
    let raw = home.raw().await;
    raw.run(&format!("create role {role} login noinherit in role {OWNER} password 'nothing-to-protect'")).await;
    let told = refused(serving(home, &role)).await;
    raw.run(&format!("drop role {role}")).await;
    assert!(told.contains("or is a member of the role that does"), "{told}");
}

async fn a_table_without_forced_security_is_refused_and_mended_by_the_owner(home: &Home) {
    let (_store, _) = given::one(home).await;
    for lifted in ["disable row level security", "no force row level security"] {
        home.raw().await.run(&format!("alter table kri_sample {lifted}")).await;
        let told = refused(serving(home, APP)).await;
        assert!(told.starts_with("row-level security is not forced on table kri_sample"), "{told}");
        drop(home.open().await);
        drop(Store::open(serving(home, APP)).await.unwrap());
    }
}

async fn tables_of_others_in_the_schema_do_no_harm(home: &Home) {
    let home = home.untouched().await;
    home.raw().await.run("create table public.notes (text text)").await;
    let store = home.open().await;
    given::tenant(&store, "acme").await;
    home.app().await.query("select * from notes", &[]).await.unwrap_err();
    home.discard().await;
}

async fn an_unreachable_server_is_told(_: &Home) {
    // a port on which nobody listens
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://app@127.0.0.1:{port}/x");
    let database = Database::Postgres { url, owner_url: None, ca_file: None, connections: 2 };
    let Err(e) = Store::open(Options { database, ..Options::sqlite("") }).await else { panic!("it opened") };
    assert_eq!(e.kind(), watchkeep_store::ErrorKind::Unavailable);
    assert!(e.to_string().contains("refused"), "{e}");
}

async fn a_url_that_cannot_be_used_is_told(home: &Home) {
    let with = |url: String, ca_file: Option<String>| Options {
        database: Database::Postgres { url, owner_url: None, ca_file, connections: 2 },
        ..Options::sqlite("")
    };
    let told = refused(with("mysql://x".into(), None)).await;
    assert!(told.starts_with("the database URL cannot be read: "), "{told}");
    let told = refused(with(format!("{}?sslmode=require", home.url(APP)), None)).await;
    assert!(told.contains("sslmode=require") && told.contains("database.ca_file"), "{told}");
    let told = refused(with(home.url(APP), Some("/no/such/file.pem".into()))).await;
    assert!(told.starts_with("database.ca_file /no/such/file.pem: "), "{told}");
    let empty = home.path("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let told = refused(with(home.url(APP), Some(empty.display().to_string()))).await;
    assert!(told.contains("no certificate in it"), "{told}");
}

async fn settings_in_the_url_are_kept(home: &Home) {
    let (_store, _) = given::one(home).await;
    let options = |search_path: &str| {
        let url = format!("{}?options=-c%20search_path%3D{search_path}", home.url(APP));
        let database = Database::Postgres { url, owner_url: None, ca_file: None, connections: 2 };
        Options { database, ..Options::sqlite("") }
    };
    Store::open(options("public")).await.unwrap().ready().await.unwrap();
    // one that takes the tables out of sight is taken at its word
    let told = refused(options("pg_temp")).await;
    assert!(told.contains("does not exist"), "{told}");
}

async fn what_is_no_database_is_refused(home: &Home) {
    let file = home.file();
    std::fs::write(&file, "this is a letter, and a long one at that. ".repeat(200)).unwrap();
    let told = refused(home.options()).await;
    assert!(told.ends_with("is not a SQLite database: restore a backup, or move the file away"), "{told}");
    assert!(told.contains("hub.db"), "{told}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is a letter"), "it is left as it is");
}

async fn a_folder_that_is_not_there_is_told(home: &Home) {
    let told = refused(Options::sqlite(home.path("no/such/hub.db"))).await;
    assert!(
        told.ends_with("cannot be opened: check that its folder exists and that this user may read and write it"),
        "{told}"
    );
    // a folder where the file should be
    let told = refused(Options::sqlite(home.folder.path())).await;
    assert!(told.contains("cannot be opened"), "{told}");
}

async fn the_file_is_in_wal_mode_and_flushed_on_commit(home: &Home) {
    let (_store, _) = given::one(home).await;
    let raw = home.raw().await;
    assert_eq!(raw.one("pragma journal_mode").await, "wal");
    let version: Vec<u32> = raw.one("select sqlite_version()").await.split('.').map(|n| n.parse().unwrap()).collect();
    assert!(version >= vec![3, 51, 3], "{version:?}");
}
