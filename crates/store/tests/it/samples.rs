//! Samples are kept once, never changed, and the latest of each subject is what a value is made of. Lists of KRIs and
//! integrations tell their state as of the moment of reading.
use watchkeep_model::kri::{SourceKind, State, Status};
use watchkeep_model::{KriId, RunId, Span, Timestamp};
use watchkeep_store::samples::{self, NewSample};
use watchkeep_store::{ErrorKind, Store, TenantScope, integrations, kris, runs};

use crate::case::{Case, cases};
use crate::given::{self, NOW, new_integration, new_kri, new_sample, uuid, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    a_repeated_sample_is_kept_once,
    the_latest_of_a_subject_is_by_its_time,
    subjects_and_sources_stand_beside_each_other,
    history_is_read_in_both_directions,
    a_sample_without_a_value_says_why,
    points_are_one_a_day,
    lists_go_on_after_a_name_without_a_gap,
    a_stale_green_is_unknown_and_a_stale_red_stays_red,
    an_archived_kri_is_in_no_list_and_needs_no_refresh,
    kris_that_go_stale_come_with_their_scope,
    integrations_tell_their_health,
    a_search_takes_its_signs_literally,
    a_taken_name_is_a_conflict,
];

async fn with_kri(home: &Home) -> (Store, TenantScope, KriId, watchkeep_model::IntegrationId) {
    let (store, scope) = given::one(home).await;
    let (kri, integration) = (new_kri("open-findings"), new_integration("By hand"));
    let ids = (kri.id, integration.id);
    write(&store, &scope, async move |tx| {
        integrations::add(tx, &integration).await?;
        kris::add(tx, &kri, NOW).await
    })
    .await
    .unwrap();
    (store, scope, ids.0, ids.1)
}
/// Another source.
async fn other(store: &Store, scope: &TenantScope) -> watchkeep_model::IntegrationId {
    let row = new_integration("By another hand");
    let id = row.id;
    write(store, scope, async move |tx| integrations::add(tx, &row).await).await.unwrap();
    id
}
async fn add(store: &Store, scope: &TenantScope, s: &NewSample) -> bool {
    let s = s.clone();
    write(store, scope, async move |tx| samples::add(tx, &s, s.observed_at.plus(Span::days(2))).await).await.unwrap()
}
async fn latest(store: &Store, scope: &TenantScope, kri: KriId) -> Vec<(String, Option<f64>, Timestamp)> {
    let all = samples::subjects_now(store.at(scope), kri).await.unwrap();
    all.into_iter().map(|s| (s.subject, s.value, s.observed_at)).collect()
}

async fn a_repeated_sample_is_kept_once(home: &Home) {
    let (store, scope, kri, from) = with_kri(home).await;
    let first = new_sample(kri, from, NOW, 3.0);
    assert!(add(&store, &scope, &first).await);
    let (run, elsewhere) = (RunId::new(uuid()), other(&store, &scope).await);
    write(&store, &scope, async move |tx| runs::start(tx, run, from, "the suite", NOW).await).await.unwrap();
    // what makes it the same: source, subject, time, value, state; not the id, the run, the note or when it came
    let again = NewSample {
        id: watchkeep_model::SampleId::new(uuid()),
        run: Some(run),
        received_at: NOW.plus(Span::hours(9)),
        note: Some("once more".into()),
        actor: "somebody else".into(),
        provenance: r#"{"row":7}"#.into(),
        ..first.clone()
    };
    assert!(!add(&store, &scope, &again).await);
    let differing = [
        NewSample { observed_at: NOW.plus(Span::from_micros(1)), ..again.clone() },
        NewSample { value: Some(3.5), ..again.clone() },
        NewSample { subject: "host-1".into(), ..again.clone() },
        NewSample { numerator: Some(3.0), ..again.clone() },
        NewSample { denominator: Some(3.0), ..again.clone() },
        NewSample { state: State::Error, value: None, ..again.clone() },
        NewSample { integration: elsewhere, ..again.clone() },
    ];
    for mut s in differing {
        s.id = watchkeep_model::SampleId::new(uuid());
        assert!(add(&store, &scope, &s).await, "{s:?}");
        assert!(!add(&store, &scope, &s).await, "{s:?}");
    }
    let kept = samples::before(store.at(&scope), kri, Timestamp::MAX, 100).await.unwrap();
    assert_eq!(kept.len(), 8);
    let one = samples::get(store.at(&scope), kri, NOW, first.id).await.unwrap().unwrap();
    assert_eq!((one.note, one.actor.as_str(), one.received_at), (None, "the suite", NOW));
}

