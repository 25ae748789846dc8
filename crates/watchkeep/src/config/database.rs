//! `[database]`: SQLite or PostgreSQL.
use std::fmt;
use std::path::PathBuf;

use super::section::section;
use super::setting::{Given, Setting};

section! {
    /// Which database. SQLite needs nothing; PostgreSQL allows several hubs beside each other.
    pub(crate) struct Database ("database") {
        /// `sqlite` for the file `hub.db` in the data folder, `sqlite:PATH` for another file, or the connection URL of
        /// PostgreSQL: `postgres://USER:PASSWORD@HOST:PORT/NAME`, of a role that serves (no superuser, no BYPASSRLS,
        /// not the owner of the tables).
        url ("database.url", secret): Url = "sqlite",
        /// PostgreSQL: the connection URL of the owner of the tables, who brings the schema up to date at the start.
        /// Without it the schema must be current.
        owner_url ("database.owner_url", secret): Option<ServerUrl> = "",
        /// PostgreSQL: PEM file of the certificate authority. With it the connection is encrypted.
        ca_file ("database.ca_file"): Option<PathBuf> = "",
        /// PostgreSQL: connections at most.
        connections ("database.connections"): usize = "16",
        /// SQLite: connections kept open for reading; more are opened as needed.
        readers ("database.readers"): usize = "2",
        /// SQLite: whether each commit is on the disk before its caller is answered. Switched off, it is with the
        /// operating system: nothing is lost when the hub is killed, but when the power fails the last moments may be,
        /// audit rows among them. The file stays whole either way.
        fsync ("database.fsync"): bool = "true",
    }
}

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Url {
    /// A file; none for the usual one.
    Sqlite(Option<PathBuf>),
    /// A server.
    Postgres(ServerUrl),
}

impl Setting for Url {
    const EXPECTED: &'static str = "sqlite, sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME";
    fn read(given: &Given) -> Option<Self> {
        if let Some(server) = ServerUrl::read(given) {
            return Some(Self::Postgres(server));
        }
        let rest = given.text.strip_prefix("sqlite").filter(|_| given.kind.is_none_or(|k| k == "string"))?;
        if rest.is_empty() {
            return Some(Self::Sqlite(None));
        }
        let path = rest.strip_prefix("://").or_else(|| rest.strip_prefix(':'))?;
        PathBuf::read(&Given { text: path.to_owned(), ..given.clone() }).map(|path| Self::Sqlite(Some(path)))
    }
    fn show(&self) -> Option<String> {
        match self {
            Self::Sqlite(None) => Some("\"sqlite\"".into()),
            Self::Sqlite(Some(path)) => format!("sqlite:{}", path.display()).show(),
            Self::Postgres(server) => server.show(),
        }
    }
}

/// The connection URL of a PostgreSQL server. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl(String);

impl ServerUrl {
    /// The whole URL.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // what stands after a question mark may be a password, too
        let url = self.0.split('?').next().unwrap_or_default();
        match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
            Some((scheme, (user, host))) => {
                let user = user.split(':').next().unwrap_or_default();
                write!(f, "{scheme}://{user}@{host}")
            }
            None => f.write_str(url),
        }
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Setting for ServerUrl {
    const EXPECTED: &'static str = "postgres://USER:PASSWORD@HOST:PORT/NAME";
    fn read(given: &Given) -> Option<Self> {
        let text = given.text.trim();
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        (is_url && given.kind.is_none_or(|k| k == "string")).then(|| Self(text.to_owned()))
    }
    fn show(&self) -> Option<String> {
        self.to_string().show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_apart() {
        let read = |text: &str| Url::read(&Given::text(text));
        assert_eq!(read("sqlite"), Some(Url::Sqlite(None)));
        assert_eq!(read("sqlite:/srv/hub.db"), Some(Url::Sqlite(Some("/srv/hub.db".into()))));
        assert_eq!(read("sqlite:///srv/hub.db"), Some(Url::Sqlite(Some("/srv/hub.db".into()))));
        assert!(matches!(read("postgres://app@db/hub"), Some(Url::Postgres(_))));
        for bad in ["", "mysql://db/hub", "sqlite:", "sqlitehub.db", "/srv/hub.db"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for url in ["postgres://app:s3cr@et@db:5432/hub?sslmode=require", "postgresql://app@db/hub?password=s3cr"] {
            let shown = Url::read(&Given::text(url)).unwrap().show().unwrap();
            assert!(shown.contains("app@db") && shown.contains("/hub") && !shown.contains("s3cr"), "{shown}");
        }
    }
}
