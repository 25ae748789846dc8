//! The catalogue of risks and controls, and how a tenant adopts what is in it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::catalog::{self, CatalogControl, CatalogRisk, Category, ControlFunction, LossForm, RiskCategory};
use watchkeep_model::register::{Kind, Link, Sheet};
use watchkeep_model::text;

use super::{EntryRef, stamp};
use crate::register::{Known, Mode, sheet_of_catalog_control, sheet_of_catalog_risk};
use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb, Write, register};

/// A risk of the catalogue.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogRiskItem {
    /// Its slug.
    pub slug: String,
    /// Its version.
    pub version: u32,
    /// Its name for people.
    pub title: String,
    /// Cause, event and consequence.
    pub statement: String,
    /// What it is about.
    pub category: RiskCategory,
    /// In which forms the loss comes, the heaviest first.
    pub loss_forms: Vec<LossForm>,
    /// The codes of the catalogue's controls against it.
    pub controls: Vec<String>,
    /// The signals that tell of it.
    pub signals: Vec<String>,
    /// True if the tenant has adopted it.
    pub adopted: bool,
}

/// A control of the catalogue.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogControlItem {
    /// Its slug.
    pub slug: String,
    /// What it is called in a register.
    pub code: String,
    /// Its version.
    pub version: u32,
    /// Its name for people.
    pub name: String,
    /// What is in place when it works.
    pub about: String,
    /// What it is about.
    pub category: Category,
    /// What it does about a loss event.
    pub function: ControlFunction,
    /// Subcategories of NIST CSF 2.0.
    pub csf: Vec<String>,
    /// ATT&CK techniques that it works against.
    pub techniques: Vec<String>,
    /// The signals that measure it.
    pub signals: Vec<String>,
    /// True if the tenant has adopted it.
    pub adopted: bool,
}

impl CatalogRiskItem {
    fn new(r: &CatalogRisk, known: &Known) -> Self {
        let code = |slug: &String| catalog::control(slug).map_or_else(|| slug.clone(), |c| c.code.clone());
        Self {
            slug: r.slug.clone(),
            version: r.version,
            title: r.title.clone(),
            statement: r.statement.clone(),
            category: r.category,
            loss_forms: r.loss_forms.clone(),
            controls: r.controls.iter().map(code).collect(),
            signals: r.signals.clone(),
            adopted: known.has(Kind::Risk, &r.slug),
        }
    }
}

impl CatalogControlItem {
    fn new(c: &CatalogControl, known: &Known) -> Self {
        Self {
            slug: c.slug.clone(),
            code: c.code.clone(),
            version: c.version,
            name: c.name.clone(),
            about: c.about.clone(),
            category: c.category,
            function: c.function,
            csf: c.csf.clone(),
            techniques: c.techniques.iter().map(|t| t.id.clone()).collect(),
            signals: c.signals.iter().map(|s| s.signal.clone()).collect(),
            adopted: known.has(Kind::Control, &c.code),
        }
    }
}

/// Lists the risks of the catalogue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListCatalogRisks {
    /// Only risks of this category.
    pub category: Option<RiskCategory>,
    /// Words in the slug, the title or the statement.
    #[schemars(length(min = 1, max = 200))]
    pub query: Option<String>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListCatalogRisks {
    const NAME: &'static str = "list_catalog_risks";
    const TITLE: &'static str = "List catalogue risks";
    const ABOUT: &'static str = "The risks that are known by name and can be adopted, with the controls against them and the signals that tell of them, by slug.";
    const DOORS: Doors = Doors::api().rest(Verb::Get, "/catalog/risks").repeatable();
    type Cap = Read;
    type Answer = Page<CatalogRiskItem>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<CatalogRiskItem>, Error> {
        let after: String = cx.after(&self.page)?.unwrap_or_default();
        let words = self.query.as_deref().map(|q| text::clean(q, 200).to_lowercase());
        let speaks =
            |r: &CatalogRisk, w: &str| [&r.slug, &r.title, &r.statement].iter().any(|t| t.to_lowercase().contains(w));
        let mut found: Vec<&CatalogRisk> = catalog::risks()
            .iter()
            .filter(|r| r.slug > after && self.category.is_none_or(|c| r.category == c))
            .filter(|r| words.as_deref().is_none_or(|w| speaks(r, w)))
            .collect();
        found.sort_by(|a, b| a.slug.cmp(&b.slug));
        found.truncate(usize::from(self.page.limit) + 1);
        let known = Known::read(cx.db()).await?;
        let all = found.into_iter().map(|r| CatalogRiskItem::new(r, &known)).collect();
        cx.page(all, &self.page, |r: &CatalogRiskItem| r.slug.clone())
    }
}

