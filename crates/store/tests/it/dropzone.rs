//! Artifacts and proposals: kept once, sealed, each tenant's own; and samples that are taken back.
use uuid::Uuid;
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus, Reason, Verdict};
use watchkeep_model::kri::{State, Unit};
use watchkeep_model::{ArtifactId, IntegrationId, ProposalId, SampleId, Span, Timestamp, TokenId};
use watchkeep_store::artifacts::{self, ArtifactRow, zones};
use watchkeep_store::integrations::IntegrationRow;
use watchkeep_store::proposals::autonomy::AutonomyRow;
use watchkeep_store::proposals::outcomes::{self, OutcomeRow};
use watchkeep_store::proposals::{self, Decision, Filter, ProposalRow, autonomy};
use watchkeep_store::samples::{self, Undone};
use watchkeep_store::{Store, integrations, kris, runs};

use crate::case::{Case, cases};
use crate::given::{self, Full, NOW, uuid, write};
use crate::home::{Engine, Home};

pub(crate) const CASES: &[Case] = cases![
    the_same_bytes_are_one_artifact_of_an_integration,
    a_body_is_sealed_in_parts_and_goes_in_slices,
    plain_bytes_are_nowhere_in_the_file on Sqlite,
    parts_without_an_artifact_are_found,
    a_proposal_is_decided_once,
    what_was_accepted_is_found_until_it_is_a_sample,
    a_sample_that_is_taken_back_gives_way_to_what_stood_before,
    what_was_taken_back_can_be_said_again,
    a_token_opens_its_own_drop_zone_until_it_is_changed,
    all_of_it_is_the_tenants_own,
];

fn artifact(of: IntegrationId, byte: u8) -> ArtifactRow {
    ArtifactRow {
        id: ArtifactId::new(uuid()),
        integration_id: of,
        sha256: [byte; 32],
        filename: Some("audit.json".into()),
        mime: None,
        subject: None,
        size: 5,
        parts: 1,
        format: "npm".into(),
        notes: "[]".into(),
        extractions: 1,
        via: "mcp".into(),
        pushed_by: "alice@example.com".into(),
        pusher_id: Some(uuid()),
        client: None,
        received_at: NOW,
        expires_at: NOW.plus(Span::days(90)),
        body_removed_at: None,
    }
}

fn proposal(of: &ArtifactRow, status: ProposalStatus) -> ProposalRow {
    ProposalRow {
        id: ProposalId::new(uuid()),
        kind: ProposalKind::Extraction,
        status,
        verdict: Verdict::Queued,
        reason: Reason::BelowThreshold,
        integration_id: of.integration_id,
        artifact_id: Some(of.id),
        signal: "open-findings".into(),
        subject: "shop".into(),
        value: Some(3.0),
        numerator: None,
        denominator: None,
        unit: Unit::Count,
        state: State::Ok,
        observed_at: NOW,
        span_start: Some(1),
        span_end: Some(4),
        confidence: 0.7,
        reasoning: "a line says so".into(),
        features: "{}".into(),
        threshold: 0.85,
        floor: 0.35,
        edit: None,
        note: None,
        created_at: NOW,
        decided_by: None,
        decided_at: (status == ProposalStatus::Accepted).then_some(NOW),
        to_land: status == ProposalStatus::Accepted,
        kri_id: None,
        sample_id: None,
        sample_at: None,
        run_id: None,
        landed_at: None,
    }
}

fn outcome(of: &ProposalRow) -> OutcomeRow {
    OutcomeRow {
        id: uuid(),
        proposal_id: of.id,
        kind: of.kind,
        decision: "queued".into(),
        reason: Some("below_threshold".into()),
        confidence: 0.7,
        features: "{}".into(),
        threshold: 0.85,
        floor: 0.35,
        actor_kind: "gate".into(),
        actor: "gate".into(),
        note: None,
        at: NOW,
    }
}

