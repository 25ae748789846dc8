//! People at the door: what a stranger learns (nothing), what counts once, and what is dead at once.
use std::sync::Arc;

use futures_util::future::join_all;
use watchkeep_authz::signin::totp;
use watchkeep_hub::identity::{
    self, Began, Level, SignedIn, Visitor, links, password, recovery, second, sessions, totp as app,
};
use watchkeep_hub::{Error, Hub, Kind, Lists};
use watchkeep_model::{Role, Span, Timestamp};
use watchkeep_store::audit::Row;
use watchkeep_store::{Stopwatch, people};
use watchkeep_testkit::{Engine, Tenant, TestHub};

use crate::world::on_each_engine;

mod doors;
mod factors;
mod keys;

const PASSWORD: &str = "violet tractor hums at noon";
const OTHER: &str = "seven lanterns under the bridge";

/// A hub with one tenant, and its analyst, who has set a password.
struct House {
    hub: TestHub,
    tenant: Tenant,
    email: String,
}

impl House {
    async fn new(engine: Engine) -> Self {
        let hub = TestHub::new(engine).await;
        let tenant = hub.tenant("acme").await;
        let house = Self { hub, tenant, email: "ana@acme.example".into() };
        let link = house.hub.admin().invite(&house.email).await.unwrap();
        let began = links::accept(house.hub(), &house.visitor(), &link.token, PASSWORD).await.unwrap();
        assert_eq!((began.signed.level, began.signed.must_enrol), (Level::Full, false));
        house
    }
    fn hub(&self) -> &Arc<Hub> {
        &self.hub.hub
    }
    fn now(&self) -> Timestamp {
        self.hub.now()
    }
    fn visitor(&self) -> Visitor {
        visitor(self.hub())
    }
    fn tick(&self, span: Span) {
        self.hub.clock.advance(span);
    }
    async fn sign_in(&self) -> Began {
        password::sign_in(self.hub(), &self.visitor(), &self.email, PASSWORD).await.unwrap()
    }
    async fn open(&self, secret: &str) -> Option<SignedIn> {
        sessions::open(self.hub(), secret).await.unwrap()
    }
    /// Adds an authenticator app; its seed, the session after it and the recovery codes.
    async fn enrol(&self) -> (Vec<u8>, Began, Vec<String>) {
        let began = self.sign_in().await;
        let enrolment = app::begin(self.hub(), &began.signed).await.unwrap();
        let seed = unbase32(&enrolment.secret_base32);
        let code = totp::code(&seed, totp::step(self.now()));
        let (began, codes) =
            app::confirm(self.hub(), &self.visitor(), &began.signed, &enrolment.state, &code).await.unwrap();
        (seed, began, codes)
    }
    /// The code of now.
    fn code(&self, seed: &[u8]) -> String {
        totp::code(seed, totp::step(self.now()))
    }
    async fn rows(&self) -> Vec<Row> {
        let store = self.hub.store();
        store.installation_log(store.operator(), i64::MAX, "", Timestamp::EPOCH, 500).await.unwrap()
    }
}

fn visitor(hub: &Hub) -> Visitor {
    Visitor {
        address: "192.0.2.7".into(),
        client: Some("Browser 1.0".into()),
        device: None,
        request: hub.request_id(),
        watch: Stopwatch::start(),
    }
}

fn unbase32(text: &str) -> Vec<u8> {
    let mut bits = 0_u64;
    let (mut held, mut out) = (0, vec![]);
    for c in text.bytes() {
        let digit = if c.is_ascii_uppercase() { c - b'A' } else { c - b'2' + 26 };
        bits = (bits << 5) | u64::from(digit);
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}

/// What a page could show of a failure.
fn told(e: &Error) -> (Kind, String) {
    (e.kind.clone(), e.public.to_string())
}

fn refused<T>(r: Result<T, Error>) -> Error {
    match r {
        Ok(_) => panic!("this was let in"),
        Err(e) => e,
    }
}
