//! Secrets at rest, and the keyring's file.
use std::sync::Arc;

use uuid::Uuid;
use watchkeep_model::{ArtifactId, TenantId};
use watchkeep_store::identity::factors;
use watchkeep_store::seal::{self, Place};
use watchkeep_store::{Error, Keyring, Store, artifacts, seals};

use crate::case::{Case, cases};
use crate::given::{self, Full, NOW, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    a_value_opens_in_its_place_only on Sqlite,
    no_changed_value_opens on Sqlite,
    an_unknown_key_is_named on Sqlite,
    old_values_open_after_a_rotation on Sqlite,
    the_same_value_is_sealed_differently_each_time on Sqlite,
    the_keyrings_file_is_its_users_alone on Sqlite,
    a_broken_keyring_is_told_without_its_keys on Sqlite,
    twenty_thousand_mutations_of_a_sealed_value_never_open on Sqlite,
    twenty_thousand_mutations_of_a_keyring_never_panic on Sqlite,
    derived_keys_outlive_a_rotation on Sqlite,
    a_secret_goes_through_the_database,
    doctor_names_the_secret_that_does_not_open,
    a_backup_holds_no_key on Sqlite,
    keys_come_and_go on Sqlite,
    every_column_of_sealed_values_is_walked on Sqlite,
    a_new_key_seals_everything_anew,
    what_does_not_open_stays_as_it_is,
];

const fn place() -> Place<'static> {
    Place {
        table: "integration_secret",
        tenant: TenantId::new(Uuid::from_u128(1)),
        row: Uuid::from_u128(2),
        column: "password",
    }
}
fn keys() -> Keyring {
    Keyring::generate().unwrap()
}
fn why(e: Error) -> String {
    let Error::Sealed(why) = e else { panic!("{e:?}") };
    why
}
/// SplitMix64: the same run each time.
struct Dice(u64);
impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below.max(1) as u64).unwrap()
    }
    /// One to six changes.
    fn change(&mut self, original: &[u8]) -> Vec<u8> {
        let mut b = original.to_vec();
        for _ in 0..=self.roll(6) {
            let at = self.roll(b.len() + 1);
            match self.roll(6) {
                0 => b.insert(at, self.roll(256) as u8),
                1 if at < b.len() => drop(b.remove(at)),
                2 if at < b.len() => b[at] ^= 1 << self.roll(8),
                3 => b.truncate(at),
                4 if at + 1 < b.len() => b.swap(at, at + 1),
                _ => {
                    let again: Vec<u8> = b[at..].iter().copied().take(100).collect();
                    b.splice(at..at, again);
                }
            }
        }
        b
    }
}

async fn a_value_opens_in_its_place_only(_: &Home) {
    let keys = keys();
    for plain in [&b""[..], b"hunter2", &[0; 70_000]] {
        let sealed = keys.seal(place(), plain).unwrap();
        assert_eq!(keys.open(place(), &sealed).unwrap(), plain);
        assert!(plain.len() < 4 || !sealed.windows(plain.len()).any(|w| w == plain));
        let elsewhere = [
            Place { table: "integration", ..place() },
            Place { tenant: TenantId::new(Uuid::from_u128(9)), ..place() },
            Place { row: Uuid::from_u128(9), ..place() },
            Place { column: "token", ..place() },
            // the same bytes in a row, cut elsewhere
            Place { table: "integration_secre", column: "tpassword", ..place() },
        ];
        for other in elsewhere {
            assert_eq!(why(keys.open(other, &sealed).unwrap_err()), "it was changed, or belongs to another row");
        }
    }
}

async fn no_changed_value_opens(_: &Home) {
    let keys = keys();
    let sealed = keys.seal(place(), b"hunter2").unwrap();
    for i in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[i] ^= 1 << bit;
            keys.open(place(), &changed).unwrap_err();
        }
        keys.open(place(), &sealed[..i]).unwrap_err();
    }
    keys.open(place(), &[&sealed[..], &[0]].concat()).unwrap_err();
    assert_eq!(why(keys.open(place(), &[]).unwrap_err()), "it is cut off");
    assert_eq!(why(keys.open(place(), &[2; 60]).unwrap_err()), "its form 2 is unknown to this version");
}

async fn an_unknown_key_is_named(_: &Home) {
    let (mine, other) = (keys(), keys());
    let sealed = mine.seal(place(), b"hunter2").unwrap();
    assert_eq!(why(other.open(place(), &sealed).unwrap_err()), "it was changed, or belongs to another row");
    let sealed = mine.rotate().unwrap().seal(place(), b"hunter2").unwrap();
    assert!(why(mine.open(place(), &sealed).unwrap_err()).starts_with("the keyring has no key 2: restore"));
}

