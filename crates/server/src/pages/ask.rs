//! A request for a page: who asks, what their forms are tied to, and how pages answer.
use data_encoding::HEXLOWER;
use std::fmt;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Extension, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};
use watchkeep_hub::identity::{self, Began, Level, SignedIn, Visitor};
use watchkeep_hub::{Error, Hub, Kind};
use watchkeep_model::Span;

use super::cookies::Cookie;
use super::form::{self, Form};
use super::frame::{Frame, Problems, sentence};
use super::view::{Https, Message};
use crate::app::App;
use crate::error;
use crate::incoming::Incoming;

/// Somebody at a page.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) app: Arc<App>,
    pub(crate) visitor: Visitor,
    /// Who is signed in, if only with a password.
    pub(crate) signed: Option<SignedIn>,
    pub(crate) headers: HeaderMap,
    /// What forms are tied to while nobody is signed in.
    stranger: String,
    /// The cookies that the answer sets.
    cookies: Vec<HeaderValue>,
}

/// An answer that is not the page that was asked for.
pub(crate) struct Refused(Box<Response>);

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refused").field(&self.0.status()).finish()
    }
}

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// What handlers of pages answer.
pub(crate) type Answer = Result<Response, Refused>;

impl FromRequestParts<Arc<App>> for Ask {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let incoming = Extension::<Incoming>::from_request_parts(parts, app).await;
        let incoming = incoming.map_err(|e| Refused::from(e.into_response()))?.0;
        let secure = app.public.secure;
        let headers = parts.headers.clone();
        let visitor = incoming.visitor(Cookie::Device.read(&headers, secure));
        let stranger = Cookie::Form.read(&headers, secure);
        let mut ask = Self {
            app: app.clone(),
            visitor,
            signed: None,
            stranger: stranger.clone().unwrap_or_else(|| HEXLOWER.encode(&app.hub.rng.bytes::<32>())),
            cookies: vec![],
            headers,
        };
        if !secure && !app.public.loopback {
            let frame = ask.frame("Sign-in needs https", "");
            return Err(ask.page(StatusCode::FORBIDDEN, &Https { frame, base: app.public.base.clone() }).into());
        }
        if !app.public.is_called(&ask.headers, &parts.uri) {
            let text = "This hub is not reached by the name in your browser's address field.";
            let advice = format!("Open {} instead.", app.public.base);
            return Err(ask.message(StatusCode::MISDIRECTED_REQUEST, "Another address", text, &advice).into());
        }
        if let Some(secret) = Cookie::Session.read(&ask.headers, secure) {
            ask.signed = identity::sessions::open(&app.hub, &secret).await.map_err(|e| ask.failed(e))?;
            ask.touch();
        }
        if ask.signed.is_none() && stranger.is_none() {
            ask.cookies.extend(Cookie::Form.set(&ask.stranger, secure));
        }
        Ok(ask)
    }
}

