//! `watchkeep init`
use std::io::{IsTerminal, Write};

use clap::Args;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use watchkeep_hub::admin::{Lifetime, NewPat, NewPerson, email};
use watchkeep_model::{Role, Slug};
use watchkeep_store::Keyring;

use crate::app::App;
use crate::config::Config;
use crate::desk::{self, Desk};
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::{count, moment};
use crate::temporary::make_private;

/// Set up a hub: folder, keyring, database, first tenant, first user, first token.
///
/// What is not given as a flag is asked for on a terminal. It is run once; what an interrupted run began, the next one
/// ends.
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// The name of the first tenant, such as "Acme Corp".
    #[arg(long, value_name = "NAME")]
    tenant_name: Option<String>,
    /// Its slug in addresses and tokens; made of the name if left out.
    #[arg(long, value_name = "SLUG")]
    tenant: Option<Slug>,
    /// The address of the first user, who becomes its admin and runs the installation.
    #[arg(long)]
    email: Option<String>,
    /// Their name; the part of the address before the @ if left out.
    #[arg(long)]
    name: Option<String>,
    /// How long the first token lives: a length such as 90d, or a day such as 2027-01-31.
    #[arg(long, default_value = "90d")]
    expires: Lifetime,
}

/// What is needed to begin.
struct First {
    tenant: Slug,
    tenant_name: String,
    email: String,
}

impl Init {
    /// Runs the command.
    ///
    /// # Errors
    /// [`Exit::Invalid`] if there is a hub already; [`Exit::Usage`] if something is missing and nobody can be asked.
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let config = app.config()?;
        if config.database_file().is_some_and(|file| file.exists()) {
            // looked at first, so that nothing is asked in vain
            refuse_second(&Desk::of(config.clone(), desk::open_store(&config).await?)).await?;
        }
        let first = self.first(app).await?;
        make_private(config.data_dir())?;
        if let Some(folder) = config.database_file().as_deref().and_then(std::path::Path::parent) {
            make_private(folder)?;
        }
        let keys = keyring(&config)?;
        let desk = Desk::of(config.clone(), desk::open_store(&config).await?);
        refuse_second(&desk).await?;

        let now = desk.admin.now();
        desk.store().install(now, false).await?;
        let person = match desk.admin.person(&first.email).await {
            Ok((person, _)) => person,
            Err(_) => {
                let new = NewPerson { email: first.email.clone(), name: self.name.clone(), operator: true };
                desk.admin.create_person(&new).await?
            }
        };
        desk.admin.create_tenant(first.tenant.clone(), &first.tenant_name, false).await?;
        let scope = desk.admin.tenant(&first.tenant).await?;
        desk.admin.join(&scope, &person.email, Role::Admin, false).await?;
        let new = NewPat {
            user: person.email.clone(),
            name: "first token".into(),
            connectors: vec![],
            write: false,
            lifetime: self.expires,
        };
        let token = desk.admin.create_pat(&scope, &new).await?;
        let link = desk.admin.link(&person.email).await?;
        desk.store().checkpoint(&keys, &config.checkpoint_file(), desk.admin.now()).await?;

