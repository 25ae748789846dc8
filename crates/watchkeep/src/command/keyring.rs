//! `watchkeep keyring`
use std::path::Path;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use watchkeep_store::{Keyring, seals::Seals};

use super::restore::set_aside;
use crate::app::App;
use crate::config::Config;
use crate::desk::{self, Desk};
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::hold::{self, Hold};
use crate::out::count;

/// The keys that seal secrets and sign audit checkpoints.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List the keys, and how many values each has sealed. No key is shown.
    List,
    /// Add a key and make it the active one; the older ones still open what they sealed.
    ///
    /// Restart every hub afterwards, with this keyring file: until then a hub seals with the old key and cannot open what
    /// the new one sealed. Keep a copy of the new file elsewhere.
    Rotate,
    /// Seal every value anew under the active key. It can be stopped and run again.
    Reseal {
        /// The hubs that use the keyring.
        #[command(flatten)]
        hubs: Hubs,
    },
    /// Remove an older key. Refused while a value needs it.
    ///
    /// Backups of the time before `reseal` need the key: keep the old keyring file as long as those.
    Drop {
        /// The key, as `watchkeep keyring list` shows it.
        id: u32,
        /// The hubs that use the keyring.
        #[command(flatten)]
        hubs: Hubs,
    },
    /// Make a new keyring where the old one is lost for good. What it sealed opens no more.
    Replace {
        /// Yes, it is lost: there is no copy.
        #[arg(long, required = true)]
        lost: bool,
    },
}

/// What the command must know of running hubs.
#[derive(Args, Debug)]
pub(crate) struct Hubs {
    /// Every running hub was restarted since the last `rotate`, with the same keyring file.
    #[arg(long)]
    hubs_restarted: bool,
}

impl Hubs {
    /// Makes sure that no hub runs with an older keyring: it would go on sealing with a key that is about to go.
    fn current(&self, config: &Config) -> Result<Option<Hold>> {
        if self.hubs_restarted {
            return Ok(None);
        }
        let fix = "restart each hub with this keyring file, then say so with --hubs-restarted";
        match config.database_file() {
            Some(file) => hold::take(&file).map(Some).map_err(|fault| fault.hint(fix)),
            None => Err(Fault::new(Exit::Unavailable, "hubs on PostgreSQL may run with an older keyring").hint(fix)),
        }
    }
}

#[derive(Debug, Serialize)]
struct Line {
    id: u32,
    active: bool,
    here: bool,
    sealed: usize,
}

impl Keys {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        match self {
            Self::Replace { .. } => replace(app).await,
            Self::List => {
                let desk = Desk::open(app).await?;
                let keys = desk.keyring()?;
                list(app, &keys, &desk.store().try_seals(&keys).await?)
            }
            Self::Rotate => {
                let desk = Desk::open(app).await?;
                rotate(app, &desk).await
            }
            Self::Reseal { hubs } => {
                let desk = Desk::open(app).await?;
                let _held = hubs.current(&desk.config)?;
                reseal(app, &desk).await
            }
            Self::Drop { id, hubs } => {
                let desk = Desk::open(app).await?;
                let _held = hubs.current(&desk.config)?;
                drop_key(app, &desk, id).await
            }
        }
    }
}

fn list(app: &App, keys: &Keyring, seals: &Seals) -> Result<Exit> {
    let mut ids = keys.ids();
    ids.extend(seals.by_key.keys().filter(|id| !keys.ids().contains(id)));
    ids.sort_unstable();
    let line = |id: u32| Line {
        id,
        active: id == keys.active(),
        here: keys.ids().contains(&id),
        sealed: seals.by_key.get(&id).copied().unwrap_or_default(),
    };
    let lines: Vec<Line> = ids.into_iter().map(line).collect();
    app.out.list(
        &lines,
        &[
            ("key", &|l: &Line| l.id.to_string()),
            ("state", &|l| {
                String::from(match l {
                    Line { here: false, .. } => "missing",
                    Line { active: true, .. } => "active",
                    _ => "older",
                })
            }),
            ("values", &|l| l.sealed.to_string()),
        ],
        "no key",
    )?;
    Ok(Exit::Ok)
}

async fn rotate(app: &App, desk: &Desk) -> Result<Exit> {
    let file = desk.config.keyring_file();
    let _alone = hold::alone(&file)?;
    let old = desk.keyring()?;
    let new = old.rotate()?;
    new.save(&file)?;
    desk.admin.note("keyring_rotated", "keyring rotate", &json!({ "from": old.active(), "to": new.active() })).await?;
    app.out.line(format!("key {} is the active one; older keys still open what they sealed", new.active()))?;
    app.out.note("next: restart every hub with this file, run `watchkeep keyring reseal`, then drop the older keys");
    app.out.note(format!("keep a copy of {} elsewhere: backups hold no key", file.display()));
    app.out.document(&json!({ "active": new.active(), "keys": new.ids(), "file": file.display().to_string() }))?;
    Ok(Exit::Ok)
}

