//! What the catalogue says of a risk or a control, in the fields of the register.
use serde_json::{Map, Value, json};
use watchkeep_model::catalog::{self, CatalogControl, CatalogRisk};
use watchkeep_model::register::{Kind, Sheet};
use watchkeep_model::{text, word};

use crate::error::Error;

/// The fields of an entry: what the tenant said, and for a risk that follows the catalogue what that says beside it.
pub(super) fn resolved(kind: Kind, follows: Option<&(String, i64)>, own: &Map<String, Value>) -> Map<String, Value> {
    let base = match (kind, follows) {
        (Kind::Risk, Some((slug, _))) => catalog::risk(slug),
        _ => None,
    };
    let mut fields = base.map(of_risk).unwrap_or_default();
    fields.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    fields
}

/// True if the catalogue has a newer version of what was adopted.
#[must_use]
pub fn changed_upstream(kind: Kind, follows: Option<&(String, i64)>) -> bool {
    let version = follows.and_then(|(slug, _)| match kind {
        Kind::Risk => catalog::risk(slug).map(|r| r.version),
        Kind::Control => catalog::control(slug).map(|c| c.version),
        _ => None,
    });
    version.zip(follows).is_some_and(|(now, (_, base))| i64::from(now) > *base)
}

fn of_risk(risk: &CatalogRisk) -> Map<String, Value> {
    let mut techniques: Vec<&String> = vec![];
    for technique in risk.pathways.iter().flat_map(|p| &p.techniques) {
        if !techniques.contains(&technique) {
            techniques.push(technique);
        }
    }
    let fields = json!({
        "title": risk.title,
        "statement": risk.statement,
        "category": risk.category,
        "lossForms": risk.loss_forms,
        "techniques": techniques,
    });
    members(fields)
}

fn of_control(control: &CatalogControl) -> Map<String, Value> {
    let csf = control.csf.iter().map(|id| format!("CSF:{id}"));
    let nist = control.nist.iter().map(|id| format!("800-53:{id}"));
    let fields = json!({
        "name": control.name,
        "about": control.about,
        "category": control.category,
        "function": control.function,
        "frameworks": csf.chain(nist).collect::<Vec<_>>(),
        "techniques": control.techniques.iter().map(|t| &t.id).collect::<Vec<_>>(),
        "mitigations": control.mitigations,
    });
    members(fields)
}

/// The members of an object that say something.
fn members(object: Value) -> Map<String, Value> {
    let Value::Object(mut members) = object else { return Map::new() };
    members.retain(|_, v| !v.is_null() && v.as_array().is_none_or(|items| !items.is_empty()));
    members
}

/// What adopting a risk of the catalogue keeps: that it follows it. Links are the caller's.
///
/// # Errors
/// Not found, naming the nearest.
pub fn sheet_of_catalog_risk(slug: &str) -> Result<Sheet, Error> {
    let Some(risk) = catalog::risk(slug) else {
        return Err(unknown("risk", slug, catalog::risks().iter().map(|r| r.slug.as_str())));
    };
    let mut sheet = Sheet::new(Kind::Risk);
    sheet.code = risk.slug.parse().ok();
    sheet.follows = Some((risk.slug.clone(), i64::from(risk.version)));
    Ok(sheet)
}

/// What adopting a control of the catalogue keeps: all that it says, which is the tenant's from then on. How it stands is
/// not known until somebody says so.
///
/// # Errors
/// Not found, naming the nearest.
pub fn sheet_of_catalog_control(slug_or_code: &str) -> Result<Sheet, Error> {
    let Some(control) = catalog::control(slug_or_code) else {
        let names = catalog::controls().iter().flat_map(|c| [c.slug.as_str(), c.code.as_str()]);
        return Err(unknown("control", slug_or_code, names));
    };
    let mut sheet = Sheet::read(Kind::Control, &of_control(control)).map_err(super::invalid)?;
    sheet.code = control.code.parse().ok();
    sheet.follows = Some((control.slug.clone(), i64::from(control.version)));
    Ok(sheet)
}

fn unknown(what: &str, asked: &str, known: impl Iterator<Item = &'static str>) -> Error {
    let near = word::nearest(asked, known).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    let asked = text::clean(asked, 80);
    Error::not_found(format!("there is no {what} `{asked}` in the catalogue; list_catalog_{what}s tells them{near}"))
}
