//! Jobs and schedules as rows: one worker at a time, one firing however many hubs run.
use std::collections::{BTreeMap, BTreeSet};

use watchkeep_model::{JobId, ScheduleId, Span, TenantId};
use watchkeep_store::jobs::{self, Claimed, JobScope};
use watchkeep_store::{Store, TenantScope};

use crate::case::{Case, cases};
use crate::given::{self, NOW, Said, call, new_job, together, uuid, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    a_due_job_is_claimed_with_its_tenants_scope,
    a_job_that_is_not_due_waits,
    a_leased_job_is_nobody_elses_until_its_lease_ends,
    a_renewed_lease_lasts_longer,
    a_worker_that_was_taken_over_changes_nothing,
    an_ended_job_is_over,
    a_retried_job_comes_back_at_its_time,
    one_job_of_a_key_is_alive,
    a_job_is_made_with_its_write_or_not_at_all,
    no_tenant_takes_more_than_its_share_of_a_round,
    two_workers_never_get_the_same_job,
    a_job_of_a_lost_tenant_stops_nobody,
    ended_jobs_are_pruned,
    the_operator_sees_jobs_of_all_tenants,
    a_schedule_fires_once_with_many_hubs,
    a_missed_schedule_fires_once,
    a_schedule_waits_for_its_last_job,
    a_schedule_keeps_its_time_unless_its_line_changes,
];

const LEASE: Span = Span::minutes(1);

async fn enqueue(store: &Store, scope: &TenantScope, key: Option<&str>) -> Option<JobId> {
    let job = new_job(JobId::new(uuid()), key);
    let id = job.id;
    let made = write(store, scope, async move |tx| jobs::enqueue(tx, &job, NOW).await).await.unwrap();
    made.then_some(id)
}
async fn claim(store: &Store, at: Span, limit: i64) -> Vec<Claimed> {
    store.claim_jobs(NOW.plus(at), "worker", LEASE, limit, limit).await.unwrap()
}
async fn state(home: &Home, id: JobId) -> Vec<String> {
    let id = home.engine.id(id.uuid());
    home.raw().await.rows(&format!("select state, attempt, last_error from job where id = {id}")).await.remove(0)
}

async fn a_due_job_is_claimed_with_its_tenants_scope(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let got = claim(&store, Span::ZERO, 10).await;
    assert_eq!(got.len(), 2);
    for (job, full) in [(acme.job, &acme), (noise.job, &noise)] {
        let c = got.iter().find(|c| c.id == job).unwrap();
        assert!(matches!(&c.scope, JobScope::Tenant(s) if *s == full.scope), "{c:?}");
        assert_eq!(
            (c.kind.as_str(), c.payload.as_str(), c.attempt, c.max_attempts, c.fence),
            ("kri_refresh", "{}", 1, 3, 1)
        );
    }
}

async fn a_job_that_is_not_due_waits(home: &Home) {
    let (store, scope) = given::one(home).await;
    let mut job = new_job(JobId::new(uuid()), None);
    job.run_at = NOW.plus(Span::seconds(10));
    write(&store, &scope, async move |tx| jobs::enqueue(tx, &job, NOW).await).await.unwrap();
    assert!(claim(&store, Span::seconds(9), 10).await.is_empty());
    assert_eq!(claim(&store, Span::seconds(10), 10).await.len(), 1);
}

async fn a_leased_job_is_nobody_elses_until_its_lease_ends(home: &Home) {
    let (store, scope) = given::one(home).await;
    enqueue(&store, &scope, None).await.unwrap();
    let first = claim(&store, Span::ZERO, 10).await.remove(0);
    assert!(claim(&store, Span::ZERO, 10).await.is_empty());
    assert!(claim(&store, LEASE, 10).await.is_empty());
    let second = claim(&store, LEASE.plus(Span::from_micros(1)), 10).await.remove(0);
    assert_eq!((second.id, second.attempt, second.fence), (first.id, 2, first.fence + 1));
}

async fn a_renewed_lease_lasts_longer(home: &Home) {
    let (store, scope) = given::one(home).await;
    enqueue(&store, &scope, None).await.unwrap();
    let c = claim(&store, Span::ZERO, 10).await.remove(0);
    assert!(store.renew_job(&c, NOW.plus(Span::minutes(5))).await.unwrap());
    assert!(claim(&store, Span::minutes(2), 10).await.is_empty());
    assert_eq!(claim(&store, Span::minutes(6), 10).await.len(), 1);
    assert!(!store.renew_job(&c, NOW.plus(Span::minutes(50))).await.unwrap(), "it was taken over");
}

