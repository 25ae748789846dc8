//! The callers. Each answer is checked: one that is not what the duty promises ends the run.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use crate::Result;
use crate::bench::http::{Connection, find};
use crate::bench::load::Caller;
use crate::bench::oauth::duty::{Desk, Pair};

fn open(port: u16) -> Result<Connection> {
    Connection::open(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn whole(head: &str, body: &str) -> Vec<u8> {
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn wrong(what: &str, status: u16, body: &[u8]) -> crate::Error {
    let shown = String::from_utf8_lossy(&body[..body.len().min(300)]);
    format!("{what} was answered with HTTP {status}: {shown}").into()
}

/// The text of a member of a flat JSON object, written without blanks as servers do.
fn member<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    let start = format!("\"{name}\":\"");
    let at = find(body, start.as_bytes())? + start.len();
    let length = body[at..].iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&body[at..at + length]).ok()
}

/// Exchanges a refresh token for the next, along one chain.
pub(super) struct Rotate<'a> {
    connection: Connection,
    head: String,
    client: &'a str,
    grant: &'a Mutex<Pair>,
    pair: Pair,
    bytes: usize,
}

impl<'a> Rotate<'a> {
    pub(super) fn connect(desk: &'a Desk, grant: &'a Mutex<Pair>) -> Result<Self> {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            desk.token_path, desk.port
        );
        let pair = grant.lock().map_err(|_| "a caller has failed")?.clone();
        Ok(Self { connection: open(desk.port)?, head, client: &desk.client, grant, pair, bytes: 0 })
    }
}

impl Caller for Rotate<'_> {
    fn call(&mut self) -> Result {
        let body = format!("grant_type=refresh_token&client_id={}&refresh_token={}", self.client, self.pair.refresh);
        let answer = self.connection.ask(&whole(&self.head, &body))?;
        let (refresh, access) = (member(answer.body, "refresh_token"), member(answer.body, "access_token"));
        let next = match (answer.status, refresh, access) {
            (200, Some(refresh), Some(access)) if refresh != self.pair.refresh && access != self.pair.access => {
                Pair { refresh: refresh.to_owned(), access: access.to_owned() }
            }
            _ => return Err(wrong("a refresh", answer.status, answer.body)),
        };
        self.bytes = answer.body.len();
        self.pair = next;
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Rotate<'_> {
    /// Who comes next goes on where this one stopped.
    fn drop(&mut self) {
        if let Ok(mut grant) = self.grant.lock() {
            grant.clone_from(&self.pair);
        }
    }
}

/// Sends one request again and again, and expects one status and one word in the body.
pub(super) struct Repeat {
    connection: Connection,
    request: Vec<u8>,
    status: u16,
    word: String,
    bytes: usize,
}

impl Repeat {
    pub(super) fn connect(port: u16, head: &str, body: &str, status: u16, word: &str) -> Result<Self> {
        let (request, word) = (whole(head, body), word.to_owned());
        Ok(Self { connection: open(port)?, request, status, word, bytes: 0 })
    }
}

impl Caller for Repeat {
    fn call(&mut self) -> Result {
        let answer = self.connection.ask(&self.request)?;
        if answer.status != self.status || !self.word.is_empty() && find(answer.body, self.word.as_bytes()).is_none() {
            return Err(wrong("a look at a token", answer.status, answer.body));
        }
        self.bytes = answer.body.len();
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Registers one public client after the other (RFC 7591), no two of them equal.
pub(super) struct Register {
    connection: Connection,
    head: String,
    number: usize,
    count: u64,
    bytes: usize,
}

impl Register {
    pub(super) fn connect(desk: &Desk, number: usize) -> Result<Self> {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n",
            desk.register_path, desk.port
        );
        Ok(Self { connection: open(desk.port)?, head, number, count: 0, bytes: 0 })
    }
}

impl Caller for Register {
    fn call(&mut self) -> Result {
        self.count += 1;
        let body = format!(
            r#"{{"client_name":"Bench {}-{}","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]}}"#,
            self.number, self.count
        );
        let answer = self.connection.ask(&whole(&self.head, &body))?;
        if answer.status != 201 || member(answer.body, "client_id").is_none() {
            return Err(wrong("a registration", answer.status, answer.body));
        }
        self.bytes = answer.body.len();
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::member;

    #[test]
    fn members_are_read() {
        let body = br#"{"access_token":"mat_1","expires_in":900,"refresh_token":"mrt_2"}"#;
        assert_eq!((member(body, "access_token"), member(body, "refresh_token")), (Some("mat_1"), Some("mrt_2")));
        assert_eq!(member(body, "expires_in"), None);
        assert_eq!(member(b"{\"refresh_token\":\"cut", "refresh_token"), None);
    }
}
