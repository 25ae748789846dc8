//! `watchkeep integration`
use clap::Subcommand;
use watchkeep_hub::admin::NewIntegration;
use watchkeep_hub::ops::integrations::Integration as Shown;
use watchkeep_model::kri::SourceKind;
use watchkeep_store::integrations::{self, Filter};

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::Result;
use crate::out::{or_dash, when};

/// Integrations: where samples come from.
#[derive(Debug, Subcommand)]
pub(crate) enum Integration {
    /// List integrations with their last runs.
    List {
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// Only sources of this kind, such as csv or api.
        #[arg(long)]
        kind: Option<SourceKind>,
    },
    /// Make an integration that samples can be credited to.
    Create {
        /// Its name, unique in the tenant.
        name: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// By which way its values come in: manual, csv or api.
        #[arg(long, default_value_t = SourceKind::Api)]
        kind: SourceKind,
        /// The vendor of the tool behind it.
        #[arg(long, default_value = "")]
        vendor: String,
        /// Which source wins where two report the same subject: the lower number.
        #[arg(long, value_name = "N")]
        priority: Option<i64>,
    },
    /// Switch an integration on.
    Enable {
        /// Its id or name.
        integration: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Switch an integration off: it takes and pulls nothing; what it brought stays.
    Disable {
        /// Its id or name.
        integration: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
}

impl Integration {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let (out, desk) = (app.out, Desk::open(app).await?);
        match self {
            Self::List { of, kind } => list(app, &desk, &of, kind).await?,
            Self::Create { name, of, kind, vendor, priority } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let made =
                    desk.admin.create_integration(&scope, &NewIntegration { name, vendor, kind, priority }).await?;
                out.line(format!("integration {} ({}) made in {}", made.name, made.id, scope.slug()))?;
                out.document(&serde_json::json!({
                    "id": made.id, "name": made.name, "sourceType": made.source_kind, "priority": made.priority,
                }))?;
            }
            Self::Enable { integration, of } => switch(app, &desk, &integration, &of, true).await?,
            Self::Disable { integration, of } => switch(app, &desk, &integration, &of, false).await?,
        }
        Ok(Exit::Ok)
    }
}

async fn list(app: &App, desk: &Desk, of: &OfTenant, kind: Option<SourceKind>) -> Result {
    const PAGE: i64 = 200;
    let scope = desk.tenant(of.tenant.as_ref()).await?;
    let filter = Filter { kind: kind.map(|k| k.as_str().to_owned()).unwrap_or_default(), ..Filter::default() };
    let mut all: Vec<Shown> = vec![];
    loop {
        let after = all.last().map(|i| i.name.clone()).unwrap_or_default();
        let page = integrations::page(desk.store().at(&scope), &filter, &after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page.into_iter().map(Shown::from));
    }
    app.out.list(
        &all,
        &[
            ("name", &|i: &Shown| i.name.clone()),
            ("kind", &|i| i.source_type.to_string()),
            ("vendor", &|i| i.vendor.clone()),
            ("health", &|i| word(&i.health)),
            ("last run", &|i| when(i.last_run.as_ref().map(|r| r.at))),
            ("written", &|i| or_dash(i.last_run.as_ref().map(|r| r.written).as_ref())),
            ("priority", &|i| i.priority.to_string()),
            ("id", &|i| i.id.to_string()),
        ],
        "no integration yet; typed, imported and posted values make theirs by themselves",
    )
}

/// The word that machines get, too.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

async fn switch(app: &App, desk: &Desk, which: &str, of: &OfTenant, on: bool) -> Result {
    let scope = desk.tenant(of.tenant.as_ref()).await?;
    let found = desk.admin.switch_integration(&scope, which, on).await?;
    app.out.line(format!("integration {} is {}", found.name, if on { "on" } else { "off" }))?;
    app.out.document(&serde_json::json!({ "id": found.id, "name": found.name, "enabled": on }))
}
