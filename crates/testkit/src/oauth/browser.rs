//! A browser without a window: it keeps cookies, follows redirects within the hub, and sends forms with their hidden
//! fields. It runs no script, so what it can do works without one.
use std::collections::BTreeMap;

use http::{Method, Request};
use watchkeep_model::Span;

use super::{App, Fields, Form, PASSWORD, encoded, query};
use crate::{Answer, Client, TestHub};

/// A browser of one person.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    origin: String,
    /// Its cookies.
    pub cookies: BTreeMap<String, String>,
}

/// Where a browser stands after a step.
#[derive(Debug)]
pub struct Visit {
    /// The path, with its query.
    pub path: String,
    /// What stands there; a redirect if it leads out of the hub.
    pub answer: Answer,
}

impl Visit {
    /// Where the browser was sent out of the hub.
    ///
    /// # Panics
    /// If it is still there.
    #[must_use]
    pub fn left(&self) -> &str {
        let to = self.answer.header("location");
        assert!(!to.is_empty(), "still at {} ({}): {}", self.path, self.answer.status, self.text());
        to
    }
    /// The code that it was sent out with.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn code(&self) -> String {
        let to = self.left();
        query(to, "code").pop().unwrap_or_else(|| panic!("no code in {to}"))
    }
    /// The page.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.answer.body).into_owned()
    }
}

impl Browser {
    /// A new one, without cookies.
    #[must_use]
    pub fn new(hub: &TestHub) -> Self {
        Self { client: hub.stranger(), origin: hub.hub.public_url.clone(), cookies: BTreeMap::new() }
    }

    /// The browser of a person who has just opened their account by its one-time link, and is signed in.
    ///
    /// # Panics
    /// If the link does not work.
    pub async fn of(hub: &TestHub, email: &str) -> Self {
        let mut browser = Self::new(hub);
        browser.open_account(&super::link(hub, email).await).await;
        // a password ends what was allowed up to its moment: what follows is later
        hub.clock.advance(Span::seconds(1));
        browser
    }

    /// Opens a one-time link and sets the password of all tests.
    ///
    /// # Panics
    /// If it does not work.
    pub async fn open_account(&mut self, link: &str) {
        let page = self.visit(link.strip_prefix(&self.origin).unwrap_or(link)).await;
        let form = Form::of(&page.answer, &["password", "again"]);
        let there = self.submit(&form, &[("password", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!(there.status, 303, "{}", String::from_utf8_lossy(&there.body));
        self.follow(there).await;
    }

    /// One request with its cookies and these headers; what the answer sets is kept.
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let all: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", all.join("; "));
        }
        let answer = self.client.send(request, body).await;
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap_or_default();
            let (pair, rest) = set.split_once(';').unwrap_or((set, ""));
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() || rest.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
    /// `GET`.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html"), ("sec-fetch-site", "none")], String::new()).await
    }
    /// `POST` of a form from a page of the hub.
    pub async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Answer {
        let origin = self.origin.clone();
        self.post_from(path, fields, &[("origin", &origin), ("sec-fetch-site", "same-origin")]).await
    }
    /// `POST` of a form from anywhere: with these headers.
    pub async fn post_from(&mut self, path: &str, fields: &[(String, String)], headers: &[(&str, &str)]) -> Answer {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<_> = headers.iter().copied().chain([form, ("accept", "text/html")]).collect();
        self.send(Method::POST, path, &headers, encoded(fields)).await
    }
    /// Sends a form of a page with these fields filled in; what is empty is left out.
    pub async fn submit(&mut self, form: &Form, filled: &[(&str, &str)]) -> Answer {
        let fields = filled_in(form, filled);
        self.post(&form.action, &fields).await
    }

    /// Opens a page and follows redirects within the hub.
    pub async fn visit(&mut self, path: &str) -> Visit {
        let answer = self.get(path).await;
        self.go_on(path.to_owned(), answer).await
    }
    /// Follows redirects within the hub.
    pub async fn follow(&mut self, answer: Answer) -> Visit {
        self.go_on(String::new(), answer).await
    }
    async fn go_on(&mut self, mut path: String, mut answer: Answer) -> Visit {
        for _ in 0..10 {
            let to = answer.header("location");
            let own = to.strip_prefix(&self.origin).filter(|rest| rest.starts_with('/')).unwrap_or(to);
            if !own.starts_with('/') {
                break;
            }
            assert_eq!(answer.status, 303, "a redirect to {own}");
            path = own.to_owned();
            answer = self.get(&path).await;
        }
        Visit { path, answer }
    }

    /// Signs in at the page where the browser stands.
    pub async fn sign_in_at(&mut self, page: &Answer, email: &str, password: &str) -> Visit {
        let form = Form::of(page, &["email", "password"]);
        let there = self.submit(&form, &[("email", email), ("password", password)]).await;
        self.go_on("/sign-in".to_owned(), there).await
    }
    /// Signs in.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Visit {
        let page = self.get("/sign-in").await;
        self.sign_in_at(&page, email, password).await
    }

    /// Brings a request of `app` to the question, with these changes to it. The person must be signed in.
    pub async fn asked(&mut self, app: &App, changes: &[(&str, &str)]) -> (Visit, Form) {
        let page = self.visit(&app.request(changes)).await;
        let form = Form::of(&page.answer, &["ticket", "decision"]);
        (page, form)
    }
    /// Allows a request for a tenant, and what it asks for with these scopes; ends where the client is answered.
    pub async fn allow(&mut self, app: &App, tenant: &str, scopes: &[&str]) -> Visit {
        let (page, form) = self.asked(app, &[]).await;
        let mut filled = vec![("tenant", tenant), ("decision", "allow")];
        filled.extend(scopes.iter().map(|scope| ("scope", *scope)));
        let answer = self.submit(&form, &filled).await;
        Visit { path: page.path, answer }
    }
}

/// What a form sends with these fields filled in.
#[must_use]
pub(crate) fn filled_in(form: &Form, filled: &[(&str, &str)]) -> Fields {
    let untouched = form.fields.iter().filter(|(name, _)| !filled.iter().any(|(other, _)| other == name)).cloned();
    let new = filled.iter().filter(|(_, value)| !value.is_empty());
    untouched.chain(new.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

impl Form {
    /// What it sends with these fields filled in.
    #[must_use]
    pub fn filled(&self, filled: &[(&str, &str)]) -> Fields {
        filled_in(self, filled)
    }
}