/// An artifact with a proposal, a decision, a token and a setting.
async fn pushed(store: &Store, to: &Full, status: ProposalStatus) -> (ArtifactRow, ProposalRow) {
    let a = artifact(to.integration, 1);
    let p = proposal(&a, status);
    let (row, suggested) = (a.clone(), p.clone());
    write(store, &to.scope, async move |tx| {
        assert!(artifacts::add(tx, &row).await?);
        artifacts::put_part(tx, row.id, 0, b"sealed").await?;
        proposals::add(tx, &suggested).await?;
        outcomes::add(tx, &outcome(&suggested)).await?;
        let said = AutonomyRow {
            kind: ProposalKind::Extraction,
            threshold: 0.9,
            floor: 0.3,
            review_improvements: true,
            changed_at: NOW,
            changed_by: "alice".into(),
        };
        autonomy::put(tx, &said).await
    })
    .await
    .unwrap();
    (a, p)
}

const LAST: ArtifactId = ArtifactId::new(Uuid::max());

async fn the_same_bytes_are_one_artifact_of_an_integration(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (first, second) = (artifact(acme.integration, 1), artifact(acme.integration, 1));
    let (a, b) = (first.clone(), second.clone());
    let told = write(&store, &acme.scope, async move |tx| {
        let told = (artifacts::add(tx, &a).await?, artifacts::add(tx, &b).await?);
        assert_eq!(artifacts::by_hash_in(tx, a.integration_id, &a.sha256).await?.unwrap().id, a.id);
        assert!(artifacts::get_in(tx, b.id).await?.is_none());
        Ok(told)
    })
    .await
    .unwrap();
    assert_eq!(told, (true, false));
    let at = store.at(&acme.scope);
    let found = artifacts::by_hash(at, acme.integration, &first.sha256).await.unwrap().unwrap();
    assert_eq!((found.id, found.filename.as_deref()), (first.id, Some("audit.json")));
    assert_eq!(artifacts::page(at, Some(acme.integration), LAST, 10).await.unwrap().len(), 1);
    assert_eq!(artifacts::page(at, None, first.id, 10).await.unwrap().len(), 0);
}

async fn a_body_is_sealed_in_parts_and_goes_in_slices(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let keys = home.keys();
    let tenant = acme.scope.tenant();
    let a = ArtifactRow { parts: 3, ..artifact(acme.integration, 1) };
    let id = a.id;
    for n in 0..2 {
        let sealed = artifacts::seal_part(&keys, tenant, id, n, format!("part {n}").as_bytes()).unwrap();
        store.stage_part(&acme.scope, id, n, sealed, NOW).await.unwrap();
    }
    let last = artifacts::seal_part(&keys, tenant, id, 2, b"part 2").unwrap();
    write(&store, &acme.scope, async move |tx| {
        artifacts::add(tx, &a).await?;
        artifacts::put_part(tx, a.id, 2, &last).await?;
        artifacts::unstage(tx, a.id).await
    })
    .await
    .unwrap();
    assert!(store.staged_before(NOW.plus(Span::days(1)), 10).await.unwrap().is_empty());
    let at = store.at(&acme.scope);
    for n in 0..3 {
        let plain = artifacts::part(at, &keys, tenant, id, n).await.unwrap().unwrap();
        assert_eq!(plain, format!("part {n}").as_bytes());
    }
    assert!(artifacts::part(at, &keys, tenant, id, 3).await.unwrap().is_none());
    let raw = home.raw().await;
    raw.run("update artifact_part set n = n + 10").await;
    assert!(artifacts::part(at, &keys, tenant, id, 11).await.is_err(), "a part opens in its place only");
    // its time is over
    assert!(store.expired_artifacts(NOW.plus(Span::days(89)), 10).await.unwrap().is_empty());
    let due = store.expired_artifacts(NOW.plus(Span::days(90)), 10).await.unwrap();
    assert_eq!(due.iter().map(|(scope, id)| (scope.slug().as_str(), *id)).collect::<Vec<_>>(), [("acme", id)]);
    let gone = write(&store, &acme.scope, async move |tx| {
        let gone = [artifacts::drop_parts(tx, id, 2).await?, artifacts::drop_parts(tx, id, 2).await?];
        assert!(artifacts::body_removed(tx, id, NOW).await?);
        assert!(artifacts::body_removed(tx, id, NOW.plus(Span::days(1))).await?);
        Ok(gone)
    })
    .await
    .unwrap();
    assert_eq!(gone, [2, 1]);
    assert!(store.expired_artifacts(Timestamp::MAX, 10).await.unwrap().is_empty());
    assert_eq!(artifacts::get(at, id).await.unwrap().unwrap().body_removed_at, Some(NOW), "the row stays");
}