async fn a_worker_that_was_taken_over_changes_nothing(home: &Home) {
    let (store, scope) = given::one(home).await;
    let id = enqueue(&store, &scope, None).await.unwrap();
    let slow = claim(&store, Span::ZERO, 10).await.remove(0);
    let quick = claim(&store, Span::minutes(2), 10).await.remove(0);
    assert!(!store.finish_job(&slow, None, NOW).await.unwrap());
    assert!(!store.finish_job(&slow, Some("late".into()), NOW).await.unwrap());
    assert!(!store.retry_job(&slow, "late".into(), NOW).await.unwrap());
    assert!(!store.renew_job(&slow, NOW.plus(Span::days(1))).await.unwrap());
    assert_eq!(state(home, id).await, ["leased", "2", "null"]);
    assert!(store.finish_job(&quick, None, NOW).await.unwrap());
    assert_eq!(state(home, id).await, ["done", "2", "null"]);
    assert!(!store.finish_job(&quick, Some("twice".into()), NOW).await.unwrap());
    assert!(!store.retry_job(&quick, "twice".into(), NOW).await.unwrap());
}

async fn an_ended_job_is_over(home: &Home) {
    let (store, scope) = given::one(home).await;
    let (done, dead) = (enqueue(&store, &scope, None).await.unwrap(), enqueue(&store, &scope, None).await.unwrap());
    for c in claim(&store, Span::ZERO, 10).await {
        let error = (c.id == dead).then(|| "it cannot be done".to_owned());
        assert!(store.finish_job(&c, error, NOW).await.unwrap());
    }
    assert_eq!(state(home, done).await, ["done", "1", "null"]);
    assert_eq!(state(home, dead).await, ["dead", "1", "it cannot be done"]);
    assert!(claim(&store, Span::days(9), 10).await.is_empty());
}

async fn a_retried_job_comes_back_at_its_time(home: &Home) {
    let (store, scope) = given::one(home).await;
    let id = enqueue(&store, &scope, None).await.unwrap();
    for attempt in 1..=3_i64 {
        let at = Span::minutes(attempt * 10);
        let c = claim(&store, at, 10).await.remove(0);
        assert_eq!((c.id, c.attempt), (id, attempt));
        assert!(store.retry_job(&c, format!("try {attempt}"), NOW.plus(at).plus(Span::minutes(5))).await.unwrap());
        assert!(claim(&store, at.plus(Span::minutes(4)), 10).await.is_empty());
    }
    assert_eq!(state(home, id).await, ["ready", "3", "try 3"]);
}

async fn one_job_of_a_key_is_alive(home: &Home) {
    let (store, scope) = given::one(home).await;
    assert!(enqueue(&store, &scope, Some("k")).await.is_some());
    assert!(enqueue(&store, &scope, Some("k")).await.is_none(), "ready");
    assert!(enqueue(&store, &scope, Some("other")).await.is_some());
    assert!(enqueue(&store, &scope, None).await.is_some() && enqueue(&store, &scope, None).await.is_some());
    let got = claim(&store, Span::ZERO, 10).await;
    assert_eq!(got.len(), 4);
    assert!(enqueue(&store, &scope, Some("k")).await.is_none(), "leased");
    for c in &got {
        store.finish_job(c, None, NOW).await.unwrap();
    }
    assert!(enqueue(&store, &scope, Some("k")).await.is_some(), "done");
    // at once
    let done = together(12, |_| {
        let (store, scope) = (store.clone(), scope.clone());
        async move { enqueue(&store, &scope, Some("race")).await.is_some() }
    })
    .await;
    assert_eq!(done.iter().filter(|made| **made).count(), 1);
}

async fn a_job_is_made_with_its_write_or_not_at_all(home: &Home) {
    let (store, scope) = given::one(home).await;
    let r: Result<(), Said> = store
        .write(&scope, call("refused"), async |tx| {
            jobs::enqueue(tx, &new_job(JobId::new(uuid()), None), NOW).await?;
            Err(Said::No)
        })
        .await;
    assert!(r.is_err());
    assert!(claim(&store, Span::ZERO, 10).await.is_empty());
}

