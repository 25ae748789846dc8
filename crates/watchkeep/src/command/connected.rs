//! `watchkeep app` and `watchkeep connection`
use clap::Subcommand;
use serde_json::json;
use watchkeep_hub::oauth::apps::App as Connected;
use watchkeep_hub::oauth::attempts::Attempt;
use watchkeep_model::GrantId;

use crate::app::App;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::Result;
use crate::out::{moment, or_dash, when};

/// Connected apps: what people allowed.
#[derive(Debug, Subcommand)]
pub(crate) enum Apps {
    /// List what a user allowed, in all their tenants.
    List {
        /// Whose.
        #[arg(long, value_name = "EMAIL")]
        user: String,
    },
    /// End one of them at once.
    Revoke {
        /// The id, as `watchkeep app list` shows it.
        id: GrantId,
        /// Whose.
        #[arg(long, value_name = "EMAIL")]
        user: String,
    },
}

impl Apps {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let desk = Desk::open(app).await?;
        match self {
            Self::List { user } => {
                let all: Vec<Connected> = desk.admin.apps_of(&user).await?.into_iter().map(Connected::from).collect();
                app.out.list(
                    &all,
                    &[
                        ("id", &|a: &Connected| a.id.to_string()),
                        ("client", &|a| a.client.clone()),
                        ("tenant", &|a| a.tenant.to_string()),
                        ("scopes", &|a| a.scopes.clone()),
                        ("answered at", &|a| a.redirect_host.clone()),
                        ("allowed", &|a| moment(a.created_at)),
                        ("last used", &|a| when(a.last_used_at)),
                        ("calls 7 d", &|a| a.calls_7d.to_string()),
                        ("client id", &|a| a.client_id.clone()),
                    ],
                    "nothing is connected",
                )?;
            }
            Self::Revoke { id, user } => {
                desk.admin.revoke_app(&user, id).await?;
                app.out.line(format!("{id} is revoked; its tokens open nothing any more"))?;
                app.out.document(&json!({ "id": id, "revoked": true }))?;
            }
        }
        Ok(Exit::Ok)
    }
}

/// Attempts of programs to connect, with the reason why it went well or not.
#[derive(Debug, Subcommand)]
pub(crate) enum Connections {
    /// List the last attempts, newest first; they are kept for three days.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Print the list of reasons, with what to do about each.
    Reasons,
}

impl Connections {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        match self {
            Self::List { limit } => {
                let desk = Desk::open(app).await?;
                let all = desk.admin.attempts(i64::from(limit)).await?;
                app.out.list(
                    &all,
                    &[
                        ("when", &|a: &Attempt| moment(a.at)),
                        ("client", &|a| a.client.clone()),
                        ("step", &|a| a.step.clone()),
                        ("reason", &|a| a.reason.clone()),
                        ("what", &|a| a.detail.clone().unwrap_or_else(|| a.text.clone())),
                        ("from", &|a| or_dash(a.address.as_ref())),
                    ],
                    "no program has tried to connect in the last three days",
                )?;
            }
            Self::Reasons => {
                let all = watchkeep_hub::oauth::attempts::reasons();
                app.out.list(
                    &all,
                    &[
                        ("reason", &|r: &watchkeep_hub::oauth::attempts::Listed| r.reason.to_owned()),
                        ("what happened", &|r| r.text.to_owned()),
                        ("what to do", &|r| r.advice.to_owned()),
                    ],
                    "",
                )?;
            }
        }
        Ok(Exit::Ok)
    }
}
