//! Dates as tools write them.

use watchkeep_model::{Span, Timestamp};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// Names of months of other languages that do not begin like the English ones.
const OTHER_MONTHS: [(&str, u32); 12] = [
    ("mär", 3),
    ("mrt", 3),
    ("maart", 3),
    ("mars", 3),
    ("avr", 4),
    ("mai", 5),
    ("mei", 5),
    ("juin", 6),
    ("juil", 7),
    ("aoû", 8),
    ("okt", 10),
    ("déc", 12),
];

/// The month of that name or its beginning, in lower case: `nov`, `november`, `März`.
pub(crate) fn month(word: &str) -> Option<u32> {
    if word.chars().count() < 3 || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    let full = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "januar",
        "februar",
        "märz",
        "juni",
        "juli",
        "oktober",
        "dezember",
        "januari",
        "februari",
        "maart",
        "mei",
        "augustus",
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
        "sept",
    ];
    let short = MONTHS.contains(&word) || OTHER_MONTHS.iter().any(|(name, _)| *name == word);
    if !(short || full.contains(&word)) {
        return None;
    }
    let other = OTHER_MONTHS.iter().find(|(name, _)| word.starts_with(name)).map(|(_, m)| *m);
    let english = || MONTHS.iter().position(|m| word.starts_with(m)).and_then(|i| u32::try_from(i + 1).ok());
    // these two begin like no other name of their month
    let rest = match word {
        "février" => Some(2),
        "dezember" => Some(12),
        _ => None,
    };
    other.or_else(english).or(rest)
}

/// A date of any usual form. A time without an offset is taken as UTC. Of `03/04/2024` nobody can tell which is the
/// month, so that it is none.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_matches('"');
    if text.is_empty() || text.len() > 64 || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let found =
        text.parse::<Timestamp>().ok().or_else(|| basic(text)).or_else(|| epoch(text)).or_else(|| words(text))?;
    plausible(found).then_some(found)
}

fn plausible(at: Timestamp) -> bool {
    let year = |y| civil(y, 1, 1, 0).unwrap_or(Timestamp::MIN);
    at >= year(1995) && at < year(2100)
}

/// A date of a tool that is known to write the month first.
pub(crate) fn american(text: &str) -> Option<Timestamp> {
    let mut parts = text.trim().splitn(3, '/');
    let (month, day, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, time) = rest.split_once(' ').unwrap_or((rest, ""));
    parse(&format!("{year}-{month:0>2}-{day:0>2} {time}")).or_else(|| parse(text))
}

/// Seconds or milliseconds since 1970.
pub(crate) fn epoch(text: &str) -> Option<Timestamp> {
    let n: f64 = text.parse().ok()?;
    match n {
        n if (8e8..4.2e9).contains(&n) => Some(Timestamp::from_micros((n * 1e6) as i64)),
        n if (8e11..4.2e12).contains(&n) => Some(Timestamp::from_micros((n * 1e3) as i64)),
        _ => None,
    }
}

/// `20210228T225351463`, `20210228`.
fn basic(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_at_checked(8)?;
    if !day.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u32 = day.parse().ok()?;
    let seconds = match time.strip_prefix('T') {
        Some(t) if t.len() >= 6 && t.as_bytes()[..6].iter().all(u8::is_ascii_digit) => {
            let t: i64 = t.get(..6)?.parse().ok()?;
            (t / 10_000) * 3600 + (t / 100 % 100) * 60 + t % 100
        }
        None if time.is_empty() => 0,
        _ => return None,
    };
    civil(n / 10_000, n / 100 % 100, n % 100, seconds)
}

