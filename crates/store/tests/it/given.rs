//! What stands in the databases of the cases: two tenants with the same names of everything, and somebody in each.
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;
use watchkeep_model::kri::{Aggregation, Direction, Quality, SourceKind, State, Status, Trend, Unit};
use watchkeep_model::{
    Connector, IntegrationId, JobId, KriId, PersonId, RequestId, Role, RunId, SampleId, Scopes, Slug, Span, TenantId,
    Timestamp, TokenId,
};
use watchkeep_store::integrations::IntegrationRow;
use watchkeep_store::kris::{NewKri, Settled};
use watchkeep_store::people::PersonRow;
use watchkeep_store::samples::NewSample;
use watchkeep_store::tenants::TenantRow;
use watchkeep_store::tokens::NewToken;
use watchkeep_store::{
    Actor, ActorKind, Call, Error, Result, Stopwatch, Store, TenantScope, integrations, kris, people, runs, samples,
    tenants, tokens,
};

use crate::home::Home;

/// The moment at which the cases begin: 2026-11-20T08:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_161_600_000_000);

/// Ids in the form of UUIDv7, each once, in this process and in those that it starts.
pub(crate) fn uuid() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) + (u128::from(std::process::id()) << 32);
    Uuid::from_u128(0x019a_9f3c_7b00_7000_8000_0000_0000_0000 | n)
}

/// A call over MCP.
pub(crate) fn call(op: &str) -> Call {
    Call {
        event: Cow::Borrowed("MCP_TOOL_CALLED"),
        op: Cow::Owned(op.to_owned()),
        connector: Some(Connector::Risk),
        ..operator_call("MCP_TOOL_CALLED", op)
    }
}
/// A call from the machine's own command line.
pub(crate) fn operator_call(event: &'static str, op: &str) -> Call {
    Call {
        event: Cow::Borrowed(event),
        op: Cow::Owned(op.to_owned()),
        connector: None,
        actor: Actor { kind: ActorKind::Operator, id: None, person: None, name: "command line".into(), client: None },
        args: [7; 32],
        at: NOW,
        watch: Stopwatch::start(),
        request: RequestId::new(uuid()),
        client: Some("the suite".into()),
        address: Some("127.0.0.1".into()),
        target: None,
    }
}

pub(crate) fn slug(s: &str) -> Slug {
    s.parse().unwrap()
}
pub(crate) fn tenant_row(name: &str) -> TenantRow {
    TenantRow {
        id: TenantId::new(uuid()),
        slug: slug(name),
        name: name.to_uppercase(),
        demo: false,
        created_at: NOW,
        disabled_at: None,
    }
}
pub(crate) fn person_row(email: &str) -> PersonRow {
    PersonRow {
        id: PersonId::new(uuid()),
        email: email.into(),
        name: "Somebody".into(),
        operator: false,
        created_at: NOW,
        disabled_at: None,
    }
}

/// Makes a tenant and opens it.
pub(crate) async fn tenant(store: &Store, name: &str) -> TenantScope {
    let row = tenant_row(name);
    store
        .write_installation(store.operator(), operator_call("tenant_created", "tenant.add"), async move |tx| {
            tenants::add(tx, &row).await
        })
        .await
        .unwrap();
    store.administer(&slug(name)).await.unwrap().unwrap()
}
/// Makes a person.
pub(crate) async fn person(store: &Store, email: &str) -> PersonId {
    let row = person_row(email);
    let id = row.id;
    store
        .write_installation(store.operator(), operator_call("user_created", "user.add"), async move |tx| {
            people::add(tx, &row).await
        })
        .await
        .unwrap();
    id
}

