//! What only one engine can do to a hub: PostgreSQL refuses, deadlocks and goes away; SQLite is locked by somebody.
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use watchkeep_store::{Error, ErrorKind, Store, TenantScope, kris};

use crate::case::{Case, cases};
use crate::given::{self, NOW, call, new_kri, together, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    a_serialisation_failure_is_tried_again on Postgres,
    a_serialisation_failure_that_lasts_is_told on Postgres,
    a_failure_at_the_commit_is_tried_again on Postgres,
    a_deadlock_is_tried_again on Postgres,
    another_error_is_not_tried_again on Postgres,
    a_slow_write_holds_up_no_other_tenants_audit_rows on Postgres,
    audit_rows_of_a_held_chain_wait_and_are_written on Postgres,
    a_chain_without_a_head_gets_one on Postgres,
    quiet_work_does_not_wait_for_a_chain on Postgres,
    connections_that_were_cut_are_made_anew on Postgres,
    a_connection_that_is_cut_at_the_commit_is_told_as_unknown on Postgres,
    a_busy_tenant_takes_no_connections_from_the_others on Postgres,
    a_short_lock_of_the_file_is_waited_for on Sqlite,
    a_long_lock_of_the_file_is_told_and_forgotten on Sqlite,
];

/// Lets the first `times` inserts of a KRI fail with a code. `deferred` makes them fail at the commit.
async fn failing(home: &Home, code: &str, times: u32, deferred: bool) {
    let trigger = if deferred {
        "create constraint trigger failing after insert on kri deferrable initially deferred for each row"
    } else {
        "create trigger failing before insert on kri for each row"
    };
    // a sequence does not go back with its transaction
    home.raw()
        .await
        .run(&format!(
            "create sequence hits; grant usage on sequence hits to public; \
             create function failing() returns trigger language plpgsql as $$ begin \
             if nextval('hits') <= {times} then raise exception 'made up' using errcode = '{code}'; end if; \
             return new; end $$; {trigger} execute function failing()"
        ))
        .await;
}
async fn add(store: &Store, scope: &TenantScope, slug: &str) -> Result<(), Error> {
    let kri = new_kri(slug);
    store.write(scope, call(slug), async move |tx| kris::add(tx, &kri, NOW).await).await
}
async fn is_clean(home: &Home, store: &Store) {
    let (keys, file) = given::keys(home);
    let report = store.verify(&keys, &file).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
}
async fn outcomes(home: &Home, op: &str) -> Vec<String> {
    home.raw().await.rows(&format!("select outcome from audit_log where op = '{op}' order by seq")).await.concat()
}

async fn a_serialisation_failure_is_tried_again(home: &Home) {
    let (store, scope) = given::one(home).await;
    failing(home, "40001", 4, false).await;
    add(&store, &scope, "a").await.unwrap();
    assert_eq!(store.stats().retries.load(Relaxed), 4);
    assert_eq!(outcomes(home, "a").await, ["ok"], "one row, however often it ran");
    assert_eq!(home.raw().await.count("kri").await, 1);
    is_clean(home, &store).await;
}

async fn a_serialisation_failure_that_lasts_is_told(home: &Home) {
    let (store, scope) = given::one(home).await;
    failing(home, "40001", 5, false).await;
    let e = add(&store, &scope, "a").await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unavailable, "{e}");
    assert_eq!(store.stats().retries.load(Relaxed), 4);
    assert_eq!(outcomes(home, "a").await, ["unavailable"]);
    add(&store, &scope, "a").await.unwrap();
    is_clean(home, &store).await;
}

async fn a_failure_at_the_commit_is_tried_again(home: &Home) {
    let (store, scope) = given::one(home).await;
    failing(home, "40001", 2, true).await;
    add(&store, &scope, "a").await.unwrap();
    assert_eq!(store.stats().retries.load(Relaxed), 2);
    assert_eq!(outcomes(home, "a").await, ["ok"]);
    is_clean(home, &store).await;
}