/// Everything with a month's name, or with numbers of which only one order makes a date.
fn words(text: &str) -> Option<Timestamp> {
    let mut month = None;
    let mut numbers: Vec<u32> = Vec::new();
    let mut seconds = 0;
    let lower = text.to_lowercase();
    let (mut pm, mut am) = (false, false);
    for token in lower.split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | '-' | '.' | '(' | ')')) {
        if token.is_empty() {
            continue;
        }
        if token.contains(':') {
            let mut parts = token.split(':');
            let mut part = || parts.next().map_or(Some(0), |p| p.trim_end_matches('z').parse::<i64>().ok());
            let (h, m, s) = (part()?, part()?, part()?);
            if seconds == 0 && h < 24 && m < 60 && s < 61 {
                seconds = h * 3600 + m * 60 + s;
            }
        } else if let Ok(n) = token.trim_end_matches("st").trim_end_matches("th").parse::<u32>() {
            numbers.push(n);
        } else if token == "pm" {
            pm = true;
        } else if token == "am" {
            am = true;
        } else if token.chars().all(char::is_alphabetic) && token.chars().count() >= 3 {
            let named = MONTHS.iter().position(|m| token.starts_with(m)).and_then(|i| u32::try_from(i + 1).ok());
            let other = OTHER_MONTHS.iter().find(|(name, _)| token.starts_with(name)).map(|(_, m)| *m);
            if month.is_none() {
                month = other.or(named);
            }
        }
    }
    if pm && seconds < 43_200 {
        seconds += 43_200;
    } else if am && seconds >= 43_200 {
        seconds -= 43_200;
    }
    let year = |n: u32| (1990..2100).contains(&n);
    let (y, m, d) = match (month, numbers.as_slice()) {
        // a month is its first day
        (Some(m), [y]) if year(*y) => (*y, m, 1),
        (None, [y, m]) if year(*y) && text.len() == 7 => (*y, *m, 1),
        (Some(m), [d, y, ..]) if year(*y) && *d <= 31 => (*y, m, *d),
        (Some(m), [d, .., y]) if year(*y) && *d <= 31 => (*y, m, *d),
        (Some(m), [y, d, ..]) if year(*y) && *d <= 31 => (*y, m, *d),
        (None, [y, m, d, ..]) if year(*y) => (*y, *m, *d),
        (None, [d, m, y, ..]) if year(*y) && (*d > 12 || text.contains('.') || d == m) => (*y, *m, *d),
        (None, [m, d, y, ..]) if year(*y) && *d > 12 => (*y, *m, *d),
        _ => return None,
    };
    civil(y, m, d, seconds)
}

fn civil(year: u32, month: u32, day: u32, seconds: i64) -> Option<Timestamp> {
    let date =
        jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
    Some(Timestamp::from_micros(midnight).plus(Span::seconds(seconds)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_of_many_tools() {
        for (text, iso) in [
            ("2023-08-30T20:07:14Z", "2023-08-30T20:07:14Z"),
            ("2025-12-26 14:21:44.742000+01:00", "2025-12-26T13:21:44.742Z"),
            ("2024-06-03T14:15:19.382075", "2024-06-03T14:15:19.382075Z"),
            ("20210228T225351463", "2021-02-28T22:53:51Z"),
            ("Sat Sep 13 22:39:44 CEST 2014", "2014-09-13T22:39:44Z"),
            ("Fri, 18 Jun 2021 09:21:51", "2021-06-18T09:21:51Z"),
            ("Thu Aug 31 10:11:12 2023", "2023-08-31T10:11:12Z"),
            ("22/09/2022 13:01", "2022-09-22T13:01:00Z"),
            ("09/22/2022", "2022-09-22T00:00:00Z"),
            ("15.03.2024", "2024-03-15T00:00:00Z"),
            ("05.03.2024", "2024-03-05T00:00:00Z"),
            ("12 mars 2024", "2024-03-12T00:00:00Z"),
            ("May 3, 2023 1:05 PM", "2023-05-03T13:05:00Z"),
            ("1700000000", "2023-11-14T22:13:20Z"),
            ("2026-10", "2026-10-01T00:00:00Z"),
            ("Oktober 2026", "2026-10-01T00:00:00Z"),
        ] {
            assert_eq!(parse(text).map(|t| t.to_string()).as_deref(), Some(iso), "{text}");
        }
        assert_eq!(super::american("06/01/2026 10:00:00").unwrap().to_string(), "2026-06-01T10:00:00Z");
        assert_eq!(super::american("6/1/2026").unwrap().to_string(), "2026-06-01T00:00:00Z");
        assert_eq!(super::american("2026-06-01"), None);
        for text in
            ["", "never", "N/A", "no_information", "03/04/2024", "12", "31/02/2024", "9.8", "0001-01-01T00:00:00Z"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
