use proptest::prelude::*;

use super::*;
use crate::mutate;

const SURE: Features = Features {
    confidence: 0.95,
    reasoning: true,
    has_value: true,
    is_unknown: false,
    possible: true,
    pulled_source: false,
    improves: false,
    review_improvements: false,
};

fn of(features: Features) -> (Verdict, Reason) {
    let Decided { verdict, reason } = decide(&features, &Band::default());
    (verdict, reason)
}

#[test]
fn the_boundaries_belong_to_the_better_side() {
    use Reason as R;
    use Verdict as V;
    for (confidence, told) in [
        (1.0, (V::AutoAccepted, R::Confident)),
        (0.85, (V::AutoAccepted, R::Confident)),
        (0.849_999, (V::Queued, R::BelowThreshold)),
        (0.35, (V::Queued, R::BelowThreshold)),
        (0.349_999, (V::Dismissed, R::BelowFloor)),
        (0.0, (V::Dismissed, R::BelowFloor)),
        (f64::NAN, (V::Dismissed, R::BelowFloor)),
        (f64::INFINITY, (V::Dismissed, R::BelowFloor)),
        (-3.0, (V::Dismissed, R::BelowFloor)),
        (7.0, (V::AutoAccepted, R::Confident)),
    ] {
        assert_eq!(of(Features { confidence, ..SURE }), told, "{confidence}");
    }
}

#[test]
fn what_a_person_must_see_is_queued_however_sure_it_is() {
    let queued = |reason| (Verdict::Queued, reason);
    assert_eq!(of(Features { reasoning: false, ..SURE }), queued(Reason::NoReasoning));
    assert_eq!(of(Features { possible: false, ..SURE }), queued(Reason::Impossible));
    let improves = Features { improves: true, ..SURE };
    assert_eq!(of(improves).0, Verdict::AutoAccepted);
    assert_eq!(of(Features { pulled_source: true, ..improves }), queued(Reason::WouldImprove));
    assert_eq!(of(Features { review_improvements: true, ..improves }), queued(Reason::WouldImprove));
    assert_eq!(of(Features { pulled_source: true, review_improvements: true, ..SURE }).0, Verdict::AutoAccepted);
    // unknown is not a value, and a value is not unknown
    assert_eq!(of(Features { has_value: false, is_unknown: true, ..SURE }).0, Verdict::AutoAccepted);
    assert_eq!(of(Features { has_value: false, ..SURE }), queued(Reason::Impossible));
    assert_eq!(of(Features { is_unknown: true, ..SURE }), queued(Reason::Impossible));
}

#[test]
fn a_band_that_cannot_be_is_told() {
    assert_eq!(Band::new(0.85, 0.35), Ok(Band::default()));
    assert!(Band::new(0.5, 0.5).is_ok());
    assert_eq!(Band::new(1.5, 0.3).unwrap_err().field, "threshold");
    assert_eq!(Band::new(0.9, f64::NAN).unwrap_err().field, "floor");
    assert!(Band::new(0.3, 0.4).unwrap_err().to_string().starts_with("floor: 0.4 is above the threshold 0.3"));
}

