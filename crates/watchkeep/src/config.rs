//! The configuration: defaults, then `/etc/watchkeep/watchkeep.toml`, then the file of `--config`, then `WATCHKEEP_*`,
//! then flags; the later wins. Unknown keys and wrong types are refused, all of them at once, with where they stand.
//!
//! One file per section; its doc comments are the reference that `watchkeep config reference` prints. The environment
//! is read here and nowhere else.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use watchkeep_model::Span;
use watchkeep_store::{Group, Options};

pub(crate) mod audit;
pub(crate) mod base;
pub(crate) mod database;
pub(crate) mod dropzone;
pub(crate) mod layers;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod oauth;
pub(crate) mod section;
pub(crate) mod server;
pub(crate) mod setting;

#[cfg(test)]
mod tests;

use layers::Layers;
use section::{Key, Section};
use setting::Given;

/// What each variable of the environment begins with.
pub(crate) const PREFIX: &str = "WATCHKEEP_";
/// The variable that names a file instead of `--config`.
pub(crate) const FILE_VARIABLE: &str = "WATCHKEEP_CONFIG";
/// The file of the machine.
pub(crate) const SYSTEM_FILE: &str = "/etc/watchkeep/watchkeep.toml";
/// The usual folder of an installed hub.
const SYSTEM_DATA: &str = "/var/lib/watchkeep";

/// The sections, in the order of the reference.
pub(crate) const SECTIONS: &[Section] = &[
    base::Base::SECTION,
    server::Server::SECTION,
    database::Database::SECTION,
    limits::Limits::SECTION,
    log::Log::SECTION,
    audit::Audit::SECTION,
    oauth::Oauth::SECTION,
    dropzone::Dropzone::SECTION,
];

/// All keys, in the order of the reference.
pub(crate) fn keys() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// One thing that is wrong with the configuration, in a sentence that begins with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub String);

impl Fault {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// What the configuration is read from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The file of the machine; it need not exist.
    pub(crate) system_file: Option<PathBuf>,
    /// The file that was asked for; it must exist.
    pub(crate) file: Option<PathBuf>,
    /// The environment.
    pub(crate) variables: Vec<(String, String)>,
    /// Flags: the key, the flag's name, its value.
    pub(crate) flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// The machine's file and the process's environment.
    pub(crate) fn of_process() -> Self {
        // names and values that are not UTF-8 are nobody's settings
        let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let variables: Vec<_> = variables.collect();
        let file = variables.iter().find(|(name, _)| name == FILE_VARIABLE).map(|(_, path)| path.into());
        Self { system_file: Some(SYSTEM_FILE.into()), file, variables, flags: vec![] }
    }

    /// The value of a variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
}

/// The whole configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The keys before the first section.
    pub(crate) base: base::Base,
    /// `[server]`.
    pub(crate) server: server::Server,
    /// `[database]`.
    pub(crate) database: database::Database,
    /// `[limits]`.
    pub(crate) limits: limits::Limits,
    /// `[log]`.
    pub(crate) log: log::Log,
    /// `[audit]`.
    pub(crate) audit: audit::Audit,
    /// `[oauth]`.
    pub(crate) oauth: oauth::Oauth,
    /// `[dropzone]`.
    pub(crate) dropzone: dropzone::Dropzone,
    /// What was given, and by whom.
    pub(crate) layers: Layers,
    /// The files that were read.
    pub(crate) files: Vec<PathBuf>,
    usual_data_dir: PathBuf,
}

impl Config {
    /// Reads all layers.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the layers.
    pub(crate) fn load(from: &Sources) -> Result<Self, Vec<Fault>> {
        let (mut layers, mut faults, mut files) = (Layers::default(), vec![], vec![]);
        let system = from.system_file.iter().map(|file| (file, false));
        for (file, must) in system.chain(from.file.iter().map(|file| (file, true))) {
            match std::fs::read_to_string(file) {
                Ok(text) => {
                    layers.file(file, &text, &mut faults);
                    files.push(file.clone());
                }
                Err(e) if !must && e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => faults.push(Fault::new(format!("{}: the file cannot be read: {e}", file.display()))),
            }
        }
        layers.environment(&from.variables, &mut faults);
        for (path, flag, value) in &from.flags {
            layers.flag(path, flag, value, &mut faults);
        }
        if faults.is_empty() {
            let usual_data_dir = usual_data_dir(from);
            if let Some(config) = Self::take(layers, files, usual_data_dir) {
                faults = config.contradictions();
                if faults.is_empty() {
                    return Ok(config);
                }
            } else {
                faults.push(Fault::new("a value or a default is not what its key takes"));
            }
        }
        Err(faults)
    }

    fn take(layers: Layers, files: Vec<PathBuf>, usual_data_dir: PathBuf) -> Option<Self> {
        Some(Self {
            base: base::Base::take(&layers)?,
            server: server::Server::take(&layers)?,
            database: database::Database::take(&layers)?,
            limits: limits::Limits::take(&layers)?,
            log: log::Log::take(&layers)?,
            audit: audit::Audit::take(&layers)?,
            oauth: oauth::Oauth::take(&layers)?,
            dropzone: dropzone::Dropzone::take(&layers)?,
            layers,
            files,
            usual_data_dir,
        })
    }

