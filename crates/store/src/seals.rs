//! All sealed values at once: the proof that each opens, and sealing each anew under the active key.
//!
//! They are read in pages by their keys, so that a body of gigabytes costs the memory of a few parts. Whoever adds a
//! column of sealed values adds it to [`COLUMNS`] and to the walk here; a test compares the list with the schema.
use std::collections::BTreeMap;

use uuid::Uuid;
use watchkeep_model::{ArtifactId, IntegrationId, PersonId, Slug, TenantId};

use crate::seal::Place;
use crate::{Call, Error, Keyring, Result, Store, TenantScope, artifacts, identity::factors, seal};

/// The tables with a column of sealed values, which is called `sealed`.
pub const COLUMNS: &[&str] = &["artifact_part", "integration_secret", "totp"];

/// Values in a page, and in one write; parts of bodies are a megabyte each.
const PAGE: i64 = 200;
const PARTS: i64 = 4;
/// Values that do not open are named up to this many, and counted beyond.
const NAMED: usize = 20;

statements! {
    Crossing SECRETS_AFTER = "select s.tenant_id, t.slug, s.integration_id, s.name, s.sealed from integration_secret s join tenant t on t.id = s.tenant_id where (s.tenant_id, s.integration_id, s.name) > ($1, $2, $3) order by s.tenant_id, s.integration_id, s.name limit $4";
    Crossing PARTS_AFTER = "select p.tenant_id, t.slug, p.artifact_id, p.n, p.sealed from artifact_part p join tenant t on t.id = p.tenant_id where (p.tenant_id, p.artifact_id, p.n) > ($1, $2, $3) order by p.tenant_id, p.artifact_id, p.n limit $4";
    Crossing SEEDS_AFTER = "select user_id, sealed from totp where user_id > $1 order by user_id limit $2";
    Tenant RESEAL_SECRET = "update integration_secret set sealed = $5 where tenant_id = $1 and integration_id = $2 and name = $3 and sealed = $4";
    Tenant RESEAL_PART = "update artifact_part set sealed = $5 where tenant_id = $1 and artifact_id = $2 and n = $3 and sealed = $4";
    Installation RESEAL_SEED = "update totp set sealed = $3 where user_id = $1 and sealed = $2";
}

/// What came of opening every sealed value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seals {
    /// How many there are.
    pub count: usize,
    /// How many name each key; whether the keyring has it or not.
    pub by_key: BTreeMap<u32, usize>,
    /// How many do not open.
    pub closed: usize,
    /// The first of those, each with the reason.
    pub bad: Vec<String>,
}

impl Seals {
    /// How many are sealed with another key than this one.
    #[must_use]
    pub fn not_under(&self, key: u32) -> usize {
        self.by_key.iter().filter(|(id, _)| **id != key).map(|(_, count)| count).sum()
    }

    /// What does not open, in sentences: the first by name, the rest counted.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let more = self.closed - self.bad.len();
        self.bad.iter().cloned().chain((more > 0).then(|| format!("and {more} more"))).collect()
    }

    fn add(&mut self, value: &Value, opened: &Result<Vec<u8>>) {
        self.count += 1;
        if let Some(key) = Keyring::key_of(&value.sealed) {
            *self.by_key.entry(key).or_default() += 1;
        }
        if let Err(why) = opened {
            self.closed += 1;
            if self.bad.len() < NAMED {
                self.bad.push(format!("{}: {why}", value.id.named()));
            }
        }
    }
}

/// One sealed value with its key.
#[derive(Clone, Debug)]
struct Value {
    id: Id,
    sealed: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Id {
    Secret(TenantId, Slug, IntegrationId, String),
    Part(TenantId, Slug, ArtifactId, i64),
    Seed(PersonId),
}

impl Id {
    fn at<T>(&self, then: impl FnOnce(Place<'_>) -> T) -> T {
        match self {
            Self::Secret(tenant, _, of, name) => then(seal::secret_place(*tenant, *of, name)),
            Self::Part(tenant, _, of, n) => then(artifacts::part_place(*tenant, *of, &n.to_string())),
            Self::Seed(person) => then(factors::place(*person)),
        }
    }

    fn named(&self) -> String {
        match self {
            Self::Secret(_, slug, of, name) => format!("secret `{name}` of integration {of} of {slug}"),
            Self::Part(_, slug, of, n) => format!("part {n} of artifact {of} of {slug}"),
            Self::Seed(person) => format!("the authenticator seed of person {person}"),
        }
    }

    fn tenant(&self) -> Option<(TenantId, &Slug)> {
        match self {
            Self::Secret(tenant, slug, ..) | Self::Part(tenant, slug, ..) => Some((*tenant, slug)),
            Self::Seed(_) => None,
        }
    }
}

/// Where a walk through all values stands: after this one.
enum After {
    Secret(TenantId, IntegrationId, String),
    Part(TenantId, ArtifactId, i64),
    Seed(PersonId),
    All,
}

/// A walk through all values, page by page.
struct Walk<'a> {
    store: &'a Store,
    after: After,
}

impl<'a> Walk<'a> {
    fn new(store: &'a Store) -> Self {
        let after = After::Secret(TenantId::new(Uuid::nil()), IntegrationId::new(Uuid::nil()), String::new());
        Self { store, after }
    }

