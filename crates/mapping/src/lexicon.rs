//! What people call the signals, found in texts and in the cells of tables.

use std::collections::HashMap;
use std::sync::LazyLock;

use watchkeep_model::catalog;

use crate::work;

const PHRASES: &str = include_str!("lexicon/phrases.txt");
const TOO_LOOSE: &str = include_str!("lexicon/too_loose.txt");

/// The slugs of the list of phrases, each with its phrases.
fn phrases() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut slug = "";
    PHRASES.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).flat_map(move |line| {
        let phrases = match line.strip_prefix("    ") {
            Some(phrases) => phrases,
            None => {
                slug = line.trim();
                ""
            }
        };
        let slug = slug;
        phrases.split('|').map(str::trim).filter(|p| !p.is_empty()).map(move |phrase| (slug, phrase))
    })
}

/// A word or a number of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// In lower case.
    pub(crate) text: String,
    /// Where it stands in the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// True if it is a number, as it is written.
    pub(crate) number: bool,
}

/// The words and numbers of a text. What is joined by `-`, `/` or `:` to other digits is a date, a version or an
/// address, and no number.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        work::tick(1);
        if !c.is_alphanumeric() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if c.is_ascii_digit() {
            let (len, number) = digits(&text[start..]);
            end = start + len;
            while chars.next_if(|(i, _)| *i < end).is_some() {}
            found.push(Token { text: text[start..end].to_lowercase(), start, end, number });
            continue;
        }
        while let Some((i, c)) = chars.next_if(|(_, c)| c.is_alphanumeric()) {
            end = i + c.len_utf8();
        }
        found.push(Token { text: text[start..end].to_lowercase(), start, end, number: false });
    }
    found
}

/// How long what begins with a digit is, and whether it is a number.
fn digits(text: &str) -> (usize, bool) {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let (mut at, mut number) = (0, true);
    loop {
        while digit(at) {
            at += 1;
        }
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { break };
        let next = at + c.len_utf8();
        match c {
            '.' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}' if digit(next) => at = next,
            // a blank is a thousands separator only before exactly three digits
            ' ' if at <= 3 && (next..next + 3).all(digit) && !digit(next + 3) && number => at = next,
            '-' | '/' | ':' if digit(next) => {
                number = false;
                at = next;
            }
            c if c.is_alphanumeric() => {
                number = false;
                at = next
                    + rest[c.len_utf8()..].find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len() - c.len_utf8());
            }
            _ => break,
        }
        if at > 40 {
            // no number that means anything is so long
            number = false;
        }
    }
    (at, number)
}

/// How well a phrase names its signal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Strength {
    /// A word of the catalogue.
    Loose,
    /// A phrase that means nothing else.
    Phrase,
    /// The slug or the name of the signal.
    Exact,
}

struct Phrase {
    words: Vec<String>,
    signal: &'static str,
    strength: Strength,
}

/// Phrases by their first word, longer ones first.
static INDEX: LazyLock<HashMap<String, Vec<Phrase>>> = LazyLock::new(|| {
    let mut index: HashMap<String, Vec<Phrase>> = HashMap::new();
    let mut add = |text: &str, signal: &'static str, strength| {
        let words: Vec<String> = tokens(text).into_iter().map(|t| t.text).collect();
        if let Some(first) = words.first() {
            index.entry(first.clone()).or_default().push(Phrase { words, signal, strength });
        }
    };
    for signal in catalog::signals() {
        add(&signal.slug.replace('_', " "), &signal.slug, Strength::Exact);
        add(&signal.name, &signal.slug, Strength::Exact);
        for alias in &signal.aliases {
            add(&alias.replace('_', " "), &signal.slug, Strength::Exact);
        }
    }
    for (slug, phrase) in phrases() {
        if let Some(signal) = catalog::signal(slug) {
            add(phrase, &signal.slug, Strength::Phrase);
        }
    }
    let loose: Vec<&str> = TOO_LOOSE.lines().collect();
    for signal in catalog::signals() {
        for word in signal.words.iter().filter(|w| !loose.contains(&w.as_str())) {
            add(word, &signal.slug, Strength::Loose);
        }
    }
    for list in index.values_mut() {
        list.sort_by_key(|p| (std::cmp::Reverse(p.words.len()), std::cmp::Reverse(p.strength)));
    }
    index
});

