//! Sign-in as decisions: what a good password is and how it is kept, which one-time code counts, how long a guesser
//! waits, and how old a session may be.
//!
//! Everything that comes from outside (time, salts, random bytes) is an argument. Start at [`password`]; [`totp`] has
//! the rule against replay, [`lockout`] the one against guessing.
pub mod lockout;
pub mod password;
pub mod recovery;
pub mod session;
pub mod totp;
