//! For tests: seeded mutations of text, and properties with a fixed seed, so that a failure can be had again.

use proptest::test_runner::{Config, RngSeed};

/// `cases` cases of a property, always the same ones. `PROPTEST_RNG_SEED` asks for others.
pub(crate) fn cases(cases: u32) -> Config {
    let seeded = Config { cases, failure_persistence: None, ..Config::default() };
    match seeded.rng_seed {
        RngSeed::Random => Config { rng_seed: RngSeed::Fixed(84), ..seeded },
        RngSeed::Fixed(_) => seeded,
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to break parsers with.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below.max(1) as u64).unwrap()
    }
}

/// What tends to break things.
const ODD: [&str; 24] = [
    "",
    "\0",
    "\n",
    " ",
    "-",
    "--",
    "_",
    ".",
    ":",
    "T",
    "Z",
    "+",
    "9",
    "0",
    "99999999999999999999",
    "ä",
    "e\u{301}",
    "\u{202E}",
    "\u{200B}",
    "\u{E0041}",
    "\u{1F469}\u{200D}\u{1F4BB}",
    "\u{FEFF}",
    "١",
    "\u{10FFFF}",
];

/// Calls `check` with 20,000 texts: those of the corpus, each with one to six changes.
pub(crate) fn texts(corpus: &[&str], mut check: impl FnMut(&str)) {
    let mut dice = Dice(20_000);
    for round in 0..20_000 {
        let mut text: Vec<char> = corpus[round % corpus.len()].chars().collect();
        for _ in 0..=dice.roll(6) {
            let at = dice.roll(text.len() + 1);
            match dice.roll(6) {
                0 => drop(text.splice(at..at, ODD[dice.roll(ODD.len())].chars())),
                1 if at < text.len() => drop(text.remove(at)),
                2 if at < text.len() => text[at] = char::from_u32(dice.roll(0x3000) as u32).unwrap(),
                3 => text.truncate(at),
                4 if at + 1 < text.len() => text.swap(at, at + 1),
                _ => {
                    let again: Vec<char> = text[at..].iter().copied().take(200).collect();
                    text.splice(at..at, again);
                }
            }
        }
        check(&text.into_iter().collect::<String>());
    }
}