async fn plain_bytes_are_nowhere_in_the_file(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let plain = b"the-canary-in-the-artifact".repeat(50);
    let a = artifact(acme.integration, 1);
    let sealed = artifacts::seal_part(&home.keys(), acme.scope.tenant(), a.id, 0, &plain).unwrap();
    write(&store, &acme.scope, async move |tx| {
        artifacts::add(tx, &a).await?;
        artifacts::put_part(tx, a.id, 0, &sealed).await
    })
    .await
    .unwrap();
    let files = std::fs::read_dir(home.folder.path()).unwrap();
    let all: Vec<u8> = files.flat_map(|f| std::fs::read(f.unwrap().path()).unwrap()).collect();
    let found = |what: &[u8]| all.windows(what.len()).any(|w| w == what);
    assert!(found(b"audit.json"), "the row beside it is there to be found");
    assert!(!found(b"the-canary-in-the-artifact"));
}

async fn parts_without_an_artifact_are_found(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let id = ArtifactId::new(uuid());
    store.stage_part(&acme.scope, id, 0, vec![1; 100], NOW).await.unwrap();
    store.stage_part(&acme.scope, id, 1, vec![2; 100], NOW.plus(Span::hours(1))).await.unwrap();
    assert!(store.staged_before(NOW, 10).await.unwrap().is_empty());
    let found = store.staged_before(NOW.plus(Span::seconds(1)), 10).await.unwrap();
    assert_eq!((found[0].0.slug().as_str(), found[0].1, found.len()), ("acme", id, 1));
}

async fn a_proposal_is_decided_once(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (a, p) = pushed(&store, &acme, ProposalStatus::Pending).await;
    let told = write(&store, &acme.scope, async move |tx| {
        let d = |status| Decision { status, edit: None, note: Some("seen"), by: "alice", at: NOW, to_land: true };
        let told = [
            proposals::decide(tx, p.id, ProposalStatus::Pending, &d(ProposalStatus::Accepted)).await?,
            proposals::decide(tx, p.id, ProposalStatus::Pending, &d(ProposalStatus::Rejected)).await?,
        ];
        assert!(proposals::note(tx, p.id, "looked again").await?);
        Ok(told)
    })
    .await
    .unwrap();
    assert_eq!(told, [true, false]);
    let at = store.at(&acme.scope);
    let found = proposals::get(at, p.id).await.unwrap().unwrap();
    assert_eq!((found.status, found.to_land), (ProposalStatus::Accepted, true));
    assert_eq!((found.decided_by.as_deref(), found.note.as_deref()), (Some("alice"), Some("looked again")));
    assert_eq!(proposals::of_artifact(at, a.id, 10).await.unwrap().len(), 1);
    let last = ProposalId::new(Uuid::max());
    for (filter, count) in [
        (Filter::default(), 1),
        (Filter { status: Some(ProposalStatus::Accepted), ..Filter::default() }, 1),
        (Filter { status: Some(ProposalStatus::Pending), ..Filter::default() }, 0),
        (Filter { kind: Some(ProposalKind::RiskScoring), ..Filter::default() }, 0),
        (Filter { integration: Some(acme.integration), signal: "open-findings".into(), ..Filter::default() }, 1),
        (Filter { integration: Some(IntegrationId::new(uuid())), ..Filter::default() }, 0),
    ] {
        assert_eq!(proposals::page(at, &filter, last, 10).await.unwrap().len(), count, "{filter:?}");
    }
    assert!(proposals::page(at, &Filter::default(), p.id, 10).await.unwrap().is_empty());
    let outcomes = outcomes::since(at, ProposalKind::Extraction, (NOW, Uuid::nil()), 10).await.unwrap();
    assert_eq!(outcomes.len(), 1);
    let after = (outcomes[0].at, outcomes[0].id);
    assert!(outcomes::since(at, ProposalKind::Extraction, after, 10).await.unwrap().is_empty());
    assert_eq!(outcomes::of(at, p.id).await.unwrap()[0].decision, "queued");
}

