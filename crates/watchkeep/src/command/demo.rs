//! `watchkeep demo`
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use watchkeep_hub::admin::{Lifetime, NewPat, demo_end};
use watchkeep_hub::demo;
use watchkeep_model::{Role, Slug, Span};
use watchkeep_server::Listener;
use watchkeep_store::{Keyring, Stopwatch, people};

use super::init::claude_code;
use crate::app::App;
use crate::config::Config;
use crate::config::layers::Origin;
use crate::desk::{self, Desk};
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::house::{House, Signals, listen};
use crate::temporary::{Temporary, make_private};
use crate::{hold, telemetry};

/// Try it: a hub with demo data in a temporary folder.
///
/// Two tenants with 90 days of history, and a token for the first. With --json it prints one line and serves until it is
/// stopped.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Keep the data in this folder; a demo that is there already is served again.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// The port, 0 for any; 8420 or any other free one if left out.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// The same seed gives the same data.
    #[arg(long, value_name = "N", default_value_t = 2026)]
    seed: u64,
}

/// Where clients look for a demo first.
const PORT: u16 = 8420;

impl Demo {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let (watch, signals) = (Stopwatch::start(), Signals::new()?);
        // the machine's own hub is nobody's demo
        let mut app = app.clone();
        app.sources.system_file = None;
        let (config, temporary) = self.place(&app)?;
        telemetry::start(&config, true, app.plain())?;
        make_private(config.data_dir())?;
        let held = config.database_file().map(|file| hold::take(&file)).transpose()?;
        let listener = self.listen(&config).await?;

        let keys = match Keyring::load(&config.keyring_file())? {
            Some(keys) => keys,
            None => {
                let keys = Keyring::generate()?;
                keys.save(&config.keyring_file())?;
                keys
            }
        };
        let store = desk::open_store(&config).await?;
        let desk = Desk::of(config.clone(), store.clone());
        let tenant = self.fill(&app, &desk, &keys).await?;
        let person = somebody(&desk, &tenant).await?;
        let token = token(&desk, &tenant, &person).await?;
        let link = desk.admin.link(&person).await?;
        desk.store().checkpoint(&keys, &config.checkpoint_file(), desk.admin.now()).await?;
        let house = House::build(&config, store, keys, listener).await?;

        app.out.document(&json!({
            "url": house.url, "signInUrl": link.at(&house.url), "token": token, "tenant": tenant, "mcp": { "risk": house.risk() },
        }))?;
        let shown = Shown { token, sign_in: link.at(&house.url), person };
        self.tell(&app, &config, &house, &shown, temporary.as_ref().map(Temporary::path), watch)?;
        drop(desk);
        house.serve(signals).await?;
        if let Some(held) = held {
            held.release();
        }
        drop(temporary);
        Ok(Exit::Ok)
    }

    /// The folder: the one of --keep, one that was named for this run, or a temporary one.
    fn place(&self, app: &App) -> Result<(Config, Option<Temporary>)> {
        let kept = self.keep.as_ref().map(|dir| dir.display().to_string());
        let app = app.with("data_dir", "--keep", kept);
        let config = app.config()?;
        if config.layers.origin("data_dir") != Origin::Default {
            return Ok((config, None));
        }
        let temporary = Temporary::new("demo")?;
        let app = app.with("data_dir", "--keep", Some(temporary.path().display()));
        Ok((app.config()?, Some(temporary)))
    }

    async fn listen(&self, config: &Config) -> Result<Listener> {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        match self.port {
            Some(port) => listen(config, at(port)).await,
            None if config.layers.origin("server.listen") != Origin::Default => {
                listen(config, config.server.listen).await
            }
            None => match listen(config, at(PORT)).await {
                Err(fault) if fault.exit == Exit::Unavailable => listen(config, at(0)).await,
                other => other,
            },
        }
    }

    /// Loads the data, unless it is there.
    async fn fill(&self, app: &App, desk: &Desk, keys: &Keyring) -> Result<Slug> {
        let store = desk.store();
        let there = store.tenants(store.operator()).await?;
        let (_, is_demo) = store.install(desk.admin.now(), true).await?;
        if !is_demo || there.iter().any(|t| !t.demo) {
            let told = format!("{} is a hub of its own, no demo", desk.config.database_name());
            return Err(Fault::new(Exit::Invalid, told).hint("choose another folder with --keep, or none"));
        }
        let tenants = demo::tenants(self.seed, demo_end(desk.admin.now()));
        let [first, _] = &tenants;
        let slug = first.slug.clone();
        let mut samples = 0;
        for tenant in tenants {
            if there.iter().all(|t| t.slug != tenant.slug) {
                let scope = tenant.slug.clone();
                samples += desk.admin.load_demo(tenant).await?;
                desk.admin.load_demo_evidence(&desk.admin.tenant(&scope).await?, keys).await?;
            }
        }
        if samples == 0 {
            app.out.note("the demo that is in this folder is served again");
        }
        Ok(slug)
    }

    fn tell(
        &self,
        app: &App,
        config: &Config,
        house: &House,
        shown: &Shown,
        temporary: Option<&Path>,
        watch: Stopwatch,
    ) -> Result {
        let data = match temporary {
            Some(_) => "temporary (use --keep DIR)".to_owned(),
            None => config.data_dir().display().to_string(),
        };
        let took = watch.elapsed().as_secs_f64();
        app.out.line(format!("Watchkeep demo ready in {took:.1} s     data: {data}     stop: Ctrl-C"))?;
        app.out.line("")?;
        app.out.pairs(&[
            ("  Open", house.url.clone()),
            ("  Sign in", format!("{} (once, as {})", shown.sign_in, shown.person)),
            ("  Claude Code", claude_code(&house.risk(), &shown.token)),
            ("  Ask it", "\"What are my top 5 risks, and which KRIs are red?\"".to_owned()),
            ("  Try next", format!("watchkeep kri list --tenant acme --data {}", config.data_dir().display())),
            ("  Stop", "Ctrl-C".to_owned()),
        ])
    }
}

/// What the demo shows of its person.
struct Shown {
    person: String,
    token: String,
    sign_in: String,
}

/// The person of the demo who may do most.
async fn somebody(desk: &Desk, tenant: &Slug) -> Result<String> {
    let scope = desk.admin.tenant(tenant).await?;
    let members = people::members(desk.store().at(&scope)).await?;
    let able = members.into_iter().filter(|m| m.role.reaches(Role::Analyst) && m.disabled_at.is_none());
    let person = able.max_by_key(|m| m.role);
    Ok(person.ok_or_else(|| Fault::new(Exit::Failed, "nobody of the demo may have a token"))?.email)
}

/// A token of that person.
async fn token(desk: &Desk, tenant: &Slug, person: &str) -> Result<String> {
    let scope = desk.admin.tenant(tenant).await?;
    let new = NewPat {
        user: person.to_owned(),
        name: "demo".into(),
        connectors: vec![],
        write: false,
        lifetime: Lifetime::For(Span::days(90)),
    };
    Ok(desk.admin.create_pat(&scope, &new).await?.secret)
}