async fn a_deadlock_is_tried_again(home: &Home) {
    let (store, scope) = given::one(home).await;
    let (first, second) = (new_kri("first"), new_kri("second"));
    let ids = (first.id, second.id);
    write(&store, &scope, async move |tx| {
        kris::add(tx, &first, NOW).await?;
        kris::add(tx, &second, NOW).await
    })
    .await
    .unwrap();
    let update = |id: watchkeep_model::KriId| format!("update kri set about = 'theirs' where id = '{id}'");
    let other = home.raw().await;
    other.run(&format!("set deadlock_timeout = '10s'; begin; {}", update(ids.0))).await;
    // ours takes the second and waits for the first; theirs then asks for the second
    let ours = tokio::spawn({
        let (store, scope) = (store.clone(), scope.clone());
        async move {
            write(&store, &scope, async move |tx| {
                for id in [ids.1, ids.0] {
                    let mut k = kris::by_id_in(tx, id, NOW).await?.unwrap();
                    k.about = "ours".into();
                    kris::edit(tx, &k).await?;
                }
                Ok(())
            })
            .await
        }
    });
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    let watch = home.raw().await;
    while watch.one(waits).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    other.run(&format!("{}; commit", update(ids.1))).await;
    ours.await.unwrap().unwrap();
    assert_eq!(store.stats().retries.load(Relaxed), 1);
    assert_eq!(watch.rows("select about from kri").await, [["ours"], ["ours"]]);
    is_clean(home, &store).await;
}

async fn another_error_is_not_tried_again(home: &Home) {
    let (store, scope) = given::one(home).await;
    failing(home, "22012", 1, false).await;
    let e = add(&store, &scope, "a").await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Internal, "{e}");
    assert_eq!(store.stats().retries.load(Relaxed), 0);
    assert_eq!(outcomes(home, "a").await, ["internal"]);
}

/// Two chains that share a lane, as the last bytes of their ids say.
async fn neighbours(store: &Store) -> (TenantScope, TenantScope) {
    let one = given::tenant(store, "held").await;
    let lane = |s: &TenantScope| s.tenant().uuid().as_bytes()[15] % 2;
    for n in 0.. {
        let other = given::tenant(store, &format!("free{n}")).await;
        if lane(&other) == lane(&one) {
            return (one, other);
        }
    }
    unreachable!()
}

