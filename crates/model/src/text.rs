//! Text that came from outside, made fit to be shown, logged or read by a model.

/// `outside` without what could hide or steer: control characters (a line break or a tab becomes a blank),
/// bidirectional controls, zero-width characters, variation selectors, tag characters, private-use and unassigned
/// specials. Blanks at the ends go, and what is longer than `max_chars` is cut and ends in `…` (which counts as one of
/// them).
///
/// Cleaning twice gives the same as cleaning once.
#[must_use]
pub fn clean(outside: &str, max_chars: usize) -> String {
    let mut kept = outside.chars().filter_map(|c| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}' => Some(' '),
        c if hidden(c) => None,
        c => Some(c),
    });
    let mut text = String::with_capacity(outside.len().min(max_chars.saturating_mul(4)));
    let mut length = 0;
    let mut start = false;
    while let Some(c) = kept.next() {
        if !start && c.is_whitespace() {
            continue;
        }
        start = true;
        if length == max_chars {
            // only blanks may follow without a cut
            if c.is_whitespace() && kept.all(char::is_whitespace) {
                break;
            }
            text.pop();
            text.truncate(text.trim_end().len());
            if max_chars > 0 {
                text.push('…');
            }
            return text;
        }
        text.push(c);
        length += 1;
    }
    text.truncate(text.trim_end().len());
    text
}

/// True for a character that a reader does not see, or that changes how others are seen.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}'                        // soft hyphen
            | '\u{34F}'                     // combining grapheme joiner
            | '\u{61C}'                     // Arabic letter mark (bidi)
            | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' // Hangul fillers
            | '\u{17B4}' | '\u{17B5}'       // Khmer inherent vowels
            | '\u{180B}'..='\u{180F}'       // Mongolian variation selectors, vowel separator
            | '\u{200B}'..='\u{200F}'       // zero width, direction marks
            | '\u{202A}'..='\u{202E}'       // bidi embeddings and overrides
            | '\u{2060}'..='\u{206F}'       // word joiner, invisible operators, bidi isolates
            | '\u{E000}'..='\u{F8FF}'       // private use
            | '\u{FE00}'..='\u{FE0F}'       // variation selectors
            | '\u{FEFF}'                    // byte order mark
            | '\u{FFF0}'..='\u{FFFF}'       // specials
            | '\u{1D173}'..='\u{1D17A}'     // musical controls
            | '\u{E0000}'..='\u{E0FFF}'     // tags, variation selectors supplement
            | '\u{F0000}'..='\u{10FFFF}'    // private use planes
        )
}

#[cfg(test)]
mod tests;