/// A write in a tenant, with an audit row.
pub(crate) async fn write<T, F>(store: &Store, scope: &TenantScope, f: F) -> Result<T>
where
    F: AsyncFn(&mut watchkeep_store::Tx<'_>) -> Result<T> + Send + Sync + 'static,
    T: Send + 'static,
{
    store.write(scope, call("suite.write"), f).await
}

/// `drx_pat_<slug>.<64 hex digits>`.
pub(crate) fn pat(tenant: &str, digit: char) -> String {
    format!("drx_pat_{tenant}.{}", digit.to_string().repeat(64))
}
/// `drx_api_<slug>.<64 hex digits>`.
pub(crate) fn api_key(tenant: &str, digit: char) -> String {
    format!("drx_api_{tenant}.{}", digit.to_string().repeat(64))
}
pub(crate) fn new_token(credential: &str, scopes: &str) -> NewToken {
    NewToken {
        id: TokenId::new(uuid()),
        name: "laptop".into(),
        credential: credential.into(),
        scopes: scopes.parse::<Scopes>().unwrap(),
        created_at: NOW,
        expires_at: NOW.plus(Span::days(90)),
    }
}

pub(crate) fn new_kri(slug: &str) -> NewKri {
    NewKri {
        id: KriId::new(uuid()),
        slug: slug.into(),
        signal: None,
        name: format!("Name of {slug}"),
        about: "Measures something.".into(),
        category: "identity".into(),
        unit: Unit::Count,
        direction: Direction::HigherIsWorse,
        amber: 5.0,
        red: 10.0,
        target: Some(0.0),
        aggregation: Aggregation::Sum,
        per_thousand: false,
        cadence_us: Span::days(1).micros(),
        owner: None,
        demo: false,
    }
}
pub(crate) fn new_integration(name: &str) -> IntegrationRow {
    IntegrationRow {
        id: IntegrationId::new(uuid()),
        name: name.into(),
        vendor: "manual".into(),
        source_kind: SourceKind::Manual,
        schedule: None,
        enabled: true,
        auth_state: "none".into(),
        priority: 100,
        demo: false,
        created_at: NOW,
        next_run_at: None,
        open_proposals: 0,
        run_id: None,
        run_at: None,
        run_ended_at: None,
        run_status: None,
        run_written: None,
        run_skipped: None,
        run_calls: None,
        run_cap: None,
        run_error: None,
    }
}
pub(crate) fn new_sample(kri: KriId, from: IntegrationId, at: Timestamp, value: f64) -> NewSample {
    NewSample {
        kri,
        id: SampleId::new(uuid()),
        observed_at: at,
        received_at: NOW,
        subject: String::new(),
        integration: from,
        run: None,
        value: Some(value),
        numerator: None,
        denominator: None,
        state: State::Ok,
        quality: Quality::Complete,
        actor: "the suite".into(),
        note: None,
        provenance: "{}".into(),
    }
}
pub(crate) fn settled(value: f64, status: Status, fresh_until: Timestamp) -> Settled {
    Settled {
        value: Some(value),
        numerator: None,
        denominator: None,
        state: State::Ok,
        status,
        status_since: Some(NOW),
        trend: Trend::Insufficient,
        slope_per_day: None,
        quality: Quality::Complete,
        observed_at: Some(NOW),
        fresh_until: Some(fresh_until),
        refresh_at: Some(fresh_until),
        source: None,
        also: "[]".into(),
        subjects: 1,
        missing: 0,
    }
}

/// A tenant with one of everything, all under the names that the other tenant uses, too.
pub(crate) struct Full {
    pub(crate) scope: TenantScope,
    pub(crate) person: PersonId,
    pub(crate) token: TokenId,
    pub(crate) key: TokenId,
    pub(crate) kri: KriId,
    pub(crate) integration: IntegrationId,
    pub(crate) run: RunId,
    pub(crate) sample: SampleId,
    pub(crate) job: JobId,
}

/// Fills a tenant.
pub(crate) async fn fill(store: &Store, scope: &TenantScope, person: PersonId, digit: char) -> Full {
    let (kri, integration) = (new_kri("open-findings"), new_integration("By hand"));
    let mut sample = new_sample(kri.id, integration.id, NOW, 3.0);
    let (run, job) = (RunId::new(uuid()), JobId::new(uuid()));
    sample.run = Some(run);
    let name = scope.slug().as_str().to_owned();
    let (token, key) = (new_token(&pat(&name, digit), "mcp:read"), new_token(&api_key(&name, digit), "api:read"));
    let full = Full {
        scope: scope.clone(),
        person,
        token: token.id,
        key: key.id,
        kri: kri.id,
        integration: integration.id,
        run,
        sample: sample.id,
        job,
    };
    write(store, scope, async move |tx| {
        people::join(tx, person, Role::Analyst, true, NOW).await?;
        tokens::add_token(tx, person, &token).await?;
        tokens::add_key(tx, "somebody@example.com", &key).await?;
        integrations::add(tx, &integration).await?;
        runs::start(tx, run, integration.id, "suite", NOW).await?;
        runs::count(tx, run, 1, 0).await?;
        runs::end(tx, run, "ok", None, NOW).await?;
        integrations::ran(tx, integration.id, run).await?;
        kris::add(tx, &kri, NOW).await?;
        samples::add(tx, &sample, NOW.plus(Span::days(2))).await?;
        let point =
            samples::PointRow { day: NOW.start_of_day(), value: Some(3.0), state: State::Ok, status: Status::Green };
        samples::put_point(tx, kri.id, &point).await?;
        let mut value = settled(3.0, Status::Green, NOW.plus(Span::days(2)));
        value.source = Some(integration.id);
        kris::settle(tx, kri.id, &value).await?;
        watchkeep_store::jobs::enqueue(tx, &new_job(job, Some("once")), NOW).await?;
        Ok(())
    })
    .await
    .unwrap();
    full
}
pub(crate) fn new_job(id: JobId, key: Option<&str>) -> watchkeep_store::jobs::NewJob {
    watchkeep_store::jobs::NewJob {
        id,
        kind: "kri_refresh",
        payload: "{}".into(),
        run_at: NOW,
        max_attempts: 3,
        unique_key: key.map(Into::into),
    }
}

/// A store with one tenant in it.
pub(crate) async fn one(home: &Home) -> (Store, TenantScope) {
    let store = home.open().await;
    let scope = tenant(&store, "acme").await;
    (store, scope)
}
/// A store with two tenants, each full.
pub(crate) async fn two(home: &Home) -> (Store, Full, Full) {
    let store = home.open().await;
    let (acme, noise) = (tenant(&store, "acme").await, tenant(&store, "noise").await);
    let (alice, noah) = (person(&store, "alice@example.com").await, person(&store, "noah@example.com").await);
    let (acme, noise) = (fill(&store, &acme, alice, 'a').await, fill(&store, &noise, noah, 'b').await);
    (store, acme, noise)
}

/// A refusal of a caller's own, as the hub has them.
#[derive(Debug)]
pub(crate) enum Said {
    No,
    Store(Error),
}
impl From<Error> for Said {
    fn from(e: Error) -> Self {
        Self::Store(e)
    }
}
impl watchkeep_store::Outcome for Said {
    fn word(&self) -> &'static str {
        match self {
            Self::No => "refused",
            Self::Store(e) => e.word(),
        }
    }
}

/// Runs `n` tasks at once and waits for all.
pub(crate) async fn together<T: Send + 'static, Fut>(n: usize, mut f: impl FnMut(usize) -> Fut) -> Vec<T>
where
    Fut: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..n).map(|i| tokio::spawn(f(i))).collect();
    let mut all = vec![];
    for t in tasks {
        all.push(t.await.unwrap());
    }
    all
}
/// A keyring and a checkpoint file.
pub(crate) fn keys(home: &Home) -> (Arc<watchkeep_store::Keyring>, std::path::PathBuf) {
    (Arc::new(home.keys()), home.path("checkpoints"))
}
