//! Names that are not worth a question to the resolver: they are somebody's own, or are written to look like another.

/// Endings of names that are never in the public DNS (RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476; `internal` is
/// set aside by ICANN).
const INSIDE: &[&str] = &[
    "alt",
    "arpa",
    "example",
    "home",
    "corp",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
];

/// Whether a host name, in lower case as the URL parser leaves it, can be that of a public server.
pub(super) fn can_be_public(name: &str) -> bool {
    // a final dot makes another text of the same host; a name without a dot is completed by the resolver's search list
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    !last.is_empty() && !INSIDE.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::can_be_public;

    #[test]
    fn names_from_inside_are_known() {
        for name in ["claude.ai", "a.b.example.com", "localhost.example.org"] {
            assert!(can_be_public(name), "{name}");
        }
        for name in
            ["localhost", "a.localhost", "metadata.google.internal", "db.local", "router", "claude.ai.", "x.lan"]
        {
            assert!(!can_be_public(name), "{name}");
        }
    }
}
