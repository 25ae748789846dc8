//! Enums that are written as words: the one macro that makes them, and the error for a word that is none of them.

use std::fmt;

/// A word that is not one of the allowed ones. Its message lists them and names the nearest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// What the word should have been, such as `unit`.
    pub what: &'static str,
    /// What was written, [cleaned](crate::text::clean) and cut.
    pub given: String,
    /// Every word that would have been right.
    pub allowed: &'static [&'static str],
}

impl UnknownWord {
    /// The error for `given` where a `what` was expected.
    #[must_use]
    pub fn new(what: &'static str, given: &str, allowed: &'static [&'static str]) -> Self {
        Self { what, given: crate::text::clean(given, 40), allowed }
    }

    /// The allowed word that was probably meant.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        nearest(&self.given, self.allowed.iter().copied())
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a known {}; allowed are ", self.given, self.what)?;
        for (i, word) in self.allowed.iter().enumerate() {
            write!(f, "{}`{word}`", if i == 0 { "" } else { ", " })?;
        }
        match self.nearest() {
            Some(word) => write!(f, "; did you mean `{word}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownWord {}

/// The candidate that was probably meant by `given`, if one is near enough.
///
/// Upper case, blanks, `-`, `_` and `.` make no difference; beyond that at most about a third of the letters may differ
/// (Damerau-Levenshtein distance, so two swapped letters are one slip). Of equally near ones the first wins.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = plain(given);
    if given.is_empty() {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = plain(candidate);
            let distance = strsim::damerau_levenshtein(&given, &other);
            let longer = given.chars().count().max(other.chars().count());
            (distance * 3 <= longer).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// At most 80 letters and digits in lower case: more never helps to recognise a word, and the distance costs its
/// square.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '.')).flat_map(char::to_lowercase).take(80).collect()
}

/// Reads a value that is written as text, through its `FromStr`, without an extra allocation.
pub(crate) fn deserialize_text<'de, D, T>(from: D, expected: &'static str) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: fmt::Display>,
{
    struct Text<T>(&'static str, std::marker::PhantomData<T>);

    impl<T: std::str::FromStr<Err: fmt::Display>> serde::de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    from.deserialize_str(Text(expected, std::marker::PhantomData))
}

/// Gives a type that is written as text its `Serialize` (from `Display`, or from a text that is there already) and
/// `Deserialize` (from `FromStr`).
macro_rules! serde_as_text {
    ($name:ident, $expected:expr) => {
        $crate::word::serde_as_text!($name, $expected, |me, to| to.collect_str(me));
    };
    ($name:ident, $expected:expr, |$me:ident, $to:ident| $write:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, $to: S) -> Result<S::Ok, S::Error> {
                let $me = self;
                $write
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::word::deserialize_text(from, $expected)
            }
        }
    };
}
pub(crate) use serde_as_text;

/// Declares an enum whose variants are written as words, everywhere the same: in JSON, in SQL, on the command line.
///
/// The sentences above the variants become the description in the JSON Schema, so that a client can read them.
macro_rules! words {
    (
        $(#[doc = $about:literal])+
        pub enum $name:ident ($what:literal) {
            $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[doc = $doc])+ $variant, )+
        }

        impl $name {
            /// Every one, in the order of the declaration.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];
            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[ $( $word, )+ ];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::word::UnknownWord::new($what, text, Self::WORDS)),
                }
            }
        }

        $crate::word::serde_as_text!($name, concat!("the word of a ", $what), |me, to| to.serialize_str(me.as_str()));

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let told: &[&[&str]] = &[ &[ $( $about, )+ ], $( &[ "`", $word, "`:", $( $doc, )+ ], )+ ];
                schemars::json_schema!({
                    "type": "string",
                    "enum": Self::WORDS,
                    "description": $crate::word::description(told),
                })
            }
        }
    };
}
pub(crate) use words;

/// One line from the lines of doc comments.
pub(crate) fn description(parts: &[&[&str]]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|lines| match lines {
            ["`", word, "`:", told @ ..] => format!("`{word}`: {}", line(told)),
            told => line(told),
        })
        .collect();
    parts.join(" ")
}

fn line(lines: &[&str]) -> String {
    lines.iter().map(|l| l.trim()).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
