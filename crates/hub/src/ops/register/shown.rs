//! What the lists of several kinds tell in the same form.
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use watchkeep_model::catalog::KriRole;
use watchkeep_model::register::{Kind, Origin};

use crate::error::{Error, Flaw};
use crate::register::{Entry, Near, changed_upstream};

/// A loss of a year in money, by a person's word. What is absent is not known.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnnualLoss {
    /// Of an average year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// In 1 of 10 years it is no more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p10: Option<f64>,
    /// In half of the years it is no more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// In 9 of 10 years it is no more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// The currency, such as EUR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl AnnualLoss {
    /// None where nothing of it is known.
    pub(in crate::ops) fn of(e: &Entry) -> Option<Self> {
        let [mean, p10, p50, p90] = ["Mean", "P10", "P50", "P90"].map(|part| e.number(&format!("annualLoss{part}")));
        [mean, p10, p50, p90].iter().any(Option::is_some).then(|| Self {
            mean,
            p10,
            p50,
            p90,
            currency: e.text("currency"),
        })
    }
}

/// The risk of an outcome, or the outcome of a risk, with the share of the loss.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Which share of the risk's loss ends in the outcome, 0 to 1; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

impl Share {
    pub(in crate::ops) fn of(near: &Near) -> Self {
        Self { slug: near.link.to.clone(), name: near.title.clone(), share: near.link.number }
    }
}

/// A KRI that measures a control.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeasuringKri {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it says about the control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<KriRole>,
    /// How much it counts beside others of the same role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

impl MeasuringKri {
    pub(in crate::ops) fn of(near: &Near) -> Self {
        let Near { link, title, .. } = near;
        Self { slug: link.to.clone(), name: title.clone(), role: link.role, weight: link.number }
    }
}

/// Where an entry comes from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// The tenant's own, or an entry of the catalogue with what the tenant changed of it.
    pub origin: Origin,
    /// The entry of the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_slug: Option<String>,
    /// The version of that which was adopted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_version: Option<i64>,
    /// True if the catalogue has a newer version of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub upstream_changed: bool,
}

impl Provenance {
    pub(in crate::ops) fn of(e: &Entry) -> Self {
        let (catalog_slug, base_version) = e.follows.clone().unzip();
        Self {
            origin: if catalog_slug.is_some() { Origin::CatalogOverride } else { Origin::Custom },
            catalog_slug,
            base_version,
            upstream_changed: changed_upstream(e.kind, e.follows.as_ref()),
        }
    }
}

/// Refuses a category that no entry has and no catalogue knows, with those that there are.
pub(in crate::ops) async fn category(
    db: watchkeep_store::Reader<'_>,
    kind: Kind,
    asked: Option<&String>,
    catalogue: &[&str],
) -> Result<String, Error> {
    let Some(asked) = asked else { return Ok(String::new()) };
    if !catalogue.contains(&asked.as_str()) {
        let mut known = watchkeep_store::register::categories(db, kind).await?;
        if !known.contains(asked) {
            known.extend(catalogue.iter().map(|w| (*w).to_owned()));
            known.sort();
            known.dedup();
            let flaw = Flaw::new("category", format!("`{asked}` is no category")).allowed(known, asked);
            return Err(Error::invalid(vec![flaw]));
        }
    }
    Ok(asked.clone())
}

/// The fields of an entry as lines of text, in the order of the declaration, and what it is linked to.
pub(in crate::ops) fn told(e: &Entry) -> String {
    let mut lines = vec![];
    for field in e.kind.fields() {
        let Some(value) = e.fields.get(field.name) else { continue };
        let value = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        lines.push(format!("{}: {value}", field.name));
    }
    let mut names: Vec<&str> = e.around.iter().map(|n| n.name.as_str()).collect();
    names.dedup();
    for name in names {
        let all: Vec<String> = e.near(name).map(|n| format!("{} ({})", n.link.to, n.title)).collect();
        lines.push(format!("{name}: {}", all.join(", ")));
    }
    lines.join("\n")
}