impl Ask {
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.app.hub
    }

    /// Notes that the session is in use, beside the answer and at most once a minute.
    fn touch(&self) {
        let now = self.hub().now();
        let Some(signed) = self.signed.clone().filter(|s| now.since(s.seen_at) >= Span::minutes(1)) else { return };
        let (hub, visitor) = (self.hub().clone(), self.visitor.clone());
        drop(self.hub().tasks.spawn(async move {
            if let Err(error) = identity::sessions::touch(&hub, &visitor, &signed).await {
                tracing::warn!(%error, "the last use of a session could not be noted");
            }
        }));
    }

    /// Whoever is signed in, whatever is still due.
    ///
    /// # Errors
    /// To sign-in.
    pub(crate) fn half(&self) -> Result<&SignedIn, Refused> {
        self.signed.as_ref().ok_or_else(|| self.go("/sign-in").into())
    }

    /// Whoever is signed in and has shown all that is asked of them.
    ///
    /// # Errors
    /// To what is still due.
    pub(crate) fn person(&self) -> Result<&SignedIn, Refused> {
        let signed = self.half()?;
        match due(signed) {
            None => Ok(signed),
            Some(path) => Err(self.go(path).into()),
        }
    }

    /// What the base templates show; `purpose` is that of the page's forms.
    pub(in crate::pages) fn frame(&self, title: &str, purpose: &str) -> Frame {
        let host = self.app.public.base.split_once("://").map_or("", |(_, host)| host);
        Frame {
            title: title.to_owned(),
            failed: false,
            host: host.to_owned(),
            form: self.token(purpose),
            sign_out: self.signed.as_ref().map(|_| self.token("sign-out")).unwrap_or_default(),
            email: self.signed.as_ref().map(|signed| signed.email.clone()).unwrap_or_default(),
            at: "",
        }
    }

    /// The token of forms of this purpose.
    pub(crate) fn token(&self, purpose: &str) -> String {
        form::token(&self.hub().keys, self.holder(), purpose)
    }

    fn holder(&self) -> &[u8] {
        self.signed.as_ref().map_or(self.stranger.as_bytes(), |signed| &signed.secret_hash)
    }

    /// The fields of a form that was sent from a page of ours.
    ///
    /// # Errors
    /// The page for one that was not.
    pub(crate) async fn form(&self, body: Body, purpose: &str) -> Result<Form, Refused> {
        let body = self.sent(body, "application/x-www-form-urlencoded").await?;
        let form = Form::parse(&body);
        self.check(form.get("form"), purpose)?;
        Ok(form)
    }

    /// The members of a JSON object that a script of ours sent; the member `form` holds its token.
    ///
    /// # Errors
    /// A problem document for one that was not.
    pub(crate) async fn json(&self, body: Body, purpose: &str) -> Result<Map<String, Value>, Refused> {
        let in_json = |refused: Refused| {
            let response = refused.into_response();
            Refused::from(error::refusal(response.status(), "refused", "This page is out of date. Load it again."))
        };
        let body = self.sent(body, "application/json").await.map_err(in_json)?;
        let object = serde_json::from_slice::<Map<String, Value>>(&body).unwrap_or_default();
        self.check(object.get("form").and_then(Value::as_str).unwrap_or_default(), purpose).map_err(in_json)?;
        Ok(object)
    }

    async fn sent(&self, body: Body, kind: &str) -> Result<axum::body::Bytes, Refused> {
        if !form::is_ours(&self.app.public, &self.headers) {
            return Err(self.foreign());
        }
        let said = self.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !said.split(';').next().is_some_and(|said| said.trim().eq_ignore_ascii_case(kind)) {
            let text = format!("This address takes {kind}.");
            return Err(self.message(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not a form", &text, "").into());
        }
        let read = form::read(&self.headers, body, self.app.settings.body_timeout).await;
        read.map_err(|(status, text)| self.message(status, "Not read", text, "").into())
    }

    fn check(&self, given: &str, purpose: &str) -> Result<(), Refused> {
        if form::is_token(&self.hub().keys, self.holder(), purpose, given) { Ok(()) } else { Err(self.foreign()) }
    }

    fn foreign(&self) -> Refused {
        let text = "This form does not come from a page of this hub that is open now, so nothing was done.";
        let advice =
            "You may have signed in or out in another window. Go back, load the page again and repeat it there.";
        self.message(StatusCode::FORBIDDEN, "Nothing was done", text, advice).into()
    }

    /// The new session after a step of signing in: from here on the browser has its cookies.
    pub(crate) fn began(&mut self, began: Began) -> &SignedIn {
        let secure = self.app.public.secure;
        self.cookies.clear();
        self.cookies.extend(Cookie::Session.set(&began.secret, secure));
        self.cookies.extend(began.device.and_then(|device| Cookie::Device.set(&device, secure)));
        self.cookies.extend(Cookie::Form.clear(secure));
        self.signed.insert(began.signed)
    }

    /// The browser forgets its session.
    pub(crate) fn ended(&mut self) {
        self.signed = None;
        self.cookies = Cookie::Session.clear(self.app.public.secure).into_iter().collect();
    }

    /// A page.
    pub(crate) fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        self.page_to(status, page, "")
    }

    /// A page whose form leads on to another origin; `form_action` is a source of the Content-Security-Policy, or empty.
    pub(crate) fn page_to(&self, status: StatusCode, page: &impl Template, form_action: &str) -> Response {
        match page.render() {
            Ok(html) => self.finish((status, axum::response::Html(html)).into_response(), form_action),
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                let response = (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be written.").into_response();
                self.finish(response, "")
            }
        }
    }

    /// On to another page (RFC 9110, section 15.4.4).
    pub(crate) fn go(&self, to: &str) -> Response {
        let Ok(to) = HeaderValue::from_str(to) else {
            return self.message(StatusCode::BAD_REQUEST, "No address", "The address to go on to cannot be used.", "");
        };
        self.finish((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(), "")
    }

    /// A page that only says something went wrong.
    pub(crate) fn message(&self, status: StatusCode, title: &str, text: &str, advice: &str) -> Response {
        let frame = Frame { failed: true, ..self.frame(title, "") };
        let (text, advice) = (text.to_owned(), advice.to_owned());
        self.page(status, &Message { frame, tone: "bad", text, advice, ..Message::default() })
    }

    /// The page for an error of the hub that no field of a form can be blamed for.
    pub(crate) fn failed(&self, error: Error) -> Refused {
        let error = error.of_request(self.visitor.request, "page");
        let title = match error.kind {
            Kind::NotFound => "Not found",
            Kind::Limited { .. } => "Too many attempts",
            Kind::Unavailable | Kind::Full => "Not possible now",
            Kind::Internal => "Something failed",
            _ => "That did not work",
        };
        let frame = Frame { failed: true, ..self.frame(title, "") };
        let page = Message {
            frame,
            tone: "bad",
            text: sentence(&error.public),
            request_id: self.visitor.request.to_string(),
            ..Message::default()
        };
        wait(self.page(error::status(&error.kind), &page), &error).into()
    }

    /// A form again, with what is wrong with it.
    pub(in crate::pages) fn again(
        &self,
        error: Error,
        fields: &[(&str, &str)],
    ) -> Result<(StatusCode, Problems, Error), Refused> {
        match error.kind {
            Kind::Internal | Kind::Full => Err(self.failed(error)),
            _ => Ok((error::status(&error.kind), Problems::of_error(&error, fields), error)),
        }
    }

    /// JSON for a script of ours.
    pub(crate) fn told(&self, value: &Value) -> Response {
        let response = ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response();
        self.finish(response, "")
    }

    fn finish(&self, mut response: Response, form_action: &str) -> Response {
        let headers = response.headers_mut();
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; \
             base-uri 'none'; frame-ancestors 'none'; form-action 'self'{}{form_action}",
            if form_action.is_empty() { "" } else { " " }
        );
        const FIXED: [(HeaderName, HeaderValue); 5] = [
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static("publickey-credentials-get=(self), publickey-credentials-create=(self)"),
            ),
        ];
        headers.extend(FIXED);
        match HeaderValue::from_str(&policy) {
            Ok(policy) => drop(headers.insert(header::CONTENT_SECURITY_POLICY, policy)),
            // the fallback of every answer stays: it lets nothing through at all
            Err(_) => tracing::error!("a page's policy could not be written"),
        }
        for cookie in &self.cookies {
            headers.append(header::SET_COOKIE, cookie.clone());
        }
        response
    }
}

/// How long to wait, where an error says it.
pub(crate) fn wait(mut response: Response, error: &Error) -> Response {
    let seconds = match error.kind {
        Kind::Limited { retry_after } => retry_after,
        Kind::Unavailable => 5,
        _ => return response,
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// What a person still has to show before anything opens.
pub(crate) fn due(signed: &SignedIn) -> Option<&'static str> {
    match signed.level {
        Level::Password => Some("/sign-in/second"),
        Level::Full if signed.must_enrol => Some("/sign-in/enrol"),
        Level::Full => None,
    }
}

/// Where a person goes from here: what is still due, the request that waits, the account.
pub(crate) fn next(signed: &SignedIn, request: Option<&str>) -> String {
    match due(signed) {
        Some(path) => with_request(path, request),
        None if request.is_some() => with_request("/consent", request),
        None => "/account".to_owned(),
    }
}

/// A path of ours with the request that waits.
pub(crate) fn with_request(path: &str, request: Option<&str>) -> String {
    match request {
        None => path.to_owned(),
        Some(request) => {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("request", request).finish();
            format!("{path}?{query}")
        }
    }
}