/// Lists the controls of the catalogue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListCatalogControls {
    /// Only controls of this category.
    pub category: Option<Category>,
    /// Words in the slug, the code, the name or the description.
    #[schemars(length(min = 1, max = 200))]
    pub query: Option<String>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListCatalogControls {
    const NAME: &'static str = "list_catalog_controls";
    const TITLE: &'static str = "List catalogue controls";
    const ABOUT: &'static str = "The controls that are known by name and can be adopted, with what they work against and the signals that measure them, by slug.";
    const DOORS: Doors = Doors::api().rest(Verb::Get, "/catalog/controls").repeatable();
    type Cap = Read;
    type Answer = Page<CatalogControlItem>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<CatalogControlItem>, Error> {
        let after: String = cx.after(&self.page)?.unwrap_or_default();
        let words = self.query.as_deref().map(|q| text::clean(q, 200).to_lowercase());
        let speaks = |c: &CatalogControl, w: &str| {
            [&c.slug, &c.code, &c.name, &c.about].iter().any(|t| t.to_lowercase().contains(w))
        };
        let mut found: Vec<&CatalogControl> = catalog::controls()
            .iter()
            .filter(|c| c.slug > after && self.category.is_none_or(|asked| c.category == asked))
            .filter(|c| words.as_deref().is_none_or(|w| speaks(c, w)))
            .collect();
        found.sort_by(|a, b| a.slug.cmp(&b.slug));
        found.truncate(usize::from(self.page.limit) + 1);
        let known = Known::read(cx.db()).await?;
        let all = found.into_iter().map(|c| CatalogControlItem::new(c, &known)).collect();
        cx.page(all, &self.page, |c: &CatalogControlItem| c.slug.clone())
    }
}

/// What adopting made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Adopted {
    /// The new entry.
    pub entry: EntryRef,
    /// The codes and slugs that it was linked to.
    pub linked: Vec<String>,
    /// Those that the catalogue names beside them, and the tenant does not have: controls by code, KRIs by signal.
    pub missing: Vec<String>,
}

/// Puts the links into a sheet of which the tenant has the other end; gives what was linked and what is missing.
fn link_what_is_there(
    sheet: &mut Sheet,
    known: &Known,
    wanted: Vec<(&'static str, Link)>,
) -> (Vec<String>, Vec<String>) {
    let (mut linked, mut missing) = (vec![], vec![]);
    for (field, link) in wanted {
        let there = match field {
            "controls" => known.has(Kind::Control, &link.to),
            _ => known.has_kri(&link.to),
        };
        if there {
            linked.push(link.to.clone());
            sheet.links.entry(field).or_default().push(link);
        } else {
            missing.push(link.to);
        }
    }
    (linked, missing)
}

/// Adopts a risk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptCatalogRisk {
    /// The slug of the risk in the catalogue.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

impl Op for AdoptCatalogRisk {
    const NAME: &'static str = "adopt_catalog_risk";
    const TITLE: &'static str = "Adopt a catalogue risk";
    const ABOUT: &'static str = "Adds a risk of the catalogue to the register and links it to the controls and KRIs that the tenant has. What is not changed later stays as the catalogue says. Its scores are not known until somebody gives them.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/catalog/risks/{id}/adopt");
    type Cap = Write;
    type Answer = Adopted;

    async fn run(self, cx: Ctx<Write>) -> Result<Adopted, Error> {
        let mut sheet = sheet_of_catalog_risk(&self.id)?;
        cx.about(format!("risk:{}", self.id));
        let known = Known::read(cx.db()).await?;
        let mut wanted = vec![];
        if let Some(risk) = catalog::risk(&self.id) {
            let codes = risk.controls.iter().filter_map(|slug| catalog::control(slug)).map(|c| c.code.clone());
            let plain = |to| Link { to, role: None, number: None };
            wanted.extend(codes.map(|code| ("controls", plain(code))));
            wanted.extend(risk.signals.iter().map(|signal| ("kris", plain(signal.clone()))));
        }
        adopt(cx, &mut sheet, &known, wanted).await
    }
}

/// Adopts a control.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptCatalogControl {
    /// The slug or the code of the control in the catalogue.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

impl Op for AdoptCatalogControl {
    const NAME: &'static str = "adopt_catalog_control";
    const TITLE: &'static str = "Adopt a catalogue control";
    const ABOUT: &'static str = "Adds a control of the catalogue to the register and links it to the KRIs that the tenant has of its signals. How it stands and how well it works is not known until somebody says it.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/catalog/controls/{id}/adopt");
    type Cap = Write;
    type Answer = Adopted;

    async fn run(self, cx: Ctx<Write>) -> Result<Adopted, Error> {
        let mut sheet = sheet_of_catalog_control(&self.id)?;
        cx.about(format!("control:{}", self.id));
        let known = Known::read(cx.db()).await?;
        let measures = catalog::control(&self.id).map(|c| c.signals.as_slice()).unwrap_or_default();
        let wanted = measures
            .iter()
            .map(|m| ("kris", Link { to: m.signal.clone(), role: Some(m.role), number: Some(m.weight) }))
            .collect();
        adopt(cx, &mut sheet, &known, wanted).await
    }
}

async fn adopt(
    cx: Ctx<Write>,
    sheet: &mut Sheet,
    known: &Known,
    wanted: Vec<(&'static str, Link)>,
) -> Result<Adopted, Error> {
    let (linked, missing) = link_what_is_there(sheet, known, wanted);
    let (stamp, sheet) = (stamp(&cx), sheet.clone());
    cx.write(async move |tx| {
        let entry = register::keep(tx, &stamp, &sheet, Mode::Create).await?.into();
        Ok(Adopted { entry, linked: linked.clone(), missing: missing.clone() })
    })
    .await
}
