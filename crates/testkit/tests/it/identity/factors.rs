//! Authenticator apps, recovery codes, and what a tenant requires.
use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_factor_a_password_opens_the_second_step_only() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let before = house.sign_in().await;
        let (seed, began, codes) = house.enrol().await;
        assert_eq!((began.signed.level, codes.len()), (Level::Full, 10));
        assert!(began.signed.factors.totp && began.signed.factors.recovery_left == 10);
        assert!(house.open(&before.secret).await.is_none(), "what had no second factor signs in again");

        house.tick(Span::minutes(1));
        let half = house.sign_in().await;
        assert_eq!((half.signed.level, half.device.is_none()), (Level::Password, true));
        // nothing but the second step is open
        let (hub, v, s) = (house.hub(), house.visitor(), &half.signed);
        assert!(app::begin(hub, s).await.is_err());
        assert!(app::remove(hub, &v, s, &house.code(&seed)).await.is_err());
        assert!(recovery::renew(hub, &v, s, &house.code(&seed)).await.is_err());
        assert!(password::change(hub, &v, s, PASSWORD, OTHER).await.is_err());
        assert!(sessions::end_others(hub, &v, s).await.is_err());
        assert!(identity::passkeys::begin_add(hub, s).await.is_err());

        let full = second::confirm(hub, &v, s, &house.code(&seed)).await.unwrap();
        assert_eq!((full.signed.level, full.signed.created_at), (Level::Full, s.created_at));
        assert_ne!(full.secret, half.secret);
        assert!(full.device.is_some());
        assert!(house.open(&half.secret).await.is_none(), "the half session is gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_counts_once_also_for_many_at_once_on_two_hubs() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let other = house.hub.beside(Lists::PRODUCT).await;
        let (seed, _, codes) = house.enrol().await;
        let half: Vec<Began> = join_all((0..4).map(|_| house.sign_in())).await;
        // those who lose count as failures, and five of those close the factor
        let no = |kind: &Kind| matches!(kind, Kind::Unauthenticated | Kind::Limited { .. });
        // the code of the enrolment itself is used up
        let used = second::confirm(house.hub(), &house.visitor(), &half[0].signed, &house.code(&seed)).await;
        assert_eq!(refused(used).kind, Kind::Unauthenticated);

        house.tick(Span::seconds(30));
        for typed in [house.code(&seed), codes[3].to_uppercase()] {
            let tries = half.iter().enumerate().map(|(i, half)| {
                let hub = if i % 2 == 0 { house.hub().clone() } else { other.hub.clone() };
                let typed = typed.clone();
                async move { second::confirm(&hub, &visitor(&hub), &half.signed, &typed).await }
            });
            let told = join_all(tries).await;
            assert_eq!(told.iter().filter(|t| t.is_ok()).count(), 1, "{typed}: {told:?}");
            assert!(told.iter().flat_map(|t| t.as_ref().err()).all(|e| no(&e.kind)), "{told:?}");
        }
        let signed = house.sign_in().await.signed;
        assert_eq!(signed.factors.recovery_left, 9);
        let again = second::confirm(house.hub(), &house.visitor(), &signed, &codes[3]).await;
        assert!(no(&refused(again).kind));
        let rows = house.rows().await;
        let given =
            |outcome: &str| rows.iter().filter(|r| r.event == "second_factor_given" && r.outcome == outcome).count();
        assert_eq!(given("ok"), 2);
        assert!(given("unauthenticated") + rows.iter().filter(|r| r.event == "second_factor_failed").count() >= 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_wrong_codes_close_the_factor_for_a_quarter_of_an_hour() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let (seed, ..) = house.enrol().await;
        house.tick(Span::minutes(1));
        let half = house.sign_in().await;
        let right = house.code(&seed);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        // thirty at once: five are looked at
        let tries = (0..30).map(|_| async {
            second::confirm(house.hub(), &house.visitor(), &half.signed, wrong).await.err().unwrap().kind
        });
        let kinds = join_all(tries).await;
        assert_eq!(kinds.iter().filter(|k| **k == Kind::Unauthenticated).count(), 5, "{kinds:?}");
        assert!(kinds.iter().all(|k| matches!(k, Kind::Unauthenticated | Kind::Limited { retry_after: 900 })));
        let closed = second::confirm(house.hub(), &house.visitor(), &half.signed, &right).await;
        assert!(matches!(refused(closed).kind, Kind::Limited { .. }));
        house.tick(Span::minutes(15));
        second::confirm(house.hub(), &house.visitor(), &half.signed, &house.code(&seed)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_is_enrolled_by_its_own_person_in_time_and_once() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let other = house.hub.tenant("contoso").await;
        assert_eq!(other.slug.as_str(), "contoso");
        let link = house.hub.admin().invite("ana@contoso.example").await.unwrap();
        let theirs = links::accept(house.hub(), &house.visitor(), &link.token, PASSWORD).await.unwrap();
        let mine = house.sign_in().await;
        let shown = app::begin(house.hub(), &mine.signed).await.unwrap();
        assert!(shown.qr_svg.starts_with("<svg") && shown.otpauth_url.starts_with("otpauth://totp/Watchkeep"));
        assert_eq!(app::again(house.hub(), &mine.signed, &shown.state).unwrap().qr_svg, shown.qr_svg);
        let code = |at: Timestamp| totp::code(&unbase32(&shown.secret_base32), totp::step(at));
        let confirm = async |signed: &SignedIn, state: &str, code: &str| {
            app::confirm(house.hub(), &house.visitor(), signed, state, code).await
        };
        assert_eq!(refused(confirm(&theirs.signed, &shown.state, &code(house.now())).await).kind, Kind::Conflict);
        let slip = refused(confirm(&mine.signed, &shown.state, "12345").await);
        assert!(matches!(slip.kind, Kind::Invalid(ref flaws) if flaws[0].field == "code"), "{slip:?}");
        // Another first letter, whatever it was.
        let forged = format!("{}{}", if shown.state.starts_with('A') { 'B' } else { 'A' }, &shown.state[1..]);
        for odd in ["", "zz", "00", &shown.state[2..], &forged] {
            assert_eq!(refused(confirm(&mine.signed, odd, &code(house.now())).await).kind, Kind::Conflict);
        }
        house.tick(Span::minutes(15));
        assert_eq!(refused(confirm(&mine.signed, &shown.state, &code(house.now())).await).kind, Kind::Conflict);

        let shown = app::begin(house.hub(), &mine.signed).await.unwrap();
        let code = totp::code(&unbase32(&shown.secret_base32), totp::step(house.now()));
        let (began, _) = confirm(&mine.signed, &shown.state, &code).await.unwrap();
        assert_eq!(refused(app::begin(house.hub(), &began.signed).await).kind, Kind::Conflict);
        assert!(confirm(&began.signed, &shown.state, &code).await.is_err(), "there is one already");
        let seals = house.hub.store().try_seals(&house.hub.keys).await.unwrap();
        assert_eq!((seals.count, seals.closed), (1, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_tenant_requires_cannot_be_left_out_or_taken_away() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        house.hub.admin().require_mfa(house.tenant.slug.clone(), true).await.unwrap();
        let began = house.sign_in().await;
        assert!(began.signed.must_enrol && began.signed.level == Level::Full);
        let (seed, began, codes) = house.enrol().await;
        assert!(!began.signed.must_enrol);
        house.tick(Span::minutes(1));
        let kept = app::remove(house.hub(), &house.visitor(), &began.signed, &house.code(&seed)).await;
        assert_eq!(refused(kept).kind, Kind::Conflict);

        house.hub.admin().require_mfa(house.tenant.slug.clone(), false).await.unwrap();
        let signed = house.open(&began.secret).await.unwrap();
        let wrong = app::remove(house.hub(), &house.visitor(), &signed, "0000-0000-0000-0000").await;
        assert_eq!(refused(wrong).kind, Kind::Unauthenticated);
        let renewed = recovery::renew(house.hub(), &house.visitor(), &signed, &codes[0]).await.unwrap();
        assert!(renewed.len() == 10 && !renewed.contains(&codes[1]));
        let old = app::remove(house.hub(), &house.visitor(), &signed, &codes[1]).await;
        assert_eq!(refused(old).kind, Kind::Unauthenticated);
        app::remove(house.hub(), &house.visitor(), &signed, &renewed[1]).await.unwrap();
        let signed = house.open(&began.secret).await.unwrap();
        assert!(!signed.factors.any() && signed.factors.recovery_left == 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_of_the_factors_waits_a_day_and_is_taken_back_by_a_factor() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        assert_eq!(refused(house.hub.admin().reset_mfa(&house.email).await).kind, Kind::Conflict, "nothing to reset");
        let (seed, ..) = house.enrol().await;
        let (_, due) = house.hub.admin().reset_mfa(&house.email).await.unwrap();
        assert_eq!(due, house.now().plus(Span::hours(24)));
        house.tick(Span::hours(23));
        assert_eq!(house.hub.admin().reset_mfa(&house.email).await.unwrap().1, due, "asking again waits no longer");
        let half = house.sign_in().await;
        assert_eq!(half.signed.level, Level::Password, "not yet");
        second::confirm(house.hub(), &house.visitor(), &half.signed, &house.code(&seed)).await.unwrap();
        house.tick(Span::hours(2));
        assert_eq!(house.sign_in().await.signed.level, Level::Password, "it was taken back");

        house.hub.admin().reset_mfa(&house.email).await.unwrap();
        let open = house.sign_in().await;
        let open = second::confirm(house.hub(), &house.visitor(), &open.signed, &house.code(&seed)).await.unwrap();
        house.hub.admin().reset_mfa(&house.email).await.unwrap();
        house.tick(Span::hours(24));
        // a wrong password starts nothing
        let wrong = password::sign_in(house.hub(), &house.visitor(), &house.email, OTHER).await;
        assert_eq!(refused(wrong).kind, Kind::Unauthenticated);
        let began = house.sign_in().await;
        assert_eq!((began.signed.level, began.signed.factors.any()), (Level::Full, false));
        assert!(house.open(&open.secret).await.is_none());
        assert_eq!(house.rows().await.iter().filter(|r| r.event == "mfa_reset").count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_leaves_the_second_factor_as_it_is() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let (seed, ..) = house.enrol().await;
        house.tick(Span::minutes(1));
        let link = house.hub.admin().reset(&house.email).await.unwrap();
        let began = links::accept(house.hub(), &house.visitor(), &link.token, OTHER).await.unwrap();
        assert_eq!((began.signed.level, began.device.is_none()), (Level::Password, true));
        second::confirm(house.hub(), &house.visitor(), &began.signed, &house.code(&seed)).await.unwrap();
    })
    .await;
}