async fn old_values_open_after_a_rotation(_: &Home) {
    let first = keys();
    let old = first.seal(place(), b"old").unwrap();
    let second = first.rotate().unwrap().rotate().unwrap();
    let new = second.seal(place(), b"new").unwrap();
    assert_eq!(second.open(place(), &old).unwrap(), b"old");
    assert_eq!(second.open(place(), &new).unwrap(), b"new");
    assert_eq!((old[4], new[4]), (1, 3), "the key id stands in the value");
    assert_eq!(second.public_key(), first.public_key(), "checkpoints stay good");
}

async fn the_same_value_is_sealed_differently_each_time(_: &Home) {
    let keys = keys();
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..2000 {
        nonces.insert(keys.seal(place(), b"hunter2").unwrap()[5..17].to_vec());
    }
    assert_eq!(nonces.len(), 2000);
}

async fn the_keyrings_file_is_its_users_alone(home: &Home) {
    use std::os::unix::fs::PermissionsExt;
    let path = home.path("keyring.json");
    assert!(Keyring::load(&path).unwrap().is_none());
    let keys = keys();
    // a half-written one of an earlier attempt, open to all
    for leftover in ["keyring.part", "keyring.json.part"] {
        std::fs::write(home.path(leftover), "x").unwrap();
        std::fs::set_permissions(home.path(leftover), PermissionsExt::from_mode(0o666)).unwrap();
    }
    keys.save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let back = Keyring::load(&path).unwrap().unwrap();
    assert_eq!(back.open(place(), &keys.seal(place(), b"x").unwrap()).unwrap(), b"x");
    assert_eq!(back.public_key(), keys.public_key());
    // a rotation replaces it
    keys.rotate().unwrap().save(&path).unwrap();
    assert!(Keyring::load(&path).unwrap().is_some());
    for mode in [0o644, 0o640, 0o604, 0o660, 0o606] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let Err(Error::Io(why)) = Keyring::load(&path) else { panic!("mode {mode:o}") };
        assert!(why.contains(&format!("{mode:o}")) && why.contains("chmod 600"), "{why}");
    }
    let Err(Error::Io(why)) = keys.save(&home.path("no/such/folder/keyring.json")) else { panic!() };
    assert!(why.contains("cannot be written"), "{why}");
}

async fn a_broken_keyring_is_told_without_its_keys(home: &Home) {
    let path = home.path("keyring.json");
    keys().save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let secret = text.split('"').find(|w| w.len() == 64).unwrap().to_owned();
    let broken = [
        text.replace("\"active\": 1", "\"active\": 2"),
        text.replace("\"active\": 1", &format!("\"active\": \"{secret}\"")),
        text.replace("\"1\"", "\"one\""),
        text.replacen(&secret, &secret[1..], 1),
        text.replacen(&secret, &secret.to_uppercase().replace(char::is_numeric, "G"), 1),
        text.replace("\"sign\"", &format!("\"{secret}\"")),
        text[..text.len() / 2].to_owned(),
        String::new(),
        "[]".into(),
    ];
    for text in broken {
        backup_private(&path, &text);
        let e = Keyring::load(&path).unwrap_err();
        let told = e.to_string();
        assert!(matches!(e, Error::Sealed(_)) && !told.contains(&secret[..16]), "{told}");
    }
}
fn backup_private(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

async fn twenty_thousand_mutations_of_a_sealed_value_never_open(_: &Home) {
    let keys = keys().rotate().unwrap();
    let corpus: Vec<Vec<u8>> =
        [&b""[..], b"x", b"hunter2", &[7; 64]].iter().map(|p| keys.seal(place(), p).unwrap()).collect();
    let mut dice = Dice(20_000);
    let mut unchanged = 0;
    for round in 0..20_000 {
        let original = &corpus[round % corpus.len()];
        let changed = dice.change(original);
        match keys.open(place(), &changed) {
            Ok(_) => {
                assert_eq!(&changed, original);
                unchanged += 1;
            }
            Err(e) => assert!(matches!(e, Error::Sealed(_)), "{e:?}"),
        }
    }
    assert!(unchanged < 2000, "{unchanged} of the mutations changed nothing");
}

async fn twenty_thousand_mutations_of_a_keyring_never_panic(home: &Home) {
    let path = home.path("keyring.json");
    keys().rotate().unwrap().save(&path).unwrap();
    let text = std::fs::read(&path).unwrap();
    let mut dice = Dice(20_001);
    let mut refused = 0;
    for _ in 0..20_000 {
        std::fs::write(&path, dice.change(&text)).unwrap();
        refused += usize::from(Keyring::load(&path).is_err());
    }
    assert!(refused > 10_000, "{refused}");
}

async fn derived_keys_outlive_a_rotation(_: &Home) {
    let keys = keys();
    assert_eq!(keys.derive("cursor"), keys.rotate().unwrap().derive("cursor"));
    assert_ne!(keys.derive("cursor"), keys.derive("session"));
    assert_ne!(keys.derive("cursor"), self::keys().derive("cursor"));
    assert!(format!("{keys:?}").len() < 40, "{keys:?}");
}

async fn a_secret_goes_through_the_database(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let keys = Arc::new(keys());
    let (tenant, integration) = (acme.scope.tenant(), acme.integration);
    for value in [&b"first"[..], b"second"] {
        let with = keys.clone();
        write(&store, &acme.scope, async move |tx| {
            seal::put_secret(tx, &with, tenant, integration, "password", value, NOW).await
        })
        .await
        .unwrap();
        let got = seal::secret(store.at(&acme.scope), &keys, tenant, integration, "password").await.unwrap();
        assert_eq!(got.as_deref(), Some(value));
    }
    let raw = home.raw().await;
    let kept = raw.rows("select sealed from integration_secret").await.concat();
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].contains(&crate::raw::hex(b"second")));
    assert!(
        write(&store, &acme.scope, async move |tx| seal::drop_secret(tx, integration, "password").await).await.unwrap()
    );
    assert!(seal::secret(store.at(&acme.scope), &keys, tenant, integration, "password").await.unwrap().is_none());
}

