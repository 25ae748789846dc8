//! Slugs: the short names that stand in addresses, tokens and files.

use std::fmt;
use std::str::FromStr;

/// Text that is not a slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a slug of a {what}: {reason}{}", hint(self))]
pub struct NotASlug {
    /// What the slug should have been of.
    pub what: &'static str,
    /// What was written, cleaned and cut.
    pub given: String,
    /// What is wrong with it and which form is right.
    pub reason: &'static str,
    /// A slug near to what was written, if one can be made of it.
    pub suggestion: Option<String>,
}

fn hint(flaw: &NotASlug) -> String {
    flaw.suggestion.as_ref().map(|s| format!("; for example `{s}`")).unwrap_or_default()
}

macro_rules! slug {
    ($(#[$about:meta])* $name:ident, $what:literal, $pattern:literal) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The form as a regular expression.
            pub const PATTERN: &'static str = $pattern;

            /// The slug as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn read(text: &str) -> Result<Self, NotASlug> {
                match Self::flaw(text) {
                    None => Ok(Self(text.to_owned())),
                    Some(reason) => Err(NotASlug {
                        what: $what,
                        given: crate::text::clean(text, 40),
                        reason,
                        suggestion: Self::from_name(text).map(|slug| slug.0),
                    }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(slug: $name) -> Self {
                slug.0
            }
        }

        impl FromStr for $name {
            type Err = NotASlug;

            fn from_str(text: &str) -> Result<Self, NotASlug> {
                Self::read(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NotASlug;

            fn try_from(text: &str) -> Result<Self, NotASlug> {
                Self::read(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotASlug;

            fn try_from(text: String) -> Result<Self, NotASlug> {
                Self::read(&text)
            }
        }

        crate::word::serde_as_text!($name, concat!("the slug of a ", $what), |me, to| to.serialize_str(me.as_str()));

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": Self::PATTERN })
            }
        }
    };
}

slug! {
    /// The slug of a tenant: 2 to 39 lower-case letters and digits, with single hyphens between them (so at most 77
    /// characters). It stands in URLs and tokens.
    Slug, "tenant", "^[a-z0-9](-?[a-z0-9]){1,38}$"
}

slug! {
    /// The slug of a KRI: 2 to 80 lower-case letters, digits, `_` and `-`, a letter or digit at both ends. The slugs of
    /// the [catalogue](crate::catalog) use `_`.
    KriSlug, "KRI", "^[a-z0-9]([a-z0-9_-]{0,78})[a-z0-9]$"
}

impl Slug {
    fn flaw(text: &str) -> Option<&'static str> {
        let letters = text.bytes().filter(|c| *c != b'-').count();
        if text.bytes().any(|c| !matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            Some("it has lower-case letters a to z, digits and hyphens only")
        } else if text.starts_with('-') || text.ends_with('-') {
            Some("it begins and ends with a letter or a digit")
        } else if text.contains("--") {
            Some("hyphens stand alone, between letters or digits")
        } else if !(2..=39).contains(&letters) {
            Some("it has 2 to 39 letters and digits")
        } else {
            None
        }
    }

    /// A slug made of a name: `Acme Werke GmbH` gives `acme-werke-gmbh`. None where too little is left.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in plain(name, '-').chars().take_while({
            let mut letters = 0;
            move |c| {
                letters += usize::from(*c != '-');
                letters <= 39
            }
        }) {
            slug.push(c);
        }
        slug.truncate(slug.trim_end_matches('-').len());
        Self::flaw(&slug).is_none().then_some(Self(slug))
    }
}

impl KriSlug {
    fn flaw(text: &str) -> Option<&'static str> {
        if text.bytes().any(|c| !matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')) {
            Some("it has lower-case letters a to z, digits, `_` and `-` only")
        } else if !(2..=80).contains(&text.len()) {
            Some("it has 2 to 80 characters")
        } else if text.starts_with(['_', '-']) || text.ends_with(['_', '-']) {
            Some("it begins and ends with a letter or a digit")
        } else {
            None
        }
    }

    /// A slug made of a name: `MFA coverage (%)` gives `mfa_coverage_pct`. None where too little is left.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut slug = plain(&name.replace('%', " pct "), '_');
        slug.truncate(80);
        slug.truncate(slug.trim_end_matches('_').len());
        Self::flaw(&slug).is_none().then_some(Self(slug))
    }
}

/// Lower-case ASCII letters and digits of `name`, with one `between` wherever anything else stood.
fn plain(name: &str, between: char) -> String {
    let mut out = String::new();
    let mut gap = false;
    // names are short; no more is looked at than could ever be used
    for c in name.chars().take(400).flat_map(char::to_lowercase) {
        let mut own = [0; 4];
        let letters: &str = match c {
            'a'..='z' | '0'..='9' => c.encode_utf8(&mut own),
            'ä' | 'æ' => "ae",
            'ö' | 'ø' | 'œ' => "oe",
            'ü' => "ue",
            'ß' => "ss",
            'à' | 'á' | 'â' | 'ã' | 'å' => "a",
            'ç' => "c",
            'è' | 'é' | 'ê' | 'ë' => "e",
            'ì' | 'í' | 'î' | 'ï' => "i",
            'ñ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' => "o",
            'ù' | 'ú' | 'û' => "u",
            // an apostrophe joins, as in "don't"
            '\'' | '’' => continue,
            _ => {
                gap = true;
                continue;
            }
        };
        if gap && !out.is_empty() {
            out.push(between);
        }
        gap = false;
        out.push_str(letters);
    }
    out
}

#[cfg(test)]
mod tests;
