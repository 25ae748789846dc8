//! Writing times: by hand, because a list of 50 KRIs holds a hundred of them, and the calendar library takes a tenth of
//! the list's time for them. The tests hold this against the library.

/// The longest text: `2026-11-20T08:00:00.000001Z`.
pub(super) const MOST: usize = 27;

/// RFC 3339 in UTC, the fraction without zeros at its end. `micros` lies between year 0 and year 9999.
///
/// The date is that of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years begin in
/// March, so that the leap day is the last day of its year.
pub(super) fn rfc3339(micros: i64, to: &mut [u8; MOST]) -> &str {
    let (days, of_day) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    let (year, month, day) = date(days);
    let (seconds, fraction) = (of_day / 1_000_000, of_day % 1_000_000);
    *to = *b"0000-00-00T00:00:00.000000Z";
    digits(&mut to[0..4], year);
    digits(&mut to[5..7], month);
    digits(&mut to[8..10], day);
    digits(&mut to[11..13], seconds / 3_600);
    digits(&mut to[14..16], seconds / 60 % 60);
    digits(&mut to[17..19], seconds % 60);
    let mut end = 19;
    if fraction != 0 {
        digits(&mut to[20..26], fraction);
        end = 26;
        while to[end - 1] == b'0' {
            end -= 1;
        }
    }
    to[end] = b'Z';
    // digits and signs only
    std::str::from_utf8(&to[..=end]).unwrap_or_default()
}

fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

fn digits(to: &mut [u8], mut number: i64) {
    for place in to.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}
