//! What still opens for a person when the keyring is lost and another stands in its place: all that is kept as a hash.
use std::sync::Arc;

use watchkeep_authz::signin::totp;
use watchkeep_hub::Kind;
use watchkeep_hub::identity::{self, Level, Visitor};
use watchkeep_model::Span;
use watchkeep_store::{Keyring, Stopwatch};
use watchkeep_testkit::{Engine, TestHub};

const PASSWORD: &str = "quiet harbour, seven lanterns";

fn visitor(hub: &TestHub) -> Visitor {
    let request = hub.hub.request_id();
    Visitor { address: "192.0.2.7".into(), client: None, device: None, request, watch: Stopwatch::start() }
}

/// RFC 4648, section 6, as an authenticator app reads it.
fn unbase32(text: &str) -> Vec<u8> {
    let (mut out, mut bits, mut held) = (vec![], 0_u32, 0);
    for letter in text.bytes().filter(|b| *b != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            digit => digit - b'2' + 26,
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hashes_work_and_seals_do_not() {
    let before = TestHub::new(Engine::Sqlite).await;
    let t = before.tenant("acme").await;
    let token = before.token(&t, "mcp:read").await;
    let link = before.admin().link("ana@acme.example").await.unwrap();
    let began = identity::links::accept(&before.hub, &visitor(&before), &link.token, PASSWORD).await.unwrap();
    let enrolment = identity::totp::begin(&before.hub, &began.signed).await.unwrap();
    let seed = unbase32(&enrolment.secret_base32);
    let code = |hub: &TestHub| totp::code(&seed, totp::step(hub.now()));
    let (began, recovery) =
        identity::totp::confirm(&before.hub, &visitor(&before), &began.signed, &enrolment.state, &code(&before))
            .await
            .unwrap();

    let keys = Arc::new(Keyring::generate_after(before.keys.active()).unwrap());
    let after = before.with_keys(keys).await;
    after.clock.advance(Span::minutes(1));

    // a session, a token and a password are known by their hashes
    let session = identity::sessions::open(&after.hub, &began.secret).await.unwrap().unwrap();
    assert_eq!((session.email.as_str(), session.level), ("ana@acme.example", Level::Full));
    assert_eq!(after.client(&token).tool("list_kris", serde_json::json!({})).await.status, 200);
    let signed_in = identity::password::sign_in(&after.hub, &visitor(&after), "ana@acme.example", PASSWORD).await;
    let signed_in = signed_in.unwrap();
    assert_eq!(signed_in.signed.level, Level::Password, "the second factor is still asked for");
    // the seed does not open, and that is told as what it is
    let told =
        identity::second::confirm(&after.hub, &visitor(&after), &signed_in.signed, &code(&after)).await.unwrap_err();
    assert_eq!(told.kind, Kind::Conflict, "{told:?}");
    assert!(told.to_string().contains("use a recovery code or a passkey"), "{told}");
    // a recovery code lets in, and once
    let full = identity::second::confirm(&after.hub, &visitor(&after), &signed_in.signed, &recovery[0]).await.unwrap();
    assert_eq!(full.signed.level, Level::Full);
    // the app is taken away with another code, and enrolled anew under the new key
    identity::totp::remove(&after.hub, &visitor(&after), &full.signed, &recovery[1]).await.unwrap();
    let bare = identity::sessions::open(&after.hub, &full.secret).await.unwrap().unwrap();
    let again = identity::totp::begin(&after.hub, &bare).await.unwrap();
    let code = totp::code(&unbase32(&again.secret_base32), totp::step(after.now()));
    let old = identity::totp::confirm(&after.hub, &visitor(&after), &bare, &enrolment.state, &code).await.unwrap_err();
    assert_eq!(old.kind, Kind::Conflict, "a form of before is too old: {old:?}");
    identity::totp::confirm(&after.hub, &visitor(&after), &bare, &again.state, &code).await.unwrap();
    let seals = after.store().try_seals(&after.keys).await.unwrap();
    assert_eq!((seals.count, seals.closed), (1, 0));
}
