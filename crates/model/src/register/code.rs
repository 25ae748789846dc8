//! The names of entries in files, addresses and links.

use std::fmt;
use std::str::FromStr;

use crate::slug::KriSlug;

/// The name of an entry: 1 to 64 letters a to z in either case, digits, `.`, `_`, `-`, and brackets, a letter or digit
/// first: `AC-2(1)`, `ransomware`, `A.5.17`. Upper and lower case are kept, and make no difference when it is looked up.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// Text that is not a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a name of an entry: it has 1 to {most} letters a to z, digits and . _ - ( ), a letter or digit first",
    most = Code::MOST
)]
pub struct NotACode {
    /// What was written, cleaned and cut.
    pub given: String,
}

impl Code {
    /// Characters at most.
    pub const MOST: usize = 64;
    /// The form as a regular expression.
    pub const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._()-]{0,63}$";

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By what it is looked up: in lower case.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// A code made of a name: `Cloud key leak` gives `cloud-key-leak`. None where too little is left.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut code = match KriSlug::from_name(name) {
            Some(slug) => slug.as_str().replace('_', "-"),
            // one letter is enough here
            None => name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect(),
        };
        code.truncate(Self::MOST);
        code.truncate(code.trim_end_matches('-').len());
        code.parse().ok()
    }
}

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let fits = (1..=Self::MOST).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-()".contains(&c));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotACode { given: crate::text::clean(text, 70) }) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.0)
    }
}
