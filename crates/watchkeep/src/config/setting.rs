//! The types that a setting can have: how each is read and written.
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use watchkeep_model::Span;
use watchkeep_server::peer::Cidr;

/// A value as it was given, before its type is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    /// What it is called in TOML (`string`, `integer`, ...); none for text of the environment or the command line,
    /// which may stand for every type.
    pub(crate) kind: Option<&'static str>,
    /// The text; of a list nothing.
    pub(crate) text: String,
    /// The members of a list.
    pub(crate) items: Vec<Self>,
    /// The folder that a relative path starts from.
    pub(crate) folder: Option<PathBuf>,
}

impl Given {
    /// Text that may stand for every type.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { kind: None, text: text.into(), items: vec![], folder: None }
    }

    fn is(&self, kind: &str) -> bool {
        self.kind.is_none_or(|k| k == kind)
    }
}

/// A type of settings.
pub(crate) trait Setting: Sized {
    /// What is expected, to go on after "expected".
    const EXPECTED: &'static str;

    /// Reads a value; none if it is not what is expected.
    fn read(given: &Given) -> Option<Self>;

    /// The value as it is written in TOML; none if nothing is set. A secret is not shown.
    fn show(&self) -> Option<String>;
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

macro_rules! numbers { ($($type:ty),+) => { $(
    impl Setting for $type {
        const EXPECTED: &'static str = "a whole number, 0 or more";
        fn read(given: &Given) -> Option<Self> {
            given.is("integer").then(|| given.text.trim().parse().ok())?
        }
        fn show(&self) -> Option<String> {
            Some(self.to_string())
        }
    }
)+ } }
numbers!(u32, usize);

impl Setting for bool {
    const EXPECTED: &'static str = "true or false";
    fn read(given: &Given) -> Option<Self> {
        given.is("boolean").then(|| given.text.trim().parse().ok())?
    }
    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "a text";
    fn read(given: &Given) -> Option<Self> {
        given.is("string").then(|| given.text.clone())
    }
    fn show(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "a path";
    fn read(given: &Given) -> Option<Self> {
        if !given.is("string") || given.text.is_empty() {
            return None;
        }
        Some(match &given.folder {
            Some(folder) => folder.join(&given.text),
            None => Path::new(&given.text).to_owned(),
        })
    }
    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string_lossy()))
    }
}

impl Setting for SocketAddr {
    const EXPECTED: &'static str = "an IP address and a port, such as 127.0.0.1:8420 or [::]:8420";
    fn read(given: &Given) -> Option<Self> {
        given.is("string").then(|| given.text.trim().parse().ok())?
    }
    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Setting for Span {
    const EXPECTED: &'static str = "a length of time above 0, such as 30s, 15m or 24h";
    fn read(given: &Given) -> Option<Self> {
        let span: Self = given.is("string").then(|| given.text.trim().parse().ok())??;
        (span > Self::ZERO).then_some(span)
    }
    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

/// What is not there is not set: the empty text of an environment variable counts as nothing.
impl<T: Setting> Setting for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn read(given: &Given) -> Option<Self> {
        if given.kind.is_none() && given.text.is_empty() {
            return Some(None);
        }
        T::read(given).map(Some)
    }
    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

/// A list: in TOML an array, elsewhere separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub Vec<T>);

/// What a member of a list is called.
pub(crate) trait Member: Setting {
    /// What is expected of the list.
    const LIST: &'static str;
}

impl<T: Member> Setting for List<T> {
    const EXPECTED: &'static str = T::LIST;
    fn read(given: &Given) -> Option<Self> {
        let items = match given.kind {
            Some("array") => given.items.iter().map(T::read).collect::<Option<_>>(),
            Some(_) => None,
            None => {
                let parts = given.text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| T::read(&Given::text(part))).collect()
            }
        };
        items.map(Self)
    }
    fn show(&self) -> Option<String> {
        let items: Vec<String> = self.0.iter().filter_map(T::show).collect();
        Some(format!("[{}]", items.join(", ")))
    }
}

/// A range of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The range.
    pub(crate) cidr: Cidr,
    text: String,
}

