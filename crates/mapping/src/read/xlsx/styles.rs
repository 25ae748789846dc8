//! How a workbook shows its numbers: a date is a number of days, a percentage a share of one, and only the format of
//! the cell tells.

use std::collections::HashMap;

use watchkeep_model::{Span, Timestamp};

use crate::read::xml;

/// How a number is shown.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    #[default]
    Plain,
    Percent,
    Date,
}

impl Style {
    /// The cell as a reader sees it.
    pub(crate) fn show(self, raw: String) -> String {
        let Ok(n) = raw.parse::<f64>() else { return raw };
        match self {
            Self::Percent if n.is_finite() => format!("{}%", (n * 1e8).round() / 1e6),
            // days since 1899-12-30 (ECMA-376 part 1, 18.17.4.1)
            Self::Date if (20_000.0..80_000.0).contains(&n) => {
                let epoch = Timestamp::EPOCH.minus(Span::days(25_569));
                epoch.plus(Span::seconds((n * 86_400.0).round() as i64)).to_string()
            }
            _ => raw,
        }
    }
}

/// The styles of cells, in the order in which cells name them.
pub(crate) fn read(bytes: &[u8]) -> Vec<Style> {
    let Ok(doc) = xml::parse(bytes, 0) else { return Vec::new() };
    let root = doc.root();
    let custom: HashMap<String, Style> = root
        .all("numFmt")
        .filter_map(|f| Some((f.attr("numFmtId")?.into_owned(), of_code(&f.attr("formatCode")?))))
        .take(5_000)
        .collect();
    let formats = root.child("cellXfs").into_iter().flat_map(xml::El::children).take(20_000);
    formats
        .map(|xf| {
            let id = xf.attr("numFmtId").unwrap_or_default();
            match id.as_ref() {
                "9" | "10" => Style::Percent,
                "14" | "15" | "16" | "17" | "22" => Style::Date,
                _ => custom.get(id.as_ref()).copied().unwrap_or_default(),
            }
        })
        .collect()
}

/// What a format code shows; what stands in quotes or brackets is decoration.
fn of_code(code: &str) -> Style {
    let (mut quoted, mut bracketed) = (false, false);
    let bare: String = code
        .chars()
        .filter(|c| {
            match c {
                '"' => quoted = !quoted,
                '[' => bracketed = true,
                ']' => bracketed = false,
                _ => return !quoted && !bracketed,
            }
            false
        })
        .collect::<String>()
        .to_ascii_lowercase();
    if bare.contains('%') {
        Style::Percent
    } else if bare.contains('y') || bare.contains('d') {
        Style::Date
    } else {
        Style::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_a_cell_tells_what_it_is() {
        let sheet = br#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[Red]yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="0.0%"/></numFmts>
            <cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>"#;
        let styles = read(sheet);
        assert_eq!(styles, [Style::Plain, Style::Percent, Style::Date, Style::Percent]);
        assert_eq!(styles[1].show("0.975".to_owned()), "97.5%");
        assert_eq!(styles[2].show("45231.5".to_owned()), "2023-11-01T12:00:00Z");
        assert_eq!(styles[0].show("0.975".to_owned()), "0.975");
    }
}
