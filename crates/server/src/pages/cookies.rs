//! The three cookies: the session, the forms before there is one, the device that is known.
//!
//! On https they have the prefix `__Host-`, so that no neighbouring host can set them; on plain http, which means this
//! machine, they cannot have it.
use http::{HeaderMap, HeaderValue, header};
use watchkeep_model::Span;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Who is signed in.
    Session,
    /// What forms are tied to while nobody is.
    Form,
    /// A browser that a person has signed in with before.
    Device,
}

impl Cookie {
    /// Its name.
    pub(crate) const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-session",
            (Self::Form, true) => "__Host-form",
            (Self::Device, true) => "__Host-device",
            (Self::Session, false) => "wk_session",
            (Self::Form, false) => "wk_form",
            (Self::Device, false) => "wk_device",
        }
    }

    /// Its value, if it has the form of one that this hub made: 64 hex digits.
    pub(crate) fn read(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let name = self.name(secure);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(n, value)| (n == name).then_some(value));
        values.find(|v| v.len() == 64 && v.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))).map(str::to_owned)
    }

    /// The header that sets it. Only the device outlives the browser.
    pub(crate) fn set(self, value: &str, secure: bool) -> Option<HeaderValue> {
        let age = match self {
            Self::Device => format!("; Max-Age={}", Span::days(365).micros() / 1_000_000),
            Self::Session | Self::Form => String::new(),
        };
        self.line(value, &age, secure)
    }

    /// The header that removes it.
    pub(crate) fn clear(self, secure: bool) -> Option<HeaderValue> {
        self.line("", "; Max-Age=0", secure)
    }

    fn line(self, value: &str, age: &str, secure: bool) -> Option<HeaderValue> {
        let name = self.name(secure);
        let only = if secure { "; Secure" } else { "" };
        // `Lax`, not `Strict`: a client that sends a person here to consent must find them signed in
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{only}{age}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_only_in_its_own_form() {
        let value = "0123456789abcdef".repeat(4);
        let read = |line: &str, secure| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(line).unwrap());
            Cookie::Session.read(&headers, secure)
        };
        assert_eq!(read(&format!("a=b; wk_session={value}"), false), Some(value.clone()));
        assert_eq!(read(&format!("__Host-session={value}"), true), Some(value.clone()));
        // one that a neighbour on plain http could have set does not count on https
        assert_eq!(read(&format!("wk_session={value}"), true), None);
        for bad in ["wk_session=", "wk_session=xyz", "wk_session=..; wk_form=1", &format!("wk_session={value}0")] {
            assert_eq!(read(bad, false), None, "{bad}");
        }
    }

    #[test]
    fn attributes_are_the_strictest_that_work() {
        let told = |value: Option<HeaderValue>| value.unwrap().to_str().unwrap().to_owned();
        assert_eq!(told(Cookie::Session.set("ab", true)), "__Host-session=ab; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(told(Cookie::Form.set("ab", false)), "wk_form=ab; Path=/; HttpOnly; SameSite=Lax");
        assert!(told(Cookie::Device.set("ab", true)).ends_with("; Secure; Max-Age=31536000"));
        assert!(told(Cookie::Session.clear(true)).starts_with("__Host-session=; Path=/"));
        assert!(told(Cookie::Session.clear(true)).ends_with("Max-Age=0"));
    }
}
