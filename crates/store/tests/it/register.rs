//! The register: entries of each kind, their links, and what lists make of them; each tenant's own.
use watchkeep_model::catalog::KriRole;
use watchkeep_model::register::{ActionState, Edge, Kind, Link};
use watchkeep_model::{EntryId, KriId, Span, Timestamp};
use watchkeep_store::register::risks::{AcceptanceRow, ActionRow};
use watchkeep_store::register::{
    self, After, Follows, Written, assets, controls, edges, kris, notes, outcomes, risks, vendors,
};
use watchkeep_store::{Error, ErrorKind, Store, TenantScope};

use crate::case::{Case, cases};
use crate::given::{self, Full, NOW, uuid, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    an_entry_is_kept_found_changed_and_archived,
    kinds_that_share_a_table_share_no_codes,
    links_are_told_from_both_ends,
    what_is_not_known_comes_last_in_every_order,
    a_word_that_held_until_yesterday_is_not_known_today,
    a_list_goes_on_where_it_stopped_in_every_order,
    the_score_of_a_week_ago_is_the_last_one_written_by_then,
    a_risk_is_accepted_once_at_a_time,
    a_vendor_that_was_never_reviewed_is_overdue,
    a_link_to_nothing_is_refused,
    all_of_it_is_the_tenants_own,
];

