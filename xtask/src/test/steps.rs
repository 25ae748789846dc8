//! The table of what was checked: each step with its counts and its time.

use std::time::Duration;

use super::counts::Counts;
use crate::{Error, Result, interrupt, world};

/// When a check is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Each time.
    Everyday,
    /// With `--all` only, or when it is named.
    All,
}

/// The steps so far, and which are wanted.
pub(crate) struct Steps {
    all: bool,
    /// If there are any, only the checks whose name contains one.
    words: Vec<String>,
    done: Vec<Step>,
}

struct Step {
    name: String,
    counts: Counts,
    took: Duration,
    /// Why it failed as a whole, or was skipped.
    why: Option<String>,
}

impl Steps {
    pub(crate) fn new(all: bool, words: Vec<String>) -> Self {
        Self { all, words, done: Vec::new() }
    }

    /// Whether a check is to be made.
    pub(crate) fn wants(&self, when: When, name: &str) -> bool {
        let named = self.words.iter().any(|word| name.to_lowercase().contains(&word.to_lowercase()));
        named || (self.words.is_empty() && (self.all || when == When::Everyday))
    }

    /// A check. An error is one failure, and the checks go on.
    pub(crate) fn run(&mut self, when: When, name: &str, check: impl FnOnce() -> Result<Counts>) {
        if interrupt::interrupted() || !self.wants(when, name) {
            return;
        }
        println!("\n== {name}");
        let started = world::now();
        let outcome = check();
        self.note(name, started.elapsed(), outcome);
    }

    /// Something that later steps need. It counts only if it is missing: as skipped, in CI as failed.
    pub(crate) fn need<T>(&mut self, name: &str, get: impl FnOnce() -> Result<T>) -> Option<T> {
        if interrupt::interrupted() {
            return None;
        }
        println!("\n== {name}");
        let started = world::now();
        match get() {
            Ok(got) => {
                self.note(name, started.elapsed(), Ok(Counts::default()));
                Some(got)
            }
            Err(error) => {
                let counts = if world::in_ci() { Counts::FAILED } else { Counts::SKIPPED };
                println!("missing: {error}");
                let (name, took) = (String::from(name), started.elapsed());
                self.done.push(Step { name, counts, took, why: Some(first_line(&error)) });
                None
            }
        }
    }

    /// Says that the rest was not checked.
    pub(crate) fn interrupted(&mut self) {
        self.note("interrupted", Duration::ZERO, Err("what follows was not checked".into()));
    }

    fn note(&mut self, name: &str, took: Duration, outcome: Result<Counts>) {
        let (counts, why) = match outcome {
            Ok(counts) => (counts, None),
            Err(error) => {
                println!("failed: {error}");
                (Counts::FAILED, Some(first_line(&error)))
            }
        };
        self.done.push(Step { name: String::from(name), counts, took, why });
    }

    /// Prints the table and, as the last line, the sums.
    pub(crate) fn finish(self) -> Counts {
        let mut total = Counts::default();
        println!();
        for step in &self.done {
            total += step.counts;
            println!("{}", line(step));
        }
        let took: Duration = self.done.iter().map(|step| step.took).sum();
        println!("{:<26}{:>37}", "all", seconds(took));
        println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
        total
    }
}

fn line(step: &Step) -> String {
    let count = |number: usize, word: &str| if number == 0 { String::new() } else { format!("{number} {word}") };
    let Counts { passed, failed, skipped } = step.counts;
    let counts = format!("{:>9}{:>9}{:>11}", count(passed, "ok"), count(failed, "bad"), count(skipped, "skipped"));
    let line = format!("{:<26}{counts}{:>8}", step.name, seconds(step.took));
    step.why.as_ref().map_or(line.clone(), |why| format!("{line}  {why}"))
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn first_line(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Steps, When};
    use crate::test::counts::Counts;

    #[test]
    fn a_failure_is_counted_and_the_rest_goes_on() {
        let mut steps = Steps::new(false, Vec::new());
        steps.run(When::Everyday, "one", || Err("no\nreally not".into()));
        steps.run(When::Everyday, "two", || Ok(Counts { passed: 3, failed: 0, skipped: 1 }));
        steps.run(When::All, "three", || Ok(Counts::PASSED));
        let got: Option<u8> = steps.need("four", || Ok(7));
        assert_eq!(got, Some(7));
        assert_eq!(steps.finish(), Counts { passed: 3, failed: 1, skipped: 1 });
    }

    #[test]
    fn what_is_missing_is_counted() {
        let mut steps = Steps::new(false, Vec::new());
        let got: Option<u8> = steps.need("one", || Err("it is not there".into()));
        let total = steps.finish();
        assert_eq!(got, None);
        // skipped on a desk, failed in CI
        assert_eq!((total.passed, total.failed + total.skipped), (0, 1));
    }

    #[test]
    fn words_choose() {
        let steps = Steps::new(false, vec![String::from("conformance")]);
        assert!(steps.wants(When::All, "Conformance: product"));
        assert!(!steps.wants(When::Everyday, "format"));
        assert!(!Steps::new(false, Vec::new()).wants(When::All, "documentation"));
        assert!(Steps::new(true, Vec::new()).wants(When::All, "documentation"));
    }
}
