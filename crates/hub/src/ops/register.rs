//! What can be done with an entry of any kind: made, changed, archived, read whole, commented on, linked. None of this is
//! reached over MCP but what the tools of each kind tell.
//!
//! The kinds differ by their declaration alone ([`Kind::fields`]), so each operation is written once, for a [`Noun`];
//! its arguments' schema comes from the declaration.
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use watchkeep_model::EntryId;
use watchkeep_model::register::{Holds, Kind};

use crate::ctx::Capability;
use crate::error::Kind as ErrorKind;
use crate::register::{self, Did, Kept, Mode, Stamp};
use crate::{Ctx, Doors, Error, Op, Verb, Write};

pub mod catalog;
pub mod detail;
pub mod link;
pub mod shown;

/// When and by whom something is written in a call.
pub(super) fn stamp<C: Capability>(cx: &Ctx<C>) -> Stamp {
    Stamp { fresh: cx.id(), at: cx.now(), by: cx.access().actor.name.clone(), demo: false }
}

/// An entry by name, after a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryRef {
    /// Its id.
    pub id: EntryId,
    /// What kind of entry.
    pub kind: Kind,
    /// Its name in files and links: the code of a control, the slug of anything else.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Its version now; send it with the next change, and nobody else's is lost.
    pub version: i64,
    /// False if everything was so already.
    pub changed: bool,
}

impl From<Kept> for EntryRef {
    fn from(k: Kept) -> Self {
        let changed = k.did != Did::Same;
        Self { id: k.id, kind: k.kind, code: k.code, name: k.name, version: k.version, changed }
    }
}

/// A kind of entry as a type: what the operations on it are called and where they are.
pub trait Noun: Send + Sync + 'static {
    /// The kind.
    const KIND: Kind;
    /// `create_` and the kind.
    const CREATE: &'static str;
    /// Its title.
    const CREATE_TITLE: &'static str;
    /// Its sentence.
    const CREATE_ABOUT: &'static str;
    /// `update_` and the kind.
    const UPDATE: &'static str;
    /// Its title.
    const UPDATE_TITLE: &'static str;
    /// Its sentence.
    const UPDATE_ABOUT: &'static str;
    /// `archive_` and the kind.
    const ARCHIVE: &'static str;
    /// Its title.
    const ARCHIVE_TITLE: &'static str;
    /// Its sentence.
    const ARCHIVE_ABOUT: &'static str;
    /// `/` and the plural.
    const ALL: &'static str;
    /// The path of one.
    const ONE: &'static str;
}

macro_rules! nouns { ($($name:ident $kind:ident $word:literal $plural:literal $one:literal;)+) => { $(
    #[doc = concat!("The operations on ", $plural, ".")]
    #[derive(Debug)]
    pub enum $name {}
    impl Noun for $name {
        const KIND: Kind = Kind::$kind;
        const CREATE: &'static str = concat!("create_", $word);
        const CREATE_TITLE: &'static str = concat!("Create ", $one);
        const CREATE_ABOUT: &'static str = concat!("Adds ", $one, " to the register, with its links. Scores are a person's word; what is left out is not known.");
        const UPDATE: &'static str = concat!("update_", $word);
        const UPDATE_TITLE: &'static str = concat!("Change ", $one);
        const UPDATE_ABOUT: &'static str = concat!("Changes the fields of ", $one, " that are given and leaves the others. With version, only if nobody changed it since.");
        const ARCHIVE: &'static str = concat!("archive_", $word);
        const ARCHIVE_TITLE: &'static str = concat!("Archive ", $one);
        const ARCHIVE_ABOUT: &'static str = concat!("Takes ", $one, " out of all lists. Its history stays, and its name in links stays taken.");
        const ALL: &'static str = concat!("/", $plural);
        const ONE: &'static str = concat!("/", $plural, "/{id}");
    }
)+ } }

nouns! {
    Controls Control "control" "controls" "a control";
    Risks Risk "risk" "risks" "a risk";
    Outcomes Outcome "outcome" "outcomes" "an outcome";
    Vendors Vendor "vendor" "vendors" "a vendor";
    Assets Asset "asset" "assets" "an asset";
    Applications Application "application" "applications" "an application";
    People Person "person" "people" "a person";
}

/// The schema of what `members` say.
fn object(members: Map<String, Value>, required: &[&str]) -> Schema {
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), Value::Object(members));
    schema.insert("required".into(), json!(required));
    schema.into()
}

/// Makes an entry. Its arguments are the fields that its kind declares.
pub struct Create<N>(Map<String, Value>, PhantomData<fn() -> N>);

impl<N> fmt::Debug for Create<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Create").field(&self.0).finish()
    }
}

impl<'de, N> Deserialize<'de> for Create<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(Map::deserialize(from)?, PhantomData))
    }
}

impl<N: Noun> JsonSchema for Create<N> {
    fn schema_name() -> Cow<'static, str> {
        N::CREATE.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let fields = N::KIND.fields();
        let members = fields.iter().map(|f| (f.name.to_owned(), f.schema())).collect();
        let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
        object(members, &required)
    }
}

impl<N: Noun> Op for Create<N> {
    const NAME: &'static str = N::CREATE;
    const TITLE: &'static str = N::CREATE_TITLE;
    const ABOUT: &'static str = N::CREATE_ABOUT;
    const DOORS: Doors = Doors::api().rest(Verb::Post, N::ALL);
    type Cap = Write;
    type Answer = EntryRef;

    async fn run(self, cx: Ctx<Write>) -> Result<EntryRef, Error> {
        let sheet = register::read(cx.db(), N::KIND, &self.0).await?;
        let stamp = stamp(&cx);
        cx.about(format!("{}:{}", N::KIND, stamp.fresh));
        cx.write(async move |tx| Ok(register::keep(tx, &stamp, &sheet, Mode::Create).await?.into())).await
    }
}

