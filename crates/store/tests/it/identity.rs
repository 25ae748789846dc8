//! What people sign in with: counted before it is judged, used once, and nobody else's.
use std::sync::Arc;

use uuid::Uuid;
use watchkeep_model::{PasskeyId, PersonId, Role, SessionId, Span, Timestamp};
use watchkeep_store::identity::attempts::{self, Factor};
use watchkeep_store::identity::links::NewLink;
use watchkeep_store::identity::sessions::NewSession;
use watchkeep_store::identity::{self, Duties, devices, factors, links, passkeys, sessions};
use watchkeep_store::sql::Installation;
use watchkeep_store::{Keyring, PersonScope, Result, Store, Tx, people, tenants};

use crate::case::{Case, cases};
use crate::given::{self, NOW, operator_call, together, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    attempts_at_once_count_like_one_after_the_other,
    a_lock_ends_and_a_success_takes_it_back,
    failures_are_forgotten_after_a_day,
    of_many_who_use_one_code_one_wins,
    of_many_who_use_one_link_one_wins,
    a_passkey_is_used_from_its_last_state_only,
    a_state_is_spent_once,
    a_session_is_dead_as_soon_as_it_ends_or_its_person_is_locked_out,
    what_is_another_persons_is_not_there,
    the_duties_of_a_person_follow_their_memberships,
    doctor_opens_the_seeds_too,
    what_is_over_is_removed,
];

const SUBJECT: [u8; 32] = [7; 32];
const fn rule(failures: i64) -> Span {
    if failures >= 5 { Span::minutes(15) } else { Span::ZERO }
}

