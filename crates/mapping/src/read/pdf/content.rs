//! The operators of a page that show text, and the maps from codes to characters.

use std::collections::HashMap;

use super::Font;

/// A map of a font has no more entries that mean something.
const MOST_CODES: usize = 70_000;

#[derive(Debug, PartialEq)]
enum Token<'b> {
    Text(Vec<u8>),
    Number(f64),
    Name(&'b [u8]),
    Open,
    Close,
    Word(&'b [u8]),
}

struct Tokens<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Iterator for Tokens<'b> {
    type Item = Token<'b>;

    fn next(&mut self) -> Option<Token<'b>> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            match byte {
                b if b.is_ascii_whitespace() || b == 0 => self.at += 1,
                b'%' => self.at += self.bytes[self.at..].iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count(),
                b'(' => return Some(Token::Text(self.literal())),
                b'<' if self.bytes.get(self.at + 1) != Some(&b'<') => return Some(Token::Text(self.hex())),
                b'[' => {
                    self.at += 1;
                    return Some(Token::Open);
                }
                b']' => {
                    self.at += 1;
                    return Some(Token::Close);
                }
                b'/' => {
                    self.at += 1;
                    return Some(Token::Name(self.run()));
                }
                b'<' | b'>' | b')' | b'{' | b'}' => self.at += 1,
                _ => {
                    let word = self.run();
                    let number = std::str::from_utf8(word).ok().and_then(|w| w.parse::<f64>().ok());
                    return Some(match number {
                        Some(n) if n.is_finite() => Token::Number(n),
                        _ => Token::Word(word),
                    });
                }
            }
        }
    }
}

impl<'b> Tokens<'b> {
    fn run(&mut self) -> &'b [u8] {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|b| !b.is_ascii_whitespace() && !b"()<>[]{}/%\0".contains(b)).count();
        self.at += len;
        &rest[..len]
    }

    fn literal(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut depth = 0;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'(' => {
                    depth += 1;
                    if depth > 1 {
                        out.push(byte);
                    }
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                    out.push(byte);
                }
                b'\\' => {
                    let Some(&next) = self.bytes.get(self.at) else { break };
                    self.at += 1;
                    match next {
                        b'n' => out.push(b'\n'),
                        b'r' | b'b' | b'f' => out.push(b' '),
                        b't' => out.push(b'\t'),
                        b'\n' => {}
                        b'0'..=b'7' => {
                            let mut code = u32::from(next - b'0');
                            for _ in 0..2 {
                                match self.bytes.get(self.at) {
                                    Some(d @ b'0'..=b'7') => {
                                        code = code * 8 + u32::from(d - b'0');
                                        self.at += 1;
                                    }
                                    _ => break,
                                }
                            }
                            out.push((code & 0xff) as u8);
                        }
                        other => out.push(other),
                    }
                }
                other => out.push(other),
            }
        }
        out
    }

    fn hex(&mut self) -> Vec<u8> {
        self.at += 1;
        let rest = &self.bytes[self.at..];
        let len = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.at += len + 1;
        let digits: Vec<u8> = rest[..len].iter().filter_map(|b| (*b as char).to_digit(16)).map(|d| d as u8).collect();
        digits.chunks(2).map(|pair| pair[0] * 16 + pair.get(1).copied().unwrap_or(0)).collect()
    }
}

/// A transformation `[a b c d e f]` of PDF.
type Matrix = [f64; 6];

