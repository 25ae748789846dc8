//! One text in the caller, the same behaviour on both engines: what fails, what is kept, who is disturbed.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use watchkeep_model::{Role, Span};
use watchkeep_store::{Error, ErrorKind, Store, kris, people, samples, tenants};

use crate::case::{Case, cases};
use crate::given::{self, NOW, Said, call, new_kri, operator_call, person_row, together, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    parameters_go_by_their_number,
    a_failure_in_a_group_disturbs_nobody,
    a_swallowed_error_poisons_the_write,
    a_caught_error_is_still_a_failed_write,
    a_foreign_await_is_refused,
    a_panic_is_an_error_of_its_write_alone,
    a_refusal_rolls_everything_back,
    dropped_futures_leave_nothing_open,
    a_slow_reader_stops_no_writer,
    writers_of_one_tenant_are_serial,
    tenants_write_at_the_same_time_and_lose_nothing,
    a_write_reads_what_it_wrote,
    a_missing_value_is_no_conflict,
    what_only_one_engine_would_take_is_refused_by_both,
    values_come_back_as_they_went_in,
    the_installation_is_made_once,
    a_store_is_ready_and_tells_its_engine,
];

/// `EDIT` of a KRI uses `$3` to `$10` in one order, `SETTLE` in another, and `PAGE` repeats `$2`: a text that SQLite
/// bound in order of appearance would mix them up.
async fn parameters_go_by_their_number(home: &Home) {
    let (store, scope) = given::one(home).await;
    let kri = new_kri("a");
    let id = kri.id;
    write(&store, &scope, async move |tx| {
        kris::add(tx, &kri, NOW).await?;
        let mut k = kris::by_id_in(tx, id, NOW).await?.unwrap();
        (k.name, k.about, k.amber, k.red, k.target) = ("Neu".into(), "Was".into(), 1.0, 2.0, None);
        (k.owner, k.cadence_us) = (Some("ada".into()), 77);
        kris::edit(tx, &k).await
    })
    .await
    .unwrap();
    let k = kris::by_slug(store.at(&scope), "a", NOW).await.unwrap().unwrap();
    assert_eq!((k.name.as_str(), k.about.as_str(), k.amber, k.red), ("Neu", "Was", 1.0, 2.0));
    assert_eq!((k.target, k.owner.as_deref(), k.cadence_us, k.version), (None, Some("ada"), 77, 2));
    let filter = kris::Filter { category: "identity".into(), pattern: kris::like("NEU"), ..kris::Filter::default() };
    assert_eq!(kris::page(store.at(&scope), &filter, NOW, "", 10).await.unwrap().len(), 1);
    let filter = kris::Filter { category: "network".into(), ..filter };
    assert!(kris::page(store.at(&scope), &filter, NOW, "", 10).await.unwrap().is_empty());
}

async fn a_failure_in_a_group_disturbs_nobody(home: &Home) {
    let store = home.open().await;
    let scopes =
        [given::tenant(&store, "a1").await, given::tenant(&store, "b2").await, given::tenant(&store, "c3").await];
    write(&store, &scopes[0], async |tx| kris::add(tx, &new_kri("taken"), NOW).await).await.unwrap();
    let done = together(200, |i| {
        let (store, scope) = (store.clone(), scopes[i % 3].clone());
        async move {
            store
                .write(&scope, call("kri.add"), async move |tx| {
                    match i % 20 {
                        // every tenth takes a name twice, in the same write
                        0 | 10 => {
                            kris::add(tx, &new_kri(&format!("k{i}")), NOW).await?;
                            kris::add(tx, &new_kri(&format!("k{i}")), NOW).await?;
                        }
                        5 => {
                            kris::add(tx, &new_kri(&format!("k{i}")), NOW).await?;
                            return Err(Said::No);
                        }
                        _ => kris::add(tx, &new_kri(&format!("k{i}")), NOW).await?,
                    }
                    Ok(())
                })
                .await
        }
    })
    .await;
    for (i, r) in done.iter().enumerate() {
        match i % 20 {
            0 | 10 => assert!(matches!(r, Err(Said::Store(e)) if e.kind() == ErrorKind::Conflict), "{i}: {r:?}"),
            5 => assert!(matches!(r, Err(Said::No)), "{i}: {r:?}"),
            _ => assert!(r.is_ok(), "{i}: {r:?}"),
        }
    }
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 1 + 170);
    // and each of them, the failed ones too, has its row
    assert_eq!(raw.one("select count(*) from audit_log where op = 'kri.add'").await, "200");
    assert_eq!(raw.one("select count(*) from audit_log where outcome = 'conflict'").await, "20");
    assert_eq!(raw.one("select count(*) from audit_log where outcome = 'refused'").await, "10");
    given_is_clean(home, &store).await;
}

