//! Phrases near numbers.
