//! Tests of times.

use proptest::prelude::*;

use super::*;
use crate::mutate;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn wrong(text: &str) -> String {
    text.parse::<Timestamp>().unwrap_err().to_string()
}

#[test]
fn is_written_as_rfc_3339() {
    assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00Z");
    assert_eq!(Timestamp::from_micros(1_795_161_600_000_000).to_string(), "2026-11-20T08:00:00Z");
    assert_eq!(Timestamp::from_micros(1_795_161_600_500_000).to_string(), "2026-11-20T08:00:00.5Z");
    assert_eq!(Timestamp::from_micros(-1).to_string(), "1969-12-31T23:59:59.999999Z");
    assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00Z");
    assert_eq!(Timestamp::MAX.to_string(), "9999-12-30T00:00:00Z");
    assert_eq!(serde_json::to_string(&at("2026-11-20")).unwrap(), "\"2026-11-20T00:00:00Z\"");
    let schema = schemars::schema_for!(Timestamp);
    assert_eq!(schema.get("format").unwrap(), "date-time");
}

proptest! {
    #[test]
    fn is_written_as_the_calendar_library_writes_it(
        at in Timestamp::MIN.micros()..=Timestamp::MAX.micros(),
        unit in prop::sample::select(vec![1, 1_000, 1_000_000, 86_400_000_000_i64]),
    ) {
        let at = at.div_euclid(unit) * unit;
        let expected = jiff::Timestamp::from_microsecond(at).unwrap().to_string();
        prop_assert_eq!(Timestamp::from_micros(at).to_string(), expected);
    }
}

#[test]
fn reads_what_people_and_tools_write() {
    let morning = at("2026-11-20T08:00:00Z");
    for same in [
        "2026-11-20T08:00:00z",
        "2026-11-20t08:00:00Z",
        "2026-11-20 08:00:00Z",
        "2026-11-20 08:00",
        "2026-11-20 08:00:00",
        "2026-11-20T08:00:00",
        " 2026-11-20T08:00Z\n",
        "2026-11-20T09:00:00+01:00",
        "2026-11-20T09:00:00.000+0100",
        "2026-11-19T20:30:00-11:30",
        "2026-11-20T08:00:00.0000009Z",
    ] {
        assert_eq!(at(same), morning, "{same}");
    }
    assert_eq!(at("2026-11-20"), morning.minus(Span::hours(8)));
    assert_eq!(at("2026-11-20T08:00:00,25Z"), morning.plus(Span::from_micros(250_000)));
    assert_eq!(at("2016-12-31T23:59:60Z").to_string(), "2016-12-31T23:59:59Z", "a leap second");
    assert_eq!(at("2024-02-29").to_string(), "2024-02-29T00:00:00Z");
}

#[test]
fn says_what_is_wrong() {
    assert!(wrong("2026-02-30").contains("there is no such day"));
    assert!(wrong("2026-13-01").contains("there is no such day"));
    assert!(wrong("2026-11-20T24:00:00Z").contains("there is no such time of day"));
    assert!(wrong("2026-11-20T08:61:00Z").contains("there is no such time of day"));
    assert!(wrong("20.11.2026").contains("begins with the year"));
    assert!(wrong("20261120").contains("begins with the year"));
    assert!(wrong("2026-11-20T08:00:00.Z").contains("after the point come digits"));
    assert!(wrong("2026-11-20T08:00:00 CET").contains("the offset is"));
    assert!(wrong("2026-11-20T08:00:00+24:00").contains("the offset is"));
    assert!(wrong("2026-11-20T08:00:00Z[Europe/Ghent]").contains("something follows"));
    assert!(wrong("2026-11-20x").contains("after the day comes"));
    assert!(wrong("").contains("write RFC 3339 such as 2026-11-20T08:00:00Z"));
    assert!(serde_json::from_str::<Timestamp>("17").is_err(), "a number is no time: nobody knows its unit");
}