async fn given_is_clean(home: &Home, store: &Store) {
    let (keys, file) = given::keys(home);
    let report = store.verify(&keys, &file).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
}

async fn a_swallowed_error_poisons_the_write(home: &Home) {
    let (store, scope) = given::one(home).await;
    let r = write(&store, &scope, async |tx| {
        kris::add(tx, &new_kri("twice"), NOW).await?;
        let _swallowed = kris::add(tx, &new_kri("twice"), NOW).await;
        Ok(())
    })
    .await;
    assert!(matches!(r, Err(Error::Poisoned)), "{r:?}");
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 0);
    assert_eq!(raw.one("select outcome from audit_log where op = 'suite.write'").await, "internal");
}

async fn a_caught_error_is_still_a_failed_write(home: &Home) {
    let (store, scope) = given::one(home).await;
    // what comes after the failed statement does not run on either engine
    let r = write(&store, &scope, async |tx| {
        kris::add(tx, &new_kri("twice"), NOW).await?;
        assert!(kris::add(tx, &new_kri("twice"), NOW).await.is_err());
        let after = kris::add(tx, &new_kri("another"), NOW).await;
        assert!(matches!(after, Err(Error::Poisoned)), "{after:?}");
        after
    })
    .await;
    assert!(matches!(r, Err(Error::Poisoned)), "{r:?}");
    assert_eq!(home.raw().await.count("kri").await, 0);
}

async fn a_foreign_await_is_refused(home: &Home) {
    let (store, scope) = given::one(home).await;
    let r = write(&store, &scope, async |tx| {
        kris::add(tx, &new_kri("a"), NOW).await?;
        tokio::task::yield_now().await;
        kris::add(tx, &new_kri("b"), NOW).await
    })
    .await;
    assert!(matches!(r, Err(Error::ForeignAwait)), "{r:?}");
    // and one before the first statement
    let r = write(&store, &scope, async |tx| {
        std::future::pending::<()>().await;
        kris::add(tx, &new_kri("a"), NOW).await
    })
    .await;
    assert!(matches!(r, Err(Error::ForeignAwait)), "{r:?}");
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 0);
    assert_eq!(raw.one("select count(*) from audit_log where op = 'suite.write'").await, "2");
    write(&store, &scope, async |tx| kris::add(tx, &new_kri("a"), NOW).await).await.unwrap();
}

async fn a_panic_is_an_error_of_its_write_alone(home: &Home) {
    let (store, scope) = given::one(home).await;
    let done = together(20, |i| {
        let (store, scope) = (store.clone(), scope.clone());
        async move {
            write(&store, &scope, async move |tx| {
                kris::add(tx, &new_kri(&format!("k{i}")), NOW).await?;
                assert_ne!(i, 7, "this panic is part of the case");
                Ok(())
            })
            .await
        }
    })
    .await;
    for (i, r) in done.iter().enumerate() {
        assert_eq!(matches!(r, Err(Error::Panicked)), i == 7, "{i}: {r:?}");
        assert_eq!(r.is_ok(), i != 7, "{i}: {r:?}");
    }
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 19);
    assert_eq!(raw.one("select count(*) from audit_log where op = 'suite.write' and outcome = 'internal'").await, "1");
    given_is_clean(home, &store).await;
}
async fn a_refusal_rolls_everything_back(home: &Home) {
    let (store, scope) = given::one(home).await;
    let r: Result<(), Said> = store
        .write(&scope, call("kri.add"), async |tx| {
            kris::add(tx, &new_kri("a"), NOW).await?;
            Err(Said::No)
        })
        .await;
    assert!(matches!(r, Err(Said::No)));
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 0);
    assert_eq!(raw.rows("select op, outcome from audit_log where op = 'kri.add'").await, [["kri.add", "refused"]]);
}