#[test]
fn features_are_kept_as_json_and_come_back_the_same() {
    let kept = serde_json::to_string(&SURE).unwrap();
    assert!(kept.contains(r#""confidence":0.95,"reasoning":true,"hasValue":true,"isUnknown":false"#), "{kept}");
    assert_eq!(serde_json::from_str::<Features>(&kept).unwrap(), SURE);
}

#[test]
fn a_replay_tells_what_changes_and_how_right_it_would_have_been() {
    let past = |confidence, judged| {
        let features = Features { confidence, ..SURE };
        Past { features, verdict: of(features).0, judged }
    };
    let all = [
        past(0.95, None),
        past(0.90, Some(Judged::Wrong)),
        past(0.80, Some(Judged::Right)),
        past(0.75, Some(Judged::Wrong)),
        past(0.20, None),
    ];
    let told = replay(&all, &Band { threshold: 0.78, floor: 0.1 }, None);
    assert_eq!(told.before, Tally { auto_accepted: 2, queued: 2, dismissed: 1, right: 0, wrong: 1 });
    assert_eq!(told.after, Tally { auto_accepted: 3, queued: 2, dismissed: 0, right: 1, wrong: 1 });
    assert_eq!(told.changed.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [2, 4]);
    assert_eq!((told.before.precision(), told.after.precision()), (Some(0.0), Some(0.5)));
    assert_eq!(Tally::default().precision(), None);
    // the rule about improvements, asked of the past
    let improves = Features { improves: true, ..SURE };
    let all = [Past { features: improves, verdict: Verdict::AutoAccepted, judged: None }];
    assert_eq!(replay(&all, &Band::default(), Some(true)).after.queued, 1);
    assert_eq!(replay(&all, &Band::default(), None).after.auto_accepted, 1);
}

fn features() -> impl Strategy<Value = Features> {
    let confidence = prop_oneof![8 => 0.0..=1.0, 1 => any::<f64>(), 1 => Just(0.85), 1 => Just(0.35)];
    (confidence, any::<[bool; 7]>()).prop_map(|(confidence, b)| Features {
        confidence,
        reasoning: b[0],
        has_value: b[1],
        is_unknown: b[2],
        possible: b[3],
        pulled_source: b[4],
        improves: b[5],
        review_improvements: b[6],
    })
}

fn band() -> impl Strategy<Value = Band> {
    (0.0..=1.0, 0.0..=1.0).prop_map(|(a, b): (f64, f64)| Band::new(a.max(b), a.min(b)).unwrap())
}

proptest! {
    #![proptest_config(mutate::cases(20_000))]

    #[test]
    fn a_replay_with_the_same_band_decides_as_the_gate_did(
        kept in proptest::collection::vec(features(), 1..8), band in band(),
    ) {
        // through the text in which features are kept; JSON has no NaN, so what is no number cannot be kept
        let kept: Vec<Features> = kept.into_iter().filter(|f| f.confidence.is_finite()).collect();
        let live: Vec<Past> = kept
            .iter()
            .map(|features| Past { features: *features, verdict: decide(features, &band).verdict, judged: None })
            .collect();
        let again: Vec<Past> = live
            .iter()
            .map(|p| {
                let text = serde_json::to_string(&p.features).unwrap();
                Past { features: serde_json::from_str(&text).unwrap(), ..*p }
            })
            .collect();
        let told = replay(&again, &band, None);
        prop_assert!(told.changed.is_empty(), "{told:?}");
        prop_assert_eq!(told.before, told.after);
    }

    #[test]
    fn nothing_is_accepted_that_should_not_be(f in features(), band in band()) {
        let Decided { verdict, reason } = decide(&f, &band);
        if verdict == Verdict::AutoAccepted {
            prop_assert!(f.confidence >= band.threshold && f.reasoning && f.possible);
            prop_assert!(f.has_value != f.is_unknown);
            prop_assert!(!(f.improves && (f.pulled_source || f.review_improvements)));
        }
        prop_assert_eq!(verdict == Verdict::AutoAccepted, reason == Reason::Confident);
        prop_assert_eq!(verdict == Verdict::Dismissed, reason == Reason::BelowFloor);
    }

    #[test]
    fn a_stricter_band_accepts_no_more_and_a_lower_floor_dismisses_no_more(f in features(), a in band(), b in band()) {
        let strict = Band { threshold: a.threshold.max(b.threshold), floor: a.floor.max(b.floor) };
        let loose = Band { threshold: a.threshold.min(b.threshold), floor: a.floor.min(b.floor) };
        let (s, l) = (decide(&f, &strict).verdict, decide(&f, &loose).verdict);
        prop_assert!(s != Verdict::AutoAccepted || l == Verdict::AutoAccepted);
        prop_assert!(l != Verdict::Dismissed || s == Verdict::Dismissed);
    }
}
