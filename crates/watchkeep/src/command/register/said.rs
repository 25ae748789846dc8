//! The flags of an entry: one for each field that its kind declares.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value};
use watchkeep_model::register::{Field, Holds, Kind};

use crate::exit::Exit;
use crate::fault::{Fault, Result};

/// What flags say of an entry of one kind.
pub(crate) trait Said: Args + fmt::Debug + Send + Sync + 'static {
    /// The kind.
    const KIND: Kind;

    /// What the flags said, by field.
    fn texts(&self) -> &BTreeMap<&'static str, String>;

    /// The same as values.
    ///
    /// # Errors
    /// Of each flag that cannot be read.
    fn fields(&self) -> Result<Map<String, Value>> {
        let (mut fields, mut flaws) = (Map::new(), vec![]);
        for (name, text) in self.texts() {
            match Self::KIND.field(name).map(|f| f.from_text(text, false)) {
                Some(Ok(Some(value))) => drop(fields.insert((*name).to_owned(), value)),
                Some(Err(e)) => flaws.push(format!("--{}: {}", flag(name), e.message)),
                Some(Ok(None)) | None => {}
            }
        }
        if flaws.is_empty() { Ok(fields) } else { Err(Fault::new(Exit::Invalid, flaws.join("\n"))) }
    }
}

macro_rules! said {
    ($($name:ident)+) => {$(
        #[doc = concat!("What flags say of an entry of the kind ", stringify!($name), ".")]
        #[derive(Debug)]
        pub(crate) struct $name(BTreeMap<&'static str, String>);

        impl Said for $name {
            const KIND: Kind = Kind::$name;

            fn texts(&self) -> &BTreeMap<&'static str, String> {
                &self.0
            }
        }

        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(given(Kind::$name, matches)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0.extend(given(Kind::$name, matches));
                Ok(())
            }
        }

        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                command.args(Kind::$name.fields().iter().map(arg))
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }
    )+};
}

said! { Control Risk Outcome Vendor Asset Application Person }

fn given(kind: Kind, matches: &ArgMatches) -> BTreeMap<&'static str, String> {
    let given = |f: &Field| matches.get_one::<String>(f.name).map(|text| (f.name, text.clone()));
    kind.fields().iter().filter_map(given).collect()
}

fn arg(field: &'static Field) -> Arg {
    let (name, more) = match field.holds {
        Holds::Code => ("CODE", String::new()),
        Holds::Text { .. } => ("TEXT", String::new()),
        Holds::Word(words) => ("WORD", format!(" One of {}.", words.join(", "))),
        Holds::Words(words) => ("WORDS", format!(" Separated by ; of {}.", words.join(", "))),
        Holds::Texts { .. } => ("TEXTS", " Separated by ;.".to_owned()),
        Holds::Techniques => ("IDS", " Separated by ;.".to_owned()),
        Holds::Number { .. } | Holds::Whole { .. } => ("N", String::new()),
        Holds::Currency => ("CODE", String::new()),
        Holds::Time => ("DAY", String::new()),
        Holds::Links(links) => ("LINKS", format!(" Separated by ; each written {}.", links.form())),
    };
    Arg::new(field.name).long(flag(field.name)).value_name(name).help(format!("{}{more}", field.about))
}

/// The flag of a field: `current-score` for `currentScore`.
fn flag(field: &str) -> &'static str {
    // clap wants names that live as long as the program; the fields are few and declared once
    static FLAGS: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
        let fields = Kind::ALL.iter().flat_map(|kind| kind.fields());
        fields.map(|f| (f.name, &*kebab(f.name).leak())).collect()
    });
    FLAGS.get(field).copied().unwrap_or_default()
}

fn kebab(name: &str) -> String {
    name.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}