async fn the_latest_of_a_subject_is_by_its_time(home: &Home) {
    let (store, scope, kri, from) = with_kri(home).await;
    let (early, late) = (NOW.minus(Span::days(1)), NOW.plus(Span::hours(1)));
    assert!(add(&store, &scope, &new_sample(kri, from, NOW, 3.0)).await);
    assert!(add(&store, &scope, &new_sample(kri, from, early, 1.0)).await, "it is kept");
    assert_eq!(latest(&store, &scope, kri).await, [(String::new(), Some(3.0), NOW)], "and changes nothing");
    assert!(add(&store, &scope, &new_sample(kri, from, late, 5.0)).await);
    assert_eq!(latest(&store, &scope, kri).await, [(String::new(), Some(5.0), late)]);
    // two words on the same moment: the one that came last
    assert!(add(&store, &scope, &new_sample(kri, from, late, 6.0)).await);
    assert_eq!(latest(&store, &scope, kri).await, [(String::new(), Some(6.0), late)]);
    assert!(!add(&store, &scope, &new_sample(kri, from, late, 5.0)).await, "it was said before");
    assert_eq!(latest(&store, &scope, kri).await, [(String::new(), Some(6.0), late)]);
    assert_eq!(samples::before(store.at(&scope), kri, Timestamp::MAX, 100).await.unwrap().len(), 4);
}

async fn subjects_and_sources_stand_beside_each_other(home: &Home) {
    let (store, scope, kri, from) = with_kri(home).await;
    let other = other(&store, &scope).await;
    for (subject, source, value) in
        [("b", from, 1.0), ("a", other, 2.0), ("a", from, 3.0), ("", from, 4.0), ("B", from, 5.0)]
    {
        let s = NewSample { subject: subject.into(), ..new_sample(kri, source, NOW, value) };
        assert!(add(&store, &scope, &s).await);
    }
    let got: Vec<_> = latest(&store, &scope, kri).await.into_iter().map(|(s, v, _)| (s, v.unwrap())).collect();
    let expected = [("", 4.0), ("B", 5.0), ("a", 3.0), ("a", 2.0), ("b", 1.0)].map(|(s, v)| (s.to_owned(), v));
    assert_eq!(got, expected, "by subject, then by source");
}

async fn history_is_read_in_both_directions(home: &Home) {
    let (store, scope, kri, from) = with_kri(home).await;
    for day in 0..10_i32 {
        assert!(add(&store, &scope, &new_sample(kri, from, NOW.plus(Span::days(day.into())), day.into())).await);
    }
    let values = |rows: Vec<samples::SampleRow>| rows.into_iter().map(|r| r.value.unwrap()).collect::<Vec<_>>();
    let from_third =
        write(&store, &scope, async move |tx| samples::since(tx, kri, NOW.plus(Span::days(3)), 4).await).await;
    assert_eq!(values(from_third.unwrap()), [3.0, 4.0, 5.0, 6.0]);
    let to_third = samples::before(store.at(&scope), kri, NOW.plus(Span::days(3)), 2).await.unwrap();
    assert_eq!(values(to_third), [2.0, 1.0]);
}

async fn a_sample_without_a_value_says_why(home: &Home) {
    let (store, scope, kri, from) = with_kri(home).await;
    for (i, state) in [State::Unavailable, State::Error, State::Unknown].into_iter().enumerate() {
        let at = NOW.plus(Span::minutes(i as i64));
        assert!(add(&store, &scope, &NewSample { value: None, state, ..new_sample(kri, from, at, 0.0) }).await);
        let row = samples::subjects_now(store.at(&scope), kri).await.unwrap().remove(0);
        assert_eq!((row.value, row.state, row.fresh_until), (None, state, at.plus(Span::days(2))));
    }
}

async fn points_are_one_a_day(home: &Home) {
    let (store, scope, kri, _) = with_kri(home).await;
    let day = |n: i64| NOW.start_of_day().plus(Span::days(n));
    let point = move |n: i64, value: f64| samples::PointRow {
        day: day(n),
        value: Some(value),
        state: State::Ok,
        status: Status::Amber,
    };
    let inside = write(&store, &scope, async move |tx| {
        for p in [point(1, 1.0), point(0, 0.5), point(2, 2.0), point(1, 1.5)] {
            samples::put_point(tx, kri, &p).await?;
        }
        samples::points_in(tx, kri, day(1)).await
    })
    .await
    .unwrap();
    let values = |p: &[samples::PointRow]| p.iter().map(|p| (p.day, p.value.unwrap())).collect::<Vec<_>>();
    assert_eq!(values(&inside), [(day(1), 1.5), (day(2), 2.0)]);
    let all = samples::points(store.at(&scope), kri, day(-9)).await.unwrap();
    assert_eq!(values(&all), [(day(0), 0.5), (day(1), 1.5), (day(2), 2.0)]);
}

