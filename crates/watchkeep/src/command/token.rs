//! `watchkeep token`
use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use watchkeep_hub::admin::{Credential, Lifetime, NewKey, NewPat};
use watchkeep_model::{Connector, Slug, Timestamp, TokenId};
use watchkeep_store::tokens::{self, TokenInfo};

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::{moment, or_dash, when};

/// Personal access tokens and API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token or key. It is shown this once, alone on the output stream.
    Create {
        /// What it is: pat for an MCP client of a person, api for a program at the REST API.
        #[arg(long, value_enum, default_value_t = Kind::Pat)]
        kind: Kind,
        /// Whose token (not for a key).
        #[arg(long, value_name = "EMAIL")]
        user: Option<String>,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// A label, to recognise it by.
        #[arg(long, default_value = "command line")]
        name: String,
        /// What it may do: read, or "read write".
        #[arg(long, default_value = "read", value_parser = may_write, action = clap::ArgAction::Set)]
        scope: bool,
        /// The connectors that a token opens.
        #[arg(long, value_enum, default_value_t = Opens::Risk)]
        connector: Opens,
        /// How long it lives: a length such as 90d, or a day such as 2027-01-31.
        #[arg(long, default_value = "90d")]
        expires: Lifetime,
    },
    /// List tokens and keys; never their secrets.
    List {
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Revoke one token or key, or all tokens of a user in all tenants.
    #[command(group(clap::ArgGroup::new("which").required(true).args(["id", "user"])))]
    Revoke {
        /// The id, as `watchkeep token list` shows it.
        #[arg(long)]
        id: Option<TokenId>,
        /// All personal access tokens of this user, in all tenants.
        #[arg(long, value_name = "EMAIL")]
        user: Option<String>,
        /// The tenant, for --id; found by the id where it is left out.
        #[arg(long, short = 't', value_name = "SLUG", conflicts_with = "user")]
        tenant: Option<Slug>,
    },
}

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A personal access token.
    Pat,
    /// An API key.
    Api,
}

/// The connectors that a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Opens {
    /// KRIs and risks, at /api/mcp.
    Risk,
    /// Hosts and alerts, at /mcp.
    Fleet,
    /// Both.
    Both,
}

impl Opens {
    fn connectors(self) -> Vec<Connector> {
        match self {
            Self::Risk => vec![Connector::Risk],
            Self::Fleet => vec![Connector::Fleet],
            Self::Both => vec![Connector::Risk, Connector::Fleet],
        }
    }
}

/// `read` or `read write`; true for the latter.
fn may_write(text: &str) -> std::result::Result<bool, String> {
    let mut words: Vec<&str> = text.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    words.sort_unstable();
    match words.as_slice() {
        ["read"] => Ok(false),
        ["read", "write"] => Ok(true),
        _ => Err("allowed are `read` and `read write`".to_owned()),
    }
}

/// A credential as it is shown, once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    id: String,
    token: String,
    name: String,
    tenant: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    scopes: String,
    expires_at: Timestamp,
}

impl From<Credential> for Made {
    fn from(c: Credential) -> Self {
        Self {
            id: c.id.to_string(),
            token: c.secret,
            name: c.name,
            tenant: c.tenant,
            user: c.user,
            scopes: c.scopes.to_string(),
            expires_at: c.expires_at,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    kind: String,
    name: String,
    owner: String,
    scopes: String,
    state: &'static str,
    created_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    last_used_client: Option<String>,
    last_used_address: Option<String>,
}

impl Line {
    fn of(t: TokenInfo, now: Timestamp) -> Self {
        let state = match (t.revoked_at, t.expires_at <= now) {
            (Some(_), _) => "revoked",
            (None, true) => "expired",
            (None, false) => "active",
        };
        Self {
            id: t.id.to_string(),
            kind: t.kind,
            name: t.name,
            owner: t.owner,
            scopes: t.scopes,
            state,
            created_at: t.created_at,
            expires_at: t.expires_at,
            revoked_at: t.revoked_at,
            last_used_at: t.last_used_at,
            last_used_client: t.last_used_client,
            last_used_address: t.last_used_address,
        }
    }
}

impl Token {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        self.possible()?;
        let desk = Desk::open(app).await?;
        match self {
            Self::Create { user, of, name, scope: write, connector, expires, .. } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let made = match user {
                    Some(user) => {
                        let new = NewPat { user, name, connectors: connector.connectors(), write, lifetime: expires };
                        desk.admin.create_pat(&scope, &new).await?
                    }
                    None => desk.admin.create_key(&scope, &NewKey { name, write, lifetime: expires }).await?,
                };
                show(app, made.into())?;
            }
            Self::List { of } => list(app, &desk, &of).await?,
            Self::Revoke { user: Some(user), .. } => revoke_all(app, &desk, &user).await?,
            Self::Revoke { id: Some(id), tenant, .. } => revoke_one(app, &desk, id, tenant).await?,
            Self::Revoke { .. } => {
                return Err(Fault::new(Exit::Usage, "which one?").hint("name it with --id ID or --user EMAIL"));
            }
        }
        Ok(Exit::Ok)
    }
}

