//! What follows from what was said: the effectiveness of a control, the next review of a vendor.

use super::{EffectivenessState, Standing};
use crate::time::{Span, Timestamp};

/// How well a control works now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effectiveness {
    /// 0 (it does nothing) to 1; none where it is not known. A value that did not hold until now is told, as stale.
    pub value: Option<f64>,
    /// Whether it is known.
    pub state: EffectivenessState,
}

impl Effectiveness {
    /// The effectiveness that follows from a person's word: a control that is not at work has none, whatever was said of
    /// it; a word with an end counts until then.
    #[must_use]
    pub fn stated(standing: Option<Standing>, said: Option<f64>, until: Option<Timestamp>, now: Timestamp) -> Self {
        match (standing, said) {
            (Some(Standing::Planned | Standing::Gap | Standing::Waived | Standing::Retired), _) => {
                Self { value: Some(0.0), state: EffectivenessState::Ok }
            }
            (Some(Standing::NotApplicable), _) | (_, None) => Self { value: None, state: EffectivenessState::Unknown },
            (_, Some(_)) if until.is_some_and(|until| until < now) => {
                Self { value: said, state: EffectivenessState::Stale }
            }
            (_, Some(_)) => Self { value: said, state: EffectivenessState::Ok },
        }
    }
}

/// When a vendor is to be reviewed next: as somebody said, else so long after the last review as the tier allows: 90,
/// 180, 365 and 730 days. A vendor without a tier is reviewed like one of the first. None if it was never reviewed.
#[must_use]
pub fn next_review(said: Option<Timestamp>, last: Option<Timestamp>, tier: Option<i64>) -> Option<Timestamp> {
    let cadence = match tier {
        Some(2) => 180,
        Some(3) => 365,
        Some(4) => 730,
        _ => 90,
    };
    said.or_else(|| last.map(|last| last.plus(Span::days(cadence))))
}

/// True if the next review should have been. A vendor that was never reviewed and of whose review nobody said when is
/// overdue: not knowing is not good.
#[must_use]
pub fn overdue(next: Option<Timestamp>, now: Timestamp) -> bool {
    next.is_none_or(|next| next < now)
}
