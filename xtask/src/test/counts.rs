//! Counting what passed: libtest, nextest, and the lines of our own drivers.

use std::ops::AddAssign;

/// How many checks passed, failed, were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub(crate) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    pub(crate) fn total(self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; ...`, one line per test program.
pub(crate) fn libtest(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines().filter_map(|line| line.trim().strip_prefix("test result:")) {
        counts += Counts {
            passed: before(line, " passed"),
            failed: before(line, " failed"),
            skipped: before(line, " ignored"),
        };
    }
    counts
}

/// `Summary [ 1.2s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 2 skipped`.
pub(crate) fn nextest(output: &str) -> Counts {
    let summary = output.lines().rev().find(|line| line.trim_start().starts_with("Summary ["));
    let line = summary.unwrap_or_default();
    Counts {
        passed: before(line, " passed"),
        failed: before(line, " failed") + before(line, " timed out") + before(line, " exec failed"),
        skipped: before(line, " skipped"),
    }
}

/// `ok NAME`, `not ok NAME: why`, `skip NAME: why`.
pub(crate) fn drivers(output: &str) -> Counts {
    let starts = |word: &str| output.lines().filter(|line| line.starts_with(word)).count();
    Counts { passed: starts("ok "), failed: starts("not ok "), skipped: starts("skip ") }
}

/// The number that stands before a word, 0 if the word does not occur.
fn before(line: &str, word: &str) -> usize {
    let Some((head, _)) = line.split_once(word) else { return 0 };
    let digits = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    head[head.len() - digits..].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Counts, drivers, libtest, nextest};

    #[test]
    fn libtest_programs_are_added_up() {
        let output = "test a ... ok\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(libtest(output), Counts { passed: 13, failed: 2, skipped: 1 });
        assert_eq!(libtest("error: could not compile"), Counts::default());
    }

    #[test]
    fn nextest_tells_a_summary() {
        let output = "        PASS [   0.004s] xtask a\n     Summary [   1.012s] 16 tests run: 13 passed (1 slow), 2 failed, 1 timed out, 4 skipped\n";
        assert_eq!(nextest(output), Counts { passed: 13, failed: 3, skipped: 4 });
        assert_eq!(nextest("Summary [ 0.1s] 1 test run: 1 passed, 0 skipped"), Counts::PASSED);
        assert_eq!(nextest("error: could not compile"), Counts::default());
    }

    #[test]
    fn drivers_tell_a_line_per_check() {
        let output = "ok a\nnot ok b: because\nskip c: no key\n# ok what follows is a remark\nok d\n";
        assert_eq!(drivers(output), Counts { passed: 2, failed: 1, skipped: 1 });
    }
}