impl Setting for Range {
    const EXPECTED: &'static str = "a range of addresses, such as 10.0.0.0/8";
    fn read(given: &Given) -> Option<Self> {
        let text = given.text.trim();
        let cidr = given.is("string").then(|| text.parse().ok())??;
        Some(Self { cidr, text: text.to_owned() })
    }
    fn show(&self) -> Option<String> {
        Some(quoted(&self.text))
    }
}
impl Member for Range {
    const LIST: &'static str = "a list of address ranges, such as [\"10.0.0.0/8\", \"2001:db8::/32\"]";
}

/// A value that is never shown: neither in an explanation nor in a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The value itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Setting for Secret {
    const EXPECTED: &'static str = "a secret text";
    fn read(given: &Given) -> Option<Self> {
        let text = given.text.trim_end_matches(['\r', '\n']);
        (given.is("string") && !text.is_empty()).then(|| Self(text.to_owned()))
    }
    fn show(&self) -> Option<String> {
        Some("\"(secret)\"".to_owned())
    }
}

/// Declares an enum of words as a setting.
macro_rules! choice {
    ($(#[doc = $about:literal])+ pub(crate) enum $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, )+ } expected $expected:literal) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $( $(#[doc = $doc])+ $variant, )+ }
        impl $crate::config::setting::Setting for $name {
            const EXPECTED: &'static str = $expected;
            fn read(given: &$crate::config::setting::Given) -> Option<Self> {
                match given.text.as_str() { $( $word => Some(Self::$variant), )+ _ => None }
            }
            fn show(&self) -> Option<String> {
                Some(match self { $( Self::$variant => concat!("\"", $word, "\"").to_owned(), )+ })
            }
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use super::*;

    fn toml(kind: &'static str, text: &str) -> Given {
        Given { kind: Some(kind), ..Given::text(text) }
    }

    #[test]
    fn a_number_in_quotes_is_no_number_in_toml_but_one_in_the_environment() {
        assert_eq!(u32::read(&toml("integer", "600")), Some(600));
        assert_eq!(u32::read(&toml("string", "600")), None);
        assert_eq!(u32::read(&Given::text("600")), Some(600));
        for bad in ["-1", "6.5", "", "many", "4294967296"] {
            assert_eq!(u32::read(&Given::text(bad)), None, "{bad}");
        }
    }

    #[test]
    fn a_path_of_a_file_starts_from_the_file() {
        let given = Given { folder: Some("/etc/watchkeep".into()), ..toml("string", "tls/cert.pem") };
        assert_eq!(PathBuf::read(&given), Some("/etc/watchkeep/tls/cert.pem".into()));
        let given = Given { folder: Some("/etc/watchkeep".into()), ..toml("string", "/srv/cert.pem") };
        assert_eq!(PathBuf::read(&given), Some("/srv/cert.pem".into()));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(Option::<u32>::read(&Given::text("")), Some(None));
        assert_eq!(Option::<u32>::read(&Given::text("x")), None);
        assert_eq!(Option::<PathBuf>::read(&toml("string", "")), None);
    }

    #[test]
    fn lists_come_as_arrays_or_with_commas() {
        type Ranges = List<Range>;
        let both = Ranges::read(&Given::text("10.0.0.0/8, 2001:db8::/32")).unwrap();
        assert_eq!(both.0.len(), 2);
        let array =
            Given { items: vec![toml("string", "10.0.0.0/8"), toml("string", "2001:db8::/32")], ..toml("array", "") };
        assert_eq!(Ranges::read(&array), Some(both));
        assert_eq!(Ranges::read(&Given::text("")).unwrap().0, vec![]);
        assert_eq!(Ranges::read(&Given::text("10.0.0.0/99")), None);
        assert_eq!(Ranges::read(&toml("string", "10.0.0.0/8")), None);
    }

    #[test]
    fn a_secret_shows_nothing_of_itself() {
        let secret = Secret::read(&Given::text("tell-nobody\n")).unwrap();
        assert_eq!(secret.reveal(), "tell-nobody");
        assert!(!format!("{secret:?}{:?}", secret.show()).contains("tell"));
    }

    #[test]
    fn a_span_has_a_length() {
        assert_eq!(Span::read(&Given::text("15m")), Some(Span::minutes(15)));
        for bad in ["0s", "-5m", "15", "soon"] {
            assert_eq!(Span::read(&Given::text(bad)), None, "{bad}");
        }
    }
}
