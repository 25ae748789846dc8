//! A point in time as people read it: how long ago, and the whole of it for those who want to know.
use watchkeep_model::Timestamp;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    /// RFC 3339, for the `datetime` attribute.
    pub iso: String,
    /// `20 Nov 2026`.
    pub day: String,
    /// `20 Nov 2026, 08:00 UTC`.
    pub full: String,
    /// `3 hours ago`, `in 5 days`; the day where it is more than 60 days off.
    pub ago: String,
}

impl When {
    /// This time, seen from `now`.
    pub(super) fn new(at: Timestamp, now: Timestamp) -> Self {
        let iso = at.to_string();
        // `2026-11-20T08:00:00Z`: the parts stand where they always stand
        let month = iso.get(5..7).and_then(|m| m.parse::<usize>().ok()).unwrap_or(1);
        let name = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or_default();
        let part = |from, to| iso.get(from..to).unwrap_or_default();
        let day = format!("{} {name} {}", part(8, 10).trim_start_matches('0'), part(0, 4));
        let full = format!("{day}, {} UTC", part(11, 16));
        let seconds = now.since(at).micros() / 1_000_000;
        let ago = match seconds.abs() {
            0..60 if seconds >= 0 => "just now".to_owned(),
            size => match told(size) {
                Some(size) if seconds < 0 => format!("in {size}"),
                Some(size) => format!("{size} ago"),
                None => format!("on {day}"),
            },
        };
        Self { iso, day, full, ago }
    }
}

/// A length as one number and its unit; none for more than 60 days.
fn told(seconds: i64) -> Option<String> {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        172_800..5_184_000 => (seconds / 86_400, "day"),
        _ => return None,
    };
    Some(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_words() {
        let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        for (at, ago) in [
            ("2026-11-20T07:59:50Z", "just now"),
            ("2026-11-20T07:58:59Z", "1 minute ago"),
            ("2026-11-20T05:00:00Z", "3 hours ago"),
            ("2026-11-18T08:00:00Z", "2 days ago"),
            ("2026-11-25T08:00:00Z", "in 5 days"),
            ("2026-01-05T08:00:00Z", "on 5 Jan 2026"),
        ] {
            assert_eq!(When::new(at.parse().unwrap(), now).ago, ago);
        }
        let when = When::new("2026-01-05T23:09:07.5Z".parse().unwrap(), now);
        assert_eq!((&*when.day, &*when.full), ("5 Jan 2026", "5 Jan 2026, 23:09 UTC"));
    }
}
