//! How much, and for how long.

use std::time::Duration;

/// How much of an answer is read, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most bytes of a body; a body that says it is longer is not begun.
    pub bytes: usize,
    /// From sending to the end of the answer's header.
    pub first_byte: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
    /// For the whole exchange: lookup, connection, TLS, headers and body.
    pub deadline: Duration,
}

impl Bounds {
    /// So many bytes in that time, whatever the server does with it.
    #[must_use]
    pub const fn new(bytes: usize, deadline: Duration) -> Self {
        Self { bytes, first_byte: deadline, idle: deadline, deadline }
    }
}

/// 10 MiB, 20 seconds to the first byte, 30 between two, 60 in all.
impl Default for Bounds {
    fn default() -> Self {
        Self {
            bytes: 10 * 1024 * 1024,
            first_byte: Duration::from_secs(20),
            idle: Duration::from_secs(30),
            deadline: Duration::from_secs(60),
        }
    }
}
