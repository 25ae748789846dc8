//! An installation that was opened for administration: also while a hub serves the same data.
use std::path::Path;
use std::sync::Arc;

use watchkeep_hub::admin::{Admin, OneTimeLink};
use watchkeep_hub::{Clock, Hub, Limits, Parts, Rng, SystemClock, hub_parts};
use watchkeep_model::{Slug, Timestamp};
use watchkeep_store::{Keyring, Store, TenantScope};

use crate::app::App;
use crate::config::Config;
use crate::exit::Exit;
use crate::fault::{Fault, Result};

/// The configuration, the data, and who administers.
#[derive(Debug)]
pub(crate) struct Desk {
    /// The configuration.
    pub(crate) config: Config,
    /// Acts on the data, as operator.
    pub(crate) admin: Admin,
}

impl Desk {
    /// Opens the data of an installation that was initialised.
    ///
    /// # Errors
    /// [`Exit::Uninitialised`] where there is none; of the configuration and the database.
    pub(crate) async fn open(app: &App) -> Result<Self> {
        let config = app.config()?;
        initialised(&config)?;
        let store = open_store(&config).await?;
        Ok(Self::of(config, store))
    }

    /// The desk of an open store.
    pub(crate) fn of(config: Config, store: Store) -> Self {
        let admin = Admin::operator(store, Arc::new(SystemClock), Arc::new(Rng::system()), &os_user());
        Self { config, admin }
    }

    /// The data.
    pub(crate) fn store(&self) -> &Store {
        self.admin.store()
    }

    /// The keyring.
    ///
    /// # Errors
    /// If it is missing or cannot be read.
    pub(crate) fn keyring(&self) -> Result<Keyring> {
        keyring(&self.config)
    }

    /// A hub over the data, for what runs inside one.
    ///
    /// # Errors
    /// If the keyring is missing.
    pub(crate) fn hub(&self, keys: &Keyring) -> Result<Arc<Hub>> {
        let url = self.config.public_url(self.config.server.listen).unwrap_or_default();
        make_hub(self.store().clone(), Limits::NONE, keys, &url, |_| {})
    }

    /// The address at which a one-time link is opened.
    pub(crate) fn link(&self, link: &OneTimeLink) -> String {
        let url = self.config.public_url(self.config.server.listen).unwrap_or_else(|_| "https://YOUR-HUB".to_owned());
        link.at(&url)
    }

    /// The tenant that was named; the only one, where none was.
    ///
    /// # Errors
    /// Not found; [`Exit::Usage`] if none was named and there are several.
    pub(crate) async fn tenant(&self, slug: Option<&Slug>) -> Result<TenantScope> {
        if let Some(slug) = slug {
            return Ok(self.admin.tenant(slug).await?);
        }
        let all = self.store().tenants(self.store().operator()).await?;
        match all.as_slice() {
            [one] => Ok(self.admin.tenant(&one.slug).await?),
            [] => {
                Err(Fault::new(Exit::NotFound, "there is no tenant yet")
                    .hint("make one: `watchkeep tenant create SLUG`"))
            }
            several => {
                let slugs: Vec<&str> = several.iter().take(5).map(|t| t.slug.as_str()).collect();
                let more = if several.len() > 5 { ", ..." } else { "" };
                let told = format!("there are {} tenants ({}{more}): which one?", several.len(), slugs.join(", "));
                Err(Fault::new(Exit::Usage, told).hint("name it with --tenant SLUG"))
            }
        }
    }
}

/// A hub made of a store.
///
/// # Errors
/// If the list of operations cannot be served, which the tests of the list find first.
pub(crate) fn make_hub(
    store: Store,
    limits: Limits,
    keys: &Keyring,
    url: &str,
    set: impl FnOnce(&mut Parts),
) -> Result<Arc<Hub>> {
    let mut parts = hub_parts(store, Arc::new(SystemClock), Rng::system(), limits, keys, url);
    set(&mut parts);
    Hub::new(parts).map_err(|e| Fault::new(Exit::Failed, e.to_string()))
}

/// Refuses where `init` has not been run.
///
/// # Errors
/// [`Exit::Uninitialised`].
pub(crate) fn initialised(config: &Config) -> Result {
    let fix = "run `watchkeep init`, or name the folder of an existing hub with --data";
    match config.database_file() {
        Some(file) if !file.exists() => {
            let told = format!("there is no hub here: {} does not exist", file.display());
            Err(Fault::new(Exit::Uninitialised, told).hint(fix))
        }
        None if !config.keyring_file().exists() => {
            let told = format!("there is no hub here: the keyring {} does not exist", config.keyring_file().display());
            Err(Fault::new(Exit::Uninitialised, told)
                .hint("run `watchkeep init`, or copy the keyring of the other hubs of this database here"))
        }
        _ => Ok(()),
    }
}

/// Opens the store, and says so where a file may not be written.
///
/// # Errors
/// Of the file or the database.
pub(crate) async fn open_store(config: &Config) -> Result<Store> {
    let Some(file) = config.database_file() else { return Ok(Store::open(config.store()).await?) };
    may_write(&file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    Store::open(config.store()).await.map_err(|e| match free_bytes(folder) {
        // opening needs some space for the log; SQLite then tells of an I/O error and no more
        Some(free) if free < 1024 * 1024 => {
            Fault::new(Exit::Failed, format!("no space is left in {}: {e}", folder.display()))
                .hint("free some space and run the command again; nothing was half-written")
        }
        _ => e.into(),
    })
}

/// What a user may still write on the disk of a folder; none where that cannot be told.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().map(|about| about.f_bavail * about.f_frsize)
}

/// SQLite would open the file for reading and fail at the first write.
fn may_write(file: &Path) -> Result {
    match std::fs::OpenOptions::new().write(true).open(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Fault::io(file.display(), &e)),
        _ => Ok(()),
    }
}

/// The keyring of an installation.
///
/// # Errors
/// If it is missing or cannot be read.
pub(crate) fn keyring(config: &Config) -> Result<Keyring> {
    let file = config.keyring_file();
    Keyring::load(&file)?.ok_or_else(|| {
        Fault::new(Exit::Failed, format!("the keyring {} is missing", file.display()))
            .hint("restore it from where you keep a copy: without it sealed secrets do not open and checkpoints are not signed")
    })
}

/// Now, for what is no act of anybody.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// The account that runs this process: the name of its user id, which no variable of the environment can change.
pub(crate) fn os_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {uid}"))
}
