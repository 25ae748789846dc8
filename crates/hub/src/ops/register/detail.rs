//! One entry of any kind, whole, and comments on it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use watchkeep_model::catalog::KriRole;
use watchkeep_model::register::Kind;
use watchkeep_model::{EntryId, Timestamp};
use watchkeep_store::Reader;

use super::shown::Provenance;
use super::stamp;
use crate::register::{self, Comment, Entry, Near};
use crate::{Ctx, Doors, Error, Op, Read, Verb, Write};

/// A link of an entry, or of another to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Linked {
    /// The field that holds it, such as controls; `in risks` where it is the other entry's.
    pub field: String,
    /// The code or slug of the other.
    pub to: String,
    /// Its name for people.
    pub name: String,
    /// What a KRI says about a control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<KriRole>,
    /// How much it counts: the weight of a KRI, the share of a risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
}

impl Linked {
    fn of(near: &Near) -> Self {
        Self {
            field: near.name.clone(),
            to: near.link.to.clone(),
            name: near.title.clone(),
            role: near.link.role,
            number: near.link.number,
        }
    }
}

/// An entry of the register, whole.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryDetail {
    /// Its id.
    pub id: EntryId,
    /// What kind of entry.
    pub kind: Kind,
    /// Its name in files and links.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What is known of it, by the fields of its kind. What is absent is not known.
    pub fields: Map<String, Value>,
    /// Those of the fields that the tenant said; the others are the catalogue's.
    pub own: Vec<String>,
    /// What it is linked to.
    pub links: Vec<Linked>,
    /// Where it comes from.
    #[serde(flatten)]
    pub from: Provenance,
    /// What people said about it, newest first, at most 100.
    pub comments: Vec<Comment>,
    /// Grows with each edit.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

/// The whole of an entry.
pub(in crate::ops) async fn whole(db: Reader<'_>, e: &Entry) -> Result<EntryDetail, Error> {
    Ok(EntryDetail {
        id: e.id,
        kind: e.kind,
        code: e.code.clone(),
        name: e.name.clone(),
        fields: e.fields.clone(),
        own: e.own.keys().cloned().collect(),
        links: e.around.iter().map(Linked::of).collect(),
        from: Provenance::of(e),
        comments: register::comments(db, e.id).await?,
        version: e.version,
        created_at: e.created_at,
        updated_at: e.updated_at,
        demo: e.demo,
    })
}

/// Gets one entry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetEntry {
    /// What kind of entry.
    pub kind: Kind,
    /// Its id, its code or its slug.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

impl Op for GetEntry {
    const NAME: &'static str = "get_entry";
    const TITLE: &'static str = "Get an entry of the register";
    const ABOUT: &'static str = "One control, risk, outcome, vendor, asset, application or person with all that is known of it, its links and comments.";
    const DOORS: Doors = Doors::api().rest(Verb::Get, "/register/{kind}/{id}").repeatable();
    const OUTSIDE: &'static [&'static str] = &["name", "fields", "links[].name", "comments[].text", "comments[].by"];
    type Cap = Read;
    type Answer = EntryDetail;

    async fn run(self, cx: Ctx<Read>) -> Result<EntryDetail, Error> {
        let entry = register::find(cx.db(), self.kind, &self.id).await?;
        cx.about(format!("{}:{}", entry.kind, entry.code));
        whole(cx.db(), &entry).await
    }
}

/// Comments on an entry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentOnEntry {
    /// What kind of entry.
    pub kind: Kind,
    /// Its id, its code or its slug.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// What there is to say.
    #[schemars(length(min = 1, max = 2000))]
    pub text: String,
}

impl Op for CommentOnEntry {
    const NAME: &'static str = "comment_on_entry";
    const TITLE: &'static str = "Comment on an entry";
    const ABOUT: &'static str =
        "Adds a comment to an entry of the register, with its author and time. A comment is never changed.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/register/{kind}/{id}/comments");
    type Cap = Write;
    type Answer = Comment;

    async fn run(self, cx: Ctx<Write>) -> Result<Comment, Error> {
        let row = register::find_row(cx.db(), self.kind, &self.id).await?;
        cx.about(format!("{}:{}", self.kind, row.code));
        let stamp = stamp(&cx);
        cx.write(async move |tx| register::comment(tx, &stamp, self.kind, row.id, &self.text).await).await
    }
}
