//! As much of a browser as a person needs to sign in and to agree: cookies, redirects, and the hidden fields of a form.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::Result;

/// A browser on one server of this machine.
pub(super) struct Browser {
    port: u16,
    cookies: BTreeMap<String, String>,
}

/// An answer with what a person would see or be sent to.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) body: String,
}

impl Browser {
    pub(super) fn new(port: u16) -> Self {
        Self { port, cookies: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, path: &str) -> Result<Page> {
        self.ask("GET", path, "", "")
    }

    /// Sends a form.
    pub(super) fn post(&mut self, path: &str, fields: &[(String, String)]) -> Result<Page> {
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        self.ask("POST", path, "application/x-www-form-urlencoded", &pairs.collect::<Vec<_>>().join("&"))
    }

    /// Sends JSON, as a program would.
    pub(super) fn post_json(&mut self, path: &str, body: &str) -> Result<Page> {
        self.ask("POST", path, "application/json", body)
    }

    fn ask(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Result<Page> {
        let port = self.port;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let _ = write!(head, "Cookie: {}\r\n", pairs.join("; "));
        }
        if method == "POST" {
            let _ = write!(
                head,
                "Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
                body.len()
            );
        }
        let mut stream =
            TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(2))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| format!("{method} {path}: no answer"))?;
        let status = head.get(9..12).and_then(|code| code.parse().ok()).ok_or("the answer is not HTTP")?;
        let mut page = Page { status, location: None, body: body.to_owned() };
        for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if name.eq_ignore_ascii_case("location") {
                page.location = Some(value.to_owned());
            } else if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        Ok(page)
    }
}

impl Page {
    /// Its hidden fields.
    pub(super) fn hidden(&self) -> Vec<(String, String)> {
        let inputs = self.body.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
        let hidden = inputs.filter(|input| attribute(input, "type").as_deref() == Some("hidden"));
        hidden.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
    }

    /// Where it leads, as a path of this server.
    pub(super) fn next(&self, what: &str) -> Result<String> {
        match (&self.location, self.status) {
            (Some(location), 303) => {
                let path = location.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/'));
                Ok(path.map_or_else(|| location.clone(), |(_, path)| format!("/{path}")))
            }
            _ => Err(self.unexpected(what)),
        }
    }

    /// What is in the way of `what`.
    pub(super) fn unexpected(&self, what: &str) -> crate::Error {
        let shown: String = self.body.chars().take(600).collect();
        format!("{what} was answered with HTTP {}: {shown}", self.status).into()
    }
}

fn attribute(input: &str, name: &str) -> Option<String> {
    let rest = input.split(&format!(" {name}=")).nth(1)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = rest[1..].split(quote).next()?;
    // what askama escapes
    let plain = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&quot;", "\""), ("&lt;", "<")];
    let mut value = value.to_owned();
    for (escaped, plain) in plain.into_iter().chain([("&gt;", ">"), ("&#x27;", "'"), ("&#38;", "&"), ("&amp;", "&")]) {
        value = value.replace(escaped, plain);
    }
    Some(value)
}

/// For a form and for a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A parameter of a URL's query, decoded.
pub(super) fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1.split('#').next()?;
    let value = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(found, _)| *found == name)?.1;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Page, encoded, parameter};

    #[test]
    fn hidden_fields_are_read() {
        let body = r#"<form><input type="hidden" name="form" value="ab&amp;c"><input name="email" type="email">
            <input name='request' value='x&#34;y' type='hidden' /></form>"#;
        let page = Page { status: 200, location: None, body: body.into() };
        assert_eq!(page.hidden(), [("form".into(), "ab&c".into()), ("request".into(), "x\"y".into())]);
    }

    #[test]
    fn queries_go_there_and_back() {
        let url = format!("http://127.0.0.1/callback?state=1&code={}", encoded("a b/&=ä"));
        assert_eq!(parameter(&url, "code").as_deref(), Some("a b/&=ä"));
        assert_eq!(parameter(&url, "iss"), None);
    }
}
