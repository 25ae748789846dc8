//! `watchkeep dropzone`
use clap::{Args, Subcommand};
use serde_json::json;
use watchkeep_hub::admin::{NewZone, ZoneInfo};
use watchkeep_hub::proposals::detail::Artifact;
use watchkeep_store::TenantScope;

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::{moment, when, yes};

mod push;

use push::Push;

/// Drop Zones: reports, exports and notes that are pushed, and the signals that are read from them.
#[derive(Debug, Subcommand)]
pub(crate) enum Dropzone {
    /// Make a Drop Zone: an integration that takes files.
    Create {
        /// Its name, unique among the integrations of the tenant.
        name: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// The vendor of the tool whose files it takes.
        #[arg(long, default_value = "")]
        vendor: String,
        /// Which source wins where two report the same subject: the lower number. 60 if left out.
        #[arg(long, value_name = "N")]
        priority: Option<i64>,
    },
    /// List Drop Zones with what waits in them.
    List {
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Push files, and show what was read from each. The same bytes again change nothing.
    ///
    /// What is sure enough is accepted, the rest waits for a person (`watchkeep proposal list`). Accepted values become
    /// part of the KRIs within a minute, or at once with --run. If a file cannot be taken the others are, and the
    /// command ends with the code of the first failure.
    Push(Push),
    /// Make the accepted values part of the KRIs now instead of within a minute.
    Run {
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// Which Drop Zone.
        #[command(flatten)]
        zone: OfZone,
    },
    /// List the files that were pushed, the newest first. Their contents are removed after 90 days.
    Artifacts {
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// Only of this Drop Zone, by id or name.
        #[arg(long, short = 'z', value_name = "ZONE")]
        zone: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
    /// The token with which a tool pushes by webhook.
    #[command(subcommand)]
    Token(Token),
}

/// The token of a Drop Zone.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token, or a new one: the old one opens nothing from then on. It is shown this once, alone on the output
    /// stream.
    Rotate {
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// Which Drop Zone.
        #[command(flatten)]
        zone: OfZone,
    },
}

/// The Drop Zone that a command is about.
#[derive(Args, Clone, Debug)]
pub(crate) struct OfZone {
    /// The Drop Zone, by id or name; may be left out where the tenant has one.
    #[arg(long, short = 'z', value_name = "ZONE")]
    zone: Option<String>,
}

impl OfZone {
    /// The id or name that was given, else the id of the only one.
    async fn which(&self, desk: &Desk, scope: &TenantScope) -> Result<String> {
        if let Some(zone) = &self.zone {
            return Ok(zone.clone());
        }
        let all = desk.admin.zones(scope).await?;
        match all.as_slice() {
            [one] => Ok(one.id.to_string()),
            [] => Err(Fault::new(Exit::NotFound, format!("{} has no Drop Zone yet", scope.slug()))
                .hint("make one: `watchkeep dropzone create NAME`")),
            several => {
                let names: Vec<&str> = several.iter().take(5).map(|zone| zone.name.as_str()).collect();
                let more = if several.len() > 5 { ", ..." } else { "" };
                let told = format!(
                    "{} has {} Drop Zones ({}{more}): which one?",
                    scope.slug(),
                    several.len(),
                    names.join(", ")
                );
                Err(Fault::new(Exit::Usage, told).hint("name it with --zone NAME"))
            }
        }
    }
}

impl Dropzone {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let (out, desk) = (app.out, Desk::open(app).await?);
        match self {
            Self::Create { name, of, vendor, priority } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let made = desk.admin.create_zone(&scope, &NewZone { name, vendor, priority }).await?;
                out.line(format!("Drop Zone {} ({}) made in {}", made.name, made.id, scope.slug()))?;
                out.note(format!("push a file: watchkeep dropzone push FILE --zone {}", made.id));
                out.document(&json!({
                    "id": made.id, "name": made.name, "sourceType": made.source_kind, "priority": made.priority,
                }))?;
            }
            Self::List { of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                list(app, &desk.admin.zones(&scope).await?)?;
            }
            Self::Push(push) => return push.run(app, &desk).await,
            Self::Run { of, zone } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let which = zone.which(&desk, &scope).await?;
                push::tell_run(app, &desk.admin.run_zone(&scope, &which).await?)?;
            }
            Self::Artifacts { of, zone, limit } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                artifacts(app, &desk.admin.artifacts(&scope, zone.as_deref(), limit).await?)?;
            }
            Self::Token(Token::Rotate { of, zone }) => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let which = zone.which(&desk, &scope).await?;
                let token = desk.admin.rotate_zone_token(&scope, &which).await?;
                let url = desk.config.public_url(desk.config.server.listen).unwrap_or_default();
                let hook = format!("{url}/api/v1/hooks/dropzone/{}", token.integration);
                out.note(format!(
                    "the token of {}, for the header x-extractor-token. It is shown this once; an older one opens \
                     nothing any more:",
                    token.name
                ));
                out.line(&token.secret)?;
                out.note(format!(
                    "send files with it: curl -H \"x-extractor-token: TOKEN\" --data-binary @FILE {hook}"
                ));
                out.document(&json!({
                    "integrationId": token.integration, "name": token.name, "token": token.secret, "url": hook,
                    "createdAt": token.created_at,
                }))?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn list(app: &App, all: &[ZoneInfo]) -> Result {
    app.out.list(
        all,
        &[
            ("name", &|z: &ZoneInfo| z.name.clone()),
            ("on", &|z| yes(z.enabled)),
            ("artifacts", &|z| z.artifacts.to_string()),
            ("for review", &|z| z.open_proposals.to_string()),
            ("waiting", &|z| z.waiting.to_string()),
            ("priority", &|z| z.priority.to_string()),
            ("token since", &|z| when(z.token_at)),
            ("id", &|z| z.id.to_string()),
        ],
        "no Drop Zone yet; make one with `watchkeep dropzone create NAME`",
    )
}

fn artifacts(app: &App, all: &[Artifact]) -> Result {
    app.out.list(
        all,
        &[
            ("received", &|a: &Artifact| moment(a.received_at)),
            ("file", &|a| a.filename.clone().unwrap_or_else(|| "-".to_owned())),
            ("format", &|a| a.format.clone()),
            ("bytes", &|a| a.size.to_string()),
            ("values", &|a| a.extractions.to_string()),
            ("via", &|a| a.via.clone()),
            ("pushed by", &|a| a.pushed_by.clone()),
            ("contents until", &|a| a.body_removed_at.map_or_else(|| moment(a.expires_at), |_| "removed".to_owned())),
            ("id", &|a| a.id.to_string()),
        ],
        "nothing was pushed yet; `watchkeep dropzone push FILE` pushes a file",
    )
}
