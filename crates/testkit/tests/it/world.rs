//! What a test finds: a hub with two tenants that hold the same names with other values.
use serde_json::{Value, json};
use watchkeep_hub::{Limits, Lists};
use watchkeep_testkit::{Answer, Client, Engine, Tenant, TestHub, engines};

use crate::extra;

/// What stands in every text of a tenant, and in no text of the other.
pub(crate) fn mark(slug: &str) -> String {
    format!("known to {slug} only")
}

/// Runs a test on each engine that can be had.
pub(crate) async fn on_each_engine(test: impl AsyncFn(Engine)) {
    for engine in engines() {
        tell(engine);
        Box::pin(test(engine)).await;
    }
}

#[expect(clippy::print_stdout, reason = "shown where the test fails")]
fn tell(engine: Engine) {
    println!("on {engine:?}");
}

/// Two tenants of one hub.
pub(crate) struct World {
    pub(crate) hub: TestHub,
    pub(crate) acme: Side,
    pub(crate) contoso: Side,
}

/// One tenant with credentials that open everything of it.
pub(crate) struct Side {
    pub(crate) tenant: Tenant,
    pub(crate) pat: Client,
    pub(crate) key: Client,
}

impl World {
    /// Two empty tenants, the product's operations and those of [`extra`].
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::with(engine, extra::lists(), Limits::NONE).await
    }

    pub(crate) async fn with(engine: Engine, lists: Lists, limits: Limits) -> Self {
        let hub = TestHub::with(engine, lists, limits).await;
        let acme = Side::new(&hub, "acme").await;
        let contoso = Side::new(&hub, "contoso").await;
        Self { hub, acme, contoso }
    }

    /// The same with the same KRIs, integrations, files and notes in both tenants.
    pub(crate) async fn filled(engine: Engine) -> Self {
        let world = Self::new(engine).await;
        world.acme.fill(10.0).await;
        world.contoso.fill(40.0).await;
        world
    }
}

impl Side {
    async fn new(hub: &TestHub, slug: &str) -> Self {
        let tenant = hub.tenant(slug).await;
        let pat = hub.client(&hub.token(&tenant, "mcp:read mcp:write").await);
        let key = hub.client(&hub.key(&tenant, "api:read api:write").await);
        Self { tenant, pat, key }
    }

    /// The tenant as another hub of the same database serves it.
    pub(crate) async fn at(&self, hub: &TestHub) -> Self {
        let tenant = self.tenant.clone();
        let pat = hub.client(&hub.token(&tenant, "mcp:read mcp:write").await);
        let key = hub.client(&hub.key(&tenant, "api:read api:write").await);
        Self { tenant, pat, key }
    }

    pub(crate) fn slug(&self) -> &str {
        self.tenant.slug.as_str()
    }

    /// A path of the tenant's API.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/tenants/{}{rest}", self.slug())
    }

    /// Three KRIs: two of the catalogue, one of the tenant's own; three sources: a program, a file, a person; and one of
    /// each kind of entry in the register, linked to each other.
    async fn fill(&self, open: f64) {
        let note = mark(self.slug());
        let samples = json!([
            { "kri": "vuln_critical_open", "value": open, "subject": "shop", "note": note },
            { "kri": "mfa_enforced_pct", "numerator": 100.0 - open, "denominator": 100 },
        ]);
        self.posted(samples).await;
        let own = json!({
            "name": format!("Own indicator {note}"), "slug": "own_indicator", "about": note, "category": "governance",
            "unit": "count", "direction": "higherIsWorse", "amber": 1, "red": 5, "owner": note,
        });
        self.key.post(&self.path("/kris"), own).await.done();
        let value = json!({ "value": 2, "note": note });
        self.key.post(&self.path("/kris/own_indicator/values"), value).await.done();
        let csv = format!("kri,value,subject,observed_at,note\nvuln_critical_open,{open},mail,2026-11-20,{note}\n");
        let file = json!({ "csv": csv, "filename": format!("{note}.csv"), "apply": true });
        self.key.post(&self.path("/imports/kris"), file).await.done();
        self.fill_register(open, &note).await;
    }

    async fn fill_register(&self, score: f64, note: &str) {
        let links = json!([{ "kri": "mfa_enforced_pct", "role": "coverage" }]);
        for (path, entry) in [
            (
                "controls",
                json!({ "code": "AC-1", "name": format!("Accounts {note}"), "category": "identity", "status": "operating", "effectiveness": score / 100.0, "owner": note, "frameworks": ["CSF:PR.AA-01"], "techniques": ["T1078"], "kris": links }),
            ),
            (
                "risks",
                json!({ "slug": "outage", "title": format!("Outage {note}"), "statement": note, "category": "availability", "inherentScore": 90, "currentScore": score, "annualLossMean": 1000.0 * score, "annualLossP90": 5000.0 * score, "currency": "EUR", "owner": note, "controls": ["AC-1"], "kris": ["own_indicator"] }),
            ),
            (
                "outcomes",
                json!({ "name": format!("Standstill {note}"), "slug": "standstill", "lossForms": ["productivity"], "toleranceLoss": 1e6, "risks": [{ "risk": "outage", "share": 0.5 }] }),
            ),
            ("people", json!({ "name": format!("Ana {note}"), "slug": "ana", "exposure": "elevated" })),
            (
                "assets",
                json!({ "name": format!("Web {note}"), "slug": "web-1", "criticality": "high", "exposure": "internet", "owners": ["ana"], "source": note, "lastSeen": "2026-11-19" }),
            ),
            ("applications", json!({ "name": format!("CRM {note}"), "slug": "crm", "dataClasses": ["personal"] })),
            (
                "vendors",
                json!({ "name": format!("Hoster {note}"), "slug": "hoster", "tier": 1, "compositeScore": score, "lastReview": "2026-11-01", "assets": ["web-1"], "applications": ["crm"] }),
            ),
            ("risks/outage/acceptance", json!({ "by": note, "why": note, "until": "2027-06-30" })),
            ("risks/outage/actions", json!({ "title": note, "owner": note, "due": "2026-11-10" })),
            ("register/risk/outage/comments", json!({ "text": note })),
        ] {
            self.key.post(&self.path(&format!("/{path}")), entry).await.done();
        }
    }

    /// Posts samples that must be kept.
    pub(crate) async fn posted(&self, samples: Value) -> Value {
        self.post(samples).await.done()
    }

    pub(crate) async fn post(&self, samples: Value) -> Answer {
        self.key.post(&self.path("/samples"), json!({ "samples": samples })).await
    }

    /// One KRI as a model reads it.
    pub(crate) async fn kri(&self, slug: &str) -> Value {
        self.asked("get_kri", json!({ "id": slug })).await
    }

    /// The slugs that a list has.
    pub(crate) async fn slugs(&self, filter: Value) -> Vec<String> {
        let page = self.asked("list_kris", filter).await;
        page["items"].as_array().unwrap().iter().map(|k| k["slug"].as_str().unwrap().to_owned()).collect()
    }

    /// The answer of a tool that must answer.
    pub(crate) async fn asked(&self, tool: &str, args: Value) -> Value {
        let answer = self.pat.tool(tool, args).await;
        let content = answer.content();
        assert!(content.is_object(), "{tool}: {} {}", answer.status, answer.json());
        content
    }

    /// A message of another method than `tools/call`.
    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.pat.rpc(message).await.json()
    }
}

/// A call that must have gone well.
pub(crate) trait Done {
    fn done(self) -> Value;
}

impl Done for Answer {
    fn done(self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}
