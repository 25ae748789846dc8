//! Passkeys, with an authenticator made of a key pair (W3C Web Authentication, level 2, sections 6.1 and 6.5).
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use watchkeep_hub::identity::passkeys;

use super::*;

const ORIGIN: &str = "http://localhost:8420";

/// An authenticator, and what it says; each part can be made wrong.
#[derive(Clone)]
struct Soft {
    pair: Arc<EcdsaKeyPair>,
    id: Vec<u8>,
    person: Vec<u8>,
    counter: u32,
    origin: &'static str,
    rp_id: &'static str,
    verified: bool,
}

impl Soft {
    fn new(signed: &SignedIn) -> Self {
        let rng = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &rng).unwrap();
        let id = digest(&SHA256, pair.public_key().as_ref()).as_ref()[..16].to_vec();
        let person = signed.person.uuid().as_bytes().to_vec();
        Self { pair: Arc::new(pair), id, person, counter: 1, origin: ORIGIN, rp_id: "localhost", verified: true }
    }
    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["publicKey"]["challenge"].as_str().unwrap();
        let data = json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false});
        data.to_string().into_bytes()
    }
    fn data(&self, more: u8) -> Vec<u8> {
        let mut out = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        out.push(0x01 | if self.verified { 0x04 } else { 0 } | more);
        out.extend(self.counter.to_be_bytes());
        out
    }
    fn create(&self, options: &Value) -> Value {
        let mut data = self.data(0x40);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(&self.id);
        let public = self.pair.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&public[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&public[33..65]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).unwrap()]);
        object.extend(&data);
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "attestationObject": base64url(&object),
                "clientDataJSON": base64url(&self.client_data("webauthn.create", options)),
            },
        })
    }
    fn get(&self, options: &Value) -> Value {
        let (data, client) = (self.data(0), self.client_data("webauthn.get", options));
        let signed = [&data, digest(&SHA256, &client).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "authenticatorData": base64url(&data), "clientDataJSON": base64url(&client),
                "signature": base64url(signature.as_ref()), "userHandle": base64url(&self.person),
            },
        })
    }
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |w, b| (w << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

impl House {
    async fn add_key(&self, signed: &SignedIn) -> (Soft, passkeys::Added) {
        let soft = Soft::new(signed);
        let (options, state) = passkeys::begin_add(self.hub(), signed).await.unwrap();
        assert_eq!(options["publicKey"]["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["publicKey"]["authenticatorSelection"]["userVerification"], "required");
        let answer = soft.create(&options);
        let added = passkeys::finish_add(self.hub(), &self.visitor(), signed, &state, answer, " Laptop\u{202e} ")
            .await
            .unwrap();
        (soft, added)
    }
    async fn by_key(&self, soft: &Soft) -> Result<Began, Error> {
        let (options, state) = passkeys::begin_sign_in(self.hub()).unwrap();
        passkeys::finish_sign_in(self.hub(), &self.visitor(), &state, soft.get(&options)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_signs_in_fully_also_while_the_password_is_closed() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let half = house.sign_in().await;
        let (mut soft, added) = house.add_key(&half.signed).await;
        assert_eq!((&*added.passkey.name, added.recovery.len()), ("Laptop", 10));
        assert!(house.open(&half.secret).await.is_none(), "the session goes on under a new secret");
        assert_eq!((added.began.signed.level, added.began.signed.factors.passkeys), (Level::Full, 1));

        house.hub.admin().reset_mfa(&house.email).await.unwrap();
        for _ in 0..8 {
            let _wrong = password::sign_in(house.hub(), &house.visitor(), &house.email, OTHER).await;
        }
        let closed = password::sign_in(house.hub(), &house.visitor(), &house.email, PASSWORD).await;
        assert!(matches!(refused(closed).kind, Kind::Limited { .. }));
        soft.counter = 2;
        let began = house.by_key(&soft).await.unwrap();
        assert_eq!((began.signed.level, began.signed.is_fresh(house.now())), (Level::Full, true));
        let listed = passkeys::list(house.hub(), &began.signed).await.unwrap();
        assert_eq!((listed.len(), listed[0].last_used_at), (1, Some(house.now())));
        // the factor took the waiting reset back
        house.tick(Span::days(2));
        let half = house.sign_in().await;
        assert_eq!(half.signed.level, Level::Password);
        // and a recovery code stands in for it
        let began = second::confirm(house.hub(), &house.visitor(), &half.signed, &added.recovery[0]).await.unwrap();
        let gone = passkeys::remove(house.hub(), &house.visitor(), &began.signed, listed[0].id).await;
        gone.unwrap();
        assert_eq!(refused(house.by_key(&soft).await).kind, Kind::Unauthenticated);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_answer_is_refused_with_the_same_words() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let (soft, _) = house.add_key(&house.sign_in().await.signed).await;
        let fresh = |change: &dyn Fn(&mut Soft)| {
            let mut changed = Soft { counter: 5, ..soft.clone() };
            change(&mut changed);
            changed
        };
        let wrong: [(&str, Soft); 6] = [
            ("another origin", fresh(&|s| s.origin = "http://localhost.evil.example:8420")),
            ("another relying party", fresh(&|s| s.rp_id = "evil.example")),
            ("nobody was verified", fresh(&|s| s.verified = false)),
            ("another person", fresh(&|s| s.person = vec![7; 16])),
            ("another credential", fresh(&|s| s.id = vec![7; 16])),
            ("a counter that stands still", fresh(&|s| s.counter = 1)),
        ];
        let mut seen = vec![];
        for (why, soft) in &wrong {
            let e = house.by_key(soft).await;
            assert!(e.is_err(), "{why}");
            seen.push(told(&refused(e)));
        }
        assert!(seen.iter().all(|s| *s == seen[0] && s.0 == Kind::Unauthenticated), "{seen:?}");

        // the same answer again, at once and later
        let right = fresh(&|_| ());
        let (options, state) = passkeys::begin_sign_in(house.hub()).unwrap();
        let answer = right.get(&options);
        let many = (0..4).map(|_| passkeys_finish(&house, &state, &answer));
        let told_all = join_all(many).await;
        assert_eq!(told_all.iter().filter(|t| t.is_ok()).count(), 1, "{told_all:?}");
        // an answer to another question, and one that took too long
        let (other, _) = passkeys::begin_sign_in(house.hub()).unwrap();
        let later = fresh(&|s| s.counter = 9);
        assert_eq!(refused(passkeys_finish(&house, &state, &later.get(&other)).await).kind, Kind::Unauthenticated);
        let (options, state) = passkeys::begin_sign_in(house.hub()).unwrap();
        house.tick(Span::minutes(5));
        assert_eq!(refused(passkeys_finish(&house, &state, &later.get(&options)).await).kind, Kind::Conflict);
        assert!(house.by_key(&later).await.is_ok());
        // a locked out person has no passkey either
        house.hub.admin().switch_person(&house.email, false).await.unwrap();
        assert_eq!(refused(house.by_key(&fresh(&|s| s.counter = 20)).await).kind, Kind::Unauthenticated);
    })
    .await;
}

async fn passkeys_finish(house: &House, state: &str, answer: &Value) -> Result<Began, Error> {
    passkeys::finish_sign_in(house.hub(), &house.visitor(), state, answer.clone()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_passkey_takes_a_factor_and_nobody_takes_anothers() {
    on_each_engine(async |engine| {
        let house = House::new(engine).await;
        let (soft, added) = house.add_key(&house.sign_in().await.signed).await;
        let (_, second_key) = house.add_key(&added.began.signed).await;
        assert!(second_key.recovery.is_empty(), "the codes of the first stay");
        let signed = second_key.began.signed;
        house.tick(Span::minutes(15));
        assert_eq!(refused(passkeys::begin_add(house.hub(), &signed).await).kind, Kind::Conflict, "too long ago");

        house.hub.tenant("contoso").await;
        let link = house.hub.admin().invite("ana@contoso.example").await.unwrap();
        let theirs = links::accept(house.hub(), &house.visitor(), &link.token, PASSWORD).await.unwrap().signed;
        let (options, state) = passkeys::begin_add(house.hub(), &theirs).await.unwrap();
        let taken =
            passkeys::finish_add(house.hub(), &house.visitor(), &theirs, &state, soft.create(&options), "x").await;
        assert_eq!(refused(taken).kind, Kind::Conflict, "it is somebody's");
        let odd = passkeys::finish_add(house.hub(), &house.visitor(), &theirs, &state, json!({"id": 1}), "x").await;
        assert!(matches!(refused(odd).kind, Kind::Invalid(_)));
        let other = passkeys::remove(house.hub(), &house.visitor(), &theirs, added.passkey.id).await;
        assert_eq!(refused(other).kind, Kind::NotFound);
    })
    .await;
}