async fn doctor_names_the_secret_that_does_not_open(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let keys = Arc::new(keys());
    for full in [&acme, &noise] {
        let (with, tenant, integration) = (keys.clone(), full.scope.tenant(), full.integration);
        write(&store, &full.scope, async move |tx| {
            seal::put_secret(tx, &with, tenant, integration, "password", b"x", NOW).await
        })
        .await
        .unwrap();
    }
    let seals = store.try_seals(&keys).await.unwrap();
    assert_eq!((seals.count, seals.closed, seals.bad), (2, 0, vec![]));
    // somebody copies the sealed value of one tenant to the other
    let (from, to) = (home.engine.id(noise.scope.tenant().uuid()), home.engine.id(acme.scope.tenant().uuid()));
    let raw = home.raw().await;
    raw.run(&format!(
        "update integration_secret set sealed = (select sealed from integration_secret where tenant_id = {from}) \
         where tenant_id = {to}"
    ))
    .await;
    let seals = store.try_seals(&keys).await.unwrap();
    let bad = seals.told();
    assert_eq!((seals.count, seals.closed, bad.len()), (2, 1, 1));
    assert!(bad[0].contains(&acme.integration.to_string()) && bad[0].contains("belongs to another row"), "{bad:?}");
    let opened = seal::secret(store.at(&acme.scope), &keys, acme.scope.tenant(), acme.integration, "password").await;
    assert!(matches!(opened, Err(Error::Sealed(_))));
}

async fn a_backup_holds_no_key(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let keys = Arc::new(keys());
    let path = home.path("keyring.json");
    keys.save(&path).unwrap();
    let (with, tenant, integration) = (keys.clone(), acme.scope.tenant(), acme.integration);
    write(&store, &acme.scope, async move |tx| {
        seal::put_secret(tx, &with, tenant, integration, "password", b"correct horse battery", NOW).await
    })
    .await
    .unwrap();
    let to = home.path("backup.db");
    store.backup(&to).await.unwrap();
    let bytes = std::fs::read(&to).unwrap();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
    assert!(holds(b"By hand") && !holds(b"correct horse battery"));
    let text = std::fs::read_to_string(&path).unwrap();
    for key in text.split('"').filter(|w| w.len() == 64) {
        let raw: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&key[2 * i..2 * i + 2], 16).unwrap()).collect();
        assert!(!holds(key.as_bytes()) && !holds(&raw));
    }
}

async fn keys_come_and_go(_: &Home) {
    let one = keys();
    let two = one.rotate().unwrap();
    assert_eq!((one.active(), two.active(), two.ids()), (1, 2, vec![1, 2]));
    let sealed = one.seal(place(), b"x").unwrap();
    assert_eq!((Keyring::key_of(&sealed), Keyring::key_of(&two.seal(place(), b"x").unwrap())), (Some(1), Some(2)));
    assert_eq!([Keyring::key_of(b""), Keyring::key_of(b"\x01\0\0"), Keyring::key_of(b"\x02\0\0\0\x01")], [None; 3]);
    for id in [2, 3] {
        assert!(matches!(two.without(id), Err(Error::Refused(_))), "the active one, and one that is not there");
    }
    let without = two.without(1).unwrap();
    assert_eq!((without.active(), without.ids()), (2, vec![2]));
    assert!(why(without.open(place(), &sealed).unwrap_err()).starts_with("the keyring has no key 1: restore"));
    assert_eq!(without.rotate().unwrap().active(), 3);
    // a keyring in the place of a lost one never takes its values for changed ones
    let new = Keyring::generate_after(2).unwrap();
    assert_eq!((new.active(), new.ids()), (3, vec![3]));
    assert!(why(new.open(place(), &sealed).unwrap_err()).starts_with("the keyring has no key 1: restore"));
}

