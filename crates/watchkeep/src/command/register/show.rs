//! Entries as they are shown.
use serde_json::{Map, Value, json};
use watchkeep_hub::exchange;
use watchkeep_hub::register::{Entry, comments, risks};
use watchkeep_model::Timestamp;
use watchkeep_model::register::{Holds, Kind};
use watchkeep_store::Reader;

use crate::app::App;
use crate::fault::Result;
use crate::out::{Column, moment};

/// The fields that a table shows beside code and name.
const fn columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Control => &["category", "function", "status", "effectiveness", "owner", "kris"],
        Kind::Risk => &["currentScore", "inherentScore", "category", "treatment", "owner", "controls"],
        Kind::Outcome => &["annualLossMean", "toleranceLoss", "currency", "owner", "risks"],
        Kind::Vendor => &["tier", "compositeScore", "nextReview", "findingsOpen", "owner"],
        Kind::Asset | Kind::Application => &["category", "criticality", "exposure", "owner", "lastSeen"],
        Kind::Person => &["category", "exposure", "criticality", "email"],
    }
}

/// A field as text; a number of links for links; empty where nothing is known.
fn text(entry: &Entry, name: &str) -> String {
    let Some(field) = entry.kind.field(name) else { return String::new() };
    match field.holds {
        Holds::Links(_) => entry.links.get(name).map(|l| l.len().to_string()).unwrap_or_default(),
        Holds::Code => entry.code.clone(),
        _ => {
            let text = entry.fields.get(name).map(|v| field.to_text(v)).unwrap_or_default();
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
    }
}

/// The texts in which somebody would look for it.
pub(super) fn texts(entry: &Entry) -> Vec<String> {
    let mut all = vec![entry.code.clone(), entry.name.clone()];
    all.extend(["category", "owner", "email"].iter().map(|name| text(entry, name)));
    all
}

/// An entry as JSON: its fields with what the catalogue says, its links, its standing in the register.
fn document(entry: &Entry) -> Map<String, Value> {
    let shown = Entry { own: entry.fields.clone(), ..entry.clone() };
    let mut object = exchange::objects(entry.kind, &[shown]).pop().unwrap_or_default();
    object.insert("id".into(), json!(entry.id));
    object.insert("version".into(), json!(entry.version));
    object.insert("updatedAt".into(), json!(entry.updated_at));
    object.insert("demo".into(), json!(entry.demo));
    object
}

/// A table of entries.
pub(super) fn table(app: &App, kind: Kind, entries: &[Entry]) -> Result {
    if app.out.json {
        let items: Vec<_> = entries.iter().map(document).collect();
        return app.out.document(&json!({ "items": items }));
    }
    let shown = |name: &'static str| {
        move |e: &Entry| {
            let text = text(e, name);
            if text.is_empty() { "-".to_owned() } else { text }
        }
    };
    let fills: Vec<_> = columns(kind).iter().map(|name| (*name, shown(name))).collect();
    let mut all: Vec<Column<'_, Entry>> =
        vec![(kind.code_field(), &|e: &Entry| e.code.clone()), (kind.name_field(), &|e: &Entry| e.name.clone())];
    all.extend(fills.iter().map(|(name, fill)| (*name, fill as &dyn Fn(&Entry) -> String)));
    if entries.is_empty() {
        let told = format!(
            "no {} yet; `watchkeep {kind} add` makes one, `watchkeep import {}` takes a file",
            kind.plural(),
            kind.plural()
        );
        app.out.note(told);
        return Ok(());
    }
    let rows = entries.iter().map(|e| all.iter().map(|(_, fill)| fill(e)).collect()).collect();
    app.out.table(&all.iter().map(|(name, _)| *name).collect::<Vec<_>>(), rows)
}

/// An entry with everything about it.
pub(super) async fn tell(app: &App, db: Reader<'_>, entry: &Entry, now: Timestamp) -> Result {
    let kind = entry.kind;
    let said = comments(db, entry.id).await?;
    let (accepted, actions) = match kind {
        Kind::Risk => (risks::acceptances(db, entry.id).await?, risks::actions(db, entry.id, now).await?),
        _ => (vec![], vec![]),
    };
    if app.out.json {
        let mut whole = document(entry);
        let list: Vec<_> = said.iter().map(|c| json!(c)).collect();
        whole.insert("comments".into(), list.into());
        if kind == Kind::Risk {
            let list: Vec<_> = accepted
                .iter()
                .map(|a| json!({ "at": a.at, "by": a.accepted_by, "why": a.why, "until": a.until, "expired": a.until < now, "withdrawnAt": a.withdrawn_at }))
                .collect();
            whole.insert("acceptances".into(), list.into());
            let list: Vec<_> = actions.iter().map(|t| json!(t)).collect();
            whole.insert("actions".into(), list.into());
        }
        return app.out.document(&whole);
    }
    let mut pairs = vec![];
    for field in kind.fields() {
        let text = match field.links() {
            Some(links) => entry.links.get(field.name).map(|l| links.all_to_text(l)).unwrap_or_default(),
            None => text(entry, field.name),
        };
        if !text.is_empty() {
            pairs.push((field.name, text));
        }
    }
    if let Some((slug, version)) = &entry.follows {
        pairs.push(("follows", format!("{slug} of the catalogue, version {version}")));
    }
    pairs.push(("version", format!("{} of {}", entry.version, moment(entry.updated_at))));
    app.out.pairs(&pairs)?;
    for a in accepted.iter().filter(|a| a.withdrawn_at.is_none()) {
        let held = if a.until < now { "ENDED" } else { "until" };
        app.out.line(format!("accepted by {}, {held} {}: {}", a.accepted_by, moment(a.until), a.why))?;
    }
    for t in &actions {
        let late = if t.overdue { ", OVERDUE" } else { "" };
        let who = t.owner.as_deref().unwrap_or("nobody");
        app.out.line(format!("{} ({who}, due {}{late}): {}", t.state, moment(t.due), t.title))?;
    }
    for c in &said {
        app.out.line(format!("{} {}: {}", moment(c.at), c.by, c.text))?;
    }
    Ok(())
}
