//! A browser: it keeps cookies, follows nothing by itself, and sends forms as they stand on the page.
use std::collections::BTreeMap;

use axum::Router;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use tower::ServiceExt;
use watchkeep_testkit::{Tenant, TestHub};

/// The password of everybody.
pub(super) const PASSWORD: &str = "four unrelated brass lanterns";

/// A browser with its cookies.
#[derive(Clone)]
pub(super) struct Browser {
    router: Router,
    host: String,
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Page {
    pub path: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
    pub(super) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect()
    }
    /// Where a 303 leads.
    pub(super) fn to(&self) -> &str {
        assert_eq!(self.status, 303, "{}: {}", self.path, self.text);
        self.header("location")
    }
    /// The value of a hidden field, of the form that posts to `action`.
    pub(super) fn field(&self, action: &str, name: &str) -> String {
        let form = self.text.split("<form ").find(|form| form.contains(&format!("action=\"{action}\"")));
        let form = form.unwrap_or_else(|| panic!("{}: no form to {action}: {}", self.path, self.text));
        let (_, rest) =
            form.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {form}"));
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub(super) fn new(hub: &TestHub) -> Self {
        Self::at(hub.router.clone(), "127.0.0.1:8420")
    }
    pub(super) fn at(router: Router, host: &str) -> Self {
        Self { router, host: host.to_owned(), cookies: BTreeMap::new() }
    }

    pub(super) async fn send(&mut self, request: http::request::Builder, path: &str, body: String) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut request =
            request.uri(path).header("host", &self.host).header("user-agent", "Firefox/140.0 (X11; Linux)");
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let request = request.body(axum::body::Body::from(body)).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        for line in parts.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Page { path: path.to_owned(), status: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path), path, String::new()).await
    }
    /// Sends a form as a page of the hub itself does.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let from = Request::post(path).header("sec-fetch-site", "same-origin").header("origin", "null");
        self.post_as(from, path, fields).await
    }
    /// The same with other headers.
    pub(super) async fn post_as(&mut self, from: http::request::Builder, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = form(fields);
        self.send(from.header("content-type", "application/x-www-form-urlencoded"), path, body).await
    }
    /// Loads a page, then sends one of its forms with its token and these fields.
    pub(super) async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get(page).await.field(action, "form");
        let mut all = vec![("form", &*token)];
        all.extend_from_slice(fields);
        self.post(action, &all).await
    }

    /// Opens the account of a tenant's analyst by an invitation.
    pub(super) async fn let_in(&mut self, hub: &TestHub, tenant: &Tenant) {
        let link = hub.admin().invite(&email(tenant)).await.unwrap();
        let path = format!("/link/{}", link.token);
        let page = self.submit(&path, &path, &[("password", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!(page.to(), "/account");
    }
    /// Signs in with the password.
    pub(super) async fn sign_in(&mut self, email: &str, password: &str) -> Page {
        self.submit("/sign-in", "/sign-in", &[("email", email), ("password", password)]).await
    }
}

/// `application/x-www-form-urlencoded`.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    fields.iter().map(|(name, value)| format!("{}={}", plain(name), plain(value))).collect::<Vec<_>>().join("&")
}

/// The address of a tenant's analyst.
pub(super) fn email(tenant: &Tenant) -> String {
    format!("ana@{}.example", tenant.slug)
}
