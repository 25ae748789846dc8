//! What another band would have decided.

use super::{Band, Decided, Features, Verdict, decide};

/// What a person made of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It was right: a person accepted it as it was.
    Right,
    /// It was not: a person edited, rejected or undid it.
    Wrong,
}

/// A decision that was made, as it was kept.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// What the gate looked at.
    pub features: Features,
    /// What it decided.
    pub verdict: Verdict,
    /// What a person said later, if anybody did.
    pub judged: Option<Judged>,
}

/// How many of which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted by the gate.
    pub auto_accepted: usize,
    /// Left to a person.
    pub queued: usize,
    /// Dismissed.
    pub dismissed: usize,
    /// Of those accepted by the gate: a person agreed.
    pub right: usize,
    /// Of those accepted by the gate: a person disagreed.
    pub wrong: usize,
}

impl Tally {
    fn add(&mut self, verdict: Verdict, judged: Option<Judged>) {
        match verdict {
            Verdict::AutoAccepted => {
                self.auto_accepted += 1;
                match judged {
                    Some(Judged::Right) => self.right += 1,
                    Some(Judged::Wrong) => self.wrong += 1,
                    None => {}
                }
            }
            Verdict::Queued => self.queued += 1,
            Verdict::Dismissed => self.dismissed += 1,
        }
    }

    /// The share of right ones among those accepted by the gate of which a person said something; none where nobody did.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of decisions are far below 2^53")]
    pub fn precision(&self) -> Option<f64> {
        let judged = self.right + self.wrong;
        (judged > 0).then(|| self.right as f64 / judged as f64)
    }
}

/// What a band would have decided, beside what was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// As it was.
    pub before: Tally,
    /// As it would have been.
    pub after: Tally,
    /// The places of the decisions that would have been others, with the new ones.
    pub changed: Vec<(usize, Decided)>,
}

/// Decides again, with another band. `review_improvements` asks the same of the rule about improvements; none leaves it as
/// it was at each decision.
#[must_use]
pub fn replay(past: &[Past], band: &Band, review_improvements: Option<bool>) -> Replay {
    let mut told = Replay::default();
    for (place, was) in past.iter().enumerate() {
        let mut features = was.features;
        if let Some(review) = review_improvements {
            features.review_improvements = review;
        }
        let now = decide(&features, band);
        told.before.add(was.verdict, was.judged);
        told.after.add(now.verdict, was.judged);
        if now.verdict != was.verdict {
            told.changed.push((place, now));
        }
    }
    told
}