#[test]
fn arithmetic_stops_at_the_ends() {
    assert_eq!(Timestamp::MAX.plus(Span::from_micros(i64::MAX)), Timestamp::MAX);
    assert_eq!(Timestamp::MIN.minus(Span::from_micros(i64::MAX)), Timestamp::MIN);
    assert_eq!(Timestamp::from_micros(i64::MIN), Timestamp::MIN);
    assert_eq!(at("9999-12-31T23:59:59Z"), Timestamp::MAX);
    assert_eq!(Span::days(i64::MAX).micros(), i64::MAX);
    assert_eq!(at("2026-11-20").since(at("2026-11-21")), Span::days(-1));
    assert_eq!(at("1969-12-31T01:00:00Z").start_of_day().to_string(), "1969-12-31T00:00:00Z");
    assert_eq!(Timestamp::MIN.start_of_day(), Timestamp::MIN);
}

#[test]
fn spans_are_written_with_their_largest_unit() {
    for (span, text) in [
        (Span::days(90), "90d"),
        (Span::hours(36), "36h"),
        (Span::minutes(15), "15m"),
        (Span::seconds(-30), "-30s"),
        (Span::from_micros(250_000), "250ms"),
        (Span::from_micros(7), "7us"),
        (Span::ZERO, "0s"),
    ] {
        assert_eq!(span.to_string(), text);
        assert_eq!(text.parse(), Ok(span));
    }
    assert_eq!("24h".parse(), Ok(Span::days(1)));
    for bad in ["", "d", "24", "24 h", "+24h", "1.5d", "24H", "daily", "9223372036854775807d", "٣d"] {
        assert!(bad.parse::<Span>().is_err(), "{bad}");
    }
}

#[test]
fn mutated_texts_never_panic_and_what_is_read_is_written_the_same() {
    let corpus = [
        "2026-11-20T08:00:00Z",
        "2026-11-20T09:00:00.123456+01:00",
        "2026-11-20",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:60.999999999Z",
        "90d",
        "-250ms",
    ];
    let mut read = 0;
    mutate::texts(&corpus, |text| {
        match text.parse::<Timestamp>() {
            Ok(time) => {
                read += 1;
                assert_eq!(at(&time.to_string()), time, "{text}");
            }
            Err(flaw) => assert!(flaw.to_string().chars().count() < 300),
        }
        if let Ok(span) = text.parse::<Span>() {
            assert_eq!(span.to_string().parse(), Ok(span), "{text}");
        }
    });
    assert!(read > 200, "the mutations reach what is read, too: {read}");
}

proptest! {
    #![proptest_config(mutate::cases(2_000))]

    #[test]
    fn what_is_written_is_read_the_same(micros in any::<i64>(), near in -1i64<<52..1i64<<52) {
        for time in [Timestamp::from_micros(micros), Timestamp::from_micros(near)] {
            prop_assert_eq!(at(&time.to_string()), time);
            let json = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
        }
    }

    #[test]
    fn written_order_is_the_order_of_time(a in any::<i32>(), b in any::<i32>()) {
        let (a, b) = (Timestamp::EPOCH.plus(Span::seconds(a.into())), Timestamp::EPOCH.plus(Span::seconds(b.into())));
        prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
    }

    #[test]
    fn spans_are_read_as_written(micros in any::<i64>()) {
        let span = Span::from_micros(micros);
        prop_assert_eq!(span.to_string().parse(), Ok(span));
    }

    #[test]
    fn what_was_added_is_what_lies_between(micros in -1i64<<54..1i64<<54, span in -1i64<<54..1i64<<54) {
        let time = Timestamp::from_micros(micros);
        let later = time.plus(Span::from_micros(span));
        prop_assert_eq!(later.since(time).micros(), span);
        prop_assert_eq!(later.minus(Span::from_micros(span)), time);
        prop_assert!(time.start_of_day() <= time && time.since(time.start_of_day()) < Span::days(1));
    }
}