async fn every_column_of_sealed_values_is_walked(home: &Home) {
    let _store = home.open().await;
    let sql = "select m.name from sqlite_master m join pragma_table_info(m.name) c on c.name like '%sealed%' \
               where m.type = 'table' order by m.name";
    let found = home.raw().await.rows(sql).await.concat();
    assert_eq!(found, seals::COLUMNS, "a table with sealed values is not in store/src/seals.rs");
}

/// Secrets, parts of bodies and a seed, sealed with these keys; how many.
async fn sealed_values(store: &Store, full: &Full, keys: &Arc<Keyring>) -> usize {
    let (tenant, integration) = (full.scope.tenant(), full.integration);
    for name in ["password", "token"] {
        let with = keys.clone();
        write(store, &full.scope, async move |tx| {
            seal::put_secret(tx, &with, tenant, integration, name, name.as_bytes(), NOW).await
        })
        .await
        .unwrap();
    }
    let artifact = ArtifactId::new(Uuid::from_u128(tenant.uuid().as_u128() ^ 7));
    for n in 0..6 {
        let part = artifacts::seal_part(keys, tenant, artifact, n, format!("part {n}").as_bytes()).unwrap();
        store.stage_part(&full.scope, artifact, n, part, NOW).await.unwrap();
    }
    let (with, person) = (keys.clone(), full.person);
    store
        .write_installation(store.operator(), given::call("totp_enrolled"), async move |tx| {
            factors::add_totp(tx, &with, person, b"seed", 1, NOW).await
        })
        .await
        .unwrap();
    9
}

async fn a_new_key_seals_everything_anew(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let old = Arc::new(keys());
    let count = sealed_values(&store, &acme, &old).await + sealed_values(&store, &noise, &old).await;
    let new = Arc::new(old.rotate().unwrap());
    let before = store.try_seals(&new).await.unwrap();
    assert_eq!((before.count, before.closed, before.not_under(2)), (count, 0, count));
    let raw = home.raw().await;
    let rows = raw.count("audit_log").await;
    let record = |n: usize| watchkeep_store::Call { target: Some(n.to_string()), ..given::call("values_resealed") };

    assert_eq!(store.reseal(&new, record).await.unwrap(), count);
    let after = store.try_seals(&new.without(1).unwrap()).await.unwrap();
    assert_eq!((after.count, after.closed, after.by_key), (count, 0, [(2, count)].into()));
    // each write has its row, in the chain of whose values they are
    let told = raw.rows("select target from audit_log where op = 'values_resealed'").await.concat();
    assert_eq!(told.iter().map(|n| n.parse::<usize>().unwrap()).sum::<usize>(), count);
    assert_eq!(raw.count("audit_log").await - rows, i64::try_from(told.len()).unwrap());
    for full in [&acme, &noise] {
        let id = home.engine.id(full.scope.tenant().uuid());
        let sql = format!("select target from audit_log where op = 'values_resealed' and tenant_id = {id}");
        let of_it = raw.rows(&sql).await.concat();
        assert_eq!(of_it.iter().map(|n| n.parse::<usize>().unwrap()).sum::<usize>(), 8, "{of_it:?}");
        let secret = seal::secret(store.at(&full.scope), &new, full.scope.tenant(), full.integration, "token").await;
        assert_eq!(secret.unwrap().unwrap(), b"token");
    }
    assert_eq!(store.reseal(&new, record).await.unwrap(), 0, "and nothing is left to do");
}

async fn what_does_not_open_stays_as_it_is(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let lost = Arc::new(keys());
    let count = sealed_values(&store, &acme, &lost).await;
    let raw = home.raw().await;
    let sql = "select sealed from artifact_part order by n";
    let kept = raw.rows(sql).await;
    let new = Keyring::generate_after(1).unwrap();
    assert_eq!(store.reseal(&new, |_| given::call("values_resealed")).await.unwrap(), 0);
    assert_eq!(raw.rows(sql).await, kept);
    let seals = store.try_seals(&new).await.unwrap();
    assert_eq!((seals.count, seals.closed, seals.not_under(2)), (count, count, count));
    assert!(seals.bad[0].starts_with("secret `password` of integration") && seals.bad[0].contains("no key 1"));
    assert!(seals.bad.iter().any(|bad| bad.starts_with("part 5 of artifact")), "{:?}", seals.bad);
    assert!(seals.bad.iter().any(|bad| bad.starts_with("the authenticator seed of person")), "{:?}", seals.bad);
}
