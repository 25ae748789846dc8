//! Words as tools write them, made comparable.

/// Lower case, with everything that is neither a letter nor a digit as one blank: `MFA Enabled?` is `mfa enabled`,
/// `lastLogin_date` is `last login date`.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut before = ' ';
    for c in text.chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && (before.is_lowercase() || before.is_numeric()) && !out.ends_with(' ') {
                out.push(' ');
            }
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        before = c;
    }
    out.truncate(out.trim_end().len());
    out
}

/// True or false as tools and people write it, in English, German, Dutch and French.
pub(crate) fn truth(text: &str) -> Option<bool> {
    let word = text.trim().to_ascii_lowercase();
    match word.as_str() {
        "true" | "yes" | "y" | "1" | "x" | "on" | "enabled" | "enforced" | "ja" | "oui" | "wahr" | "waar" | "vrai"
        | "active" | "registered" | "enrolled" | "aktiviert" | "ingeschakeld" | "activé" => Some(true),
        "false" | "no" | "n" | "0" | "off" | "disabled" | "not enabled" | "nein" | "nee" | "non" | "falsch"
        | "onwaar" | "faux" | "inactive" | "none" | "not registered" | "not enrolled" | "never" | "deaktiviert"
        | "uitgeschakeld" | "désactivé" => Some(false),
        _ => None,
    }
}

/// A number as a cell holds it: `1,204`, `1.204`, `1 204`, `97.5 %`, `97,5`. Nothing for anything else.
///
/// One separator followed by exactly three digits is a thousands separator unless it is the only one and the number
/// begins with `0`; the caller cannot tell more from a lone cell.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_suffix('%').unwrap_or(text).trim_end();
    if text.is_empty() || text.len() > 24 {
        return None;
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    unsigned(digits).map(|n| n * sign)
}

fn unsigned(text: &str) -> Option<f64> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let blank = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’');
    let mark = |c: char| matches!(c, '.' | ',') || blank(c);
    if !text.chars().all(|c| c.is_ascii_digit() || mark(c)) {
        return None;
    }
    let marks: Vec<char> = text.chars().filter(|c| mark(*c)).collect();
    let parts: Vec<&str> = text.split(mark).collect();
    let grouped = |parts: &[&str]| {
        parts.first().is_some_and(|p| (1..=3).contains(&p.len())) && parts[1..].iter().all(|p| p.len() == 3)
    };
    let last = parts.len() - 1;
    match marks.as_slice() {
        [] => text.parse().ok(),
        [one] if matches!(one, '.' | ',') => {
            if parts[1].len() == 3 && parts[0].len() <= 3 && parts[0] != "0" && *one == ',' {
                parts.concat().parse().ok()
            } else if parts[1].len() == 3 && parts[0].len() <= 3 && parts[0] != "0" {
                // 1.204 may be a German thousand or an English fraction: nobody can tell
                None
            } else {
                format!("{}.{}", parts[0], parts[1]).parse().ok()
            }
        }
        // the same separator throughout: thousands
        [first, rest @ ..] if rest.iter().all(|m| m == first) && grouped(&parts) => parts.concat().parse().ok(),
        // thousands, then the other one for the fraction
        [groups @ .., fraction]
            if matches!(fraction, '.' | ',')
                && groups.iter().all(|m| m == &groups[0] && m != fraction)
                && grouped(&parts[..last]) =>
        {
            format!("{}.{}", parts[..last].concat(), parts[last]).parse().ok()
        }
        _ => None,
    }
}

/// The last part of a path or URL, without a trailing separator.
pub(crate) fn basename(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_comparable() {
        assert_eq!(plain("MFA Enabled?"), "mfa enabled");
        assert_eq!(plain("lastLogin_date"), "last login date");
        assert_eq!(plain("isMfaRegistered"), "is mfa registered");
        assert_eq!(plain("CVSS v3.0 Base Score"), "cvss v3 0 base score");
    }

    #[test]
    fn numbers_are_read_as_they_are_written_or_not_at_all() {
        for (text, value) in [
            ("1204", 1204.0),
            ("1,204", 1204.0),
            ("1 204", 1204.0),
            ("1.204.567", 1_204_567.0),
            ("97.5 %", 97.5),
            ("97,5", 97.5),
            ("1.204,50", 1204.5),
            ("1'204", 1204.0),
            ("0.125", 0.125),
            ("-3", -3.0),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "1.204", "n/a", "1,2,3", "12 hosts", "1.2.3", "10.0.0.1", "١٢", "1,23,456.7.8", "NaN", "inf"]
        {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
