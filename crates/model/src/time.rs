//! Points in time and lengths of time, in integer microseconds. Nothing here knows what time it is now.

use std::fmt;
use std::str::FromStr;

mod parse;
mod write;

pub use parse::{NotASpan, NotATime};

/// A point in time: microseconds since the Unix epoch, UTC. Written as RFC 3339: `2026-11-20T08:00:00Z`.
///
/// Every value lies between [`Timestamp::MIN`] and [`Timestamp::MAX`], so that it can always be written and read back;
/// arithmetic stops at the ends instead of wrapping.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first: 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// The last: 9999-12-30T00:00:00Z.
    pub const MAX: Self = Self(253_402_128_000_000_000);
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The point `micros` after the Unix epoch; beyond the ends it is the end.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The point `span` later, or the last one there is.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_add(span.0))
    }

    /// The point `span` earlier, or the first one there is.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; negative if it is before it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// Midnight UTC at or before this point.
    #[must_use]
    pub const fn start_of_day(self) -> Self {
        Self(self.0 - self.0.rem_euclid(Span::days(1).0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(write::rfc3339(self.0, &mut [0; write::MOST]))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Reads RFC 3339 with its offset (`2026-11-20T08:00:00Z`, `2026-11-20T09:00:00.5+01:00`), a day
    /// (`2026-11-20`, midnight UTC) and a day with a time and no offset (`2026-11-20 08:00`, taken as UTC). A blank may
    /// stand for the `T`, the offset may lack its colon; beyond microseconds digits are dropped, a leap second is the
    /// second before it.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        parse::timestamp(text)
    }
}

crate::word::serde_as_text!(Timestamp, "a time in RFC 3339, such as 2026-11-20T08:00:00Z", |me, to| {
    to.serialize_str(write::rfc3339(me.0, &mut [0; write::MOST]))
});

impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A length of time in microseconds; it may be negative. Written as a whole number and a unit: `90d`, `24h`, `15m`,
/// `30s`, `250ms`, `7us`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `n` microseconds.
    #[must_use]
    pub const fn from_micros(n: i64) -> Self {
        Self(n)
    }

    /// `n` seconds.
    #[must_use]
    pub const fn seconds(n: i64) -> Self {
        Self(n.saturating_mul(1_000_000))
    }

    /// `n` minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Self {
        Self(n.saturating_mul(60_000_000))
    }

    /// `n` hours.
    #[must_use]
    pub const fn hours(n: i64) -> Self {
        Self(n.saturating_mul(3_600_000_000))
    }

    /// `n` days of 24 hours.
    #[must_use]
    pub const fn days(n: i64) -> Self {
        Self(n.saturating_mul(86_400_000_000))
    }

    /// Its microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// `n` times as long.
    #[must_use]
    pub const fn times(self, n: i64) -> Self {
        Self(self.0.saturating_mul(n))
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Its length in days, with a fraction.
    #[must_use]
    pub fn in_days(self) -> f64 {
        self.0 as f64 / Self::days(1).0 as f64
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        for (unit, size) in parse::SPAN_UNITS {
            if self.0 % size == 0 {
                return write!(f, "{}{unit}", self.0 / size);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    /// Reads a whole number and its unit, without a blank: `90d`.
    fn from_str(text: &str) -> Result<Self, NotASpan> {
        parse::span(text)
    }
}

crate::word::serde_as_text!(Span, "a length of time, such as 24h");

impl schemars::JsonSchema for Span {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^-?[0-9]+(d|h|m|s|ms|us)$" })
    }
}

#[cfg(test)]
mod tests;
