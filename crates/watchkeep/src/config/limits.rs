//! `[limits]`: how often a token may call.
use super::section::section;

section! {
    /// How often one token or key may call, per minute; 0 means without limit. A caller who was idle may use up a
    /// minute's worth at once.
    pub(crate) struct Limits ("limits") {
        /// Lookups and pages of lists.
        calls_per_minute ("limits.calls_per_minute"): u32 = "600",
        /// Searches, exports and summaries over much.
        heavy_calls_per_minute ("limits.heavy_calls_per_minute"): u32 = "60",
        /// Changes.
        writes_per_minute ("limits.writes_per_minute"): u32 = "120",
        /// Attempts to sign in from one address; half as many for one account. 0 means without limit, and then nothing that
        /// comes without a credential has one: registration, requests for tokens, attempts that are noted.
        sign_ins_per_minute ("limits.sign_ins_per_minute"): u32 = "20",
    }
}
