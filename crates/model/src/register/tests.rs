use serde_json::{Map, Value, json};

use super::{Code, Effectiveness, EffectivenessState, Field, Kind, Sheet, Standing, next_review, overdue};
use crate::time::{Span, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn members(v: Value) -> Map<String, Value> {
    v.as_object().unwrap().clone()
}

fn told(kind: Kind, v: Value) -> Vec<String> {
    Sheet::read(kind, &members(v)).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_field_is_declared_once_with_a_sentence_and_an_entry_has_a_code_and_a_name() {
    for kind in Kind::ALL {
        let fields = kind.fields();
        for (i, field) in fields.iter().enumerate() {
            assert!(fields[..i].iter().all(|f| f.name != field.name), "{kind}: {}", field.name);
            assert!(field.about.ends_with('.'), "{kind}: {}", field.name);
            let reserved = ["id", "version", "clear", "kind", "catalogSlug", "baseVersion", "idempotencyKey"];
            assert!(!reserved.contains(&field.name), "{kind}: {}", field.name);
        }
        assert_eq!(kind.field(kind.code_field()).unwrap().holds, super::Holds::Code, "{kind}");
        assert!(kind.field(kind.name_field()).unwrap().required, "{kind}");
        for name in kind.ascending().iter().copied().flatten() {
            assert!(kind.field(name).is_some(), "{kind}: {name}");
        }
        assert_eq!(Kind::of_plural(kind.plural()), Some(*kind));
    }
}

#[test]
fn a_code_is_short_and_plain_and_made_of_a_name_where_it_can_be() {
    for good in ["AC-2(1)", "ransomware", "A.5.17", "7", "x_y"] {
        assert_eq!(good.parse::<Code>().unwrap().as_str(), good);
    }
    for bad in ["", "-a", "a b", "a/b", "a;b", "a:b", "ü", &"a".repeat(65), "a\0"] {
        assert!(bad.parse::<Code>().is_err(), "{bad:?}");
    }
    assert_eq!("AC-2".parse::<Code>().unwrap().key(), "ac-2");
    let made = |name: &str| Code::from_name(name).map(|c| c.as_str().to_owned());
    assert_eq!(made("Cloud key leak (AWS)").as_deref(), Some("cloud-key-leak-aws"));
    assert_eq!((made("€€€"), made("X").as_deref()), (None, Some("x")));
    assert!(made(&"long name ".repeat(30)).is_some_and(|c| c.len() <= 64 && !c.ends_with('-')));
}

#[test]
fn a_sheet_keeps_each_value_in_one_form() {
    let given = json!({
        "code": "AC-2", "name": " Accounts\u{202e} ", "status": "operating", "effectiveness": 0.5,
        "techniques": ["t1078.004", "T1078.004", "T1110"], "frameworks": ["CSF:PR.AA-01"], "currency": "eur",
        "effectivenessUntil": "2026-12-01", "about": "\u{200b}",
        "kris": ["mfa_enforced_pct", { "kri": "x", "role": "coverage", "weight": 2 }],
    });
    let sheet = Sheet::read(Kind::Control, &members(given)).unwrap();
    assert_eq!(sheet.code.as_ref().map(Code::as_str), Some("AC-2"));
    let fields = json!({
        "name": "Accounts", "status": "operating", "effectiveness": 0.5, "techniques": ["T1078.004", "T1110"],
        "frameworks": ["CSF:PR.AA-01"], "currency": "EUR", "effectivenessUntil": "2026-12-01T00:00:00Z", "about": null,
    });
    assert_eq!(Value::Object(sheet.fields.clone()), fields);
    let field = Kind::Control.field("kris").unwrap();
    let links = field.links().unwrap();
    assert_eq!(links.all_to_text(&sheet.links["kris"]), "mfa_enforced_pct:performance:1;x:coverage:2");
    // kept again it is the same
    let mut again = sheet.fields.clone();
    again.retain(|_, v| !v.is_null());
    assert_eq!(Sheet::read(Kind::Control, &again).unwrap().fields, again);
}

#[test]
fn every_problem_is_told_with_its_field_and_what_would_be_right() {
    let control = told(
        Kind::Control,
        json!({
            "code": "a b", "name": "", "status": "operatin", "effectiveness": 1.5, "techniques": ["T1", "T1078"],
            "efectiveness": 1, "kris": [{ "role": "coverage" }, { "kri": "a", "role": "cover" }], "frameworks": ["a;b"],
        }),
    );
    for says in [
        "code: `a b` is not a name of an entry",
        "name: must not be empty",
        "status: `operatin` is not a value of it; allowed: planned, operating",
        "did you mean `operating`?",
        "effectiveness: 1.5 is out of range; allowed: 0 to 1",
        "techniques[0]: `T1` is not an ATT&CK technique",
        "efectiveness: a control has no such field; did you mean `effectiveness`?",
        "kris[0].kri: is required",
        "frameworks[0]: `a;b` holds a `;`",
    ] {
        assert!(control.iter().any(|t| t.contains(says)), "{says}: {control:#?}");
    }
    let risk = told(
        Kind::Risk,
        json!({ "currentScore": "high", "annualLossMean": -1, "controls": ["A", "a"], "currency": "Euro", "reviewDue": "soon" }),
    );
    for says in [
        "currentScore: must be a number",
        "annualLossMean: -1 is out of range",
        "controls: `a` is named twice",
        "currency: `Euro` is not a currency",
        "reviewDue: ",
    ] {
        assert!(risk.iter().any(|t| t.contains(says)), "{says}: {risk:#?}");
    }
    let outcome = told(Kind::Outcome, json!({ "risks": [{ "risk": "a", "share": 1.1 }] }));
    assert_eq!(outcome, ["risks[0].share: 1.1 is not between 0 and 1"]);
}

#[test]
fn a_whole_entry_has_what_it_needs_and_its_figures_do_not_contradict_each_other() {
    let whole = |kind, v| Sheet::whole(kind, &members(v)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(whole(Kind::Risk, json!({})), ["title: is required"]);
    assert_eq!(
        whole(Kind::Risk, json!({ "title": "x", "annualLossP10": 5.0, "annualLossP90": 4.0 })),
        ["annualLossP90: 4.0 is less than `annualLossP10`, which is 5.0"]
    );
    let control = json!({ "name": "x", "effectivenessLow": 0.2, "effectiveness": 0.2, "effectivenessHigh": 0.1 });
    assert_eq!(whole(Kind::Control, control).len(), 1);
    let reviews = json!({ "name": "x", "lastReview": "2026-11-02T00:00:00Z", "nextReview": "2026-11-01T00:00:00Z" });
    assert!(whole(Kind::Vendor, reviews)[0].starts_with("nextReview: "));
    assert!(whole(Kind::Vendor, json!({ "name": "x", "lastReview": "2026-11-02T00:00:00Z" })).is_empty());
}

#[test]
fn a_cell_is_read_back_as_it_was_written() {
    let sample = |field: &Field| -> Value {
        use super::Holds as H;
        match field.holds {
            H::Code => json!("Ab-1"),
            H::Text { .. } => json!("=1+1, \"x\" é"),
            H::Word(words) => json!(words[words.len() - 1]),
            H::Words(words) => json!(words),
            H::Texts { .. } => json!(["CSF:PR.AA-01", "a, b"]),
            H::Techniques => json!(["T1078.004", "T1110"]),
            H::Number { most, .. } => json!(most.min(0.123_456)),
            H::Whole { most, .. } => json!(most),
            H::Currency => json!("EUR"),
            H::Time => json!("2026-11-20T08:00:00Z"),
            H::Links(l) if l.edge.has_role() => json!([{ "kri": "a_b", "role": "timeliness", "weight": 0.25 }]),
            H::Links(l) if l.detailed() => json!([{ "risk": "a" }, { "risk": "b", "share": 0.333_333 }]),
            H::Links(_) => json!(["a", "B-2"]),
        }
    };
    for kind in Kind::ALL {
        for field in kind.fields() {
            let given = members(json!({ field.name: sample(field) }));
            let sheet = Sheet::read(*kind, &given).unwrap();
            let cell = match field.links() {
                Some(links) => links.all_to_text(&sheet.links[field.name]),
                None if field.holds == super::Holds::Code => sheet.code.as_ref().unwrap().as_str().to_owned(),
                None => field.to_text(&sheet.fields[field.name]),
            };
            let back = field.from_text(&cell, false).unwrap().unwrap();
            let again = Sheet::read(*kind, &members(json!({ field.name: back }))).unwrap();
            assert_eq!(again, sheet, "{kind}.{}: {cell}", field.name);
        }
    }
}

#[test]
fn cells_are_taken_as_people_write_them() {
    let cell = |kind: Kind, field: &str, cell: &str, comma| kind.field(field).unwrap().from_text(cell, comma);
    assert_eq!(cell(Kind::Control, "status", "Not applicable", false), Ok(Some(json!("notApplicable"))));
    assert_eq!(cell(Kind::Control, "effectiveness", "70 %", false), Ok(Some(json!(0.7))));
    assert_eq!(cell(Kind::Control, "effectiveness", "0,7", true), Ok(Some(json!(0.7))));
    assert_eq!(cell(Kind::Risk, "controls", " AC-1; ;AC-2;", false), Ok(Some(json!(["AC-1", "AC-2"]))));
    assert_eq!(cell(Kind::Risk, "title", "   ", false), Ok(None));
    assert_eq!(
        cell(Kind::Control, "kris", "mfa:Coverage;x", false),
        Ok(Some(json!([
            { "kri": "mfa", "role": "coverage", "weight": 1.0 }, { "kri": "x", "role": "performance", "weight": 1.0 },
        ])))
    );
    for (kind, field, text) in [
        (Kind::Control, "effectiveness", "much"),
        (Kind::Control, "effectiveness", "nan"),
        (Kind::Vendor, "tier", "1.5"),
        (Kind::Control, "kris", "a:coverage:1:2"),
        (Kind::Control, "kris", "a:cover:1"),
        (Kind::Outcome, "risks", "a:2"),
        (Kind::Risk, "controls", "a b"),
    ] {
        let problem = cell(kind, field, text, false).unwrap_err();
        assert_eq!(problem.field, field, "{text}");
    }
}

#[test]
fn an_effectiveness_that_is_not_known_is_never_a_number_and_a_gap_has_none() {
    let now = at("2026-11-20");
    let said = |standing, value, until| Effectiveness::stated(standing, value, until, now);
    assert_eq!(said(None, None, None).state, EffectivenessState::Unknown);
    assert_eq!(said(Some(Standing::Operating), None, None).value, None);
    assert_eq!(said(Some(Standing::NotApplicable), Some(0.9), None).value, None);
    for standing in [Standing::Planned, Standing::Gap, Standing::Waived, Standing::Retired] {
        assert_eq!(said(Some(standing), Some(0.9), None).value, Some(0.0), "{standing}");
    }
    let stale = said(Some(Standing::Operating), Some(0.9), Some(at("2026-11-19")));
    assert_eq!((stale.value, stale.state), (Some(0.9), EffectivenessState::Stale));
    assert_eq!(said(None, Some(0.9), Some(at("2026-11-21"))).state, EffectivenessState::Ok);
}

#[test]
fn a_vendor_that_was_never_reviewed_is_overdue() {
    let now = at("2026-11-20");
    assert!(overdue(next_review(None, None, Some(4)), now));
    let last = Some(at("2026-11-01"));
    for (tier, days) in [(Some(1), 90), (Some(2), 180), (Some(3), 365), (Some(4), 730), (None, 90)] {
        assert_eq!(next_review(None, last, tier), last.map(|l| l.plus(Span::days(days))), "{tier:?}");
    }
    assert!(!overdue(next_review(None, last, None), now));
    assert!(overdue(next_review(Some(at("2026-11-10")), last, Some(4)), now));
}

#[test]
fn mutated_cells_and_sheets_are_read_or_refused_and_what_is_kept_is_clean() {
    let cells = ["mfa_enforced_pct:coverage:2;a_b", "T1078.004;T1110", "70 %", "2026-11-20T08:00:00Z", "AC-2(1);ac-3"];
    let (mut n, mut read) = (0, 0);
    crate::mutate::texts(&cells, |cell| {
        n += 1;
        let kind = Kind::ALL[n % Kind::ALL.len()];
        let field = &kind.fields()[n / Kind::ALL.len() % kind.fields().len()];
        let Ok(Some(value)) = field.from_text(cell, n % 2 == 0) else { return };
        let Ok(sheet) = Sheet::read(kind, &members(json!({ field.name: value }))) else { return };
        read += 1;
        for value in sheet.fields.values().filter_map(Value::as_str) {
            assert_eq!(crate::text::clean(value, usize::MAX), value, "{cell:?}");
        }
    });
    assert!(read > 1_000, "{read}");
}
