//! Assets, applications and people: one inventory.
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use watchkeep_model::register::{Criticality, Kind};
use watchkeep_model::{EntryId, Timestamp};
use watchkeep_store::kris::like;
use watchkeep_store::register::{assets as store, key};

use crate::op::Dialect;
use crate::register::Entry;
use crate::{Answer, Ctx, Doors, Error, Op, Page, Paging, Read, Reply, Verb};

/// What an inventory holds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AssetKind {
    /// A thing, such as a host or a site.
    Asset,
    /// A piece of software that people use.
    Application,
    /// Somebody of the own people.
    Person,
}

impl AssetKind {
    const fn kind(self) -> Kind {
        match self {
            Self::Asset => Kind::Asset,
            Self::Application => Kind::Application,
            Self::Person => Kind::Person,
        }
    }
}

/// An asset, an application or a person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Its id.
    pub id: EntryId,
    /// What it is.
    pub kind: Kind,
    /// Its name in files and links, unique among its kind.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What sort of thing it is, or where a person works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How much depends on it; absent where nobody said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// Who answers for it, as somebody wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The slugs of the people of the register who answer for it.
    pub owners: Vec<String>,
    /// From where it can be reached (internet, partner, internal, isolated), or what a person may do (standard, elevated,
    /// privileged).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<String>,
    /// Which data it holds.
    pub data_classes: Vec<String>,
    /// The slugs of the vendors behind it.
    pub vendors: Vec<String>,
    /// Which tool or list tells of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it was last seen; absent where nobody said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Grows with each edit.
    pub version: i64,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

impl From<Entry> for Asset {
    fn from(e: Entry) -> Self {
        Self {
            id: e.id,
            kind: e.kind,
            category: e.text("category"),
            criticality: e.word("criticality"),
            owner: e.text("owner"),
            owners: e.codes("owners"),
            exposure: e.text("exposure"),
            data_classes: e.texts("dataClasses"),
            vendors: e.codes("in vendors"),
            source: e.text("source"),
            last_seen: e.time("lastSeen"),
            version: e.version,
            demo: e.demo,
            slug: e.code,
            name: e.name,
        }
    }
}

/// How many there are of each kind, whatever the page holds.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetCounts {
    /// Assets.
    pub asset: i64,
    /// Applications.
    pub application: i64,
    /// People.
    pub person: i64,
}

/// A page of the inventory, and the counts beside it. The envelope is a list's.
#[derive(Debug)]
pub struct Inventory {
    page: Page<Asset>,
    counts: AssetCounts,
}

impl Answer for Inventory {
    fn schema(g: &mut SchemaGenerator, dialect: Dialect) -> Schema {
        let mut schema = Page::<Asset>::schema(g, dialect);
        let counts = g.subschema_for::<AssetCounts>();
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("counts".into(), counts.to_value());
        }
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.push("counts".into());
        }
        schema
    }

    fn reply(&self, dialect: Dialect) -> Result<Reply, Error> {
        let mut reply = self.page.reply(dialect)?;
        let counts = serde_json::to_string(&self.counts).map_err(Error::internal)?;
        // the envelope is an object with members
        reply.json.pop();
        reply.json.push_str(&format!(",\"counts\":{counts}}}"));
        Ok(reply)
    }
}

/// Lists what there is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetAssetInventory {
    /// Only this kind; all three if left out.
    pub kind: Option<AssetKind>,
    /// Words in the name, the slug, the category or the description.
    #[schemars(length(min = 1, max = 200))]
    pub query: Option<String>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for GetAssetInventory {
    const NAME: &'static str = "get_asset_inventory";
    const TITLE: &'static str = "Get the asset inventory";
    const ABOUT: &'static str = "The active assets, applications and people of this tenant with criticality, owner, exposure, source and when they were last seen, kind by kind, and how many there are of each.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/inventory").repeatable();
    const OUTSIDE: &'static [&'static str] =
        &["items[].name", "items[].category", "items[].owner", "items[].dataClasses[]", "items[].source"];
    type Cap = Read;
    type Answer = Inventory;

    async fn run(self, cx: Ctx<Read>) -> Result<Inventory, Error> {
        let after: String = cx.after(&self.page)?.unwrap_or_default();
        let filter = store::Filter {
            kind: self.kind.map(AssetKind::kind),
            pattern: self.query.as_deref().map(like).unwrap_or_default(),
        };
        let rows = store::page(cx.db(), &filter, &after, self.page.fetch()).await?;
        let all = rows.into_iter().map(|row| Asset::from(Entry::from(row))).collect();
        let page = cx.page(all, &self.page, |a: &Asset| key(a.kind, &a.slug))?;
        let mut counts = AssetCounts::default();
        for (kind, count) in store::counts(cx.db()).await? {
            match kind {
                Kind::Application => counts.application = count,
                Kind::Person => counts.person = count,
                _ => counts.asset = count,
            }
        }
        Ok(Inventory { page, counts })
    }
}