        let url = config.public_url(config.server.listen).unwrap_or_else(|_| "https://YOUR-HUB".to_owned());
        let endpoint = format!("{url}/api/mcp");
        app.out.line(format!("Watchkeep is set up in {}", config.data_dir().display()))?;
        app.out.line("")?;
        app.out.pairs(&[
            ("  Tenant", format!("{} ({})", first.tenant, first.tenant_name)),
            ("  User", format!("{}, admin", person.email)),
            ("  Sign in", format!("{} (once, until {})", desk.link(&link), moment(link.expires_at))),
            ("  Token", format!("{} (until {}, shown this once)", token.secret, moment(token.expires_at))),
            ("  Keys", format!("{}: keep a copy elsewhere, backups hold none", config.keyring_file().display())),
            ("  Start", "watchkeep serve".to_owned()),
            ("  Claude Code", claude_code(&endpoint, &token.secret)),
            (
                "  Try next",
                "watchkeep kri add --signal mfa_enforced_pct  ·  watchkeep import kris FILE.csv  ·  watchkeep doctor"
                    .to_owned(),
            ),
        ])?;
        app.out.document(&json!({
            "dataDir": config.data_dir().display().to_string(), "database": config.database_name(),
            "keyring": config.keyring_file().display().to_string(), "tenant": first.tenant, "user": person.email,
            "token": token.secret, "tokenExpiresAt": token.expires_at, "url": url, "mcp": { "risk": endpoint },
            "signInUrl": desk.link(&link),
        }))?;
        Ok(Exit::Ok)
    }

    /// What was given, and what is asked for.
    async fn first(&self, app: &App) -> Result<First> {
        let asks = std::io::stdin().is_terminal() && !app.out.json;
        let mut missing = vec![];
        let name = match (&self.tenant_name, &self.tenant) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(slug)) => Some(slug.to_string()),
            (None, None) if asks => Some(ask("Name of the first tenant (such as Acme Corp): ").await?),
            (None, None) => {
                missing.push("--tenant-name");
                None
            }
        };
        let address = match &self.email {
            Some(address) => Some(address.clone()),
            None if asks => Some(ask("E-mail address of the first user: ").await?),
            None => {
                missing.push("--email");
                None
            }
        };
        let (Some(tenant_name), Some(address)) = (name, address) else {
            let told = format!("{} must be given, since nobody can be asked", missing.join(" and "));
            return Err(Fault::new(Exit::Usage, told)
                .hint("watchkeep init --tenant-name \"Acme Corp\" --email ana@example.com"));
        };
        let tenant = match &self.tenant {
            Some(slug) => slug.clone(),
            None => Slug::from_name(&tenant_name).ok_or_else(|| {
                Fault::new(Exit::Usage, format!("no slug can be made of the name `{tenant_name}`"))
                    .hint("give one: --tenant SLUG")
            })?,
        };
        Ok(First { tenant, tenant_name, email: email(&address)? })
    }
}

/// The line that connects Claude Code.
pub(super) fn claude_code(endpoint: &str, token: &str) -> String {
    format!("claude mcp add --transport http watchkeep {endpoint} --header \"Authorization: Bearer {token}\"")
}

async fn refuse_second(desk: &Desk) -> Result {
    let tenants = desk.store().tenants(desk.store().operator()).await?;
    if tenants.is_empty() {
        return Ok(());
    }
    let told = format!("{} is a hub already, with {}", desk.config.database_name(), count(tenants.len(), "tenant"));
    Err(Fault::new(Exit::Invalid, told).hint(
        "`watchkeep tenant create` and `watchkeep token create` add to it; for another hub name another folder with --data",
    ))
}

/// The keyring, made at the first run. A database without its keyring gets no new one: its secrets would stay closed.
fn keyring(config: &Config) -> Result<Keyring> {
    let file = config.keyring_file();
    if let Some(keys) = Keyring::load(&file)? {
        return Ok(keys);
    }
    if let Some(folder) = file.parent().filter(|p| !p.as_os_str().is_empty()) {
        make_private(folder)?;
    }
    let keys = Keyring::generate()?;
    keys.save(&file)?;
    Ok(keys)
}

/// Asks on the terminal. Awaits the answer, so that the program still hears a Ctrl-C.
async fn ask(question: &str) -> Result<String> {
    let told = |e: std::io::Error| Fault::io("the terminal", &e);
    let mut out = std::io::stderr();
    out.write_all(question.as_bytes()).and_then(|()| out.flush()).map_err(told)?;
    let mut answer = String::new();
    BufReader::new(tokio::io::stdin()).read_line(&mut answer).await.map_err(told)?;
    let answer = answer.trim().to_owned();
    if answer.is_empty() {
        return Err(Fault::new(Exit::Interrupted, "nothing was answered, so nothing was set up"));
    }
    Ok(answer)
}
