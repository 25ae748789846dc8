//! Why a command ended: one line what, one line how to fix it.
use std::fmt;

use watchkeep_hub::Kind;
use watchkeep_store::ErrorKind;

use crate::exit::Exit;

/// The end of a command that did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// What commands return.
pub(crate) type Result<T = (), E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// A fault with this exit code.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A failure of reading or writing `what`.
    pub(crate) fn io(what: impl fmt::Display, e: &std::io::Error) -> Self {
        use std::io::ErrorKind as E;
        let exit = match e.kind() {
            E::PermissionDenied | E::ReadOnlyFilesystem => Exit::Denied,
            E::NotFound => Exit::NotFound,
            _ => Exit::Failed,
        };
        let fault = Self::new(exit, format!("{what}: {}", plain(e)));
        match e.kind() {
            E::PermissionDenied => {
                fault.hint("give this user the right to it, or run the command as the hub's own user")
            }
            E::ReadOnlyFilesystem => fault.hint("choose a folder that can be written, with --data"),
            E::StorageFull | E::QuotaExceeded => fault.hint("free some space and run the command again"),
            _ => fault,
        }
    }

    /// One line of JSON: `{"code","message","hint"}`.
    pub(crate) fn json(&self) -> String {
        let mut all = serde_json::Map::new();
        all.insert("code".into(), self.exit.word().into());
        all.insert("message".into(), self.message.as_str().into());
        if let Some(hint) = &self.hint {
            all.insert("hint".into(), hint.as_str().into());
        }
        serde_json::Value::Object(all).to_string()
    }
}

/// The text of the system without its number.
fn plain(e: &std::io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  fix: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<watchkeep_store::Error> for Fault {
    fn from(e: watchkeep_store::Error) -> Self {
        let exit = match e.kind() {
            ErrorKind::Conflict => Exit::Invalid,
            ErrorKind::Unavailable => Exit::Unavailable,
            ErrorKind::Full | ErrorKind::Internal => Exit::Failed,
        };
        let full = e.kind() == ErrorKind::Full;
        let fault = Self::new(exit, e.to_string());
        match exit {
            _ if full => fault.hint("free some space on the disk and run the command again; nothing was half-written"),
            Exit::Unavailable => fault.hint("try again in a few seconds; `watchkeep doctor` tells more"),
            _ => fault,
        }
    }
}

impl From<watchkeep_hub::Error> for Fault {
    /// The operator of the machine may see what lies behind.
    fn from(e: watchkeep_hub::Error) -> Self {
        let exit = match &e.kind {
            Kind::NotFound => Exit::NotFound,
            Kind::Conflict | Kind::Invalid(_) => Exit::Invalid,
            Kind::Unauthenticated | Kind::Forbidden { .. } => Exit::Denied,
            Kind::Limited { .. } | Kind::Unavailable => Exit::Unavailable,
            Kind::Full | Kind::Internal => Exit::Failed,
        };
        let behind = e.source.as_ref().map(ToString::to_string).filter(|text| *text != e.public);
        // one line what, one line how to fix it: the texts put a semicolon between the two
        let (message, hint) = match e.public.split_once("; ") {
            Some((what, fix)) if !what.contains('\n') => (what.to_owned(), Some(fix.to_owned())),
            _ => (e.public.into_owned(), None),
        };
        let message = match behind {
            Some(behind) => format!("{message} ({behind})"),
            None => message,
        };
        Self { exit, message, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_two_lines_or_one_line_of_json() {
        let fault = Fault::new(Exit::NotFound, "there is no tenant `acme`").hint("`watchkeep tenant list` shows all");
        assert_eq!(fault.to_string(), "error: there is no tenant `acme`\n  fix: `watchkeep tenant list` shows all");
        assert_eq!(
            fault.json(),
            r#"{"code":"not_found","hint":"`watchkeep tenant list` shows all","message":"there is no tenant `acme`"}"#
        );
    }

    #[test]
    fn errors_of_the_hub_keep_their_kind_and_their_advice() {
        let fault =
            Fault::from(watchkeep_hub::Error::not_found("there is no tenant `x`; `watchkeep tenant list` shows all"));
        assert_eq!((fault.exit, fault.message.as_str()), (Exit::NotFound, "there is no tenant `x`"));
        assert_eq!(fault.hint.as_deref(), Some("`watchkeep tenant list` shows all"));
        let fault = Fault::from(watchkeep_hub::Error::internal("the pipe burst"));
        assert!(fault.exit == Exit::Failed && fault.message.contains("the pipe burst"), "{fault}");
    }

    #[test]
    fn errors_of_the_system_say_what_they_are_about() {
        let fault = Fault::io("the folder /srv", &std::io::Error::from_raw_os_error(13));
        assert_eq!((fault.exit, fault.message.as_str()), (Exit::Denied, "the folder /srv: permission denied"));
    }
}