impl Token {
    /// What the command line alone can tell.
    fn possible(&self) -> Result {
        match self {
            Self::Create { kind: Kind::Pat, user: None, .. } => {
                Err(Fault::new(Exit::Usage, "a token belongs to a user").hint("name them with --user EMAIL"))
            }
            Self::Create { kind: Kind::Api, user: Some(_), .. } => {
                Err(Fault::new(Exit::Usage, "an API key belongs to the tenant, not to a user")
                    .hint("leave --user out, or make a token with --kind pat"))
            }
            _ => Ok(()),
        }
    }
}

/// The secret alone on the output stream, so that it can be piped; what there is to say about it beside it.
fn show(app: &App, made: Made) -> Result {
    let whose = made.user.as_ref().map_or_else(String::new, |user| format!(" of {user}"));
    app.out.note(format!(
        "{}{whose} for {} ({}), until {}. It is shown this once:",
        made.name,
        made.tenant,
        made.scopes,
        moment(made.expires_at)
    ));
    app.out.line(&made.token)?;
    app.out.document(&made)
}

async fn list(app: &App, desk: &Desk, of: &OfTenant) -> Result {
    let scope = desk.tenant(of.tenant.as_ref()).await?;
    let now = desk.admin.now();
    let all = tokens::list(desk.store().at(&scope)).await?;
    let all: Vec<Line> = all.into_iter().map(|t| Line::of(t, now)).collect();
    app.out.list(
        &all,
        &[
            ("id", &|t: &Line| t.id.clone()),
            ("kind", &|t| t.kind.clone()),
            ("name", &|t| t.name.clone()),
            ("owner", &|t| t.owner.clone()),
            ("scopes", &|t| t.scopes.clone()),
            ("state", &|t| t.state.to_owned()),
            ("expires", &|t| moment(t.expires_at)),
            ("last used", &|t| when(t.last_used_at)),
            ("by", &|t| or_dash(t.last_used_client.as_ref())),
        ],
        "no token yet; make one with `watchkeep token create --user EMAIL`",
    )
}

async fn revoke_one(app: &App, desk: &Desk, id: TokenId, tenant: Option<Slug>) -> Result {
    let scope = match tenant {
        Some(slug) => desk.admin.tenant(&slug).await?,
        None => find(desk, id).await?,
    };
    desk.admin.revoke_token(&scope, id).await?;
    app.out.line(format!("token {id} of {} is revoked; it opens nothing any more", scope.slug()))?;
    app.out.document(&serde_json::json!({ "id": id, "tenant": scope.slug(), "revoked": true }))
}

/// The tenant that has a token with this id.
async fn find(desk: &Desk, id: TokenId) -> Result<watchkeep_store::TenantScope> {
    for tenant in desk.store().tenants(desk.store().operator()).await? {
        let scope = desk.admin.tenant(&tenant.slug).await?;
        if tokens::list(desk.store().at(&scope)).await?.iter().any(|t| t.id == id) {
            return Ok(scope);
        }
    }
    Err(Fault::new(Exit::NotFound, format!("no tenant has a token or key with the id {id}"))
        .hint("`watchkeep token list --tenant SLUG` shows the ids"))
}

async fn revoke_all(app: &App, desk: &Desk, user: &str) -> Result {
    let done = desk.admin.revoke_tokens_of(user).await?;
    let total: u64 = done.iter().map(|r| r.tokens).sum();
    for r in done.iter().filter(|r| r.tokens > 0) {
        app.out.line(format!("{}: {} revoked", r.tenant, r.tokens))?;
    }
    app.out.line(format!("{total} tokens of {user} are revoked; they open nothing any more"))?;
    let tenants: Vec<_> = done.iter().map(|r| serde_json::json!({ "tenant": r.tenant, "revoked": r.tokens })).collect();
    app.out.document(&serde_json::json!({ "user": user, "revoked": total, "tenants": tenants }))
}

#[cfg(test)]
mod tests {
    use super::may_write;

    #[test]
    fn scopes_are_two_words_at_most() {
        assert_eq!(
            (may_write("read"), may_write("read write"), may_write("write,read")),
            (Ok(false), Ok(true), Ok(true))
        );
        for bad in ["", "write", "read admin", "mcp:read"] {
            assert!(may_write(bad).is_err(), "{bad}");
        }
    }
}