async fn dropped_futures_leave_nothing_open(home: &Home) {
    let (store, scope) = given::one(home).await;
    let mut kept = 0;
    for i in 0_u64..300 {
        let (store, scope) = (store.clone(), scope.clone());
        let task = async move {
            write(&store, &scope, async move |tx| {
                kris::add(tx, &new_kri(&format!("k{i}")), NOW).await?;
                samples::subjects(tx, watchkeep_model::KriId::new(given::uuid())).await?;
                Ok(())
            })
            .await
        };
        // 0 to 2.5 ms: before it is sent, in any of its flights, and after its end
        if tokio::time::timeout(Duration::from_micros((i * 37) % 2500), task).await.is_ok() {
            kept += 1;
        }
    }
    // the last of them may still be on their way; what comes after waits for nobody
    let done = together(16, |i| {
        let (store, scope) = (store.clone(), scope.clone());
        async move { write(&store, &scope, async move |tx| kris::add(tx, &new_kri(&format!("z{i}")), NOW).await).await }
    })
    .await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let raw = home.raw().await;
    let (effects, rows) =
        (raw.count("kri").await, raw.one("select count(*) from audit_log where op = 'suite.write'").await);
    assert_eq!(effects.to_string(), rows, "an effect without its audit row, or a row without its effect");
    assert!(effects >= kept + 16, "{effects} effects, {kept} acknowledged");
    if let crate::raw::Raw::Postgres(_) = &raw {
        // a rollback goes out in the background
        for _ in 0..100 {
            let open = "select count(*) from pg_stat_activity where state like 'idle in transaction%' \
                        and datname = current_database()";
            if raw.one(open).await == "0" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let open = "select count(*) from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()";
        assert_eq!(raw.one(open).await, "0");
    }
    given_is_clean(home, &store).await;
}

async fn a_slow_reader_stops_no_writer(home: &Home) {
    let (store, scope) = given::one(home).await;
    let raw = home.raw().await;
    // somebody reads on and on, and holds what they see
    let begin = match &raw {
        crate::raw::Raw::Sqlite(_) => "begin",
        crate::raw::Raw::Postgres(_) => "begin isolation level repeatable read",
    };
    raw.run(begin).await;
    let before = raw.count("kri").await;
    let done = tokio::time::timeout(Duration::from_secs(20), async {
        for i in 0..200 {
            write(&store, &scope, async move |tx| kris::add(tx, &new_kri(&format!("k{i}")), NOW).await).await.unwrap();
        }
    })
    .await;
    assert!(done.is_ok(), "the writer waits for the reader");
    assert_eq!(raw.count("kri").await, before, "the reader sees its own moment");
    raw.run("rollback").await;
    assert_eq!(raw.count("kri").await, 200);
}

/// Read, then write what was read plus one: only serial writers come to the right sum.
async fn writers_of_one_tenant_are_serial(home: &Home) {
    let (store, scope) = given::one(home).await;
    let kri = new_kri("counter");
    let id = kri.id;
    write(&store, &scope, async move |tx| kris::add(tx, &kri, NOW).await).await.unwrap();
    let inside = Arc::new(AtomicUsize::new(0));
    let done = together(60, |_| {
        let (store, scope, inside) = (store.clone(), scope.clone(), inside.clone());
        async move {
            write(&store, &scope, async move |tx| {
                let mut k = kris::by_id_in(tx, id, NOW).await?.unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two writers of one tenant are inside at once");
                k.cadence_us += 1;
                kris::edit(tx, &k).await?;
                inside.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
            .await
        }
    })
    .await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let k = kris::by_id(store.at(&scope), id, NOW).await.unwrap().unwrap();
    assert_eq!(k.cadence_us, Span::days(1).micros() + 60);
    assert_eq!(k.version, 61);
}

async fn tenants_write_at_the_same_time_and_lose_nothing(home: &Home) {
    let store = home.open().await;
    let mut scopes = vec![];
    for i in 0..8 {
        scopes.push(given::tenant(&store, &format!("t{i}x")).await);
    }
    let done = together(160, |i| {
        let (store, scope) = (store.clone(), scopes[i % 8].clone());
        async move {
            if i % 2 == 0 {
                write(&store, &scope, async move |tx| kris::add(tx, &new_kri(&format!("k{i}")), NOW).await).await
            } else {
                store.record(&scope, call("list_kris"), "ok").await
            }
        }
    })
    .await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 80);
    assert_eq!(raw.count("mcp_call_log").await, 160);
    for scope in &scopes {
        let id = home.engine.id(scope.tenant().uuid());
        assert_eq!(raw.one(&format!("select seq from audit_head where chain_id = {id}")).await, "20");
    }
    assert!(store.stats().groups.load(Ordering::Relaxed) > 0);
    given_is_clean(home, &store).await;
}

async fn a_write_reads_what_it_wrote(home: &Home) {
    let (store, scope) = given::one(home).await;
    let kri = new_kri("a");
    let id = kri.id;
    let seen = write(&store, &scope, async move |tx| {
        kris::add(tx, &kri, NOW).await?;
        Ok((kris::by_id_in(tx, id, NOW).await?.is_some(), kris::by_slug_in(tx, "a", NOW).await?.is_some()))
    })
    .await
    .unwrap();
    assert_eq!(seen, (true, true));
}

async fn a_missing_value_is_no_conflict(home: &Home) {
    let (store, scope) = given::one(home).await;
    let person = given::person(&store, "a@example.com").await;
    // a row of a type that the table does not take is ours, a name that is taken is the caller's
    let taken = store
        .write_installation(store.operator(), operator_call("user_created", "user.add"), async |tx| {
            people::add(tx, &person_row("a@example.com")).await
        })
        .await
        .unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict, "{taken}");
    let raw = home.raw().await;
    let null = match &raw {
        crate::raw::Raw::Sqlite(_) => {
            "create trigger t before insert on membership begin insert into person (id, name, operator, created_at) values (x'00', 'x', 0, 0); end"
        }
        crate::raw::Raw::Postgres(_) => {
            "create function t() returns trigger language plpgsql as $$ begin insert into person (id, name, operator, created_at) values (new.user_id, 'x', 0, 0); return new; end $$; create trigger t before insert on membership for each row execute function t()"
        }
    };
    raw.run(null).await;
    let missing = write(&store, &scope, async move |tx| people::join(tx, person, Role::Viewer, true, NOW).await)
        .await
        .unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Internal, "{missing}");
}

