//! Reading times and lengths of time from text.

use super::{Span, Timestamp};

/// Text that is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a time: {reason}; write RFC 3339 such as 2026-11-20T08:00:00Z, or a day such as 2026-11-20")]
pub struct NotATime {
    /// What was written, cleaned and cut.
    pub given: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Text that is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a length of time; write a whole number and d, h, m, s, ms or us, such as 24h")]
pub struct NotASpan {
    /// What was written, cleaned and cut.
    pub given: String,
}

/// The units of a span with their microseconds, largest first.
pub(super) const SPAN_UNITS: [(&str, i64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

pub(super) fn span(text: &str) -> Result<Span, NotASpan> {
    let wrong = || NotASpan { given: crate::text::clean(text, 40) };
    let end = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(end);
    if number.starts_with('+') {
        return Err(wrong());
    }
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let (_, size) = SPAN_UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    number.checked_mul(size).map(Span::from_micros).ok_or_else(wrong)
}

pub(super) fn timestamp(text: &str) -> Result<Timestamp, NotATime> {
    read(text.trim_ascii()).map_err(|reason| NotATime { given: crate::text::clean(text, 40), reason })
}

fn read(text: &str) -> Result<Timestamp, &'static str> {
    let mut rest = Rest(text.as_bytes());
    let day = rest.day()?;
    if rest.0.is_empty() {
        return Ok(micros(day, jiff::civil::Time::midnight(), 0));
    }
    if !rest.take(b"Tt ") {
        return Err("after the day comes `T` and the time");
    }
    let (time, fraction) = rest.time()?;
    let offset = rest.offset()?;
    if !rest.0.is_empty() {
        return Err("something follows that is not part of a time");
    }
    Ok(micros(day, time, fraction).minus(Span::minutes(offset)))
}

fn micros(day: jiff::civil::Date, time: jiff::civil::Time, fraction: i64) -> Timestamp {
    match jiff::tz::Offset::UTC.to_timestamp(day.to_datetime(time)) {
        Ok(whole) => Timestamp::from_micros(whole.as_second() * 1_000_000 + fraction),
        // only the last hours of the year 9999, which some write for "never", lie beyond what jiff has
        Err(_) => Timestamp::MAX,
    }
}

/// What is left to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take(&mut self, any_of: &[u8]) -> bool {
        match self.0 {
            [first, rest @ ..] if any_of.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn digits(&mut self, n: usize) -> Option<i16> {
        let (digits, rest) = self.0.split_at_checked(n)?;
        let value =
            digits.iter().try_fold(0i16, |sum, d| d.is_ascii_digit().then(|| sum * 10 + i16::from(d - b'0')))?;
        self.0 = rest;
        Some(value)
    }

    fn two(&mut self) -> Option<i8> {
        self.digits(2).and_then(|n| i8::try_from(n).ok())
    }

    fn day(&mut self) -> Result<jiff::civil::Date, &'static str> {
        const FORM: &str = "it begins with the year, the month and the day, as in 2026-11-20";
        let year = self.digits(4).ok_or(FORM)?;
        let month = self.take(b"-").then(|| self.two()).flatten().ok_or(FORM)?;
        let day = self.take(b"-").then(|| self.two()).flatten().ok_or(FORM)?;
        jiff::civil::Date::new(year, month, day).map_err(|_| "there is no such day")
    }

    /// The time of day in whole seconds, and the microseconds on top.
    fn time(&mut self) -> Result<(jiff::civil::Time, i64), &'static str> {
        const FORM: &str = "the time is hours and minutes, then seconds if wanted, as in 08:00:00";
        let hour = self.two().ok_or(FORM)?;
        let minute = self.take(b":").then(|| self.two()).flatten().ok_or(FORM)?;
        let mut second = 0;
        let mut fraction = 0;
        if self.take(b":") {
            second = self.two().ok_or(FORM)?;
            if self.take(b".,") {
                fraction = self.fraction().ok_or("after the point come digits")?;
            }
        }
        // POSIX time has no leap seconds
        if second == 60 {
            second = 59;
        }
        let time = jiff::civil::Time::new(hour, minute, second, 0).map_err(|_| "there is no such time of day")?;
        Ok((time, fraction))
    }

    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.iter().take_while(|c| c.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let kept = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
        (length > 0).then(|| kept.fold(0, |sum, d| sum * 10 + i64::from(d - b'0')))
    }

    /// Minutes east of UTC.
    fn offset(&mut self) -> Result<i64, &'static str> {
        const FORM: &str = "the offset is `Z` or as in +01:00";
        if self.0.is_empty() || self.take(b"Zz") {
            return Ok(0);
        }
        let east = match self.0.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(FORM),
        };
        self.take(b"+-");
        let hours = self.two().filter(|h| *h < 24).ok_or(FORM)?;
        self.take(b":");
        let minutes = self.two().filter(|m| *m < 60).ok_or(FORM)?;
        Ok(east * (i64::from(hours) * 60 + i64::from(minutes)))
    }
}