    /// What can be told without looking at anything else.
    fn contradictions(&self) -> Vec<Fault> {
        let mut faults = vec![];
        let at = |path: &str| self.layers.origin(path);
        match (&self.server.tls_cert, &self.server.tls_key) {
            (Some(_), None) => faults.push(Fault::new(format!(
                "{}: server.tls_cert needs server.tls_key, the file of its private key",
                at("server.tls_cert")
            ))),
            (None, Some(_)) => faults.push(Fault::new(format!(
                "{}: server.tls_key needs server.tls_cert, the file of the certificate",
                at("server.tls_key")
            ))),
            _ => {}
        }
        if let Some(url) = &self.server.public_url
            && let Err(e) = watchkeep_server::Public::new(url)
        {
            faults.push(Fault::new(format!("{}: server.{e}", at("server.public_url"))));
        }
        if self.server.tls_cert.is_some() && self.server.public_url.as_ref().is_some_and(|u| u.starts_with("http:")) {
            faults.push(Fault::new(format!(
                "{}: server.public_url begins with http:, but server.tls_cert makes the hub speak https",
                at("server.public_url")
            )));
        }
        if matches!(self.database.url, database::Url::Sqlite(_)) && self.database.owner_url.is_some() {
            faults.push(Fault::new(format!(
                "{}: database.owner_url is PostgreSQL's, but database.url names SQLite",
                at("database.owner_url")
            )));
        }
        faults
    }

    /// The folder of the data.
    pub(crate) fn data_dir(&self) -> &Path {
        self.base.data_dir.as_deref().unwrap_or(&self.usual_data_dir)
    }

    /// The SQLite file; none for PostgreSQL.
    pub(crate) fn database_file(&self) -> Option<PathBuf> {
        match &self.database.url {
            database::Url::Sqlite(Some(file)) => Some(self.data_dir().join(file)),
            database::Url::Sqlite(None) => Some(self.data_dir().join("hub.db")),
            database::Url::Postgres(_) => None,
        }
    }

    /// Where the data is, for people; no password is in it.
    pub(crate) fn database_name(&self) -> String {
        match (&self.database.url, self.database_file()) {
            (database::Url::Postgres(url), _) => url.to_string(),
            (_, file) => file.unwrap_or_default().display().to_string(),
        }
    }

    /// The keyring.
    pub(crate) fn keyring_file(&self) -> PathBuf {
        self.base.keyring_file.clone().unwrap_or_else(|| self.data_dir().join("keyring.json"))
    }

    /// The signed checkpoints of the audit log.
    pub(crate) fn checkpoint_file(&self) -> PathBuf {
        self.audit.checkpoint_file.clone().unwrap_or_else(|| self.data_dir().join("audit.checkpoints"))
    }

    /// Where the last backup is noted.
    pub(crate) fn backup_note(&self) -> PathBuf {
        self.data_dir().join("last-backup.json")
    }

    /// How the store is opened.
    pub(crate) fn store(&self) -> Options {
        let database = match &self.database.url {
            database::Url::Sqlite(_) => {
                watchkeep_store::Database::Sqlite { path: self.database_file().unwrap_or_default() }
            }
            database::Url::Postgres(url) => watchkeep_store::Database::Postgres {
                url: url.reveal().to_owned(),
                owner_url: self.database.owner_url.as_ref().map(|url| url.reveal().to_owned()),
                ca_file: self.database.ca_file.as_ref().map(|file| file.display().to_string()),
                connections: self.database.connections,
            },
        };
        let database::Database { readers, fsync, .. } = self.database;
        Options { database, readers, group: Group::default(), fsync }
    }

    /// The address that people type, once it is known where the hub listens.
    ///
    /// # Errors
    /// If the hub would listen to the network without knowing its address there.
    pub(crate) fn public_url(&self, listening: SocketAddr) -> Result<String, String> {
        match &self.server.public_url {
            Some(url) => Ok(url.trim_end_matches('/').to_owned()),
            None if listening.ip().is_loopback() => {
                let scheme = if self.server.tls_cert.is_some() { "https" } else { "http" };
                Ok(format!("{scheme}://{listening}"))
            }
            None => Err(format!(
                "listening on {listening} opens the hub to the network, but server.public_url, the address that clients \
                 are to use, is not set"
            )),
        }
    }
}

fn usual_data_dir(from: &Sources) -> PathBuf {
    if Path::new(SYSTEM_DATA).is_dir() {
        return SYSTEM_DATA.into();
    }
    let home = || from.variable("HOME").map(|home| Path::new(home).join(".local/share"));
    match from.variable("XDG_DATA_HOME").map(PathBuf::from).or_else(home) {
        Some(share) => share.join("watchkeep"),
        None => SYSTEM_DATA.into(),
    }
}

/// A length of time of the standard library.
pub(crate) fn duration(span: Span) -> std::time::Duration {
    std::time::Duration::from_micros(u64::try_from(span.micros()).unwrap_or_default())
}

/// The value of a key as it is shown, and where it comes from.
pub(crate) fn shown(layers: &Layers, key: &Key) -> (Option<String>, layers::Origin) {
    let given: Given = layers.value(key.path, key.default);
    ((key.show)(&given), layers.origin(key.path))
}