    /// The next values, of one table; none at the end.
    async fn next(&mut self) -> Result<Option<Vec<Value>>> {
        loop {
            let all = self.store.crossing();
            let (page, then): (Vec<Value>, After) = match &self.after {
                After::Secret(tenant, of, name) => {
                    let rows: Vec<(TenantId, Slug, IntegrationId, String, Vec<u8>)> =
                        all.all(SECRETS_AFTER, params![*tenant, *of, name, PAGE]).await?;
                    let value =
                        |(tenant, slug, of, name, sealed)| Value { id: Id::Secret(tenant, slug, of, name), sealed };
                    (
                        rows.into_iter().map(value).collect(),
                        After::Part(TenantId::new(Uuid::nil()), ArtifactId::new(Uuid::nil()), -1),
                    )
                }
                After::Part(tenant, of, n) => {
                    let rows: Vec<(TenantId, Slug, ArtifactId, i64, Vec<u8>)> =
                        all.all(PARTS_AFTER, params![*tenant, *of, *n, PARTS]).await?;
                    let value = |(tenant, slug, of, n, sealed)| Value { id: Id::Part(tenant, slug, of, n), sealed };
                    (rows.into_iter().map(value).collect(), After::Seed(PersonId::new(Uuid::nil())))
                }
                After::Seed(person) => {
                    let rows: Vec<(PersonId, Vec<u8>)> = all.all(SEEDS_AFTER, params![*person, PAGE]).await?;
                    let value = |(person, sealed)| Value { id: Id::Seed(person), sealed };
                    (rows.into_iter().map(value).collect(), After::All)
                }
                After::All => return Ok(None),
            };
            // a page that is not full may be followed by one that is empty; an empty one ends its table
            self.after = match page.last().map(|value| value.id.clone()) {
                Some(Id::Secret(tenant, _, of, name)) => After::Secret(tenant, of, name),
                Some(Id::Part(tenant, _, of, n)) => After::Part(tenant, of, n),
                Some(Id::Seed(person)) => After::Seed(person),
                None => then,
            };
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
    }
}

/// A value and what takes its place.
#[derive(Clone, Debug)]
struct Renewed {
    id: Id,
    old: Vec<u8>,
    new: Vec<u8>,
}

/// Values of one tenant, or of persons.
type Group = (Option<TenantScope>, Vec<Renewed>);

impl Store {
    /// Opens every sealed value there is, for `doctor`.
    ///
    /// # Errors
    /// Of the database; a value that does not open is no error but told.
    pub async fn try_seals(&self, keys: &Keyring) -> Result<Seals> {
        let mut seals = Seals::default();
        let mut walk = Walk::new(self);
        while let Some(page) = walk.next().await? {
            for value in &page {
                seals.add(value, &value.id.at(|place| keys.open(place, &value.sealed)));
            }
        }
        Ok(seals)
    }

    /// Seals every value anew that is not sealed with the active key, a few at a time; tells how many it sealed. Each
    /// write has the audit row that `call` makes of the number of its values, in the tenant's chain or, for what
    /// belongs to persons, in the installation's. A value that was changed meanwhile, or does not open, stays as it is.
    ///
    /// # Errors
    /// Of the database. What was sealed until then stays sealed anew, and the rest can follow.
    pub async fn reseal(&self, keys: &Keyring, call: impl Fn(usize) -> Call) -> Result<usize> {
        let mut done = 0;
        let mut walk = Walk::new(self);
        while let Some(page) = walk.next().await? {
            // a page is in the order of its tenants
            let mut groups: Vec<Group> = vec![];
            for Value { id, sealed } in page {
                if Keyring::key_of(&sealed) == Some(keys.active()) {
                    continue;
                }
                let Ok(plain) = id.at(|place| keys.open(place, &sealed)) else { continue };
                let new = id.at(|place| keys.seal(place, &plain))?;
                let scope = id.tenant().map(|(tenant, slug)| TenantScope::new(tenant, slug.clone()));
                let value = Renewed { id, old: sealed, new };
                let tenant = |scope: &Option<TenantScope>| scope.as_ref().map(TenantScope::tenant);
                match groups.last_mut() {
                    Some((of, values)) if tenant(of) == tenant(&scope) => values.push(value),
                    _ => groups.push((scope, vec![value])),
                }
            }
            for (scope, values) in groups {
                let call = call(values.len());
                done += match scope {
                    Some(scope) => self.reseal_in(scope, call, values).await?,
                    None => self.reseal_seeds(call, values).await?,
                };
            }
        }
        Ok(done)
    }

    async fn reseal_in(&self, scope: TenantScope, call: Call, values: Vec<Renewed>) -> Result<usize> {
        self.write(&scope, call, async move |tx| {
            let mut done = 0;
            for Renewed { id, old, new } in &values {
                done += match id {
                    Id::Secret(_, _, of, name) => tx.exec(RESEAL_SECRET, params![*of, name, old, new]).await?,
                    Id::Part(_, _, of, n) => tx.exec(RESEAL_PART, params![*of, *n, old, new]).await?,
                    Id::Seed(_) => 0,
                };
            }
            Ok::<_, Error>(usize::try_from(done).unwrap_or(usize::MAX))
        })
        .await
    }

    async fn reseal_seeds(&self, call: Call, values: Vec<Renewed>) -> Result<usize> {
        self.write_installation(self.operator(), call, async move |tx| {
            let mut done = 0;
            for Renewed { id, old, new } in &values {
                if let Id::Seed(person) = id {
                    done += tx.exec(RESEAL_SEED, params![*person, old, new]).await?;
                }
            }
            Ok::<_, Error>(usize::try_from(done).unwrap_or(usize::MAX))
        })
        .await
    }
}