async fn what_was_accepted_is_found_until_it_is_a_sample(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (_, p) = pushed(&store, &acme, ProposalStatus::Accepted).await;
    let of = acme.integration;
    assert!(store.landing(NOW.minus(Span::seconds(1)), 10).await.unwrap().is_empty());
    let due = store.landing(NOW, 10).await.unwrap();
    assert_eq!((due[0].0.slug().as_str(), due[0].1, due.len()), ("acme", of, 1));
    assert_eq!(proposals::waiting(store.at(&acme.scope), 10).await.unwrap()[0].id, p.id);
    let (kri, sample, run) = (acme.kri, acme.sample, acme.run);
    write(&store, &acme.scope, async move |tx| {
        assert_eq!(proposals::to_land(tx, of, 10).await?[0].id, p.id);
        assert_eq!(proposals::others_of_sample(tx, sample, p.id).await?, 0);
        proposals::landed(tx, p.id, (kri, sample, NOW), run, NOW).await?;
        assert_eq!(proposals::others_of_sample(tx, sample, ProposalId::new(uuid())).await?, 1);
        assert!(proposals::to_land(tx, of, 10).await?.is_empty());
        Ok(())
    })
    .await
    .unwrap();
    assert!(store.landing(NOW, 10).await.unwrap().is_empty());
    let found = proposals::get(store.at(&acme.scope), p.id).await.unwrap().unwrap();
    assert_eq!((found.kri_id, found.sample_id, found.run_id), (Some(kri), Some(sample), Some(run)));
    write(&store, &acme.scope, async move |tx| proposals::requeue(tx, p.id, Reason::WouldImprove, "{}").await)
        .await
        .unwrap();
    let found = proposals::get(store.at(&acme.scope), p.id).await.unwrap().unwrap();
    assert_eq!((found.status, found.reason), (ProposalStatus::Pending, Reason::WouldImprove));
}

fn undone(of: &Full, sample: SampleId, at: Timestamp) -> Undone {
    Undone {
        kri: of.kri,
        sample,
        observed_at: at,
        subject: String::new(),
        integration: of.integration,
        actor: "alice".into(),
        note: Some("wrong file".into()),
        cadence: Span::days(1),
    }
}

async fn a_sample_that_is_taken_back_gives_way_to_what_stood_before(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let later = given::new_sample(acme.kri, acme.integration, NOW.plus(Span::hours(1)), 9.0);
    let mut dark = given::new_sample(acme.kri, acme.integration, NOW.plus(Span::hours(2)), 0.0);
    (dark.value, dark.state) = (None, State::Unknown);
    let (second, third) = (later.id, dark.id);
    write(&store, &acme.scope, async move |tx| {
        samples::add(tx, &later, NOW.plus(Span::days(2))).await?;
        samples::add(tx, &dark, NOW.plus(Span::days(2))).await
    })
    .await
    .unwrap();
    let now = async || samples::subjects_now(store.at(&acme.scope), acme.kri).await.unwrap();
    assert_eq!((now().await[0].value, now().await[0].state), (Some(9.0), State::Unknown));
    // the value in the middle: what is dark stays dark, over the value that stood before
    let u = undone(&acme, second, NOW.plus(Span::hours(1)));
    let again = u.clone();
    let told = write(&store, &acme.scope, async move |tx| {
        Ok((samples::undo(tx, &u, NOW).await?, samples::undo(tx, &again, NOW).await?))
    })
    .await
    .unwrap();
    assert_eq!(told, (true, false));
    let s = now().await;
    assert_eq!((s[0].value, s[0].state, s[0].sample_id), (Some(3.0), State::Unknown, third));
    let u = undone(&acme, third, NOW.plus(Span::hours(2)));
    write(&store, &acme.scope, async move |tx| samples::undo(tx, &u, NOW).await).await.unwrap();
    let s = now().await;
    assert_eq!((s[0].value, s[0].state, s[0].sample_id), (Some(3.0), State::Ok, acme.sample));
    assert_eq!(s[0].fresh_until, watchkeep_model::kri::fresh_until(NOW, Span::days(1)));
    let (kri, first) = (acme.kri, undone(&acme, acme.sample, NOW));
    let left = write(&store, &acme.scope, async move |tx| {
        samples::undo(tx, &first, NOW).await?;
        samples::since(tx, kri, Timestamp::MIN, 10).await
    })
    .await
    .unwrap();
    assert!(now().await.is_empty() && left.is_empty(), "{left:?}");
    let all = samples::before(store.at(&acme.scope), acme.kri, Timestamp::MAX, 10).await.unwrap();
    assert_eq!(all.len(), 3, "nothing is erased");
}

