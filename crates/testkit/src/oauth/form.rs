//! Forms as they stand in a page.
use std::collections::BTreeMap;

use super::Fields;
use crate::Answer;

/// A form, as it is before anybody has touched it.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// What it sends untouched: hidden and typed values, boxes and radios that are on.
    pub fields: Fields,
    /// What can be chosen besides: boxes, radios and buttons that are not disabled.
    pub choices: Fields,
}

impl Form {
    /// The form of a page that has controls with all of these names.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn of(page: &Answer, names: &[&str]) -> Self {
        let html = String::from_utf8_lossy(&page.body);
        let has = |form: &Self, name: &str| form.fields.iter().chain(&form.choices).any(|(other, _)| other == name);
        Self::all(&html)
            .into_iter()
            .find(|form| names.iter().all(|name| has(form, name)))
            .unwrap_or_else(|| panic!("no form with {names:?} in a page of status {}: {html}", page.status))
    }

    /// Every form of a page.
    #[must_use]
    pub fn all(html: &str) -> Vec<Self> {
        html.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next()).map(Self::read).collect()
    }

    fn read(text: &str) -> Self {
        let (head, body) = text.split_once('>').unwrap_or((text, ""));
        let action = attributes(head).remove("action").unwrap_or_default();
        let mut form = Self { action, fields: Vec::new(), choices: Vec::new() };
        for (tag, rest) in ["<input", "<button"].iter().flat_map(|tag| body.split(tag).skip(1).map(move |r| (*tag, r)))
        {
            let control = attributes(rest.split('>').next().unwrap_or_default());
            let is = |name: &str| control.contains_key(name);
            let Some(name) = control.get("name").filter(|_| !is("disabled")) else { continue };
            let field = (name.clone(), control.get("value").cloned().unwrap_or_default());
            let choice = matches!(control.get("type").map(String::as_str), Some("radio" | "checkbox"));
            if tag == "<button" || (choice && !is("checked")) {
                form.choices.push(field);
            } else {
                form.fields.push(field);
            }
        }
        form
    }

    /// The value of a field.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// The attributes of a tag. Quoted by `"` as askama's templates are; one without a value is empty.
fn attributes(tag: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = tag.trim_start();
    while let Some(c) = rest.chars().next() {
        if c.is_whitespace() || c == '/' {
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '/').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end.max(c.len_utf8()));
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => match after.strip_prefix('=') {
                Some(bare) => bare.split_at(bare.find(char::is_whitespace).unwrap_or(bare.len())),
                None => ("", after),
            },
        };
        found.insert(name.to_owned(), plain(value));
        rest = after;
    }
    found
}

/// Text of a page without its character references.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once(';').filter(|(name, _)| name.len() <= 8) else {
            out.push('&');
            rest = after;
            continue;
        };
        let code = match name.strip_prefix("#x") {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => name.strip_prefix('#').and_then(|digits| digits.parse().ok()),
        };
        match (name, code.and_then(char::from_u32)) {
            (_, Some(c)) => out.push(c),
            ("amp", _) => out.push('&'),
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            ("quot", _) => out.push('"'),
            ("apos", _) => out.push('\''),
            _ => out.push_str(&format!("&{name};")),
        }
        rest = tail;
    }
    out + rest
}

/// Text without its percent escapes.
pub(super) fn percent(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|c| char::from(c).to_digit(16)).unwrap_or_default();
        out.push(if byte == b'%' { (digit() * 16 + digit()) as u8 } else { byte });
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_sends_it() {
        let html = r#"<p>x</p><form class="a" method="post" action="/x?a=1&amp;b">
            <input type="hidden" name="form" value="&#34;q&quot; &lt;&#x3e;">
            <input name="code" required><input type="radio" name="t" value="a" checked><input type="radio" name="t" value="b">
            <input type="radio" name="t" value="c" disabled>
            <button type="submit" disabled hidden></button><button name="decision" value="allow">Go</button></form>"#;
        let form = &Form::all(html)[0];
        let own = |all: &[(&str, &str)]| -> Fields { all.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect() };
        assert_eq!(form.action, "/x?a=1&b");
        assert_eq!(form.fields, own(&[("form", "\"q\" <>"), ("code", ""), ("t", "a")]));
        assert_eq!(form.choices, own(&[("t", "b"), ("decision", "allow")]));
    }
}