async fn what_only_one_engine_would_take_is_refused_by_both(home: &Home) {
    let (store, scope) = given::one(home).await;
    let not_a_number = write(&store, &scope, async |tx| {
        let k = watchkeep_store::kris::NewKri { target: Some(f64::NAN), ..new_kri("a") };
        kris::add(tx, &k, NOW).await
    })
    .await
    .unwrap_err();
    assert_eq!(not_a_number.kind(), ErrorKind::Internal, "{not_a_number}");
    let nul = write(&store, &scope, async |tx| {
        let k = watchkeep_store::kris::NewKri { about: "a\0b".into(), ..new_kri("a") };
        kris::add(tx, &k, NOW).await
    })
    .await
    .unwrap_err();
    assert_eq!(nul.kind(), ErrorKind::Internal, "{nul}");
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 0);
    // an audit row that cannot be written means no answer, and leaves the chain whole for its neighbours
    let done = together(60, |i| {
        let (store, scope) = (store.clone(), scope.clone());
        let op = if i % 20 == 7 { "a\0b" } else { "list_kris" };
        async move { store.record(&scope, call(op), "ok").await }
    })
    .await;
    for (i, r) in done.iter().enumerate() {
        assert_eq!(r.is_err(), i % 20 == 7, "{i}: {r:?}");
    }
    let bad = store.write(&scope, call("a\0b"), async |tx| kris::add(tx, &new_kri("a"), NOW).await).await;
    bad.unwrap_err();
    assert_eq!(raw.count("kri").await, 0);
    given_is_clean(home, &store).await;
    store.record(&scope, call("list_kris"), "ok").await.unwrap();
    assert_eq!(raw.one("select count(*) from audit_log where op = 'list_kris'").await, "58");
    given_is_clean(home, &store).await;
}