async fn act<T, F>(store: &Store, f: F) -> Result<T>
where
    F: AsyncFn(&mut Tx<'_, Installation>) -> Result<T> + Send + Sync + 'static,
    T: Send + 'static,
{
    store.write_installation(store.operator(), operator_call("suite", "suite"), f).await
}
async fn somebody(home: &Home) -> (Store, PersonId, PersonScope) {
    let store = home.open().await;
    let id = given::person(&store, "ana@example.com").await;
    let own = own(&store, "ana@example.com").await;
    (store, id, own)
}
async fn own(store: &Store, email: &str) -> PersonScope {
    store.person(store.operator(), email).await.unwrap().unwrap().1
}
fn id() -> Uuid {
    given::uuid()
}
fn session(person: PersonId, hash: u8) -> NewSession {
    NewSession {
        id: SessionId::new(id()),
        person,
        hash: [hash; 32],
        level: "full",
        signed_in_at: NOW,
        second_at: None,
        seen_at: NOW,
        address: "192.0.2.1".into(),
        client: Some("Browser".into()),
    }
}
async fn take(store: &Store, at: Timestamp) -> Option<Timestamp> {
    store.take_attempt(SUBJECT, Factor::Second, rule, at).await.unwrap()
}

async fn attempts_at_once_count_like_one_after_the_other(home: &Home) {
    let (store, other) = (home.open().await, home.open().await);
    let told = together(32, |i| {
        let store = if usize::is_multiple_of(i, 2) { store.clone() } else { other.clone() };
        async move { take(&store, NOW).await }
    })
    .await;
    assert_eq!(told.iter().filter(|t| t.is_none()).count(), 5, "{told:?}");
    assert!(told.iter().flatten().all(|until| *until == NOW.plus(Span::minutes(15))));
    // another factor and another subject have counts of their own
    assert_eq!(store.take_attempt(SUBJECT, Factor::Password, rule, NOW).await.unwrap(), None);
    assert_eq!(store.take_attempt([8; 32], Factor::Second, rule, NOW).await.unwrap(), None);
}

async fn a_lock_ends_and_a_success_takes_it_back(home: &Home) {
    let store = home.open().await;
    for _ in 0..5 {
        assert_eq!(take(&store, NOW).await, None);
    }
    let end = NOW.plus(Span::minutes(15));
    assert_eq!(take(&store, end.minus(Span::from_micros(1))).await, Some(end));
    // one more attempt, which closes it again
    assert_eq!(take(&store, end).await, None);
    assert_eq!(take(&store, end).await, Some(end.plus(Span::minutes(15))));
    act(&store, async |tx| attempts::forgive(tx, &SUBJECT, Factor::Second).await).await.unwrap();
    for _ in 0..5 {
        assert_eq!(take(&store, end).await, None);
    }
}

async fn failures_are_forgotten_after_a_day(home: &Home) {
    let store = home.open().await;
    for _ in 0..4 {
        take(&store, NOW).await;
    }
    let later = NOW.plus(attempts::REMEMBER);
    for _ in 0..5 {
        assert_eq!(take(&store, later).await, None);
    }
    assert!(take(&store, later).await.is_some());
}

async fn of_many_who_use_one_code_one_wins(home: &Home) {
    let (store, person, own) = somebody(home).await;
    let keys = Arc::new(home.keys());
    let with = keys.clone();
    act(&store, async move |tx| {
        factors::add_totp(tx, &with, person, b"seed", 10, NOW).await?;
        factors::set_codes(tx, person, &[[1; 32], [2; 32]], NOW).await
    })
    .await
    .unwrap();
    let other = home.open().await;
    let many = |step: i64| {
        let (store, other) = (store.clone(), other.clone());
        move |i: usize| {
            let store = if usize::is_multiple_of(i, 2) { store.clone() } else { other.clone() };
            async move {
                act(&store, async move |tx| {
                    Ok((
                        factors::take_step(tx, person, step).await?,
                        factors::take_code(tx, person, &[1; 32], NOW).await?,
                    ))
                })
                .await
                .unwrap()
            }
        }
    };
    let told = together(16, many(11)).await;
    assert_eq!(told.iter().filter(|(step, _)| *step).count(), 1);
    assert_eq!(told.iter().filter(|(_, code)| *code).count(), 1);
    for step in [9, 10, 11] {
        assert!(together(2, many(step)).await.iter().all(|(step, code)| !step && !code), "{step}");
    }
    let counts = store.factor_counts(own).await.unwrap();
    assert_eq!((counts.totp, counts.passkeys, counts.recovery_left), (1, 0, 1));
    let totp = store.totp(own, &keys).await.unwrap().unwrap();
    assert_eq!((totp.seed.as_slice(), totp.last_step), (&b"seed"[..], 11));
    // a second app is refused, and new codes end the old ones
    let again = act(&store, async move |tx| factors::add_totp(tx, &keys, person, b"other", 1, NOW).await).await;
    assert_eq!(again.unwrap_err().kind(), watchkeep_store::ErrorKind::Conflict);
    let old = act(&store, async move |tx| {
        factors::set_codes(tx, person, &[[3; 32]], NOW).await?;
        factors::take_code(tx, person, &[2; 32], NOW).await
    });
    assert!(!old.await.unwrap());
}

async fn of_many_who_use_one_link_one_wins(home: &Home) {
    let (store, person, _) = somebody(home).await;
    let new = |hash: u8| NewLink {
        id: id(),
        person,
        hash: [hash; 32],
        kind: "invitation",
        created_at: NOW,
        expires_at: NOW.plus(Span::hours(72)),
    };
    for hash in [1, 2] {
        let new = new(hash);
        act(&store, async move |tx| links::add(tx, &new).await).await.unwrap();
    }
    assert!(store.link(store.operator(), &[1; 32], NOW).await.unwrap().is_none(), "the later one ended it");
    let link = store.link(store.operator(), &[2; 32], NOW).await.unwrap().unwrap();
    assert_eq!((link.user_id, &*link.kind, &*link.email), (person, "invitation", "ana@example.com"));
    assert!(store.link(store.operator(), &[2; 32], link.expires_at).await.unwrap().is_none());
    let took = together(16, |_| {
        let store = store.clone();
        async move { act(&store, async move |tx| links::take(tx, link.id, NOW).await).await.unwrap() }
    })
    .await;
    assert_eq!(took.iter().filter(|t| **t).count(), 1);
    assert!(store.link(store.operator(), &[2; 32], NOW).await.unwrap().is_none());
}

async fn a_passkey_is_used_from_its_last_state_only(home: &Home) {
    let (store, person, own) = somebody(home).await;
    let key = PasskeyId::new(id());
    act(&store, async move |tx| passkeys::add(tx, person, key, b"cred", "Laptop", "{\"n\":0}", NOW).await)
        .await
        .unwrap();
    let told =
        together(8, |i| {
            let store = store.clone();
            let credential = format!("{{\"n\":{i}}}");
            async move {
                act(&store, async move |tx| passkeys::used(tx, person, key, 1, &credential, NOW).await).await.unwrap()
            }
        })
        .await;
    assert_eq!(told.iter().filter(|t| **t).count(), 1);
    let row = store.passkey(own, b"cred").await.unwrap().unwrap();
    assert_eq!((row.rev, row.last_used_at, &*row.name), (2, Some(NOW), "Laptop"));
}

async fn a_state_is_spent_once(home: &Home) {
    let store = home.open().await;
    let told = together(8, |_| {
        let store = store.clone();
        async move { act(&store, async |tx| identity::spend(tx, &[5; 32], NOW).await).await.is_ok() }
    })
    .await;
    assert_eq!(told.iter().filter(|t| **t).count(), 1);
}

async fn a_session_is_dead_as_soon_as_it_ends_or_its_person_is_locked_out(home: &Home) {
    let (store, person, own) = somebody(home).await;
    let (one, two, three) = (session(person, 1), session(person, 2), session(person, 3));
    let (first, second) = (one.id, two.id);
    act(&store, async move |tx| {
        sessions::add(tx, &one).await?;
        sessions::add(tx, &two).await?;
        sessions::add(tx, &three).await
    })
    .await
    .unwrap();
    let other = home.open().await;
    let open = async |hash: u8| other.session(&[hash; 32]).await.unwrap();
    let row = open(1).await.unwrap();
    assert_eq!((row.id, row.user_id, &*row.level, row.signed_in_at), (first, person, "full", NOW));
    assert_eq!((row.required, row.admin, row.totp, row.passkeys, row.recovery_left), (0, 0, 0, 0, 0));
    assert!(open(9).await.is_none());

    assert!(act(&store, async move |tx| sessions::end(tx, person, first, NOW).await).await.unwrap());
    assert!(!act(&store, async move |tx| sessions::end(tx, person, first, NOW).await).await.unwrap());
    assert!(open(1).await.is_none() && open(2).await.is_some());
    let ended = act(&store, async move |tx| sessions::end_all(tx, person, Some(second), NOW).await).await.unwrap();
    assert_eq!(ended, 1);
    assert!(open(3).await.is_none() && open(2).await.is_some());
    // used once a minute
    let later = NOW.plus(Span::seconds(59));
    other.touch_session(second, NOW, later, "192.0.2.9".into()).await.unwrap();
    assert_eq!(open(2).await.unwrap().seen_at, NOW);
    other.touch_session(second, NOW, NOW.plus(Span::minutes(1)), "192.0.2.9".into()).await.unwrap();
    assert_eq!(open(2).await.unwrap().seen_at, NOW.plus(Span::minutes(1)));
    assert_eq!(store.sessions(own).await.unwrap()[0].address, "192.0.2.9");

    act(&store, async move |tx| people::disable(tx, person, Some(NOW)).await).await.unwrap();
    assert!(open(2).await.is_none());
    act(&store, async move |tx| people::disable(tx, person, None).await).await.unwrap();
    assert_eq!(act(&store, async move |tx| sessions::end_all(tx, person, None, NOW).await).await.unwrap(), 1);
}

async fn what_is_another_persons_is_not_there(home: &Home) {
    let (store, ana, _) = somebody(home).await;
    let bo = given::person(&store, "bo@example.com").await;
    let bos = own(&store, "bo@example.com").await;
    let keys = Arc::new(home.keys());
    let with = keys.clone();
    let (key, anas) = (PasskeyId::new(id()), session(ana, 1));
    let session = anas.id;
    act(&store, async move |tx| {
        sessions::add(tx, &anas).await?;
        passkeys::add(tx, ana, key, b"cred", "Laptop", "{}", NOW).await?;
        factors::add_totp(tx, &with, ana, b"seed", 1, NOW).await?;
        factors::set_codes(tx, ana, &[[1; 32]], NOW).await?;
        devices::add(tx, ana, &[4; 32], NOW, NOW.plus(Span::days(1))).await
    })
    .await
    .unwrap();
    assert!(store.passkey(bos, b"cred").await.unwrap().is_none());
    assert!(store.passkeys(bos).await.unwrap().is_empty());
    assert!(store.sessions(bos).await.unwrap().is_empty());
    assert!(store.totp(bos, &keys).await.unwrap().is_none());
    assert!(!store.knows_device(bos, &[4; 32], NOW).await.unwrap());
    let changed = act(&store, async move |tx| {
        let told = vec![
            sessions::end(tx, bo, session, NOW).await?,
            sessions::end_all(tx, bo, None, NOW).await? > 0,
            passkeys::remove(tx, bo, key).await?,
            passkeys::used(tx, bo, key, 1, "{}", NOW).await?,
            factors::take_step(tx, bo, 99).await?,
            factors::take_code(tx, bo, &[1; 32], NOW).await?,
            factors::drop_totp(tx, bo).await?,
        ];
        factors::drop_all(tx, bo).await?;
        devices::forget(tx, bo).await?;
        links::end(tx, bo, NOW).await?;
        Ok(told)
    })
    .await
    .unwrap();
    assert!(changed.iter().all(|c| !c), "{changed:?}");
    let ana = own(&store, "ana@example.com").await;
    let counts = store.factor_counts(ana).await.unwrap();
    assert_eq!((counts.totp, counts.passkeys, counts.recovery_left), (1, 1, 1));
    assert!(store.knows_device(ana, &[4; 32], NOW).await.unwrap());
    assert!(!store.knows_device(ana, &[4; 32], NOW.plus(Span::days(1))).await.unwrap());
    // a credential is one person's, whoever else shows it
    let twice = act(&store, async move |tx| {
        passkeys::add(tx, bo, PasskeyId::new(Uuid::from_u128(9)), b"cred", "Stolen", "{}", NOW).await
    });
    assert_eq!(twice.await.unwrap_err().kind(), watchkeep_store::ErrorKind::Conflict);
}

async fn the_duties_of_a_person_follow_their_memberships(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let own = own(&store, "alice@example.com").await;
    let (person, tenant) = (acme.person, acme.scope.tenant());
    let none = Duties { second_factor: false, admin: false };
    assert_eq!(store.duties(own).await.unwrap(), none);
    act(&store, async move |tx| tenants::require_mfa(tx, tenant, true).await).await.unwrap();
    write(&store, &acme.scope, async move |tx| people::join(tx, person, Role::Admin, true, NOW).await).await.unwrap();
    assert_eq!(store.duties(own).await.unwrap(), Duties { second_factor: true, admin: true });
    let mine = store.memberships(own).await.unwrap();
    assert_eq!((mine.len(), mine[0].require_mfa, &*mine[0].name), (1, true, "ACME"));
    let rules = store.tenant_rules(store.operator(), acme.scope.slug()).await.unwrap().unwrap();
    assert_eq!((rules.require_mfa, rules.risk_on, rules.fleet_on), (true, true, false));
    write(&store, &acme.scope, async move |tx| people::leave(tx, person, NOW).await).await.unwrap();
    assert_eq!(store.duties(own).await.unwrap(), none);
    write(&store, &acme.scope, async move |tx| people::join(tx, person, Role::Admin, true, NOW).await).await.unwrap();
    act(&store, async move |tx| tenants::disable(tx, tenant, Some(NOW)).await).await.unwrap();
    assert_eq!(store.duties(own).await.unwrap(), none);
}

async fn doctor_opens_the_seeds_too(home: &Home) {
    let (store, person, own) = somebody(home).await;
    let keys = Arc::new(home.keys());
    let with = keys.clone();
    act(&store, async move |tx| factors::add_totp(tx, &with, person, b"seed", 1, NOW).await).await.unwrap();
    let seals = store.try_seals(&keys).await.unwrap();
    assert_eq!((seals.count, seals.told()), (1, vec![]));
    let seals = store.try_seals(&Keyring::generate().unwrap()).await.unwrap();
    let (count, bad) = (seals.count, seals.told());
    assert_eq!((count, bad.len()), (1, 1));
    assert!(bad[0].contains(&person.to_string()), "{bad:?}");
    // a seed that was moved to another account opens there for nobody
    let bo = given::person(&store, "bo@example.com").await;
    let (from, to) = (home.engine.id(person.uuid()), home.engine.id(bo.uuid()));
    home.raw().await.run(&format!("update totp set user_id = {to} where user_id = {from}")).await;
    assert!(store.totp(own, &keys).await.unwrap().is_none());
    let moved = self::own(&store, "bo@example.com").await;
    assert!(matches!(store.totp(moved, &keys).await, Err(watchkeep_store::Error::Sealed(_))));
}

async fn what_is_over_is_removed(home: &Home) {
    let (store, person, own) = somebody(home).await;
    take(&store, NOW).await;
    let new = session(person, 1);
    act(&store, async move |tx| {
        identity::spend(tx, &[5; 32], NOW.plus(Span::minutes(5))).await?;
        devices::add(tx, person, &[4; 32], NOW, NOW.plus(Span::days(365))).await?;
        sessions::add(tx, &new).await
    })
    .await
    .unwrap();
    assert_eq!(store.clear_sign_in(NOW).await.unwrap(), 0);
    assert_eq!(store.clear_sign_in(NOW.plus(Span::minutes(5))).await.unwrap(), 1);
    assert_eq!(store.clear_sign_in(NOW.plus(Span::days(1))).await.unwrap(), 1);
    assert_eq!(store.clear_sign_in(NOW.plus(Span::days(30))).await.unwrap(), 1);
    assert!(store.sessions(own).await.unwrap().is_empty());
    assert_eq!(store.clear_sign_in(NOW.plus(Span::days(365))).await.unwrap(), 1);
    assert_eq!(store.clear_sign_in(NOW.plus(Span::days(365))).await.unwrap(), 0);
}
