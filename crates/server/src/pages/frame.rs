//! What every page has: its title, its address, its form tokens, and what is wrong with what was sent.
use watchkeep_hub::{Error, Kind};

use super::assets::{PASSKEYS, STYLE, TENANTS};

/// What the base templates show.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// The heading, and the title of the window.
    pub title: String,
    /// True if the page tells of something that went wrong.
    pub failed: bool,
    /// The hub's own host, so that a person sees where they are.
    pub host: String,
    /// The token of the page's forms.
    pub form: String,
    /// The token of the button "Sign out"; empty for a stranger.
    pub sign_out: String,
    /// Who is signed in; empty for a stranger.
    pub email: String,
    /// The place in the account's navigation.
    pub at: &'static str,
}

impl Frame {
    pub(super) fn css(&self) -> &'static str {
        &STYLE.path
    }

    pub(super) fn passkeys(&self) -> &'static str {
        &PASSKEYS.path
    }

    pub(super) fn tenants(&self) -> &'static str {
        &TENANTS.path
    }

    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The account's navigation.
    pub(super) fn places(&self) -> [(&'static str, &'static str); 6] {
        [
            ("/account", "Overview"),
            ("/account/security", "Security"),
            ("/account/sessions", "Sessions"),
            ("/account/tokens", "API tokens"),
            ("/account/apps", "Connected Apps"),
            ("/account/connections", "Connections"),
        ]
    }
}

/// One thing that is wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The id of the field; empty for the whole form.
    pub field: String,
    /// What is wrong and what to do.
    pub text: String,
}

/// All that is wrong with a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Problems {
    /// In the order of the fields.
    pub list: Vec<Problem>,
}

impl Problems {
    /// One problem.
    pub(super) fn one(field: &str, text: impl Into<String>) -> Self {
        Self { list: vec![Problem { field: field.to_owned(), text: text.into() }] }
    }

    /// What the hub said against what was sent. `fields` are those of the form with their names in a sentence; a flaw of
    /// another field concerns the whole form.
    pub(super) fn of_error(error: &Error, fields: &[(&str, &str)]) -> Self {
        let Kind::Invalid(flaws) = &error.kind else { return Self::one("", sentence(&error.public)) };
        let list = flaws.iter().map(|flaw| {
            let (field, name) = fields.iter().find(|(field, _)| *field == flaw.field).copied().unwrap_or_default();
            let mut text = sentence(&format!("{name} {}", flaw.problem));
            if !flaw.allowed.is_empty() {
                text.push_str(&format!(" Allowed: {}.", flaw.allowed.join(", ")));
            }
            Problem { field: field.to_owned(), text }
        });
        Self { list: list.collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What is wrong with this field.
    pub(super) fn of(&self, field: &str) -> Option<&str> {
        self.list.iter().find(|one| one.field == field).map(|one| &*one.text)
    }

    /// True if some problem has a field to lead to.
    pub(super) fn linked(&self) -> bool {
        self.list.iter().any(|one| !one.field.is_empty())
    }

    pub(super) fn heading(&self) -> String {
        match (self.linked(), self.list.len()) {
            (false, _) => "That did not work".to_owned(),
            (true, 1) => "One thing to correct".to_owned(),
            (true, n) => format!("{n} things to correct"),
        }
    }
}

/// A text of the hub as a sentence: with a capital at its start and a full stop at its end.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    // a name in quotes or a path begins as it is
    let mut out: String = first.to_uppercase().chain(chars).collect();
    if !out.ends_with(['.', '!', '?', ')']) {
        out.push('.');
    }
    out
}

/// Two letters for the tile of a client, out of its name; `?` where it has none.
pub(super) fn initials(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let letters: String = words.filter_map(|word| word.chars().next()).take(2).collect();
    if letters.is_empty() { "?".to_owned() } else { letters.to_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_letters_of_words() {
        for (name, tile) in
            [("Claude Code", "CC"), ("cursor", "C"), ("<b>x</b>", "BX"), ("", "?"), ("…", "?"), ("éa", "É")]
        {
            assert_eq!(initials(name), tile, "{name}");
        }
    }

    #[test]
    fn a_flaw_of_another_field_concerns_the_form() {
        let error = Error::invalid(vec![
            watchkeep_hub::Flaw::new("password", "is too short"),
            watchkeep_hub::Flaw::new("elsewhere", "is odd"),
        ]);
        let problems = Problems::of_error(&error, &[("password", "the password")]);
        assert_eq!((problems.of("password"), problems.of("")), (Some("The password is too short."), Some("Is odd.")));
        assert_eq!(problems.heading(), "2 things to correct");
    }
}
