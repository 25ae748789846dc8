//! One sentence: which number is the value of which phrase, if there is one way to read it.
//!
//! A sentence is parted into clauses. Every number gets a role from the words near it (a value, how it was, a goal, a
//! change, an age, something in brackets), and only values are given to phrases: to the only phrase there is, in turn
//! where phrases and numbers take turns, else within their clause.

use watchkeep_model::catalog;
use watchkeep_model::kri::Unit;

use super::super::generic;
use super::lists::*;
use crate::lexicon::{self, Hit, Strength, Token};
use crate::out::Trust;
use crate::words;

pub(super) struct Value {
    pub(super) signal: &'static str,
    pub(super) value: f64,
    pub(super) trust: Trust,
}

pub(super) enum Reading {
    Values(Vec<Value>),
    /// It names a signal and a number, but cannot be told.
    Refused,
    /// It names a signal and no number.
    Phrase,
    Nothing,
}

/// What a number is, by the words near it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Value,
    /// It is said with "was": how it was, if there is another one.
    Was,
    /// In brackets, with no word that tells what it is.
    Aside,
    /// How it was, a goal, a change or a forecast.
    Other,
    /// Days that something is old.
    Age,
}

/// A number that may be a value.
#[derive(Clone)]
struct Number<'t> {
    /// Its token.
    i: usize,
    token: &'t Token,
    percent: bool,
    /// The word after it.
    unit: &'t str,
    role: Role,
}

struct Sentence<'t> {
    text: &'t str,
    tokens: &'t [Token],
    hits: Vec<Hit>,
    /// The clause of each token.
    clause: Vec<usize>,
    /// Clauses that stand in brackets.
    bracketed: Vec<bool>,
    numbers: Vec<Number<'t>>,
}

/// Reads a sentence.
pub(super) fn read(text: &str, tokens: &[Token]) -> Reading {
    let mut hits = lexicon::hits(tokens);
    counted(tokens, &mut hits);
    if hits.is_empty() {
        return Reading::Nothing;
    }
    // "mean time to detect (MTTD)" names it once
    hits.dedup_by(|later, first| {
        let same = later.signal == first.signal && !tokens[first.to..later.from].iter().any(|t| t.number);
        if same {
            first.to = later.to;
            first.strength = first.strength.max(later.strength);
        }
        same
    });
    let order = tokens.iter().take(2).any(|t| listed(ORDERS, &t.text) && hits[0].from > 0) || has(tokens, MACHINE);
    let supposed = tokens.iter().enumerate().any(|(i, t)| listed(SUPPOSED, &t.text) || (i == 0 && t.text == "als"));
    let others = has(tokens, OTHERS) && !hits.iter().any(|h| h.signal.starts_with("vendor_"));
    let mut s = Sentence { text, tokens, hits, clause: Vec::new(), bracketed: Vec::new(), numbers: Vec::new() };
    s.numbers = s.all_numbers();
    if s.numbers.is_empty() && !tokens.iter().any(|t| fraction(&t.text).is_some()) {
        return Reading::Phrase;
    }
    if order || supposed || others || text.contains('?') || has(tokens, RANGE) {
        return Reading::Refused;
    }
    s.part();
    s.give_roles();
    let mut values = match s.ages() {
        Some(values) => values,
        None => return Reading::Refused,
    };
    values.extend(s.assign());
    if values.is_empty() { Reading::Refused } else { Reading::Values(values) }
}

/// Adds what "3 critical and 12 high vulnerabilities" says beside the phrases that stand in it whole.
fn counted(tokens: &[Token], hits: &mut Vec<Hit>) {
    if !has(tokens, WEAKNESSES) || hits.iter().any(|h| !matches!(h.signal, "vuln_critical_open" | "vuln_high_open")) {
        return;
    }
    for (list, signal) in [(CRITICAL, "vuln_critical_open"), (HIGH, "vuln_high_open")] {
        if hits.iter().any(|h| h.signal == signal) {
            continue;
        }
        let found = tokens.windows(2).position(|pair| pair[0].number && listed(list, &pair[1].text));
        if let Some(i) = found
            && let Some(known) = catalog::signal(signal)
        {
            hits.push(Hit { signal: &known.slug, strength: Strength::Phrase, from: i + 1, to: i + 2 });
        }
    }
    hits.sort_by_key(|h| h.from);
}