async fn reseal(app: &App, desk: &Desk) -> Result<Exit> {
    let keys = desk.keyring()?;
    let done = desk.admin.reseal(&keys).await?;
    let seals = desk.store().try_seals(&keys).await?;
    let left = seals.not_under(keys.active());
    app.out.line(format!("{} sealed anew under key {}", count(done, "value"), keys.active()))?;
    tell_closed(app, &seals)?;
    let changed = left.saturating_sub(seals.closed);
    if changed > 0 {
        app.out.line(format!("{} changed meanwhile: run it again", count(changed, "value")))?;
    }
    app.out.document(&json!({
        "active": keys.active(), "resealed": done, "left": left, "closed": seals.closed, "findings": seals.bad,
    }))?;
    Ok(if left == 0 && seals.closed == 0 { Exit::Ok } else { Exit::Findings })
}

async fn drop_key(app: &App, desk: &Desk, id: u32) -> Result<Exit> {
    let file = desk.config.keyring_file();
    let _alone = hold::alone(&file)?;
    let keys = desk.keyring()?;
    let invalid = |e: watchkeep_store::Error| Fault { exit: Exit::Invalid, ..Fault::from(e) };
    let fewer = keys.without(id).map_err(invalid)?;
    let needed = desk.store().try_seals(&keys).await?.by_key.get(&id).copied().unwrap_or_default();
    if needed > 0 {
        let told = format!("key {id} is needed: {} sealed with it", count(needed, "value"));
        return Err(Fault::new(Exit::Invalid, told).hint("run `watchkeep keyring reseal` first"));
    }
    desk.admin.note("keyring_key_dropped", "keyring drop", &json!({ "key": id })).await?;
    fewer.save(&file)?;
    app.out.line(format!("key {id} is gone"))?;
    app.out.note("backups from before `reseal` need it: keep the old keyring file as long as those");
    app.out.document(&json!({ "dropped": id, "keys": fewer.ids() }))?;
    Ok(Exit::Ok)
}

async fn replace(app: &App) -> Result<Exit> {
    let config = app.config()?;
    let file = config.keyring_file();
    if config.database_file().is_some() {
        desk::initialised(&config)?;
    }
    let _held = config.database_file().map(|database| hold::take(&database)).transpose()?;
    let _alone = hold::alone(&file)?;
    if Keyring::load(&file)?.is_some() {
        return Err(Fault::new(Exit::Invalid, format!("the keyring {} is there", file.display()))
            .hint("`watchkeep keyring rotate` adds a new key to it"));
    }
    let store = desk::open_store(&config).await?;
    let none = Keyring::generate()?;
    let last = store.try_seals(&none).await?.by_key.keys().max().copied().unwrap_or(0);
    let keys = Keyring::generate_after(last)?;
    // the old checkpoints are signed with a key that nobody has any more
    let old = set_aside(&config.checkpoint_file())?;
    keys.save(&file)?;
    let desk = Desk::of(config, store);
    desk.admin.note("keyring_replaced", "keyring replace", &json!({ "active": keys.active() })).await?;
    desk.store().checkpoint(&keys, &desk.config.checkpoint_file(), desk.admin.now()).await?;
    let seals = desk.store().try_seals(&keys).await?;
    app.out.line(format!("{} is new; its active key is {}", file.display(), keys.active()))?;
    tell_old(app, old.as_deref())?;
    tell_closed(app, &seals)?;
    app.out.note(format!("keep a copy of {} elsewhere: backups hold no key", file.display()));
    app.out.document(&json!({
        "active": keys.active(), "file": file.display().to_string(), "closed": seals.closed, "findings": seals.bad,
        "keptCheckpoints": old.map(|path| path.display().to_string()),
    }))?;
    Ok(Exit::Ok)
}

fn tell_old(app: &App, old: Option<&Path>) -> Result {
    match old {
        Some(path) => app.out.line(format!(
            "the checkpoints until now are kept as {}: who knows the old public key can still check them",
            path.display()
        )),
        None => Ok(()),
    }
}

fn tell_closed(app: &App, seals: &Seals) -> Result {
    if seals.closed > 0 {
        app.out.line(format!("{} of {} sealed values do not open:", seals.closed, seals.count))?;
    }
    for line in seals.told() {
        app.out.line(line)?;
    }
    Ok(())
}