/// A phrase in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) signal: &'static str,
    pub(crate) strength: Strength,
    /// Its first token and the one after its last.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The phrases among the tokens, longest first, none within another.
pub(crate) fn hits(tokens: &[Token]) -> Vec<Hit> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        work::tick(1);
        let longest = INDEX.get(&tokens[at].text).and_then(|list| {
            list.iter().find(|p| {
                work::tick(1);
                p.words.len() <= tokens.len() - at && p.words.iter().zip(&tokens[at..]).all(|(w, t)| *w == t.text)
            })
        });
        match longest {
            Some(phrase) => {
                let to = at + phrase.words.len();
                found.push(Hit { signal: phrase.signal, strength: phrase.strength, from: at, to });
                at = to;
            }
            None => at += 1,
        }
    }
    found
}

/// Words in a label that change nothing.
const HARMLESS: [&str; 34] = [
    "count",
    "total",
    "number",
    "of",
    "open",
    "rate",
    "pct",
    "percent",
    "percentage",
    "current",
    "the",
    "all",
    "in",
    "anzahl",
    "offen",
    "offene",
    "aantal",
    "nombre",
    "taux",
    "quote",
    "share",
    "ratio",
    "kri",
    "kpi",
    "value",
    "users",
    "accounts",
    "no",
    "nr",
    "de",
    "des",
    "der",
    "die",
    "user",
];

/// The signal that a label names, if it names one and says nothing else.
pub(crate) fn label(text: &str) -> Option<Hit> {
    if text.len() > 160 {
        return None;
    }
    let spaced = text.replace('_', " ");
    let tokens = tokens(&spaced);
    let found = hits(&tokens);
    let [hit] = found.as_slice() else { return None };
    let rest = tokens[..hit.from].iter().chain(&tokens[hit.to..]);
    let mut strength = hit.strength;
    for token in rest {
        if token.number || !HARMLESS.contains(&token.text.as_str()) {
            return None;
        }
        strength = strength.min(Strength::Phrase);
    }
    Some(Hit { strength, ..*hit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_dates_versions_and_addresses() {
        let numbers = |text: &str| tokens(text).into_iter().filter(|t| t.number).map(|t| t.text).collect::<Vec<_>>();
        assert_eq!(numbers("on 2024-05-01 97.5 % of 1,204 users, 1 204 hosts"), ["97.5", "1,204", "1 204"]);
        assert_eq!(numbers("CVE-2024-1234 at 10.0.0.1:443, v2, 3rd, 24h, 12/2024"), ["10.0.0.1:443"; 0]);
    }

    #[test]
    fn labels_must_say_nothing_else() {
        assert_eq!(label("mfa_enforced_pct").unwrap().strength, Strength::Exact);
        assert_eq!(label("Critical vulnerabilities").unwrap().signal, "vuln_critical_open");
        assert_eq!(label("Critical vulnerabilities older than 30 days").unwrap().signal, "vuln_critical_open_gt_30d");
        assert_eq!(label("Critical vulnerabilities closed"), None);
        assert_eq!(label("critical_cves_unpatched_gt_30d").unwrap().signal, "vuln_critical_open_gt_30d");
        assert_eq!(label("MFA-Abdeckung").unwrap().signal, "mfa_enforced_pct");
        assert_eq!(label("Vulnérabilités critiques").unwrap().signal, "vuln_critical_open");
    }

    #[test]
    fn every_phrase_names_a_signal() {
        assert!(phrases().count() > 200);
        for (slug, phrase) in phrases() {
            assert!(catalog::signal(slug).is_some(), "{slug}");
            let words = tokens(phrase);
            assert!(hits(&words).iter().any(|h| h.signal == slug && h.to == words.len()), "{phrase} of {slug}");
        }
        assert!(catalog::signals().iter().all(|s| label(&s.name).is_some_and(|h| h.signal == s.slug)), "a name");
    }
}