async fn lists_go_on_after_a_name_without_a_gap(home: &Home) {
    let (store, scope) = given::one(home).await;
    let names = ["zeta", "alpha", "a", "a-b", "ab", "b", "beta-2", "beta-10"];
    write(&store, &scope, async move |tx| {
        for name in names {
            kris::add(tx, &new_kri(name), NOW).await?;
            integrations::add(tx, &new_integration(&name.to_uppercase())).await?;
            integrations::add(tx, &new_integration(name)).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let (mut after, mut got) = (String::new(), vec![]);
    loop {
        let page = kris::page(store.at(&scope), &kris::Filter::default(), NOW, &after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(&last.slug);
        got.extend(page.into_iter().map(|k| k.slug));
    }
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(got, sorted);
    let (mut after, mut got) = (String::new(), vec![]);
    loop {
        let page = integrations::page(store.at(&scope), &integrations::Filter::default(), &after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(&last.name);
        got.extend(page.into_iter().map(|k| k.name));
    }
    let mut sorted: Vec<String> = names.iter().flat_map(|n| [n.to_uppercase(), (*n).to_owned()]).collect();
    sorted.sort_unstable();
    assert_eq!(got, sorted);
}

async fn a_stale_green_is_unknown_and_a_stale_red_stays_red(home: &Home) {
    let (store, scope) = given::one(home).await;
    let end = NOW.plus(Span::days(2));
    for status in [Status::Green, Status::Amber, Status::Red] {
        let k = new_kri(status.as_str());
        write(&store, &scope, async move |tx| {
            kris::add(tx, &k, NOW).await?;
            kris::settle(tx, k.id, &given::settled(1.0, status, end)).await
        })
        .await
        .unwrap();
    }
    let at = store.at(&scope);
    for (now, green, state) in
        [(end, Status::Green, State::Ok), (end.plus(Span::from_micros(1)), Status::Unknown, State::Stale)]
    {
        for (slug, status) in [("green", green), ("amber", Status::Amber), ("red", Status::Red)] {
            let k = kris::by_slug(at, slug, now).await.unwrap().unwrap();
            assert_eq!((k.status, k.state, k.value), (status, state, Some(1.0)), "{slug} at {now}");
            let only = kris::Filter { status: status.as_str().into(), ..kris::Filter::default() };
            let listed = kris::page(at, &only, now, "", 10).await.unwrap();
            let marks = kris::marks(at, &only, now, "", 10).await.unwrap();
            let marked: Vec<_> = marks.iter().map(|m| (m.id, m.rev, m.fresh_until)).collect();
            let expected: Vec<_> = listed.iter().map(|k| (k.id, k.rev, k.fresh_until)).collect();
            assert_eq!(marked, expected, "the same KRIs in the same order");
            assert_eq!(listed.iter().map(|k| k.slug.as_str()).collect::<Vec<_>>(), [slug]);
        }
        let mut counts = kris::counts(at, now).await.unwrap();
        counts.sort_by_key(|(s, _)| s.as_str());
        let mut expected = vec![(Status::Amber, 1), (green, 1), (Status::Red, 1)];
        expected.sort_by_key(|(s, _)| s.as_str());
        assert_eq!(counts, expected);
    }
}

async fn an_archived_kri_is_in_no_list_and_needs_no_refresh(home: &Home) {
    let (store, scope, kri, from) = with_kri(home).await;
    assert!(add(&store, &scope, &new_sample(kri, from, NOW, 1.0)).await);
    write(&store, &scope, async move |tx| {
        kris::settle(tx, kri, &given::settled(1.0, Status::Green, NOW)).await?;
        assert!(kris::archive(tx, kri, NOW).await?);
        assert!(!kris::archive(tx, kri, NOW).await?, "it is archived already");
        Ok(())
    })
    .await
    .unwrap();
    let at = store.at(&scope);
    assert!(kris::by_id(at, kri, NOW).await.unwrap().is_none());
    assert!(kris::slugs(at).await.unwrap().is_empty());
    assert!(kris::categories(at).await.unwrap().is_empty());
    assert!(kris::counts(at, NOW).await.unwrap().is_empty());
    // else it would come first in every round of the refresh, for ever
    assert!(store.going_stale(NOW.plus(Span::days(9)), 10).await.unwrap().is_empty());
    assert_eq!(samples::before(at, kri, Timestamp::MAX, 10).await.unwrap().len(), 1, "its samples stay");
}

async fn kris_that_go_stale_come_with_their_scope(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    assert!(store.going_stale(NOW, 10).await.unwrap().is_empty());
    let mut got = store.going_stale(NOW.plus(Span::days(2)), 10).await.unwrap();
    got.sort_by_key(|(_, id)| *id);
    assert_eq!(got, [(acme.scope, acme.kri), (noise.scope, noise.kri)]);
    assert_eq!(store.going_stale(NOW.plus(Span::days(2)), 1).await.unwrap().len(), 1);
}

async fn integrations_tell_their_health(home: &Home) {
    let (store, scope) = given::one(home).await;
    let expected = [
        ("disabled", false, "ok", Some("ok")),
        ("failing", true, "none", Some("failed")),
        ("never_run", true, "ok", None),
        ("ok", true, "ok", Some("partial")),
        ("reauthorize", true, "expired", Some("ok")),
        ("running", true, "ok", Some("running")),
    ];
    write(&store, &scope, async move |tx| {
        for (name, enabled, auth, status) in expected {
            let mut i = new_integration(name);
            (i.auth_state, i.source_kind) = (auth.into(), SourceKind::Csv);
            integrations::add(tx, &i).await?;
            integrations::enable(tx, i.id, enabled).await?;
            if let Some(status) = status {
                let run = RunId::new(uuid());
                runs::start(tx, run, i.id, "suite", NOW).await?;
                runs::count(tx, run, 3, 1).await?;
                runs::count(tx, run, 1, 1).await?;
                runs::end(tx, run, status, (status == "failed").then_some("no answer"), NOW).await?;
                integrations::ran(tx, i.id, run).await?;
            }
        }
        Ok(())
    })
    .await
    .unwrap();
    let at = store.at(&scope);
    for (name, ..) in expected {
        let only = integrations::Filter { health: name.into(), kind: "csv".into() };
        let got = integrations::page(at, &only, "", 10).await.unwrap();
        assert_eq!(got.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), [name]);
        assert_eq!(got[0].run_written, (name != "never_run").then_some(4));
        assert_eq!(got[0].run_skipped, (name != "never_run").then_some(2));
        assert_eq!(got[0].run_error.as_deref(), (name == "failing").then_some("no answer"));
    }
    let none = integrations::Filter { kind: "native".into(), ..integrations::Filter::default() };
    assert!(integrations::page(at, &none, "", 10).await.unwrap().is_empty());
    let run = integrations::page(at, &integrations::Filter::default(), "", 1).await.unwrap()[0].run_id.unwrap();
    assert_eq!(runs::get(at, run).await.unwrap().unwrap().started_by, "suite");
}

async fn a_search_takes_its_signs_literally(home: &Home) {
    let (store, scope) = given::one(home).await;
    let names = ["100% covered", "a_b", "axb", "wow!", "ÄRGER", "back\\slash"];
    write(&store, &scope, async move |tx| {
        for (i, name) in names.iter().enumerate() {
            kris::add(tx, &kris::NewKri { name: (*name).into(), ..new_kri(&format!("k{i}")) }, NOW).await?;
            integrations::add(tx, &new_integration(name)).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let at = store.at(&scope);
    for (text, hits) in [
        ("100%", vec!["100% covered"]),
        ("%", vec!["100% covered"]),
        ("A_B", vec!["a_b"]),
        ("_", vec!["a_b"]),
        ("!", vec!["wow!"]),
        ("ärger", vec!["ÄRGER"]),
        ("\\", vec!["back\\slash"]),
        ("nothing", vec![]),
    ] {
        let filter = kris::Filter { pattern: kris::like(text), ..kris::Filter::default() };
        let got = kris::page(at, &filter, NOW, "", 10).await.unwrap();
        assert_eq!(got.iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), hits, "{text}");
        let got = integrations::search(at, &kris::like(text), 10).await.unwrap();
        assert_eq!(got.iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), hits, "{text}");
    }
}

async fn a_taken_name_is_a_conflict(home: &Home) {
    let (store, scope, ..) = with_kri(home).await;
    let kri = write(&store, &scope, async |tx| kris::add(tx, &new_kri("open-findings"), NOW).await).await;
    assert_eq!(kri.unwrap_err().kind(), ErrorKind::Conflict);
    let integration = write(&store, &scope, async |tx| integrations::add(tx, &new_integration("By hand")).await).await;
    assert_eq!(integration.unwrap_err().kind(), ErrorKind::Conflict);
    let tenant = given::tenant_row("acme");
    let tenant = store
        .write_installation(store.operator(), given::operator_call("tenant_created", "tenant.add"), async move |tx| {
            watchkeep_store::tenants::add(tx, &tenant).await
        })
        .await;
    assert_eq!(tenant.unwrap_err().kind(), ErrorKind::Conflict);
}