async fn no_tenant_takes_more_than_its_share_of_a_round(home: &Home) {
    let store = home.open().await;
    let mut scopes = vec![];
    for name in ["busy", "calm", "quiet"] {
        scopes.push(given::tenant(&store, name).await);
    }
    for (scope, n) in scopes.iter().zip([30, 2, 1]) {
        for _ in 0..n {
            enqueue(&store, scope, None).await.unwrap();
        }
    }
    let mut of: BTreeMap<String, usize> = BTreeMap::new();
    for c in store.claim_jobs(NOW, "w", LEASE, 4, 100).await.unwrap() {
        let JobScope::Tenant(s) = c.scope else { panic!("{c:?}") };
        *of.entry(s.slug().to_string()).or_default() += 1;
    }
    assert_eq!(of, BTreeMap::from([("busy".into(), 4), ("calm".into(), 2), ("quiet".into(), 1)]));
    // and no round takes more than it asks for
    assert_eq!(store.claim_jobs(NOW, "w", LEASE, 4, 3).await.unwrap().len(), 3);
}

async fn two_workers_never_get_the_same_job(home: &Home) {
    let (store, scope) = given::one(home).await;
    let mut made = BTreeSet::new();
    for _ in 0..60 {
        made.insert(enqueue(&store, &scope, None).await.unwrap().uuid());
    }
    // the second hub of an installation
    let second = home.open().await;
    let got = together(8, |i| {
        let store = if i % 2 == 0 { store.clone() } else { second.clone() };
        async move {
            let mut mine = vec![];
            loop {
                let some = store.claim_jobs(NOW, &format!("w{i}"), LEASE, 3, 3).await.unwrap();
                if some.is_empty() {
                    return mine;
                }
                mine.extend(some.into_iter().map(|c| (c.id.uuid(), c.attempt)));
            }
        }
    })
    .await
    .concat();
    assert!(got.iter().all(|(_, attempt)| *attempt == 1), "{got:?}");
    let once: BTreeSet<_> = got.iter().map(|(id, _)| *id).collect();
    assert_eq!(once.len(), got.len(), "a job was claimed twice");
    // a worker that lost every race of a round stops early; what is left is still there
    let rest: BTreeSet<_> = claim(&store, Span::ZERO, 100).await.into_iter().map(|c| c.id.uuid()).collect();
    assert!(once.is_disjoint(&rest));
    assert_eq!(once.union(&rest).copied().collect::<BTreeSet<_>>(), made);
}

async fn a_job_of_a_lost_tenant_stops_nobody(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let gone = home.engine.id(noise.scope.tenant().uuid());
    home.raw().await.run(&format!("delete from tenant where id = {gone}")).await;
    let got = claim(&store, Span::ZERO, 10).await;
    assert_eq!(got.iter().map(|c| c.id).collect::<Vec<_>>(), [acme.job]);
}

async fn ended_jobs_are_pruned(home: &Home) {
    let (store, scope) = given::one(home).await;
    let ids: Vec<JobId> =
        [enqueue(&store, &scope, None).await, enqueue(&store, &scope, None).await].map(Option::unwrap).into();
    let late = enqueue(&store, &scope, None).await.unwrap();
    for c in claim(&store, Span::ZERO, 10).await {
        let at = if c.id == late { NOW.plus(Span::days(1)) } else { NOW };
        let error = (c.id == ids[1]).then(|| "no".to_owned());
        store.finish_job(&c, error, at).await.unwrap();
    }
    let alive = enqueue(&store, &scope, None).await.unwrap();
    assert_eq!(store.prune_jobs(NOW).await.unwrap(), 0);
    assert_eq!(store.prune_jobs(NOW.plus(Span::seconds(1))).await.unwrap(), 2);
    assert_eq!(store.prune_jobs(NOW.plus(Span::days(9))).await.unwrap(), 1);
    assert_eq!(state(home, alive).await[0], "ready");
    assert_eq!(home.raw().await.count("job").await, 1);
}

async fn the_operator_sees_jobs_of_all_tenants(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    store.schedule(store.operator(), ScheduleId::new(uuid()), "sweep", "* * * * *".into(), NOW).await.unwrap();
    let due = store.due_schedules(NOW, 10).await.unwrap().remove(0);
    store.fire_schedule(due, NOW.plus(Span::minutes(1)), JobId::new(uuid()), NOW).await.unwrap();
    let all = store.jobs(store.operator(), NOW, 10).await.unwrap();
    let slugs: BTreeSet<Option<String>> = all.iter().map(|j| j.slug.as_ref().map(ToString::to_string)).collect();
    assert_eq!(slugs, BTreeSet::from([None, Some("acme".into()), Some("noise".into())]));
    assert_eq!(all.iter().filter(|j| j.id == acme.job || j.id == noise.job).count(), 2);
    assert!(store.jobs(store.operator(), NOW.plus(Span::seconds(1)), 10).await.unwrap().is_empty());
}