fn entry(kind: Kind, code: &str, follows: Follows) -> Written {
    Written {
        id: EntryId::new(uuid()),
        kind,
        code: code.into(),
        name: format!("The {code}"),
        category: "identity".into(),
        owner: "Ana Lyst".into(),
        body: "{}".into(),
        search: format!("{code} the {code}").to_lowercase(),
        demo: false,
        at: NOW,
        follows,
    }
}
fn control(code: &str, effectiveness: Option<f64>, until: Option<Timestamp>, techniques: i64) -> Written {
    entry(
        Kind::Control,
        code,
        Follows::Control(controls::Columns {
            catalog_slug: None,
            base_version: None,
            frameworks: "csf:pr.aa-01;800-53:ac-2".into(),
            effectiveness,
            effective_until: until,
            technique_count: techniques,
        }),
    )
}
fn risk(code: &str, current: Option<f64>, loss: Option<f64>) -> Written {
    let columns = risks::Columns {
        catalog_slug: Some("ransomware".into()),
        base_version: Some(3),
        inherent_score: current.map(|c| 100.0 - c),
        current_score: current,
        annual_loss: loss,
    };
    entry(Kind::Risk, code, Follows::Risk(columns))
}
fn vendor(code: &str, score: Option<f64>, next_review: Option<Timestamp>) -> Written {
    let columns = vendors::Columns { tier: Some(1), composite_score: score, next_review };
    entry(Kind::Vendor, code, Follows::Vendor(columns))
}
async fn keep(store: &Store, scope: &TenantScope, all: Vec<Written>) {
    write(store, scope, async move |tx| {
        for w in &all {
            register::add(tx, w).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}
fn link(to: &str) -> Link {
    Link { to: to.into(), role: None, number: None }
}

async fn an_entry_is_kept_found_changed_and_archived(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    for kind in Kind::ALL {
        let w = match kind {
            Kind::Control => control("Ab-1", Some(0.5), None, 2),
            Kind::Risk => risk("Ab-1", Some(50.0), None),
            Kind::Vendor => vendor("Ab-1", Some(9.0), None),
            kind => entry(*kind, "Ab-1", Follows::Nothing),
        };
        let id = w.id;
        keep(&store, &scope, vec![w.clone()]).await;
        let at = store.at(&scope);
        let found = register::by_code(at, *kind, "aB-1").await.unwrap().unwrap();
        assert_eq!((found.id, found.kind, &*found.code, found.version), (id, *kind, "Ab-1", 1));
        assert_eq!(found.catalog_slug.is_some(), *kind == Kind::Risk);
        assert_eq!(register::get(at, *kind, id).await.unwrap().unwrap().name, "The Ab-1");
        assert_eq!(register::codes(at, *kind).await.unwrap(), [("Ab-1".to_owned(), false)]);
        assert_eq!(register::all_of(at, *kind, "", 10).await.unwrap().len(), 1);
        assert!(register::all_of(at, *kind, "Ab-1", 10).await.unwrap().is_empty());
        assert_eq!(register::categories(at, *kind).await.unwrap(), ["identity"]);
        assert!(register::search(at, *kind, "%the ab%", 10).await.unwrap().iter().any(|e| e.id == id));

        // the code in another case is the same code
        let twin = Written { id: EntryId::new(uuid()), code: "AB-1".into(), ..w.clone() };
        let taken: Result<(), Error> = write(&store, &scope, async move |tx| register::add(tx, &twin).await).await;
        assert_eq!(taken.unwrap_err().kind(), ErrorKind::Conflict, "{kind}");

        let changed = Written { name: "Another".into(), body: "{\"a\":1}".into(), at: NOW.plus(Span::hours(1)), ..w };
        write(&store, &scope, async move |tx| {
            register::edit(tx, &changed).await?;
            register::touch(tx, changed.kind, changed.id, changed.at).await
        })
        .await
        .unwrap();
        let found = register::get(store.at(&scope), *kind, id).await.unwrap().unwrap();
        assert_eq!((&*found.name, &*found.body, found.version), ("Another", "{\"a\":1}", 3));
        assert_eq!((found.created_at, found.updated_at), (NOW, NOW.plus(Span::hours(1))));

        let kind = *kind;
        let twice = write(&store, &scope, async move |tx| {
            Ok([register::archive(tx, kind, id, NOW).await?, register::archive(tx, kind, id, NOW).await?])
        });
        assert_eq!(twice.await.unwrap(), [true, false]);
        let at = store.at(&scope);
        assert!(register::by_code(at, kind, "ab-1").await.unwrap().unwrap().archived_at.is_some());
        assert_eq!(register::codes(at, kind).await.unwrap(), [("Ab-1".to_owned(), true)]);
        assert!(register::all_of(at, kind, "", 10).await.unwrap().is_empty());
        assert!(!register::search(at, kind, "%ab%", 10).await.unwrap().iter().any(|e| e.id == id));
    }
    assert!(assets::counts(store.at(&scope)).await.unwrap().is_empty());
}

async fn kinds_that_share_a_table_share_no_codes(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    let all: Vec<Written> =
        [(Kind::Asset, "crm"), (Kind::Application, "crm"), (Kind::Person, "ana"), (Kind::Asset, "web")]
            .map(|(kind, code)| entry(kind, code, Follows::Nothing))
            .into();
    let [asset, application] = [all[0].id, all[1].id];
    keep(&store, &scope, all).await;
    let at = store.at(&scope);
    assert_eq!(register::by_code(at, Kind::Asset, "crm").await.unwrap().unwrap().id, asset);
    assert_eq!(register::by_code(at, Kind::Application, "crm").await.unwrap().unwrap().id, application);
    assert!(register::get(at, Kind::Asset, application).await.unwrap().is_none());
    assert_eq!(assets::counts(at).await.unwrap(), [(Kind::Application, 1), (Kind::Asset, 2), (Kind::Person, 1)]);
    let page = |filter: assets::Filter, after: &'static str| async move {
        let rows = assets::page(at, &filter, after, 10).await.unwrap();
        rows.into_iter().map(|e| format!("{}:{}", e.kind, e.code)).collect::<Vec<_>>()
    };
    let everything = ["application:crm", "asset:crm", "asset:web", "person:ana"];
    assert_eq!(page(assets::Filter::default(), "").await, everything);
    assert_eq!(page(assets::Filter::default(), "asset:crm").await, everything[2..]);
    let only = assets::Filter { kind: Some(Kind::Asset), pattern: "%we%".into() };
    assert_eq!(page(only, "").await, ["asset:web"]);
}

async fn links_are_told_from_both_ends(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let [c, r] = [control("AC-1", None, None, 0), risk("fire", None, None)];
    let [o, v] = [entry(Kind::Outcome, "loss", Follows::Nothing), vendor("host", None, None)];
    let [a, p] = [entry(Kind::Application, "crm", Follows::Nothing), entry(Kind::Person, "ana", Follows::Nothing)];
    let (cid, rid, oid, vid, aid, pid) = (c.id, r.id, o.id, v.id, a.id, p.id);
    keep(&store, &acme.scope, vec![c, r, o, v, a, p]).await;
    let kri = acme.kri;
    write(&store, &acme.scope, async move |tx| {
        let measured = Link { role: Some(KriRole::Coverage), number: Some(0.333_333), ..link("open-findings") };
        edges::put(tx, Edge::ControlKri, cid, kri.uuid(), &measured).await?;
        edges::put(tx, Edge::RiskControl, rid, cid.uuid(), &link("AC-1")).await?;
        edges::put(tx, Edge::RiskKri, rid, kri.uuid(), &link("open-findings")).await?;
        edges::put(tx, Edge::OutcomeRisk, oid, rid.uuid(), &Link { number: Some(0.6), ..link("fire") }).await?;
        edges::put(tx, Edge::VendorAsset, vid, aid.uuid(), &link("crm")).await?;
        edges::put(tx, Edge::AssetOwner, aid, pid.uuid(), &link("ana")).await?;
        // the same again changes what it says
        edges::put(tx, Edge::OutcomeRisk, oid, rid.uuid(), &Link { number: Some(0.7), ..link("fire") }).await
    })
    .await
    .unwrap();
    let at = store.at(&acme.scope);
    let lines = |kind, id| async move {
        let row = register::get(at, kind, id).await.unwrap().unwrap();
        row.lines()
            .map(|l| format!("{} {} {:?} {:?} {}", l.name, l.link.to, l.link.role, l.link.number, l.title))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lines(Kind::Control, cid).await,
        ["kris open-findings Some(Coverage) Some(0.333333) Name of open-findings", "in risks fire None None The fire"]
    );
    assert_eq!(
        lines(Kind::Risk, rid).await,
        [
            "controls AC-1 None None The AC-1",
            "kris open-findings None None Name of open-findings",
            "in outcomes loss None Some(0.7) The loss"
        ]
    );
    assert_eq!(lines(Kind::Outcome, oid).await, ["risks fire None Some(0.7) The fire"]);
    assert_eq!(lines(Kind::Vendor, vid).await, ["applications crm None None The crm"]);
    assert_eq!(
        lines(Kind::Application, aid).await,
        ["owners ana None None The ana", "in vendors host None None The host"]
    );
    assert_eq!(lines(Kind::Person, pid).await, ["in assets crm None None The crm"]);

    let fed = kris::controls(at, kri, NOW).await.unwrap();
    assert_eq!((&*fed[0].code, fed[0].role.as_deref(), fed.len()), ("AC-1", Some("coverage"), 1));
    assert_eq!(kris::of_control(at, cid).await.unwrap(), [kri]);
    assert_eq!(kris::risks(at, kri).await.unwrap()[0].code, "fire");
    assert_eq!(kris::direct_risks(at, kri).await.unwrap()[0].code, "fire");

    // what is archived is not told, and comes back to no list by its links
    write(&store, &acme.scope, async move |tx| {
        assert!(edges::cut(tx, Edge::RiskKri, rid, kri.uuid()).await?);
        assert!(!edges::cut(tx, Edge::RiskKri, rid, kri.uuid()).await?);
        register::archive(tx, Kind::Control, cid, NOW).await
    })
    .await
    .unwrap();
    assert_eq!(lines(Kind::Risk, rid).await, ["in outcomes loss None Some(0.7) The loss"]);
    let at = store.at(&acme.scope);
    assert!(kris::controls(at, kri, NOW).await.unwrap().is_empty());
    assert!(kris::risks(at, kri).await.unwrap().is_empty() && kris::direct_risks(at, kri).await.unwrap().is_empty());
}

async fn what_is_not_known_comes_last_in_every_order(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    keep(
        &store,
        &scope,
        vec![
            control("c-none", None, None, 0),
            control("c-zero", Some(0.0), None, 1),
            control("c-one", Some(1.0), None, 5),
            risk("r-none", None, None),
            risk("r-zero", Some(0.0), Some(0.0)),
            risk("r-full", Some(100.0), Some(1e15)),
            vendor("v-none", None, None),
            vendor("v-zero", Some(0.0), None),
            vendor("v-full", Some(100.0), None),
        ],
    )
    .await;
    let at = store.at(&scope);
    let controls = async |order, max| {
        let filter = controls::Filter { max_effectiveness: max, ..controls::Filter::default() };
        let rows = controls::page(at, &filter, order, NOW, &After::START, 10).await.unwrap();
        rows.into_iter().map(|r| r.entry.code).collect::<Vec<_>>()
    };
    assert_eq!(controls(controls::Order::Effectiveness, None).await, ["c-zero", "c-one", "c-none"]);
    assert_eq!(controls(controls::Order::Techniques, None).await, ["c-one", "c-zero", "c-none"]);
    assert_eq!(controls(controls::Order::Name, None).await, ["c-none", "c-one", "c-zero"]);
    // it may be weak, so it is not hidden
    assert_eq!(controls(controls::Order::Effectiveness, Some(0.5)).await, ["c-zero", "c-none"]);
    let risks = async |order, min| {
        let filter = risks::Filter { min_score: min, ..risks::Filter::default() };
        let rows = risks::page(at, &filter, order, (NOW, NOW), &After::START, 10).await.unwrap();
        rows.into_iter().map(|r| r.entry.code).collect::<Vec<_>>()
    };
    assert_eq!(risks(risks::Order::Current, None).await, ["r-full", "r-zero", "r-none"]);
    assert_eq!(risks(risks::Order::Inherent, None).await, ["r-zero", "r-full", "r-none"]);
    assert_eq!(risks(risks::Order::Loss, None).await, ["r-full", "r-zero", "r-none"]);
    assert_eq!(risks(risks::Order::Current, Some(50.0)).await, ["r-full", "r-none"]);
    let filter = vendors::Filter { min_score: Some(1.0), ..vendors::Filter::default() };
    let rows = vendors::page(at, &filter, NOW, &After::START, 10).await.unwrap();
    assert_eq!(rows.iter().map(|r| &*r.entry.code).collect::<Vec<_>>(), ["v-full", "v-none"]);

    // the other filters
    let none = risks::Filter { category: "other".into(), ..risks::Filter::default() };
    assert!(risks::page(at, &none, risks::Order::Loss, (NOW, NOW), &After::START, 10).await.unwrap().is_empty());
    let mine = risks::Filter { owner: "%ana%".into(), category: "identity".into(), min_score: None };
    assert_eq!(risks::page(at, &mine, risks::Order::Loss, (NOW, NOW), &After::START, 10).await.unwrap().len(), 3);
    let csf = controls::Filter { framework: "%pr.aa%".into(), owner: "%lyst%".into(), ..controls::Filter::default() };
    assert_eq!(controls::page(at, &csf, controls::Order::Name, NOW, &After::START, 10).await.unwrap().len(), 3);
    let tier = vendors::Filter { tier: Some(2), ..vendors::Filter::default() };
    assert!(vendors::page(at, &tier, NOW, &After::START, 10).await.unwrap().is_empty());
}

async fn a_word_that_held_until_yesterday_is_not_known_today(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    let yesterday = NOW.minus(Span::days(1));
    keep(&store, &scope, vec![control("old", Some(0.1), Some(yesterday), 0), control("new", Some(0.9), None, 0)]).await;
    let at = store.at(&scope);
    let filter = controls::Filter { max_effectiveness: Some(0.0), ..controls::Filter::default() };
    for (now, codes) in [(NOW, vec!["old"]), (yesterday, vec![])] {
        let rows = controls::page(at, &filter, controls::Order::Effectiveness, now, &After::START, 10).await.unwrap();
        assert_eq!(rows.iter().map(|r| &*r.entry.code).collect::<Vec<_>>(), codes);
    }
    let all = controls::Filter::default();
    let rows = controls::page(at, &all, controls::Order::Effectiveness, NOW, &After::START, 10).await.unwrap();
    assert_eq!(rows.iter().map(|r| &*r.entry.code).collect::<Vec<_>>(), ["new", "old"]);
}

async fn a_list_goes_on_where_it_stopped_in_every_order(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    // many share a rank, and many have none
    let scores = [None, Some(10.0), Some(10.0), Some(0.1 + 0.2), None, Some(10.0), Some(0.0)];
    let mut all = vec![];
    for (i, score) in scores.into_iter().enumerate() {
        all.push(risk(&format!("r{i}"), score, score));
        all.push(control(&format!("c{i}"), score.map(|s| s / 10.0), None, i as i64 % 2));
        all.push(vendor(&format!("v{i}"), score, None));
        all.push(entry(Kind::Outcome, &format!("o{i}"), Follows::Nothing));
    }
    keep(&store, &scope, all).await;
    let at = store.at(&scope);
    for order in [risks::Order::Current, risks::Order::Inherent, risks::Order::Loss] {
        let all = risks::page(at, &risks::Filter::default(), order, (NOW, NOW), &After::START, 100).await.unwrap();
        let (mut after, mut found) = (After::START, vec![]);
        loop {
            let rows = risks::page(at, &risks::Filter::default(), order, (NOW, NOW), &after, 2).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = After { rank: last.rank, name: String::new(), key: register::key(Kind::Risk, &last.entry.code) };
            found.extend(rows.into_iter().map(|r| r.entry.code));
        }
        assert_eq!(found, all.into_iter().map(|r| r.entry.code).collect::<Vec<_>>());
        assert_eq!(found.len(), 7);
    }
    for order in [controls::Order::Effectiveness, controls::Order::Techniques, controls::Order::Name] {
        let (mut after, mut found) = (After::START, vec![]);
        loop {
            let rows = controls::page(at, &controls::Filter::default(), order, NOW, &after, 2).await.unwrap();
            let Some(last) = rows.last() else { break };
            let (name, key) = (last.entry.name.clone(), register::key(Kind::Control, &last.entry.code));
            after = After { rank: last.rank, name, key };
            found.extend(rows.into_iter().map(|r| r.entry.code));
        }
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 7, "{order:?}");
    }
    let (mut after, mut found) = (After::START, 0);
    while let Some(last) = vendors::page(at, &vendors::Filter::default(), NOW, &after, 1).await.unwrap().pop() {
        after = After { rank: last.rank, name: String::new(), key: register::key(Kind::Vendor, &last.entry.code) };
        found += 1;
    }
    assert_eq!(found, 7);
    assert_eq!(
        outcomes::page(at, "o2", 3).await.unwrap().iter().map(|o| &*o.code).collect::<Vec<_>>(),
        ["o3", "o4", "o5"]
    );
}

async fn the_score_of_a_week_ago_is_the_last_one_written_by_then(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    let r = risk("fire", Some(70.0), None);
    let id = r.id;
    keep(&store, &scope, vec![r]).await;
    let week = NOW.minus(Span::days(7)).start_of_day();
    write(&store, &scope, async move |tx| {
        risks::put_point(tx, id, week.minus(Span::days(20)), Some(40.0)).await?;
        risks::put_point(tx, id, week.minus(Span::days(3)), Some(50.0)).await?;
        risks::put_point(tx, id, week.plus(Span::days(1)), Some(60.0)).await
    })
    .await
    .unwrap();
    let at = store.at(&scope);
    assert_eq!(risks::one(at, id, (NOW, week)).await.unwrap().unwrap().score_before, Some(50.0));
    let first = week.minus(Span::days(30));
    assert_eq!(risks::one(at, id, (NOW, first)).await.unwrap().unwrap().score_before, None);
    let points = risks::points(at, id, week.minus(Span::days(3))).await.unwrap();
    assert_eq!(points.iter().map(|(_, s)| *s).collect::<Vec<_>>(), [Some(50.0), Some(60.0), Some(70.0)]);
}

fn acceptance(by: &str, until: Timestamp) -> AcceptanceRow {
    AcceptanceRow {
        id: EntryId::new(uuid()),
        at: NOW,
        accepted_by: by.into(),
        why: "cheaper\tthan the cure".replace('\t', " "),
        until,
        recorded_by: "suite".into(),
        withdrawn_at: None,
    }
}
fn action(due: Timestamp) -> ActionRow {
    ActionRow {
        id: EntryId::new(uuid()),
        title: "Patch".into(),
        owner: Some("Bo".into()),
        due_at: due,
        state: ActionState::Open,
        note: None,
        recorded_by: "suite".into(),
        created_at: NOW,
        ended_at: None,
        version: 1,
    }
}

async fn a_risk_is_accepted_once_at_a_time(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    let r = risk("fire", Some(70.0), None);
    let id = r.id;
    keep(&store, &scope, vec![r]).await;
    let until = NOW.plus(Span::days(30));
    let late = action(NOW.minus(Span::days(1)));
    let late_id = late.id;
    write(&store, &scope, async move |tx| {
        risks::accept(tx, id, &acceptance("Ana", until)).await?;
        risks::accept(tx, id, &acceptance("Bo", until)).await?;
        risks::add_action(tx, id, &late).await?;
        risks::add_action(tx, id, &action(until)).await
    })
    .await
    .unwrap();
    let at = store.at(&scope);
    let row = risks::one(at, id, (NOW, NOW)).await.unwrap().unwrap();
    assert_eq!(row.accepted(), Some((NOW, until, "Bo", "cheaper than the cure")));
    assert_eq!((row.actions_open, row.actions_overdue), (2, 1));
    let all = risks::acceptances(at, id).await.unwrap();
    assert_eq!(
        all.iter().map(|a| (&*a.accepted_by, a.withdrawn_at)).collect::<Vec<_>>(),
        [("Bo", None), ("Ana", Some(NOW))]
    );
    let told = write(&store, &scope, async move |tx| {
        let mut row = risks::action(tx, id, late_id).await?.unwrap();
        (row.state, row.ended_at) = (ActionState::Done, Some(NOW));
        let edited = risks::edit_action(tx, id, &row).await?;
        Ok((edited, risks::withdraw(tx, id, NOW).await?, risks::withdraw(tx, id, NOW).await?))
    });
    assert_eq!(told.await.unwrap(), (true, true, false));
    let row = risks::one(store.at(&scope), id, (NOW, NOW)).await.unwrap().unwrap();
    assert_eq!((row.accepted(), row.actions_open, row.actions_overdue), (None, 1, 0));
    let done = risks::actions(store.at(&scope), id).await.unwrap();
    assert_eq!((done[0].state, done[0].version, done[1].version), (ActionState::Done, 2, 1));
}

async fn a_vendor_that_was_never_reviewed_is_overdue(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    let [past, coming] = [NOW.minus(Span::hours(1)), NOW.plus(Span::hours(1))];
    keep(
        &store,
        &scope,
        vec![vendor("late", None, Some(past)), vendor("never", None, None), vendor("fine", None, Some(coming))],
    )
    .await;
    for (overdue, codes) in
        [(Some(true), vec!["late", "never"]), (Some(false), vec!["fine"]), (None, vec!["fine", "late", "never"])]
    {
        let filter = vendors::Filter { overdue, ..vendors::Filter::default() };
        let rows = vendors::page(store.at(&scope), &filter, NOW, &After::START, 10).await.unwrap();
        assert_eq!(rows.iter().map(|r| &*r.entry.code).collect::<Vec<_>>(), codes, "{overdue:?}");
    }
}

async fn a_link_to_nothing_is_refused(home: &Home) {
    let store = home.open().await;
    let scope = given::tenant(&store, "acme").await;
    let r = risk("fire", None, None);
    let id = r.id;
    keep(&store, &scope, vec![r]).await;
    for edge in [Edge::RiskControl, Edge::RiskKri] {
        let to = uuid();
        let told: Result<(), Error> =
            write(&store, &scope, async move |tx| edges::put(tx, edge, id, to, &link("nobody")).await).await;
        assert!(told.is_err(), "{edge:?}");
    }
}

/// A tenant's register with one of each.
#[derive(Clone, Copy)]
struct Made {
    kri: KriId,
    control: EntryId,
    risk: EntryId,
    outcome: EntryId,
    vendor: EntryId,
    asset: EntryId,
    action: EntryId,
}
async fn made(store: &Store, full: &Full) -> Made {
    let [c, r] = [control("AC-1", Some(0.5), None, 1), risk("fire", Some(50.0), None)];
    let [o, v] = [entry(Kind::Outcome, "loss", Follows::Nothing), vendor("host", Some(1.0), None)];
    let (a, act) = (entry(Kind::Asset, "web", Follows::Nothing), action(NOW));
    let m = Made { kri: full.kri, control: c.id, risk: r.id, outcome: o.id, vendor: v.id, asset: a.id, action: act.id };
    keep(store, &full.scope, vec![c, r, o, v, a]).await;
    write(store, &full.scope, async move |tx| {
        edges::put(tx, Edge::ControlKri, m.control, m.kri.uuid(), &link("open-findings")).await?;
        edges::put(tx, Edge::RiskControl, m.risk, m.control.uuid(), &link("AC-1")).await?;
        edges::put(tx, Edge::RiskKri, m.risk, m.kri.uuid(), &link("open-findings")).await?;
        edges::put(tx, Edge::OutcomeRisk, m.outcome, m.risk.uuid(), &link("fire")).await?;
        edges::put(tx, Edge::VendorAsset, m.vendor, m.asset.uuid(), &link("web")).await?;
        risks::accept(tx, m.risk, &acceptance("Ana", NOW)).await?;
        risks::add_action(tx, m.risk, &act).await?;
        let said = notes::CommentRow { id: EntryId::new(uuid()), at: NOW, author: "Ana".into(), said: "hm".into() };
        notes::add(tx, Kind::Risk, m.risk, &said).await
    })
    .await
    .unwrap();
    m
}

async fn all_of_it_is_the_tenants_own(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let (mine, theirs) = (made(&store, &acme).await, made(&store, &noise).await);
    let at = store.at(&acme.scope);
    for (kind, own, other) in [
        (Kind::Control, mine.control, theirs.control),
        (Kind::Risk, mine.risk, theirs.risk),
        (Kind::Outcome, mine.outcome, theirs.outcome),
        (Kind::Vendor, mine.vendor, theirs.vendor),
        (Kind::Asset, mine.asset, theirs.asset),
    ] {
        assert!(register::get(at, kind, other).await.unwrap().is_none(), "{kind}");
        let found = register::get(at, kind, own).await.unwrap().unwrap();
        assert_eq!(register::by_code(at, kind, &found.code).await.unwrap().unwrap().id, own);
        assert_eq!(register::all_of(at, kind, "", 10).await.unwrap().iter().map(|e| e.id).collect::<Vec<_>>(), [own]);
        assert_eq!(register::search(at, kind, "%", 10).await.unwrap().len(), 1);
        assert_eq!(register::codes(at, kind).await.unwrap().len(), 1);
        assert_eq!(register::categories(at, kind).await.unwrap().len(), 1);
    }
    let filter = controls::Filter::default();
    assert_eq!(controls::page(at, &filter, controls::Order::Name, NOW, &After::START, 9).await.unwrap().len(), 1);
    let filter = risks::Filter::default();
    assert_eq!(risks::page(at, &filter, risks::Order::Loss, (NOW, NOW), &After::START, 9).await.unwrap().len(), 1);
    assert!(risks::one(at, theirs.risk, (NOW, NOW)).await.unwrap().is_none());
    assert_eq!(outcomes::page(at, "", 9).await.unwrap().len(), 1);
    assert_eq!(vendors::page(at, &vendors::Filter::default(), NOW, &After::START, 9).await.unwrap().len(), 1);
    assert_eq!(assets::page(at, &assets::Filter::default(), "", 9).await.unwrap().len(), 1);
    assert_eq!(assets::counts(at).await.unwrap(), [(Kind::Asset, 1)]);
    assert!(kris::of_control(at, theirs.control).await.unwrap().is_empty());
    assert!(kris::controls(at, theirs.kri, NOW).await.unwrap().is_empty());
    assert!(kris::risks(at, theirs.kri).await.unwrap().is_empty());
    assert!(kris::direct_risks(at, theirs.kri).await.unwrap().is_empty());
    assert!(risks::points(at, theirs.risk, Timestamp::MIN).await.unwrap().is_empty());
    assert!(risks::acceptances(at, theirs.risk).await.unwrap().is_empty());
    assert!(risks::actions(at, theirs.risk).await.unwrap().is_empty());
    assert!(notes::of(at, theirs.risk, 9).await.unwrap().is_empty());
    assert_eq!(notes::of(at, mine.risk, 9).await.unwrap().len(), 1);

    // writes with the ids of the other tenant change nothing, or are refused by the foreign keys
    let before = format!("{:?}", risks::one(store.at(&noise.scope), theirs.risk, (NOW, NOW)).await.unwrap());
    let told = write(&store, &acme.scope, async move |tx| {
        let mut stolen = risk("fire", Some(1.0), None);
        stolen.id = theirs.risk;
        let (mut row, control) = (action(NOW), theirs.control.uuid());
        row.id = theirs.action;
        register::touch(tx, Kind::Risk, theirs.risk, NOW).await?;
        Ok([
            register::archive(tx, Kind::Risk, theirs.risk, NOW).await?,
            register::get_in(tx, Kind::Risk, theirs.risk).await?.is_some(),
            register::by_code_in(tx, Kind::Risk, "fire").await?.is_some_and(|r| r.id == theirs.risk),
            risks::withdraw(tx, theirs.risk, NOW).await?,
            risks::edit_action(tx, theirs.risk, &row).await?,
            risks::action(tx, theirs.risk, theirs.action).await?.is_some(),
            edges::cut(tx, Edge::RiskControl, theirs.risk, control).await?,
        ])
    });
    assert_eq!(told.await.unwrap(), [false; 7]);
    let refused: [Result<(), Error>; 4] = [
        write(&store, &acme.scope, async move |tx| {
            let mut stolen = risk("fire", Some(1.0), None);
            stolen.id = theirs.risk;
            register::edit(tx, &stolen).await
        })
        .await,
        write(&store, &acme.scope, async move |tx| risks::accept(tx, theirs.risk, &acceptance("x", NOW)).await).await,
        write(&store, &acme.scope, async move |tx| risks::add_action(tx, theirs.risk, &action(NOW)).await).await,
        write(&store, &acme.scope, async move |tx| {
            edges::put(tx, Edge::RiskControl, mine.risk, theirs.control.uuid(), &link("AC-1")).await
        })
        .await,
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    let after = format!("{:?}", risks::one(store.at(&noise.scope), theirs.risk, (NOW, NOW)).await.unwrap());
    assert_eq!(after, before);
}