/// The signal for what is older than so many days, if there is one.
fn aged(signal: &str, days: &str) -> Option<&'static str> {
    let slug = match (signal, days) {
        ("vuln_critical_open" | "vuln_critical_open_gt_30d", "30") => "vuln_critical_open_gt_30d",
        ("sca_critical_open" | "sca_critical_open_gt_30d", "30") => "sca_critical_open_gt_30d",
        _ => return None,
    };
    catalog::signal(slug).map(|known| known.slug.as_str())
}

impl<'t> Sentence<'t> {
    fn inside(&self, i: usize) -> bool {
        self.hits.iter().any(|h| (h.from..h.to).contains(&i))
    }

    /// The text between two neighbouring tokens.
    fn between(&self, a: usize, b: usize) -> &'t str {
        self.text.get(self.tokens[a].end..self.tokens[b].start).unwrap_or_default()
    }

    /// The numbers that may mean something: no years, no list numbers, none that numbers a thing, no money.
    fn all_numbers(&self) -> Vec<Number<'t>> {
        let mut found = Vec::new();
        for (i, token) in self.tokens.iter().enumerate() {
            if !token.number || self.inside(i) {
                continue;
            }
            let after = self.text[token.end..].trim_start_matches([' ', '\u{a0}', '\u{202f}']);
            let unit = self.tokens.get(i + 1).map_or("", |t| t.text.as_str());
            let percent = after.starts_with('%')
                || matches!(unit, "percent" | "prozent" | "procent" | "pct")
                || (unit == "pour" && after.starts_with("pour cent"));
            let year = !percent && token.text.len() == 4 && matches!(token.text.parse::<u32>(), Ok(1990..2100));
            let list = i == 0 && self.text[token.end..].starts_with(['.', ')']);
            let before = self.text[..token.start].trim_end_matches(' ');
            let sign = self.text[..token.start].chars().next_back();
            let minus = matches!(sign, Some('-' | '–')) && !before.trim_end_matches(['-', '–']).ends_with(' ');
            if year
                || list
                || minus
                || matches!(sign, Some('#' | '§' | '$' | '€' | '£'))
                || after.starts_with(['€', '$', '£'])
                || (i > 0 && !percent && listed(NUMBERED, &self.tokens[i - 1].text))
                || (!percent && after.starts_with('.') && self.month(i + 1))
                || (!percent && self.month(i + 1))
            {
                continue;
            }
            found.push(Number { i, token, percent, unit, role: Role::Value });
        }
        found
    }

    fn month(&self, i: usize) -> bool {
        self.tokens.get(i).is_some_and(|t| listed(MONTHS, &t.text))
    }

    /// Parts the sentence into clauses; one that has neither a phrase nor a number belongs to the one before it, or to
    /// the one after it.
    fn part(&mut self) {
        let mut ids = Vec::with_capacity(self.tokens.len());
        let (mut id, mut depth, mut bracketed) = (0, 0usize, vec![false]);
        for i in 0..self.tokens.len() {
            if i > 0 {
                let between = self.between(i - 1, i);
                let opened = between.matches(['(', '[']).count();
                let closed = between.matches([')', ']']).count();
                depth = (depth + opened).saturating_sub(closed);
                let mark = between.contains([',', ';', '–', '—', '|', '/'])
                    || between.contains(" - ")
                    || opened + closed > 0
                    || listed(JOINS, &self.tokens[i].text);
                if mark && !self.hits.iter().any(|h| h.from < i && i < h.to) {
                    id += 1;
                    bracketed.push(depth > 0);
                }
            } else if self.text[..self.tokens[0].start].contains('(') {
                depth = 1;
                bracketed[0] = true;
            }
            ids.push(id);
        }
        let full: Vec<bool> = (0..=id)
            .map(|c| self.numbers.iter().any(|n| ids[n.i] == c) || self.hits.iter().any(|h| ids[h.from] == c))
            .collect();
        let mut to: Vec<usize> = (0..=id).collect();
        for c in 0..=id {
            if !full[c] && !bracketed[c] {
                let before = (0..c).rev().find(|b| full[*b] && !bracketed[*b]);
                to[c] = before.or((c + 1..=id).find(|a| full[*a])).unwrap_or(c);
            }
        }
        self.clause = ids.into_iter().map(|c| to[c]).collect();
        self.bracketed = bracketed;
    }

    /// The words of a clause that are in no phrase.
    fn words_of(&self, clause: usize) -> impl Iterator<Item = &'t Token> {
        let tokens = self.tokens;
        (0..tokens.len()).filter(move |i| self.clause[*i] == clause && !self.inside(*i)).map(move |i| &tokens[i])
    }

    fn clause_has(&self, clause: usize, list: List) -> bool {
        self.words_of(clause).any(|t| listed(list, &t.text))
    }

    fn give_roles(&mut self) {
        let roles: Vec<Role> = (0..self.numbers.len()).map(|n| self.role(n)).collect();
        for (number, role) in self.numbers.iter_mut().zip(roles) {
            number.role = role;
        }
    }

    fn role(&self, n: usize) -> Role {
        let number = &self.numbers[n];
        crate::work::tick(self.tokens.len());
        let (i, clause) = (number.i, self.clause[number.i]);
        let next = self.numbers.get(n + 1).map_or(self.tokens.len(), |m| m.i);
        let first = if n == 0 { 0 } else { self.numbers[n - 1].i + 1 };
        // the words before it in its clause, nearest first
        let before: Vec<&Token> = (first..i)
            .rev()
            .filter(|j| self.clause[*j] == clause && !self.inside(*j))
            .map(|j| &self.tokens[j])
            .take(5)
            .collect();
        let after: Vec<&Token> = (i + 1..next)
            .filter(|j| self.clause[*j] == clause && !self.inside(*j))
            .map(|j| &self.tokens[j])
            .take(7)
            .collect();
        let one = |words: &[&Token], list| words.iter().any(|t| listed(list, &t.text));
        if listed(DAYS, number.unit) && one(&before[..before.len().min(3)], AGE) {
            return Role::Age;
        }
        if self.clause_has(clause, NOT_SO) || self.clause_has(clause, GOAL) {
            return Role::Other;
        }
        // 8 % -> 5 %: the first is how it was
        let rest = self.text.get(number.token.end..self.tokens.get(next).map_or(self.text.len(), |t| t.start));
        if rest.is_some_and(|r| r.contains("->") || r.contains("=>") || r.contains(['→', '➔', '⇒'])) {
            return Role::Other;
        }
        let last = before.first().map_or("", |t| t.text.as_str());
        if one(&before, PREVIOUS) || one(&after[..after.len().min(3)], PREVIOUS) || self.last_period(&before, &after) {
            return Role::Other;
        }
        let to = (i + 1..self.tokens.len().saturating_sub(1).min(i + 6))
            .any(|j| listed(TO, &self.tokens[j].text) && self.tokens[j + 1].number);
        if last == "from" || (listed(FROM, last) && to) {
            return Role::Other;
        }
        if has(self.tokens, CHANGED) && listed(BY, last) {
            return Role::Other;
        }
        if self.bracketed[clause] {
            return Role::Aside;
        }
        if before.iter().take(2).any(|t| listed(WAS, &t.text)) { Role::Was } else { Role::Value }
    }

    /// "last month", "vorige Woche": a period that is over. "Last scan" is none, and "over the last week" is the time that
    /// a figure is about.
    fn last_period(&self, before: &[&Token], after: &[&Token]) -> bool {
        let window =
            |rest: &[&Token]| rest.iter().find(|t| !listed(ARTICLES, &t.text)).is_some_and(|t| listed(WINDOW, &t.text));
        let is_last = |last: &Token, period: &Token| listed(LAST, &last.text) && listed(PERIOD, &period.text);
        // `before` has the nearest word first
        let ahead = before.windows(2).position(|w| is_last(w[1], w[0]) || is_last(w[0], w[1]));
        let behind = after.windows(2).position(|w| is_last(w[0], w[1]) || is_last(w[1], w[0]));
        ahead.is_some_and(|at| !window(&before[at + 2..]))
            || behind.is_some_and(|at| !window(&after[..at].iter().rev().copied().collect::<Vec<_>>()))
    }

    /// Takes "older than 30 days" into the signal, also "2 of them older than 30 days". Nothing if an age makes it
    /// something that no signal is.
    fn ages(&mut self) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        let ages: Vec<Number<'t>> = self.numbers.iter().filter(|n| n.role == Role::Age).cloned().collect();
        for age in ages {
            let clause = self.clause[age.i];
            let own = self.hits.iter().position(|h| self.clause[h.from] == clause);
            let earlier = self.hits.iter().rposition(|h| h.from < age.i);
            let counts = |h: &Hit| {
                h.signal.starts_with("vuln_") || h.signal.starts_with("sca_") || h.signal.starts_with("secrets_")
            };
            let part = self.numbers.iter().position(|n| {
                self.clause[n.i] == clause && n.i < age.i && !n.percent && matches!(n.role, Role::Value | Role::Aside)
            });
            match (own, earlier, part) {
                // "2 of them older than 30 days"
                (None, Some(h), Some(n)) => {
                    let days = age.token.text.as_str();
                    if !counts(&self.hits[h]) {
                        continue;
                    }
                    let value = interpret(&self.numbers[n], Unit::Count)?;
                    self.numbers[n].role = Role::Other;
                    // another age is no signal, but the whole before it is one
                    if let Some(signal) = aged(self.hits[h].signal, days)
                        && !self.refuted(clause, Unit::Count)
                    {
                        let trust = Trust::of(0.7, "a part of the number before it, by its age");
                        values.push(Value { signal, value, trust });
                    }
                }
                (own, earlier, _) => {
                    let Some(h) = own.or(earlier) else { continue };
                    if counts(&self.hits[h]) {
                        self.hits[h].signal = aged(self.hits[h].signal, &age.token.text)?;
                    }
                }
            }
        }
        Some(values)
    }

    /// True if the clause says that this is not so: "12 not yet fixed" is open, "12 fixed" is not, "97 % have no MFA"
    /// is the opposite.
    fn refuted(&self, clause: usize, unit: Unit) -> bool {
        let negated = self.clause_has(clause, NEGATIONS);
        match unit {
            Unit::Count => self.clause_has(clause, CLOSED) != negated,
            _ => negated,
        }
    }

    fn assign(&self) -> Vec<Value> {
        if let Some(value) = self.share() {
            return vec![value];
        }
        let wanted = |n: &&Number<'t>| self.hits.iter().any(|h| self.fits(n, h));
        let mut usable: Vec<&Number<'t>> =
            self.numbers.iter().filter(|n| n.role == Role::Value).filter(wanted).collect();
        if usable.len() < self.hits.len() || usable.is_empty() {
            let with_was = |n: &&Number<'t>| matches!(n.role, Role::Value | Role::Was);
            let more: Vec<&Number<'t>> = self.numbers.iter().filter(with_was).filter(wanted).collect();
            // "was 99 %, is 98 %": what is now counts
            if usable.is_empty() || self.hits.len() > 1 {
                usable = more;
            }
        }
        let pairs = match self.hits.as_slice() {
            [hit] => self.only(hit, &usable),
            _ => self.several(&usable),
        };
        let alone = pairs.len() == 1 && self.hits.len() == 1 && self.numbers.len() == 1;
        pairs.into_iter().filter_map(|(hit, number)| self.value(hit, number, alone)).collect()
    }

    /// The value of the only phrase.
    fn only<'h>(&self, hit: &'h Hit, usable: &[&Number<'t>]) -> Vec<(&'h Hit, Number<'t>)> {
        let near: Vec<&&Number<'t>> = usable.iter().filter(|n| self.fits(n, hit) && distance(n, hit) <= 9).collect();
        let own: Vec<&&Number<'t>> =
            near.iter().filter(|n| self.clause[n.i] == self.clause[hit.from]).copied().collect();
        let chosen = match (near.as_slice(), own.as_slice()) {
            ([one], _) | (_, [one]) => Some(one),
            // "MFA coverage: 95 %, 1,204 users": what stands right behind the phrase
            (many, _) => {
                let mut close = many.iter().filter(|n| n.i >= hit.to && n.i - hit.to <= 1);
                match (close.next(), close.next()) {
                    (Some(one), None) => Some(one),
                    _ => None,
                }
            }
        };
        chosen.map(|n| (hit, (**n).clone())).into_iter().collect()
    }

    /// Several phrases: numbers in turn with them, else one of each in a clause.
    fn several(&self, usable: &[&Number<'t>]) -> Vec<(&Hit, Number<'t>)> {
        if usable.len() == self.hits.len() {
            let in_turn = |number_first: bool| {
                self.hits.iter().zip(usable).enumerate().all(|(k, (h, n))| {
                    let ahead = if number_first { n.i < h.from } else { n.i >= h.to };
                    let before_next = match (number_first, self.hits.get(k + 1), usable.get(k + 1)) {
                        (true, _, Some(next)) => h.from < next.i,
                        (false, Some(next), _) => n.i < next.from,
                        _ => true,
                    };
                    ahead && before_next && self.fits(n, h)
                })
            };
            if in_turn(false) || in_turn(true) {
                return self.hits.iter().zip(usable).map(|(h, n)| (h, (*n).clone())).collect();
            }
        }
        let mut found = Vec::new();
        for hit in &self.hits {
            let clause = self.clause[hit.from];
            let alone = self.hits.iter().filter(|h| self.clause[h.from] == clause).count() == 1;
            let mut numbers = usable.iter().filter(|n| self.clause[n.i] == clause && self.fits(n, hit));
            if alone && let (Some(one), None) = (numbers.next(), numbers.next()) {
                found.push((hit, (*one).clone()));
            }
        }
        found
    }

    /// "45 of 50 users", "45/50": the part and the whole.
    fn share(&self) -> Option<Value> {
        let [hit] = self.hits.as_slice() else { return None };
        let known = catalog::signal(hit.signal)?;
        if known.unit != Unit::Percent || self.numbers.iter().any(|n| self.fits(n, hit)) {
            return None;
        }
        let (part, all, at) = match self.numbers.as_slice() {
            // 388/400
            [] => {
                let mut fractions = (0..self.tokens.len()).filter_map(|i| Some((fraction(&self.tokens[i].text)?, i)));
                let ((part, all), at) = fractions.next()?;
                // smaller ones and years may be parts of a date
                if fractions.next().is_some()
                    || all < 32.0
                    || (1990.0..2100.0).contains(&all)
                    || distance_of(at, hit) > 4
                {
                    return None;
                }
                (part, all, at)
            }
            // of 50 users, 45
            [all, part]
                if all.i <= 3
                    && self.tokens[..all.i].iter().any(|t| matches!(t.text.as_str(), "of" | "von" | "van" | "sur"))
                    && words::number(&part.token.text) <= words::number(&all.token.text) =>
            {
                (words::number(&part.token.text)?, words::number(&all.token.text)?, part.i)
            }
            [part, all] => {
                let between = &self.tokens[part.i + 1..all.i];
                let of = between
                    .first()
                    .is_some_and(|t| matches!(t.text.as_str(), "of" | "von" | "van" | "sur" | "out" | "der" | "de"));
                (of && between.len() <= 4).then_some(())?;
                (words::number(&part.token.text)?, words::number(&all.token.text)?, part.i)
            }
            _ => return None,
        };
        if all <= 0.0 || part > all || self.refuted(self.clause[at], Unit::Percent) {
            return None;
        }
        let trust = Trust::of(0.7, format!("{part} of {all} beside a phrase that means the signal"));
        Some(Value { signal: hit.signal, value: 100.0 * part / all, trust })
    }

    fn fits(&self, n: &Number<'_>, hit: &Hit) -> bool {
        let Some(known) = catalog::signal(hit.signal) else { return false };
        let time = listed(DAYS, n.unit) || listed(HOURS, n.unit) || listed(OTHER_UNITS, n.unit);
        match known.unit {
            Unit::Percent => {
                let between =
                    if hit.to <= n.i { self.text.get(self.tokens[hit.from].start..n.token.start) } else { None };
                let named = between.is_some_and(|b| b.contains('%') || b.contains("pct"));
                (n.percent || (named && !time)) && interpret(n, known.unit).is_some()
            }
            Unit::Count => !n.percent && !time && interpret(n, known.unit).is_some(),
            Unit::Days => {
                listed(DAYS, n.unit)
                    || (hit.strength == Strength::Exact && !time && !n.percent)
                    || self.tokens[hit.from..hit.to].iter().any(|t| listed(DAYS, &t.text))
            }
            Unit::Hours => listed(HOURS, n.unit) || (hit.strength == Strength::Exact && !time && !n.percent),
            Unit::Score | Unit::Ratio => !n.percent && !time,
        }
    }

    /// A value with what is to be thought of it. `alone`: there is no other number and no other phrase.
    fn value(&self, hit: &Hit, number: Number<'t>, alone: bool) -> Option<Value> {
        let known = catalog::signal(hit.signal)?;
        let clause = self.clause[number.i];
        if self.refuted(clause, known.unit)
            || (clause != self.clause[hit.from] && self.refuted(self.clause[hit.from], known.unit))
        {
            return None;
        }
        let value = interpret(&number, known.unit)?;
        let label = self.labelled(hit, &number);
        let around = &self.tokens[number.i.saturating_sub(3)..number.i];
        let trust = match (hit.strength, label) {
            (Strength::Exact, true) => Trust::of(0.88, "the name of the signal, then its value"),
            (Strength::Phrase, true) => Trust::of(0.78, "a phrase that means the signal, then a value"),
            (Strength::Exact | Strength::Phrase, false) => {
                Trust::of(0.7, "a number beside a phrase that means the signal")
            }
            (Strength::Loose, _) => Trust::of(0.5, "a number beside a word of the catalogue for the signal"),
        }
        .cap_if(!alone || self.more_words(&number), 0.78, "there is more in the sentence than a name and its value")
        .cap_if(number.role == Role::Was, 0.65, "it is said of the past")
        .cap_if(has(around, ABOUT) || self.text.contains('~'), 0.6, "about so many")
        .cap_if(has(around, BOUND) || self.text.contains(['<', '>', '≥', '≤']), 0.45, "a bound, not a value");
        Some(Value { signal: hit.signal, value, trust })
    }

    /// True if words follow the number that are not its unit.
    fn more_words(&self, number: &Number<'_>) -> bool {
        self.tokens[number.i + 1..].iter().any(|t| {
            !(listed(DAYS, &t.text)
                || listed(HOURS, &t.text)
                || matches!(t.text.as_str(), "percent" | "prozent" | "pct"))
        })
    }

    /// True if the phrase stands at the beginning and its value after a colon or the like.
    fn labelled(&self, hit: &Hit, n: &Number<'_>) -> bool {
        if hit.from > 1 || n.i < hit.to || n.i - hit.to > 1 {
            return false;
        }
        let between = self.text.get(self.tokens[hit.to - 1].end..n.token.start).unwrap_or_default();
        between.contains([':', '=', '|']) || between.contains("..") || between.trim_matches([' ', '*', '_']) == "is"
    }
}

fn interpret(n: &Number<'_>, unit: Unit) -> Option<f64> {
    let cell = if n.percent { format!("{}%", n.token.text) } else { n.token.text.clone() };
    generic::fitting(&cell, unit, true)
}

/// How many words are between them.
fn distance(n: &Number<'_>, hit: &Hit) -> usize {
    distance_of(n.i, hit)
}

fn distance_of(i: usize, hit: &Hit) -> usize {
    if i < hit.from { hit.from - i - 1 } else { i.saturating_sub(hit.to) }
}

/// `388/400`: the part and the whole.
fn fraction(text: &str) -> Option<(f64, f64)> {
    let (part, all) = text.split_once('/')?;
    let whole =
        |text: &str| (text.len() <= 7 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?;
    Some((whole(part)?, whole(all)?))
}
