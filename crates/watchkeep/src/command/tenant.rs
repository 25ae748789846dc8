//! `watchkeep tenant`
use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;
use watchkeep_model::{Connector, Slug, Timestamp};
use watchkeep_store::tenants::{TenantRow, TenantRules};

use crate::app::App;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::{moment, when, yes};

/// Tenants.
#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// List all tenants.
    List,
    /// Make a tenant.
    Create {
        /// The name in addresses and tokens, such as acme.
        slug: Slug,
        /// The name for people; the slug where none is given.
        #[arg(long)]
        name: Option<String>,
    },
    /// Give a tenant another slug, another name, or both; the old slug stays reserved.
    Rename {
        /// The tenant.
        slug: Slug,
        /// The new slug; tokens of the old one stop working.
        #[arg(long, value_name = "SLUG")]
        to: Option<Slug>,
        /// The new name for people.
        #[arg(long)]
        name: Option<String>,
    },
    /// Say whether the members of a tenant need a second factor; who has none is led to one at the next sign-in.
    RequireMfa {
        /// The tenant.
        slug: Slug,
        /// on or off.
        switch: Switch,
    },
    /// Open or close a connector of a tenant, for every credential.
    Connector {
        /// The tenant.
        slug: Slug,
        /// risk or fleet.
        connector: Connector,
        /// on or off.
        switch: Switch,
    },
    /// Close a tenant: no credential of it opens anything.
    Disable {
        /// The tenant.
        slug: Slug,
    },
    /// Open a closed tenant again.
    Enable {
        /// The tenant.
        slug: Slug,
    },
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// A tenant as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    slug: Slug,
    name: String,
    demo: bool,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
}

impl From<TenantRow> for Line {
    fn from(t: TenantRow) -> Self {
        Self {
            id: t.id.to_string(),
            slug: t.slug,
            name: t.name,
            demo: t.demo,
            created_at: t.created_at,
            disabled_at: t.disabled_at,
        }
    }
}

impl Tenant {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let desk = Desk::open(app).await?;
        let (done, row) = match self {
            Self::RequireMfa { slug, switch } => {
                let rules = desk.admin.require_mfa(slug.clone(), switch == Switch::On).await?;
                return ruled(app, &slug, &rules);
            }
            Self::Connector { slug, connector, switch } => {
                let rules = desk.admin.open_connector(slug.clone(), connector, switch == Switch::On).await?;
                return ruled(app, &slug, &rules);
            }
            Self::List => {
                let all = desk.store().tenants(desk.store().operator()).await?;
                let all: Vec<Line> = all.into_iter().map(Line::from).collect();
                app.out.list(
                    &all,
                    &[
                        ("slug", &|t: &Line| t.slug.to_string()),
                        ("name", &|t| t.name.clone()),
                        ("created", &|t| moment(t.created_at)),
                        ("disabled", &|t| when(t.disabled_at)),
                        ("demo", &|t| yes(t.demo)),
                    ],
                    "no tenant yet; make one with `watchkeep tenant create SLUG`",
                )?;
                return Ok(Exit::Ok);
            }
            Self::Create { slug, name } => {
                let name = name.unwrap_or_else(|| slug.to_string());
                ("made", desk.admin.create_tenant(slug, &name, false).await?)
            }
            Self::Rename { to: None, name: None, .. } => {
                return Err(
                    Fault::new(Exit::Usage, "nothing to change was named").hint("give --to SLUG, --name NAME, or both")
                );
            }
            Self::Rename { slug, to, name } => ("renamed", desk.admin.rename_tenant(slug, to, name.as_deref()).await?),
            Self::Disable { slug } => ("closed", desk.admin.switch_tenant(slug, false).await?),
            Self::Enable { slug } => ("open", desk.admin.switch_tenant(slug, true).await?),
        };
        let line = Line::from(row);
        app.out.document(&line)?;
        app.out.line(format!("tenant {} ({}) {done}", line.slug, line.name))?;
        Ok(Exit::Ok)
    }
}

fn ruled(app: &App, slug: &Slug, rules: &TenantRules) -> Result<Exit> {
    let word = |on| if on { "on" } else { "off" };
    app.out.line(format!(
        "tenant {slug}: second factor required {}, risk connector {}, fleet connector {}",
        word(rules.require_mfa),
        word(rules.risk_on),
        word(rules.fleet_on)
    ))?;
    app.out.document(&json!({
        "slug": slug, "requireMfa": rules.require_mfa, "connectors": { "risk": rules.risk_on, "fleet": rules.fleet_on },
    }))?;
    Ok(Exit::Ok)
}
