//! One error for all operations. It knows nothing of HTTP, JSON-RPC or pages: each door has its own mapping.
use std::borrow::Cow;
use std::fmt;

use watchkeep_model::{RequestId, text};
use watchkeep_store as store;

/// The longest public text in bytes; what is longer is cut with an ellipsis.
pub const MAX_TEXT: usize = 2_000;

/// What went wrong, as the caller must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Not there, or not this caller's to see. The two are told apart nowhere.
    NotFound,
    /// The state of things forbids it: a reused idempotency key, a changed version, a cursor of another question.
    Conflict,
    /// Arguments that cannot be used, all of them at once.
    Invalid(Vec<Flaw>),
    /// No known caller.
    Unauthenticated,
    /// A known caller whose credential lacks this scope.
    Forbidden {
        /// The scope that is missing, such as `mcp:write`.
        scope: Cow<'static, str>,
    },
    /// Too many calls.
    Limited {
        /// Seconds to wait, at least 1.
        retry_after: u32,
    },
    /// Something that the hub depends on does not answer now.
    Unavailable,
    /// The hub cannot store anything more.
    Full,
    /// Our fault. The source is logged, never shown.
    Internal,
}

/// One unusable argument.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Flaw {
    /// Path of the argument, such as `limit` or `samples[3].value`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
    /// The allowed values, where they can be listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// The allowed value that was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

impl Flaw {
    /// A flaw without a list of allowed values. Both texts are cleaned and cut.
    pub fn new(field: impl AsRef<str>, problem: impl AsRef<str>) -> Self {
        Self {
            field: text::clean(field.as_ref(), 120),
            problem: text::clean(problem.as_ref(), 400),
            allowed: vec![],
            nearest: None,
        }
    }

    /// The same with the values that are allowed and the one that is nearest to `got`.
    #[must_use]
    pub fn allowed(mut self, allowed: Vec<String>, got: &str) -> Self {
        self.nearest = crate::shape::nearest(got, &allowed);
        self.allowed = allowed;
        self
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)?;
        if !self.allowed.is_empty() {
            write!(f, "; allowed: {}", self.allowed.join(", "))?;
        }
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

/// Why an operation was refused or failed.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure: decides the status of each door.
    pub kind: Kind,
    /// What is wrong, with which field, and what to do. Shown to the caller.
    pub public: Cow<'static, str>,
    /// What lies behind it. Logged, never shown.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind with the text for the caller.
    pub fn new(kind: Kind, public: impl Into<Cow<'static, str>>) -> Self {
        let mut public = public.into();
        if public.len() > MAX_TEXT {
            let cut = public.floor_char_boundary(MAX_TEXT - '…'.len_utf8());
            let text = public.to_mut();
            text.truncate(cut);
            text.push('…');
        }
        Self { kind, public, source: None }
    }

    /// The thing is not there, or not this caller's to see. The text should say how to find what is there.
    pub fn not_found(public: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::NotFound, public)
    }

    /// The state of things forbids it. The text should say what to do about it.
    pub fn conflict(public: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Conflict, public)
    }

    /// Unusable arguments; the text is one line per flaw, of which at most 20 are told.
    #[must_use]
    pub fn invalid(mut flaws: Vec<Flaw>) -> Self {
        const MOST: usize = 20;
        let more = flaws.len().saturating_sub(MOST);
        flaws.truncate(MOST);
        let mut text = flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        if more > 0 {
            text.push_str(&format!("\nand {more} more"));
        }
        Self::new(Kind::Invalid(flaws), text)
    }

    /// One unusable argument.
    #[must_use]
    pub fn flaw(field: &str, problem: &str) -> Self {
        Self::invalid(vec![Flaw::new(field, problem)])
    }

    /// Our fault. The caller gets the request id (see [`Error::of_request`]), the log gets `source`.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::new(Kind::Internal, "something failed inside the hub") }
    }

    /// The stable word of this kind: in audit rows, problem types and metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.kind {
            Kind::NotFound => "not_found",
            Kind::Conflict => "conflict",
            Kind::Invalid(_) => "invalid",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Forbidden { .. } => "forbidden",
            Kind::Limited { .. } => "limited",
            Kind::Unavailable => "unavailable",
            Kind::Full => "full",
            Kind::Internal => "internal",
        }
    }

    /// Logs what lies behind a failure of ours and tells the caller under which id it was logged.
    #[must_use]
    pub fn of_request(mut self, request: RequestId, op: &str) -> Self {
        if let Some(source) = &self.source {
            let source: &dyn std::error::Error = &**source;
            tracing::error!(%request, op, kind = self.word(), error = source, "a call failed");
        }
        if self.kind == Kind::Internal {
            self.public = format!(
                "something failed inside the hub; nothing more is known here. The hub's log has it under request {request}"
            )
            .into();
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|s| &**s as &(dyn std::error::Error + 'static))
    }
}

impl store::Outcome for Error {
    fn word(&self) -> &'static str {
        Error::word(self)
    }
}

impl From<store::Error> for Error {
    fn from(e: store::Error) -> Self {
        let (kind, text) = match e.kind() {
            store::ErrorKind::Conflict => {
                (Kind::Conflict, "it was changed or made meanwhile; read it again, then repeat the call")
            }
            store::ErrorKind::Unavailable => {
                (Kind::Unavailable, "the hub's database does not answer now; try again in a few seconds")
            }
            store::ErrorKind::Full => (
                Kind::Full,
                "the hub's disk is full, so nothing was written; its operator must free space, then repeat",
            ),
            store::ErrorKind::Internal => (Kind::Internal, "something failed inside the hub"),
        };
        Self { source: Some(Box::new(e)), ..Self::new(kind, text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaws_are_told_one_per_line_with_what_is_allowed() {
        let e = Error::invalid(vec![
            Flaw::new("status", "\"rde\" is not a value of it").allowed(vec!["green".into(), "red".into()], "rde"),
            Flaw::new("limit", "must be a whole number"),
        ]);
        assert_eq!(
            e.to_string(),
            "status: \"rde\" is not a value of it; allowed: green, red; did you mean `red`?\nlimit: must be a whole number"
        );
        assert_eq!(e.word(), "invalid");
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let e = Error::not_found("ü".repeat(3_000));
        assert!(e.public.len() <= MAX_TEXT && e.public.ends_with("ü…"), "{}", e.public.len());
        let many = Error::invalid((0..30).map(|i| Flaw::new(format!("f{i}"), "is required")).collect());
        assert!(many.public.ends_with("and 10 more"));
    }

    #[test]
    fn an_internal_error_tells_the_request_and_nothing_else() {
        let id = RequestId::new(uuid::Uuid::from_u128(7));
        let e = Error::internal(std::io::Error::other("secret detail")).of_request(id, "list_kris");
        assert!(e.public.contains(&id.to_string()) && !e.public.contains("secret"), "{e}");
    }
}
