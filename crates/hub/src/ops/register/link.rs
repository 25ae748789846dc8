//! Single links: made and cut, without saying all the others again.
use schemars::JsonSchema;
use serde::Deserialize;
use watchkeep_model::catalog::KriRole;
use watchkeep_model::register::{Kind, Links};

use super::{EntryRef, stamp};
use crate::error::{Error, Flaw};
use crate::{Ctx, Doors, Op, Verb, Write, register};

/// What a field of links holds.
fn links_of(kind: Kind, field: &str) -> Result<(&'static str, Links), Error> {
    let declared = kind.fields().iter().filter_map(|f| Some((f.name, f.links()?)));
    declared.clone().find(|(name, _)| *name == field).ok_or_else(|| {
        let allowed = declared.map(|(name, _)| name.to_owned()).collect();
        let told = format!("{} has no links of this name", kind.with_article());
        Error::invalid(vec![Flaw::new("field", told).allowed(allowed, field)])
    })
}

/// Links an entry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkEntry {
    /// What kind of entry.
    pub kind: Kind,
    /// Its id, its code or its slug.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// The field of the link: kris of a control or a risk, controls of a risk, risks of an outcome, assets or applications
    /// of a vendor, owners of an asset or an application.
    #[schemars(length(min = 1, max = 40))]
    pub field: String,
    /// The code or slug of what it is linked to.
    #[schemars(length(min = 1, max = 100))]
    pub to: String,
    /// What a KRI says about a control; performance if left out.
    pub role: Option<KriRole>,
    /// How much it counts: the weight of a KRI, 0 to 100, or the share of a risk, 0 to 1.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub number: Option<f64>,
}

impl Op for LinkEntry {
    const NAME: &'static str = "link_entry";
    const TITLE: &'static str = "Link an entry";
    const ABOUT: &'static str =
        "Links an entry of the register to another, or to a KRI. A link that is there gets the role and number given.";
    const DOORS: Doors = Doors::api().rest(Verb::Put, "/register/{kind}/{id}/links").repeatable();
    type Cap = Write;
    type Answer = EntryRef;

    async fn run(self, cx: Ctx<Write>) -> Result<EntryRef, Error> {
        let (_, links) = links_of(self.kind, &self.field)?;
        let link = links
            .link(&self.to, self.role.map(|r| r.as_str()), self.number)
            .map_err(|(member, why)| Error::flaw(member_of(member), &why))?;
        let row = register::find_row(cx.db(), self.kind, &self.id).await?;
        cx.about(format!("{}:{}", self.kind, row.code));
        let stamp = stamp(&cx);
        cx.write(async move |tx| {
            Ok(register::link(tx, &stamp, self.kind, row.id, &self.field, link.clone()).await?.into())
        })
        .await
    }
}

/// The argument that a member of a link stands in.
fn member_of(member: &str) -> &str {
    match member {
        "role" => "role",
        "weight" | "share" => "number",
        _ => "to",
    }
}

/// Cuts a link.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnlinkEntry {
    /// What kind of entry.
    pub kind: Kind,
    /// Its id, its code or its slug.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// The field of the link, such as controls.
    #[schemars(length(min = 1, max = 40))]
    pub field: String,
    /// The code or slug of what it is linked to.
    #[schemars(length(min = 1, max = 100))]
    pub to: String,
}

impl Op for UnlinkEntry {
    const NAME: &'static str = "unlink_entry";
    const TITLE: &'static str = "Cut a link";
    const ABOUT: &'static str = "Takes a link of an entry away. Both ends stay.";
    const DOORS: Doors = Doors::api().rest(Verb::Delete, "/register/{kind}/{id}/links/{field}/{to}").destructive();
    type Cap = Write;
    type Answer = EntryRef;

    async fn run(self, cx: Ctx<Write>) -> Result<EntryRef, Error> {
        links_of(self.kind, &self.field)?;
        let row = register::find_row(cx.db(), self.kind, &self.id).await?;
        cx.about(format!("{}:{}", self.kind, row.code));
        let stamp = stamp(&cx);
        cx.write(async move |tx| {
            Ok(register::unlink(tx, &stamp, self.kind, row.id, &self.field, &self.to).await?.into())
        })
        .await
    }
}
