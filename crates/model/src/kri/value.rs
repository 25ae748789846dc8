//! Which values can be.

use super::Unit;

/// What is wrong with one field, as a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Flaw {
    /// The field, as it is written in JSON.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Flaw {
    /// The flaw of `field`.
    #[must_use]
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// Beyond this an `f64` no longer holds every whole number.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// How far a percentage may differ from its numerator and denominator: sources round to whole percents.
const ROUNDING: f64 = 0.5 + 1e-9;

/// Says whether a value can be, in its unit and beside its numerator and denominator.
///
/// A count is whole and its numerator, where given, is the count itself. A percentage agrees with its numerator and
/// denominator to half a percent. All of them are finite and not negative, and a denominator is more than 0: a share of
/// nothing is `unavailable`, neither 0 nor 100 percent.
///
/// # Errors
/// The first [`Flaw`], of `value`, `numerator` or `denominator`.
pub fn check(unit: Unit, value: f64, numerator: Option<f64>, denominator: Option<f64>) -> Result<(), Flaw> {
    number("value", value)?;
    if unit == Unit::Count && value.fract() != 0.0 {
        return Err(Flaw::new(
            "value",
            format!("a count is a whole number, not {value}; a share has the unit percent"),
        ));
    }
    if let Some(most) = unit.greatest()
        && value > most
    {
        return Err(Flaw::new("value", format!("{value} is more than {most}, the most that unit {unit} can have")));
    }
    if let Some(numerator) = numerator {
        number("numerator", numerator)?;
    }
    if let Some(denominator) = denominator {
        number("denominator", denominator)?;
        if denominator == 0.0 {
            let told = "it is 0; a share of nothing is not a value: leave the value out and give the state unavailable";
            return Err(Flaw::new("denominator", told));
        }
    }
    match (unit, numerator, denominator) {
        (Unit::Count, Some(numerator), _) if numerator != value => {
            Err(Flaw::new("numerator", format!("{numerator} differs from the count {value}; leave it out")))
        }
        (Unit::Percent, Some(_), None) => {
            Err(Flaw::new("denominator", "a numerator without its denominator says nothing; give both or neither"))
        }
        (Unit::Percent, Some(numerator), Some(denominator)) if numerator > denominator => {
            Err(Flaw::new("numerator", format!("{numerator} is more than the denominator {denominator}")))
        }
        (Unit::Percent, Some(numerator), Some(denominator)) => {
            let share = 100.0 * numerator / denominator;
            if (share - value).abs() > ROUNDING {
                let told = format!("{value} is not {numerator} of {denominator}, which is {share:.2} percent");
                return Err(Flaw::new("value", told));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn number(field: &'static str, value: f64) -> Result<(), Flaw> {
    if !value.is_finite() {
        Err(Flaw::new(field, "it is not a number; where there is none, leave it out and give a state"))
    } else if value < 0.0 {
        Err(Flaw::new(field, format!("{value} is less than 0")))
    } else if value > LARGEST {
        Err(Flaw::new(field, format!("{value} is more than can be kept exactly ({LARGEST})")))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