async fn what_was_taken_back_can_be_said_again(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let at = NOW.plus(Span::hours(1));
    for n in 0..3 {
        let s = given::new_sample(acme.kri, acme.integration, at, 9.0);
        let (id, twin) = (s.id, given::new_sample(acme.kri, acme.integration, at, 9.0));
        let u = undone(&acme, id, at);
        write(&store, &acme.scope, async move |tx| {
            assert!(samples::standing(tx, &s).await?.is_none(), "{n}");
            assert!(samples::add(tx, &s, NOW.plus(Span::days(2))).await?, "{n}");
            assert!(!samples::add(tx, &twin, NOW.plus(Span::days(2))).await?, "the same is kept once");
            assert_eq!(samples::standing(tx, &twin).await?, Some(id));
            assert!(samples::undo(tx, &u, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();
    }
    let all = samples::before(store.at(&acme.scope), acme.kri, Timestamp::MAX, 10).await.unwrap();
    assert_eq!(all.len(), 4);
}

async fn a_token_opens_its_own_drop_zone_until_it_is_changed(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let now = NOW;
    let of = acme.integration;
    let put = async |token: &'static str| {
        write(&store, &acme.scope, async move |tx| {
            zones::put_token(tx, of, TokenId::new(uuid()), token, "alice", now).await
        })
        .await
        .unwrap();
    };
    put("wdz_one").await;
    let opened = store.open_zone(of, "wdz_one").await.unwrap().unwrap();
    assert_eq!((opened.scope.slug().as_str(), opened.integration, opened.name.as_str()), ("acme", of, "By hand"));
    assert!(store.open_zone(noise.integration, "wdz_one").await.unwrap().is_none(), "another's id");
    assert!(store.open_zone(IntegrationId::new(uuid()), "wdz_one").await.unwrap().is_none());
    put("wdz_two").await;
    assert!(store.open_zone(of, "wdz_one").await.unwrap().is_none());
    assert!(store.open_zone(of, "wdz_two").await.unwrap().is_some());
    if home.engine == Engine::Sqlite {
        assert!(!std::fs::read(home.file()).unwrap().windows(7).any(|w| w == b"wdz_two"));
    }
}

/// Every function with an id, called in one tenant with the ids of the other.
async fn all_of_it_is_the_tenants_own(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let (mine, my_proposal) = pushed(&store, &acme, ProposalStatus::Accepted).await;
    let (theirs, their_proposal) = pushed(&store, &noise, ProposalStatus::Accepted).await;
    let zone = |of: &Full| IntegrationRow {
        source_kind: watchkeep_model::kri::SourceKind::DropZone,
        ..IntegrationRow::new(
            IntegrationId::new(uuid()),
            format!("zone of {}", of.scope.slug()),
            "",
            watchkeep_model::kri::SourceKind::DropZone,
            NOW,
        )
    };
    for of in [&acme, &noise] {
        let row = zone(of);
        write(&store, &of.scope, async move |tx| integrations::add(tx, &row).await).await.unwrap();
    }
    let at = store.at(&acme.scope);
    let keys = home.keys();
    assert!(artifacts::get(at, theirs.id).await.unwrap().is_none());
    assert!(artifacts::get(at, mine.id).await.unwrap().is_some());
    assert!(artifacts::by_hash(at, noise.integration, &theirs.sha256).await.unwrap().is_none());
    assert!(artifacts::page(at, Some(noise.integration), LAST, 10).await.unwrap().is_empty());
    assert_eq!(artifacts::page(at, None, LAST, 10).await.unwrap()[0].id, mine.id);
    assert!(artifacts::part(at, &keys, acme.scope.tenant(), theirs.id, 0).await.unwrap().is_none());
    assert_eq!(zones::all(at).await.unwrap().iter().map(|z| z.name.as_str()).collect::<Vec<_>>(), ["zone of acme"]);
    assert!(proposals::get(at, their_proposal.id).await.unwrap().is_none());
    let all = proposals::page(at, &Filter::default(), ProposalId::new(Uuid::max()), 10).await.unwrap();
    assert_eq!(all.iter().map(|p| p.id).collect::<Vec<_>>(), [my_proposal.id]);
    assert!(proposals::of_artifact(at, theirs.id, 10).await.unwrap().is_empty());
    assert_eq!(proposals::waiting(at, 10).await.unwrap().len(), 1);
    assert!(outcomes::of(at, their_proposal.id).await.unwrap().is_empty());
    assert_eq!(outcomes::since(at, ProposalKind::Extraction, (NOW, Uuid::nil()), 10).await.unwrap().len(), 1);
    assert_eq!(autonomy::all(at).await.unwrap().len(), 1);
    assert!(autonomy::get(at, ProposalKind::RiskScoring).await.unwrap().is_none());

    let (kri, sample, run, their_integration) = (noise.kri, noise.sample, noise.run, noise.integration);
    let u = undone(&noise, noise.sample, NOW);
    let (artifact_id, proposal_id, hash) = (theirs.id, their_proposal.id, theirs.sha256);
    let own = undone(&acme, noise.sample, NOW);
    let told = write(&store, &acme.scope, async move |tx| {
        let d = Decision {
            status: ProposalStatus::Rejected,
            edit: None,
            note: None,
            by: "mallory",
            at: NOW,
            to_land: false,
        };
        artifacts::unstage(tx, artifact_id).await?;
        proposals::landed(tx, proposal_id, (kri, sample, NOW), run, NOW).await?;
        proposals::requeue(tx, proposal_id, Reason::Impossible, "stolen").await?;
        // in one's own tenant a foreign sample's id names nothing: what stands there stays
        samples::undo(tx, &own, NOW).await?;
        Ok(vec![
            artifacts::get_in(tx, artifact_id).await?.is_some(),
            artifacts::by_hash_in(tx, their_integration, &hash).await?.is_some(),
            artifacts::drop_parts(tx, artifact_id, 10).await? > 0,
            artifacts::body_removed(tx, artifact_id, NOW).await?,
            proposals::get_in(tx, proposal_id).await?.is_some(),
            !proposals::to_land(tx, their_integration, 10).await?.is_empty(),
            proposals::others_of_sample(tx, sample, ProposalId::new(uuid())).await? > 0,
            proposals::decide(tx, proposal_id, ProposalStatus::Accepted, &d).await?,
            proposals::note(tx, proposal_id, "stolen").await?,
            autonomy::get_in(tx, ProposalKind::RiskScoring).await?.is_some(),
            runs::running(tx, their_integration).await?.is_some(),
            !kris::archived_in(tx).await?.is_empty(),
            samples::standing(tx, &given::new_sample(kri, their_integration, NOW, 3.0)).await?.is_some(),
            samples::drop_points(tx, kri, Timestamp::MIN).await? > 0,
        ])
    })
    .await
    .unwrap();
    assert!(told.iter().all(|t| !t), "{told:?}");
    // a foreign KRI cannot be named in a row that takes a sample back, nor a foreign integration in a token
    assert!(write(&store, &acme.scope, async move |tx| samples::undo(tx, &u, NOW).await).await.is_err());
    let planted = write(&store, &acme.scope, async move |tx| {
        zones::put_token(tx, their_integration, TokenId::new(uuid()), "wdz_x", "mallory", NOW).await
    });
    assert!(planted.await.is_err());
    let at = store.at(&noise.scope);
    let p = proposals::get(at, their_proposal.id).await.unwrap().unwrap();
    assert_eq!((p.status, p.to_land, p.note), (ProposalStatus::Accepted, true, None));
    assert_eq!(samples::subjects_now(at, noise.kri).await.unwrap()[0].value, Some(3.0));
    let mine = samples::subjects_now(store.at(&acme.scope), acme.kri).await.unwrap();
    assert_eq!(mine[0].value, Some(3.0));
}