async fn values_come_back_as_they_went_in(home: &Home) {
    let (store, scope) = given::one(home).await;
    // not -0.0: SQLite keeps whole reals as integers, and 0 is what it means
    let odd = [0.0, -1.0, 1.5, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY, 1e-300, 9_007_199_254_740_993.0, 1.0 / 3.0];
    for (i, value) in odd.into_iter().enumerate() {
        let k = kris::NewKri {
            target: Some(value),
            name: "Ä \u{202e}\u{1F469}\u{200D}\u{1F4BB} 'quoted' \"twice\" \\ $1 ?1 %".into(),
            owner: (i % 2 == 0).then(String::new),
            cadence_us: i64::MAX - i as i64,
            ..new_kri(&format!("k{i}"))
        };
        let name = k.name.clone();
        write(&store, &scope, async move |tx| kris::add(tx, &k, NOW).await).await.unwrap();
        let back = kris::by_slug(store.at(&scope), &format!("k{i}"), NOW).await.unwrap().unwrap();
        assert_eq!(back.target.map(f64::to_bits), Some(value.to_bits()), "{value}");
        assert_eq!(back.name, name);
        // an empty text is not a missing one
        assert_eq!(back.owner.as_deref(), (i % 2 == 0).then_some(""));
        assert_eq!(back.cadence_us, i64::MAX - i as i64);
    }
}

async fn the_installation_is_made_once(home: &Home) {
    let store = home.open().await;
    let done = together(8, |i| {
        let store = store.clone();
        async move { store.install(NOW.plus(Span::seconds(i as i64)), i == 0).await.unwrap() }
    })
    .await;
    assert!(done.windows(2).all(|w| w[0] == w[1]), "{done:?}");
    assert_eq!(store.install(NOW.plus(Span::days(9)), true).await.unwrap(), done[0]);
    assert_eq!(home.raw().await.count("installation").await, 1);
}

async fn a_store_is_ready_and_tells_its_engine(home: &Home) {
    let store = home.open().await;
    store.ready().await.unwrap();
    assert_eq!(store.engine_name(), home.engine.name());
    // a tenant's name stays taken after it was given up
    given::tenant(&store, "old-name").await;
    let row = store.tenants(store.operator()).await.unwrap().remove(0);
    let reserved = store
        .write_installation(store.operator(), operator_call("tenant_renamed", "tenant.rename"), async move |tx| {
            tenants::rename(tx, row.id, &given::slug("new-name"), "New", NOW).await?;
            Ok::<_, Error>((
                tenants::is_reserved(tx, &given::slug("old-name")).await?,
                tenants::is_reserved(tx, &given::slug("new-name")).await?,
                tenants::is_reserved(tx, &given::slug("free")).await?,
                tenants::by_slug(tx, &given::slug("old-name")).await?.is_none(),
            ))
        })
        .await
        .unwrap();
    assert_eq!(reserved, (true, true, false, true));
}