/// Changes an entry. Its arguments are the fields that its kind declares, and which entry is meant.
pub struct Update<N> {
    id: String,
    version: Option<i64>,
    fields: Map<String, Value>,
    noun: PhantomData<fn() -> N>,
}

impl<N> fmt::Debug for Update<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update").field("id", &self.id).field("fields", &self.fields).finish_non_exhaustive()
    }
}

impl<'de, N> Deserialize<'de> for Update<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Given {
            id: String,
            version: Option<i64>,
            #[serde(default)]
            clear: Vec<String>,
            #[serde(flatten)]
            fields: Map<String, Value>,
        }
        let mut given = Given::deserialize(from)?;
        for name in given.clear {
            if given.fields.insert(name.clone(), Value::Null).is_some() {
                return Err(serde::de::Error::custom(format!(
                    "clear: `{name}` is given a value, too; do one of the two"
                )));
            }
        }
        Ok(Self { id: given.id, version: given.version, fields: given.fields, noun: PhantomData })
    }
}

impl<N: Noun> JsonSchema for Update<N> {
    fn schema_name() -> Cow<'static, str> {
        N::UPDATE.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let fields = N::KIND.fields();
        let mut members: Map<String, Value> =
            fields.iter().filter(|f| f.holds != Holds::Code).map(|f| (f.name.to_owned(), f.schema())).collect();
        let can_be_cleared: Vec<&str> = fields
            .iter()
            .filter(|f| !f.required && f.holds != Holds::Code && f.links().is_none())
            .map(|f| f.name)
            .collect();
        let id = format!("The id or the {} of the {}.", N::KIND.code_field(), N::KIND);
        members.insert("id".into(), json!({ "type": "string", "minLength": 1, "maxLength": 100, "description": id }));
        let version = "The version that was read; if the entry is at another one, nothing is changed.";
        members.insert(
            "version".into(),
            json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000_000, "description": version }),
        );
        let clear =
            "Fields that are not known any more. Of a risk of the catalogue they are again as the catalogue says.";
        let item = json!({ "type": "string", "enum": can_be_cleared });
        members.insert("clear".into(), json!({ "type": "array", "items": item, "maxItems": 50, "description": clear }));
        object(members, &["id"])
    }
}

impl<N: Noun> Op for Update<N> {
    const NAME: &'static str = N::UPDATE;
    const TITLE: &'static str = N::UPDATE_TITLE;
    const ABOUT: &'static str = N::UPDATE_ABOUT;
    const DOORS: Doors = Doors::api().rest(Verb::Patch, N::ONE).repeatable().destructive();
    type Cap = Write;
    type Answer = EntryRef;

    async fn run(self, cx: Ctx<Write>) -> Result<EntryRef, Error> {
        let entry = register::find_row(cx.db(), N::KIND, &self.id).await?;
        cx.about(format!("{}:{}", N::KIND, entry.code));
        let cleared = self.fields.iter().filter(|(_, v)| v.is_null()).map(|(name, _)| name.clone());
        let cleared: Vec<String> = cleared.collect();
        let mut given = self.fields;
        given.retain(|_, v| !v.is_null());
        let mut sheet = register::read(cx.db(), N::KIND, &given).await?;
        sheet.fields.extend(cleared.into_iter().map(|name| (name, Value::Null)));
        let (stamp, mode) = (stamp(&cx), Mode::Update(entry.id, self.version));
        cx.write(async move |tx| Ok(register::keep(tx, &stamp, &sheet, mode).await?.into())).await
    }
}

/// Takes an entry out of the register.
pub struct Archive<N> {
    id: String,
    noun: PhantomData<fn() -> N>,
}

impl<N> fmt::Debug for Archive<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<'de, N> Deserialize<'de> for Archive<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Given {
            id: String,
        }
        Ok(Self { id: Given::deserialize(from)?.id, noun: PhantomData })
    }
}

impl<N: Noun> JsonSchema for Archive<N> {
    fn schema_name() -> Cow<'static, str> {
        N::ARCHIVE.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let about = format!("The id or the {} of the {}.", N::KIND.code_field(), N::KIND);
        let id = json!({ "type": "string", "minLength": 1, "maxLength": 100, "description": about });
        object(Map::from_iter([("id".to_owned(), id)]), &["id"])
    }
}

impl<N: Noun> Op for Archive<N> {
    const NAME: &'static str = N::ARCHIVE;
    const TITLE: &'static str = N::ARCHIVE_TITLE;
    const ABOUT: &'static str = N::ARCHIVE_ABOUT;
    const DOORS: Doors = Doors::api().rest(Verb::Delete, N::ONE).destructive();
    type Cap = Write;
    type Answer = EntryRef;

    async fn run(self, cx: Ctx<Write>) -> Result<EntryRef, Error> {
        let now = cx.now();
        let row = match register::find_row(cx.db(), N::KIND, &self.id).await {
            Ok(row) => row,
            // a twin on another hub may have archived it a moment ago: the write looks for its answer first
            Err(e) if e.kind == ErrorKind::NotFound => {
                return cx.write(async move |_| Err(Error::not_found(e.to_string()))).await;
            }
            Err(e) => return Err(e),
        };
        cx.about(format!("{}:{}", N::KIND, row.code));
        cx.write(async move |tx| {
            register::archive(tx, N::KIND, row.id, now).await?;
            let (code, name) = (row.code.clone(), row.name.clone());
            Ok(EntryRef { id: row.id, kind: row.kind, code, name, version: row.version + 1, changed: true })
        })
        .await
    }
}
