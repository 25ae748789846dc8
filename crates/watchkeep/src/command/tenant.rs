//! `watchkeep tenant`
use clap::Subcommand;
use serde::Serialize;
use watchkeep_model::{Slug, Timestamp};
use watchkeep_store::tenants::TenantRow;

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
