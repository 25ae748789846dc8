//! Passwords, links and sessions.
use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_learns_nothing_about_accounts() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        house.hub.admin().create_person(&new_person("new@acme.example")).await.unwrap();
        house.hub.admin().create_person(&new_person("gone@acme.example")).await.unwrap();
        let link = house.hub.admin().invite("gone@acme.example").await.unwrap();
        links::accept(house.hub(), &house.visitor(), &link.token, PASSWORD).await.unwrap();
        house.hub.admin().switch_person("gone@acme.example", false).await.unwrap();

        let mut seen = vec![];
        for (email, password) in [
            ("ana@acme.example", OTHER),
            ("nobody@acme.example", PASSWORD),
            ("new@acme.example", PASSWORD),
            ("gone@acme.example", PASSWORD),
            ("no address at all", PASSWORD),
            ("nul\0@acme.example", PASSWORD),
        ] {
            let e = refused(password::sign_in(house.hub(), &house.visitor(), email, password).await);
            seen.push(told(&e));
        }
        assert_eq!(seen[0], (Kind::Unauthenticated, "the address or the password is wrong".to_owned()));
        assert!(seen.iter().all(|s| *s == seen[0]), "{seen:?}");
        // each left one row, and none repeats what was typed for an account that is not there
        let failed: Vec<Row> = house.rows().await.into_iter().filter(|r| r.event == "sign_in_failed").collect();
        assert_eq!(failed.len(), 6);
        assert_eq!(failed.iter().filter(|r| r.actor == "unknown account").count(), 5);
        assert!(failed.iter().all(|r| r.outcome == "unauthenticated" && !r.metadata.contains("nobody@")));
        // a password of a megabyte is refused before any work
        let long = "x".repeat(1 << 20);
        let e = refused(password::sign_in(house.hub(), &house.visitor(), &house.email, &long).await);
        assert_eq!(told(&e), seen[0]);
        // the address is read in any case
        password::sign_in(house.hub(), &house.visitor(), " ANA@acme.EXAMPLE ", PASSWORD).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_gets_slow_for_known_and_unknown_accounts_alike() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let device = house.sign_in().await.device.unwrap();
        let second = house.hub.beside(Lists::PRODUCT).await;
        let mut seen = vec![];
        for email in ["ana@acme.example", "nobody@acme.example"] {
            let mut kinds = vec![];
            for i in 0..7 {
                // the count is in the database: changing the hub does not help
                let hub = if i % 2 == 0 { house.hub() } else { &second.hub };
                let e = refused(password::sign_in(hub, &visitor(hub), email, OTHER).await);
                kinds.push(told(&e));
            }
            seen.push(kinds);
        }
        assert_eq!(seen[0], seen[1]);
        assert!(seen[0][..6].iter().all(|(kind, _)| *kind == Kind::Unauthenticated), "{seen:?}");
        assert!(matches!(seen[0][6].0, Kind::Limited { retry_after: 1 | 2 }), "{seen:?}");
        // closed for the right password, too, but not in a browser that the account knows
        let right = password::sign_in(house.hub(), &house.visitor(), &house.email, PASSWORD).await;
        assert!(matches!(refused(right).kind, Kind::Limited { .. }));
        let known = Visitor { device: Some(device), ..house.visitor() };
        let began = password::sign_in(house.hub(), &known, &house.email, PASSWORD).await.unwrap();
        assert!(began.device.is_none(), "it is known already");
        house.tick(Span::seconds(2));
        house.sign_in().await;
        // and from the beginning after a success
        for _ in 0..6 {
            let e = refused(password::sign_in(house.hub(), &house.visitor(), &house.email, OTHER).await);
            assert_eq!(e.kind, Kind::Unauthenticated);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_lives_on_every_hub_and_dies_on_all() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let second = house.hub.beside(Lists::PRODUCT).await;
        let (one, two) = (house.sign_in().await, house.sign_in().await);
        assert_ne!(one.secret, two.secret);
        let signed = sessions::open(&second.hub, &one.secret).await.unwrap().unwrap();
        assert_eq!((signed.session, &*signed.email, signed.level), (one.signed.session, &*house.email, Level::Full));
        let all = sessions::list(house.hub(), &signed).await.unwrap();
        assert_eq!(all.len(), 3, "with the one of the link");
        assert_eq!(all.iter().filter(|s| s.current).count(), 1);
        assert_eq!((&*all[0].address, all[0].client.as_deref()), ("192.0.2.7", Some("Browser 1.0")));

        sessions::end(&second.hub, &visitor(&second.hub), &signed, two.signed.session).await.unwrap();
        assert!(house.open(&two.secret).await.is_none());
        let again = sessions::end(house.hub(), &house.visitor(), &signed, two.signed.session).await;
        assert_eq!(refused(again).kind, Kind::NotFound);
        assert_eq!(sessions::end_others(house.hub(), &house.visitor(), &signed).await.unwrap(), 1);
        sessions::sign_out(house.hub(), &house.visitor(), &signed).await.unwrap();
        assert!(house.open(&one.secret).await.is_none());
        for odd in ["", "x", &"0".repeat(64), &"ü".repeat(32), &one.secret.to_uppercase()] {
            assert!(house.open(odd).await.is_none(), "{odd}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_by_idleness_by_age_and_sooner_for_admins() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let began = house.sign_in().await;
        house.tick(Span::hours(8).plus(Span::from_micros(-1)));
        assert!(house.open(&began.secret).await.is_some());
        house.tick(Span::from_micros(1));
        assert!(house.open(&began.secret).await.is_none(), "unused for 8 hours");

        let began = house.sign_in().await;
        let mut hours = 0;
        while let Some(signed) = house.open(&began.secret).await {
            sessions::touch(house.hub(), &house.visitor(), &signed).await.unwrap();
            house.tick(Span::hours(6));
            hours += 6;
        }
        assert_eq!(hours, 7 * 24);

        let (person, now) = (house.tenant.person, house.now());
        house
            .hub
            .store()
            .write(&house.tenant.scope, house.hub.call("membership_changed"), async move |tx| {
                people::join(tx, person, Role::Admin, true, now).await
            })
            .await
            .unwrap();
        let began = house.sign_in().await;
        let mut hours = 0;
        while let Some(signed) = house.open(&began.secret).await {
            sessions::touch(house.hub(), &house.visitor(), &signed).await.unwrap();
            house.tick(Span::hours(6));
            hours += 6;
        }
        assert_eq!(hours, 24);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_everything_else() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let (mine, stolen) = (house.sign_in().await, house.sign_in().await);
        let change = async |current: &str, new: &str| {
            password::change(house.hub(), &house.visitor(), &mine.signed, current, new).await
        };
        let e = refused(change(OTHER, OTHER).await);
        assert_eq!(told(&e), (Kind::Unauthenticated, "the current password is wrong".to_owned()));
        for weak in ["short", "passwordpassword", "ana@acme.example", &"x".repeat(1_025)] {
            let e = refused(change(PASSWORD, weak).await);
            assert!(matches!(&e.kind, Kind::Invalid(flaws) if flaws[0].field == "password"), "{weak}: {e:?}");
        }
        let link = house.hub.admin().reset(&house.email).await.unwrap();
        let began = change(PASSWORD, OTHER).await.unwrap();
        assert_eq!((began.signed.level, began.signed.person), (Level::Full, mine.signed.person));
        assert!(began.device.is_some(), "all devices are forgotten, this one is known again");
        for dead in [&mine.secret, &stolen.secret] {
            assert!(house.open(dead).await.is_none());
        }
        assert!(links::look(house.hub(), &link.token).await.unwrap().is_none());
        let old = password::sign_in(house.hub(), &house.visitor(), &house.email, PASSWORD).await;
        assert_eq!(refused(old).kind, Kind::Unauthenticated);
        password::sign_in(house.hub(), &house.visitor(), &house.email, OTHER).await.unwrap();
        // the session that is gone changes nothing any more
        assert!(change(OTHER, PASSWORD).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_out_person_is_out_at_once() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let began = house.sign_in().await;
        let link = house.hub.admin().reset(&house.email).await.unwrap();
        house.hub.admin().switch_person(&house.email, false).await.unwrap();
        assert!(house.open(&began.secret).await.is_none());
        assert!(links::look(house.hub(), &link.token).await.unwrap().is_none());
        let e = refused(password::sign_in(house.hub(), &house.visitor(), &house.email, PASSWORD).await);
        assert_eq!(told(&e), (Kind::Unauthenticated, "the address or the password is wrong".to_owned()));
        assert_eq!(refused(house.hub.admin().link(&house.email).await).kind, Kind::Conflict);
        // let in again, but not with what was open before
        house.hub.admin().switch_person(&house.email, true).await.unwrap();
        assert!(house.open(&began.secret).await.is_none());
        assert!(links::look(house.hub(), &link.token).await.unwrap().is_none());
        house.sign_in().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_looked_at_often_and_used_once() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let began = house.sign_in().await;
        let link = house.hub.admin().link(&house.email).await.unwrap();
        for _ in 0..3 {
            let found = links::look(house.hub(), &link.token).await.unwrap().unwrap();
            assert_eq!(
                (&*found.email, found.kind, found.expires_at),
                (&*house.email, links::LinkKind::Reset, link.expires_at)
            );
        }
        assert!(house.open(&began.secret).await.is_some(), "to look changes nothing");
        let weak = links::accept(house.hub(), &house.visitor(), &link.token, "short").await;
        assert!(matches!(refused(weak).kind, Kind::Invalid(_)));
        let many = (0..6).map(|_| async { links::accept(house.hub(), &house.visitor(), &link.token, OTHER).await });
        let told = join_all(many).await;
        assert_eq!(told.iter().filter(|t| t.is_ok()).count(), 1, "{told:?}");
        assert!(
            told.iter().flat_map(|t| t.as_ref().err()).all(|e| matches!(e.kind, Kind::NotFound | Kind::Unavailable))
        );
        assert!(house.open(&began.secret).await.is_none());
        password::sign_in(house.hub(), &house.visitor(), &house.email, OTHER).await.unwrap();

        // an hour for a reset, three days for an invitation, and the later one ends the earlier
        let late = house.hub.admin().reset(&house.email).await.unwrap();
        house.tick(Span::hours(1));
        assert!(links::look(house.hub(), &late.token).await.unwrap().is_none());
        let e = refused(links::accept(house.hub(), &house.visitor(), &late.token, PASSWORD).await);
        assert_eq!(e.kind, Kind::NotFound);
        let (first, second) = (
            house.hub.admin().reset(&house.email).await.unwrap(),
            house.hub.admin().reset(&house.email).await.unwrap(),
        );
        assert!(links::look(house.hub(), &first.token).await.unwrap().is_none());
        assert!(links::look(house.hub(), &second.token).await.unwrap().is_some());
        assert_eq!(refused(house.hub.admin().invite(&house.email).await).kind, Kind::Conflict);
        assert!(second.at("https://hub.example/").starts_with("https://hub.example/link/"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_kept_and_every_act_is_on_the_record() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let (_, began, codes) = house.enrol().await;
        let link = house.hub.admin().reset(&house.email).await.unwrap();
        let rows = house.rows().await;
        let text = format!("{rows:?}");
        for secret in [PASSWORD, &began.secret, &link.token, began.device.as_deref().unwrap_or("none"), &codes[0]] {
            assert!(!text.contains(secret), "{secret}");
        }
        let events: Vec<&str> =
            rows.iter().rev().map(|r| r.event.as_str()).skip_while(|e| *e != "user_invited").collect();
        assert_eq!(events, ["user_invited", "password_changed", "sign_in", "totp_enrolled", "password_reset_made"]);
        let sign_in = rows.iter().find(|r| r.event == "sign_in").unwrap();
        assert_eq!((&*sign_in.actor_kind, &*sign_in.actor, &*sign_in.outcome), ("person", &*house.email, "ok"));
        assert_eq!(sign_in.address.as_deref(), Some("192.0.2.7"));
        let report = house.hub.store().verify(&house.hub.keys, &house.hub.upkeep().checkpoints).await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memberships_are_told_with_what_they_require() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let other = house.hub.tenant("zeta").await;
        let (person, now) = (house.tenant.person, house.now());
        house
            .hub
            .store()
            .write(&other.scope, house.hub.call("membership_changed"), async move |tx| {
                people::join(tx, person, Role::Viewer, false, now).await
            })
            .await
            .unwrap();
        house.hub.admin().require_mfa(other.slug.clone(), true).await.unwrap();
        house.hub.admin().switch_tenant(other.slug.clone(), false).await.unwrap();
        let mine = identity::tenants(house.hub(), &house.sign_in().await.signed).await.unwrap();
        let told: Vec<_> =
            mine.iter().map(|m| (m.scope_slug.as_str(), m.role, m.require_mfa, m.tenant_disabled)).collect();
        assert_eq!(told, [("acme", Role::Analyst, false, false), ("zeta", Role::Viewer, true, true)]);
    })
    .await;
}

fn new_person(email: &str) -> watchkeep_hub::admin::NewPerson {
    watchkeep_hub::admin::NewPerson { email: email.into(), name: None, operator: false }
}