const UNIT: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `a`, then `b`.
fn then(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

/// Text that stands at one place.
struct Fragment {
    x: f64,
    y: f64,
    /// Of its font, in points.
    size: f64,
    text: String,
}

/// More than this many pieces are no page of text.
const MOST_FRAGMENTS: usize = 100_000;

/// The text that a content stream shows, a line for each height, from left to right; the cells of a row are parted by `|`.
pub(crate) fn text(stream: &[u8], fonts: &HashMap<Vec<u8>, Font>) -> String {
    lines(fragments(stream, fonts))
}

fn fragments(stream: &[u8], fonts: &HashMap<Vec<u8>, Font>) -> Vec<Fragment> {
    let plain = Font::default();
    let mut font = &plain;
    let mut found: Vec<Fragment> = Vec::new();
    let mut stack: Vec<Token<'_>> = Vec::new();
    let (mut page, mut saved) = (UNIT, Vec::new());
    let (mut line, mut leading, mut size) = (UNIT, 0.0, 10.0);
    // true if what is shown next stands somewhere else than after what was shown before
    let mut moved = true;
    for token in (Tokens { bytes: stream, at: 0 }) {
        let Token::Word(word) = token else {
            if stack.len() < 10_000 {
                stack.push(token);
            }
            continue;
        };
        let number = |back: usize| match stack.len().checked_sub(back).and_then(|i| stack.get(i)) {
            Some(Token::Number(n)) => *n,
            _ => 0.0,
        };
        let matrix = || [number(6), number(5), number(4), number(3), number(2), number(1)];
        match word {
            b"q" if saved.len() < 200 => saved.push(page),
            b"Q" => page = saved.pop().unwrap_or(UNIT),
            b"cm" => page = then(matrix(), page),
            b"BT" => (line, moved) = (UNIT, true),
            b"Tm" => (line, moved) = (matrix(), true),
            b"TL" => leading = number(1),
            b"Td" | b"TD" => {
                if word == b"TD" {
                    leading = -number(1);
                }
                line = then([1.0, 0.0, 0.0, 1.0, number(2), number(1)], line);
                moved = true;
            }
            b"T*" => {
                line = then([1.0, 0.0, 0.0, 1.0, 0.0, -leading], line);
                moved = true;
            }
            b"Tf" => {
                size = number(1);
                let name = stack.iter().rev().find_map(|t| if let Token::Name(n) = t { Some(*n) } else { None });
                font = name.and_then(|n| fonts.get(n)).unwrap_or(&plain);
            }
            b"Tj" | b"TJ" | b"'" | b"\"" => {
                if matches!(word, b"'" | b"\"") {
                    line = then([1.0, 0.0, 0.0, 1.0, 0.0, -leading], line);
                    moved = true;
                }
                if moved && found.len() < MOST_FRAGMENTS {
                    let place = then(line, page);
                    let size = (size * place[3]).abs();
                    let size = if (1.0..200.0).contains(&size) { size } else { 10.0 };
                    found.push(Fragment { x: place[4], y: place[5], size, text: String::new() });
                    moved = false;
                }
                if let Some(last) = found.last_mut() {
                    for token in &stack {
                        match token {
                            Token::Text(bytes) => show(&mut last.text, bytes, font),
                            // a move to the right by a fifth of the size of the font is a blank
                            Token::Number(n) if word == b"TJ" && *n < -200.0 && !last.text.ends_with(' ') => {
                                last.text.push(' ')
                            }
                            _ => {}
                        }
                    }
                }
            }
            _ => {}
        }
        stack.clear();
    }
    found
}

/// A piece of a line.
struct Cell {
    text: String,
}

/// Fragments of nearly the same height are one line. Rows of three and more cells become a table of Markdown, so that
/// the text around it stays a text.
fn lines(mut fragments: Vec<Fragment>) -> String {
    fragments.retain(|f| f.x.is_finite() && f.y.is_finite() && !f.text.trim().is_empty());
    fragments.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut rows: Vec<Vec<Fragment>> = Vec::new();
    for fragment in fragments {
        match rows.last_mut() {
            Some(row) if row[0].y - fragment.y <= 2.0 => row.push(fragment),
            _ => rows.push(vec![fragment]),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    let rows: Vec<Vec<Cell>> = (0..rows.len()).map(|n| cells(&rows, n)).collect();
    let mut out = String::new();
    let mut table = false;
    for cells in &rows {
        let begins = !table && cells.len() >= 3;
        table = cells.len() >= 3 || (table && cells.len() == 2);
        let texts: Vec<&str> = cells.iter().map(|c| c.text.as_str()).collect();
        let line = texts.join(" | ");
        if table {
            out.push_str(&format!("| {line} |\n"));
            if begins {
                out.push_str(&format!("{}|\n", "|---".repeat(cells.len())));
            }
        } else {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// The pieces of a row that are parted by more than a blank: by a wide gap, or by a small one where the row above or
/// below has something at the same place.
fn cells(rows: &[Vec<Fragment>], n: usize) -> Vec<Cell> {
    let mut found: Vec<Cell> = Vec::new();
    let mut end: Option<f64> = None;
    for fragment in &rows[n] {
        let aligned = || {
            let near = [n.checked_sub(1), Some(n + 1)];
            near.into_iter().flatten().filter_map(|m| rows.get(m)).any(|row| {
                // rows are in order
                let from = row.partition_point(|f| f.x <= fragment.x - 1.0);
                row.get(from).is_some_and(|f| f.x < fragment.x + 1.0)
            })
        };
        crate::work::tick(1);
        let parted = end.is_some_and(|end| fragment.x - end > 20.0 || (fragment.x - end > 4.0 && aligned()));
        match found.last_mut() {
            Some(cell) if !parted => {
                cell.text.push(' ');
                cell.text.push_str(fragment.text.trim());
            }
            _ => found.push(Cell { text: fragment.text.trim().to_owned() }),
        }
        end = Some(fragment.x + fragment.size * fragment.text.chars().map(width).sum::<f64>());
    }
    found
}

/// About how wide a letter is, in sizes of its font: the widths of a font without serifs, by their kind.
fn width(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | 't' | 'f' | 'r' | '-' | '(' | ')' => {
            0.29
        }
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.84,
        c if c.is_uppercase() => 0.69,
        _ => 0.54,
    }
}

fn show(out: &mut String, bytes: &[u8], font: &Font) {
    if font.wide {
        for pair in bytes.chunks_exact(2) {
            let code = u32::from(pair[0]) << 8 | u32::from(pair[1]);
            match font.map.get(&code) {
                Some(text) => out.push_str(text),
                None => out.push('\u{fffd}'),
            }
        }
        return;
    }
    for &byte in bytes {
        match font.map.get(&u32::from(byte)) {
            Some(text) => out.push_str(text),
            None => out.push(match byte {
                0x80 => '€',
                0x85 => '…',
                0x91 | 0x92 => '’',
                0x93 | 0x94 => '"',
                0x95 => '•',
                0x96 | 0x97 => '–',
                b => b as char,
            }),
        }
    }
}

/// The map from codes to text of a ToUnicode stream.
pub(crate) fn cmap(stream: &[u8]) -> HashMap<u32, String> {
    let mut map = HashMap::new();
    let mut stack: Vec<Token<'_>> = Vec::new();
    let tokens = Tokens { bytes: stream, at: 0 };
    for token in tokens {
        let Token::Word(word) = token else {
            if stack.len() < MOST_CODES * 3 {
                stack.push(token);
            }
            continue;
        };
        match word {
            b"endbfchar" => {
                for pair in stack.chunks_exact(2) {
                    if let [Token::Text(code), Token::Text(to)] = pair
                        && map.len() < MOST_CODES
                    {
                        map.insert(code_of(code), utf16(to));
                    }
                }
            }
            b"endbfrange" => ranges(&stack, &mut map),
            _ => {}
        }
        stack.clear();
    }
    map
}

fn ranges(stack: &[Token<'_>], map: &mut HashMap<u32, String>) {
    let mut i = 0;
    while let [Token::Text(from), Token::Text(to), rest @ ..] = &stack[i..] {
        let (from, to) = (code_of(from), code_of(to));
        match rest {
            [Token::Text(first), ..] => {
                let first = utf16(first);
                let mut chars: Vec<char> = first.chars().collect();
                let last = chars.pop().map_or(0, u32::from);
                let before: String = chars.into_iter().collect();
                for code in from..=to.min(from.saturating_add(0xffff)) {
                    if map.len() >= MOST_CODES {
                        return;
                    }
                    let c = char::from_u32(last.saturating_add(code - from)).unwrap_or('\u{fffd}');
                    map.insert(code, format!("{before}{c}"));
                }
                i += 3;
            }
            [Token::Open, list @ ..] => {
                let mut n = 0;
                for (code, token) in (from..).zip(list) {
                    n += 1;
                    match token {
                        Token::Text(text) if map.len() < MOST_CODES => drop(map.insert(code, utf16(text))),
                        _ => break,
                    }
                }
                i += 3 + n;
            }
            _ => return,
        }
        if i >= stack.len() {
            return;
        }
    }
}

fn code_of(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |n, b| n << 8 | u32::from(*b))
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|p| u16::from_be_bytes([p[0], p[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_text_by_the_map_of_their_font() {
        let map = cmap(b"1 beginbfchar <0003> <0041> endbfchar 1 beginbfrange <0010> <0012> <0061> endbfrange 1 beginbfrange <20> <21> [<0078> <0079>] endbfrange");
        let fonts = HashMap::from([(b"F1".to_vec(), Font { wide: true, map })]);
        assert_eq!(text(b"BT /F1 9 Tf 12 TL <000300100012> Tj T* <0020> Tj ET", &fonts), "Aac\nx\n");
    }

    #[test]
    fn cells_of_a_row_stand_in_one_line() {
        let page = b"q 1 0 0 1 50 700 cm BT (Backup success rate) Tj ET Q q 1 0 0 1 250 700.5 cm BT (99.2 %) Tj ET Q BT 1 0 0 1 50 680 Tm (next) Tj ET";
        assert_eq!(text(page, &HashMap::new()), "Backup success rate | 99.2 %\nnext\n");
    }

    #[test]
    fn strings_with_escapes() {
        assert_eq!(text(br"BT (a\(b\)\101 (c)) Tj ET", &HashMap::new()), "a(b)A (c)\n");
    }
}
