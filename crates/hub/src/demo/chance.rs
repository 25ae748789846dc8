//! Chance that is none: the same numbers for the same seed and name.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub(super) struct Chance(u64);

impl Chance {
    /// The numbers of one series. Each series has its own, so that a new one leaves all others as they were.
    pub(super) fn of(seed: u64, names: &[&str]) -> Self {
        // FNV-1a (Fowler, Noll, Vo), 64 bits
        let bytes = names.iter().flat_map(|name| name.bytes().chain([0xFF]));
        let name = bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        Self(seed ^ name)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From -1 to 1, near 0 more often than far from it.
    pub(super) fn sway(&mut self) -> f64 {
        self.share() - self.share()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_splitmix64() {
        // the first numbers of the published generator for the seed 1234567
        let mut chance = Chance(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| chance.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn names_have_their_own_numbers() {
        let first = |seed, names: &[&str]| Chance::of(seed, names).next();
        assert_eq!(first(7, &["a", "b"]), first(7, &["a", "b"]));
        assert_ne!(first(7, &["a", "b"]), first(7, &["ab", ""]));
        assert_ne!(first(7, &["a", "b"]), first(8, &["a", "b"]));
    }

    #[test]
    fn stays_within() {
        let mut chance = Chance::of(1, &[]);
        let sways: Vec<f64> = (0..10_000).map(|_| chance.sway()).collect();
        assert!(sways.iter().all(|s| (-1.0..1.0).contains(s)));
        assert!((sways.iter().sum::<f64>() / 10_000.0).abs() < 0.02);
    }
}