async fn installation_schedule(store: &Store, kind: &'static str) -> ScheduleId {
    let id = ScheduleId::new(uuid());
    store.schedule(store.operator(), id, kind, "0 * * * *".into(), NOW).await.unwrap();
    id
}

async fn a_schedule_fires_once_with_many_hubs(home: &Home) {
    let store = home.open().await;
    let second = home.open().await;
    installation_schedule(&store, "sweep").await;
    for round in 0..10 {
        let (now, next) = (NOW.plus(Span::hours(round)), NOW.plus(Span::hours(round + 1)));
        let stale = second.due_schedules(now, 10).await.unwrap().remove(0);
        let fired = together(8, |i| {
            let store = if i % 2 == 0 { store.clone() } else { second.clone() };
            async move {
                let mut fired = 0;
                for due in store.due_schedules(now, 10).await.unwrap() {
                    fired += usize::from(store.fire_schedule(due, next, JobId::new(uuid()), now).await.unwrap());
                }
                fired
            }
        })
        .await;
        assert_eq!(fired.iter().sum::<usize>(), 1, "round {round}");
        let jobs = store.claim_jobs(now, "w", LEASE, 10, 10).await.unwrap();
        assert_eq!(jobs.len(), 1);
        assert!(matches!(jobs[0].scope, JobScope::Installation(_)) && jobs[0].kind == "sweep");
        assert!(store.finish_job(&jobs[0], None, now).await.unwrap());
        // a hub that was slow to fire, when the job is over already
        assert!(!second.fire_schedule(stale, next, JobId::new(uuid()), now).await.unwrap());
    }
    assert_eq!(home.raw().await.count("job").await, 10);
}

async fn a_missed_schedule_fires_once(home: &Home) {
    let store = home.open().await;
    installation_schedule(&store, "sweep").await;
    // no hub ran for three days; whoever comes first fires, and sets the next time after now
    let now = NOW.plus(Span::days(3));
    let due = store.due_schedules(now, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].next_at, due[0].tenant_id, due[0].spec.as_str()),
        (NOW, TenantId::new(uuid::Uuid::nil()), "0 * * * *")
    );
    let late = due[0].clone();
    assert!(store.fire_schedule(due[0].clone(), now.plus(Span::minutes(30)), JobId::new(uuid()), now).await.unwrap());
    assert!(!store.fire_schedule(late, now.plus(Span::minutes(30)), JobId::new(uuid()), now).await.unwrap());
    assert!(store.due_schedules(now, 10).await.unwrap().is_empty());
    assert_eq!(home.raw().await.count("job").await, 1);
}

async fn a_schedule_waits_for_its_last_job(home: &Home) {
    let store = home.open().await;
    installation_schedule(&store, "sweep").await;
    let mut fired = vec![];
    for hour in 0..3 {
        let now = NOW.plus(Span::hours(hour));
        let due = store.due_schedules(now, 10).await.unwrap().remove(0);
        fired.push(store.fire_schedule(due, now.plus(Span::hours(1)), JobId::new(uuid()), now).await.unwrap());
    }
    assert_eq!(fired, [true, false, false], "its first job is still alive");
    assert_eq!(home.raw().await.count("job").await, 1);
}

async fn a_schedule_keeps_its_time_unless_its_line_changes(home: &Home) {
    let store = home.open().await;
    let operator = store.operator();
    installation_schedule(&store, "sweep").await;
    let time = async || home.raw().await.rows("select spec, next_at from schedule").await.concat();
    let later = NOW.plus(Span::hours(5));
    store.schedule(operator, ScheduleId::new(uuid()), "sweep", "0 * * * *".into(), later).await.unwrap();
    assert_eq!(time().await, ["0 * * * *", &NOW.micros().to_string()]);
    store.schedule(operator, ScheduleId::new(uuid()), "sweep", "5 * * * *".into(), later).await.unwrap();
    assert_eq!(time().await, ["5 * * * *", &later.micros().to_string()]);
}