async fn a_slow_write_holds_up_no_other_tenants_audit_rows(home: &Home) {
    let store = home.open().await;
    let (held, free) = neighbours(&store).await;
    // another hub is inside a write of `held`
    let other = home.raw().await;
    other.run(&format!("begin; select 1 from audit_head where chain_id = '{}' for update", held.tenant())).await;
    let waiting = tokio::spawn({
        let (store, held) = (store.clone(), held.clone());
        async move { store.record(&held, call("waits"), "ok").await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let rows = async {
        for _ in 0..50 {
            store.record(&free, call("goes on"), "ok").await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(3), rows).await.expect("rows of another tenant wait for the held chain");
    assert!(!waiting.is_finished());
    other.run("commit").await;
    waiting.await.unwrap().unwrap();
    is_clean(home, &store).await;
}

async fn audit_rows_of_a_held_chain_wait_and_are_written(home: &Home) {
    let store = home.open().await;
    let (held, _) = neighbours(&store).await;
    let other = home.raw().await;
    other.run(&format!("begin; select 1 from audit_head where chain_id = '{}' for update", held.tenant())).await;
    let rows = tokio::spawn(together(30, {
        let (store, held) = (store.clone(), held.clone());
        move |i| {
            let (store, held) = (store.clone(), held.clone());
            async move {
                // some come while the first are being waited for
                tokio::time::sleep(Duration::from_millis(i as u64 * 5)).await;
                store.record(&held, call("waits"), "ok").await
            }
        }
    }));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(outcomes(home, "waits").await.len(), 0);
    other.run("commit").await;
    assert!(rows.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(outcomes(home, "waits").await.len(), 30);
    // a lock that outlasts patience is told, and the chain goes on afterwards
    other.run(&format!("begin; select 1 from audit_head where chain_id = '{}' for update", held.tenant())).await;
    let e = store.record(&held, call("in vain"), "ok").await.unwrap_err();
    assert!(e.to_string().contains("lock"), "{e}");
    other.run("commit").await;
    store.record(&held, call("again"), "ok").await.unwrap();
    is_clean(home, &store).await;
}

async fn a_chain_without_a_head_gets_one(home: &Home) {
    let (store, scope) = given::one(home).await;
    // as a tenant would be that was brought in by other means
    let id = scope.tenant();
    home.raw().await.run(&format!("delete from audit_head where chain_id = '{id}'")).await;
    let done = together(5, |_| {
        let (store, scope) = (store.clone(), scope.clone());
        async move { store.record(&scope, call("first"), "ok").await }
    })
    .await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(outcomes(home, "first").await.len(), 5);
    home.raw()
        .await
        .run(&format!("delete from audit_log where tenant_id = '{id}'; delete from audit_head where chain_id = '{id}'"))
        .await;
    add(&store, &scope, "a").await.unwrap();
    is_clean(home, &store).await;
}

async fn quiet_work_does_not_wait_for_a_chain(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let nil = uuid::Uuid::nil();
    let other = home.raw().await;
    other
        .run(&format!(
            "begin; select 1 from audit_head where chain_id in ('{nil}', '{}') for update",
            acme.scope.tenant()
        ))
        .await;
    let work = async {
        let jobs = store.claim_jobs(NOW, "w", watchkeep_model::Span::minutes(1), 9, 9).await.unwrap();
        assert_eq!(jobs.len(), 2);
        store.finish_job(&jobs[0], None, NOW).await.unwrap();
        let access = store.authenticate(&given::pat("acme", 'a'), NOW).await.unwrap().unwrap();
        store.touch(&access, NOW, None, None).await.unwrap();
        assert!(kris::by_id(store.at(&acme.scope), acme.kri, NOW).await.unwrap().is_some());
    };
    tokio::time::timeout(Duration::from_secs(3), work).await.expect("it waits for the head of a chain");
    other.run("commit").await;
}

async fn connections_that_were_cut_are_made_anew(home: &Home) {
    let (store, scope) = given::one(home).await;
    add(&store, &scope, "before").await.unwrap();
    let raw = home.raw().await;
    for round in 0..3 {
        raw.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'watchkeep' and datname = current_database()").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        // what was idle is found out before it is used
        kris::slugs(store.at(&scope)).await.unwrap();
        add(&store, &scope, &format!("after{round}")).await.unwrap();
        store.record(&scope, call("after"), "ok").await.unwrap();
    }
    is_clean(home, &store).await;
}

async fn a_connection_that_is_cut_at_the_commit_is_told_as_unknown(home: &Home) {
    let (store, scope) = given::one(home).await;
    // the server dies in the middle of the last flight
    home.raw()
        .await
        .run(
            "create function dying() returns trigger language plpgsql security definer as $$ begin \
             perform pg_terminate_backend(pg_backend_pid()); return new; end $$; \
             create constraint trigger dying after insert on kri deferrable initially deferred for each row execute function dying()",
        )
        .await;
    let e = add(&store, &scope, "a").await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unavailable, "{e:?}");
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 0);
    raw.run("drop trigger dying on kri").await;
    add(&store, &scope, "a").await.unwrap();
    is_clean(home, &store).await;
}

async fn a_busy_tenant_takes_no_connections_from_the_others(home: &Home) {
    let store = home.open().await;
    let (held, free) = neighbours(&store).await;
    let other = home.raw().await;
    other.run(&format!("begin; select 1 from audit_head where chain_id = '{}' for update", held.tenant())).await;
    // three times as many writers as there are connections
    let writers: Vec<_> = (0..24)
        .map(|i| {
            let (store, held) = (store.clone(), held.clone());
            tokio::spawn(async move { add(&store, &held, &format!("k{i}")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let others = async {
        for i in 0..20 {
            add(&store, &free, &format!("k{i}")).await.unwrap();
            kris::slugs(store.at(&free)).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(3), others).await.expect("the busy tenant holds every connection");
    other.run("commit").await;
    for w in writers {
        w.await.unwrap().unwrap();
    }
    is_clean(home, &store).await;
}

async fn a_short_lock_of_the_file_is_waited_for(home: &Home) {
    let (store, scope) = given::one(home).await;
    let other = home.raw().await;
    other.run("begin immediate").await;
    let ours = tokio::spawn({
        let (store, scope) = (store.clone(), scope.clone());
        async move { add(&store, &scope, "a").await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!ours.is_finished());
    assert!(kris::slugs(store.at(&scope)).await.unwrap().is_empty(), "reading goes on");
    other.run("commit").await;
    ours.await.unwrap().unwrap();
}

async fn a_long_lock_of_the_file_is_told_and_forgotten(home: &Home) {
    let (store, scope) = given::one(home).await;
    let other = home.raw().await;
    other.run("begin immediate").await;
    let watch = watchkeep_store::Stopwatch::start();
    let told = together(20, |i| {
        let (store, scope) = (store.clone(), scope.clone());
        async move { add(&store, &scope, &format!("k{i}")).await }
    })
    .await;
    for e in told {
        let e = e.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Unavailable, "{e}");
    }
    assert!(watch.elapsed() < Duration::from_secs(20), "each waited for itself: {:?}", watch.elapsed());
    other.run("rollback").await;
    add(&store, &scope, "a").await.unwrap();
    is_clean(home, &store).await;
}
