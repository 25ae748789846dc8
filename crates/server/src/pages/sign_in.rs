//! Signing in, step by step: password, second factor, and what a tenant asks for beyond that.
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use watchkeep_hub::identity::{Level, SignedIn, passkeys, password, second, sessions, totp};
use watchkeep_hub::oauth::authorize::{self, Asked};

use super::ask::{Answer, Ask, due, next, wait};
use super::form::Form;
use super::frame::{Frame, Problems};
use super::view::{Codes, Enrol, Forgot, Second, SignIn};
use crate::error;

const FIELDS: &[(&str, &str)] = &[("email", "the e-mail address"), ("password", "the password")];

/// The request that waits behind a page, if it is one that this hub sealed and it is not too old.
fn waiting(ask: &Ask, form: &Form) -> Option<String> {
    form.some("request").filter(|request| authorize::is_pending(ask.hub(), request)).map(str::to_owned)
}

fn query(raw: Option<String>) -> Form {
    Form::parse(raw.unwrap_or_default().as_bytes())
}

/// Where passkeys work, if not at the address in the browser: on this machine they need its name.
pub(super) fn passkey_address(ask: &Ask, path: &str) -> Option<String> {
    let place = passkeys::place(ask.hub()).ok()?;
    let host = ask.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let there = place.origin.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host));
    (!there && ask.app.public.loopback).then(|| format!("{}{path}", place.origin))
}

/// `GET /sign-in`.
pub(super) async fn show(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let sent = query(raw);
    let request = waiting(&ask, &sent);
    let mut fresh = false;
    if let Some(signed) = &ask.signed {
        // an application may insist on a new sign-in although somebody is signed in
        if let (None, Some(request)) = (due(signed), &request) {
            let asked = authorize::resume(ask.hub(), &ask.visitor, request, Some(signed)).await;
            fresh = matches!(asked.map_err(|e| ask.failed(e))?, Asked::SignIn { fresh: true, .. });
        }
        if !fresh {
            return Ok(ask.go(&next(signed, request.as_deref())));
        }
    }
    let told = (sent.get("done") == "out").then(|| "You are signed out.".to_owned());
    Ok(page(&ask, StatusCode::OK, SignIn { told, fresh, ..form_of(&ask, request, Problems::default()) }))
}

fn form_of(ask: &Ask, request: Option<String>, problems: Problems) -> SignIn {
    let frame = Frame { failed: !problems.is_empty(), ..ask.frame("Sign in", "sign-in") };
    let passkey_address = passkey_address(ask, "/sign-in");
    SignIn { frame, problems, told: None, fresh: false, request, email: String::new(), passkey_address }
}

fn page(ask: &Ask, status: StatusCode, page: SignIn) -> Response {
    ask.page(status, &page)
}

/// `POST /sign-in`.
pub(super) async fn submit(mut ask: Ask, body: Body) -> Answer {
    let form = ask.form(body, "sign-in").await?;
    let request = waiting(&ask, &form);
    let before = ask.signed.clone();
    match password::sign_in(ask.hub(), &ask.visitor, form.get("email"), form.get("password")).await {
        Ok(began) => {
            replace(&ask, before).await;
            let to = next(ask.began(began), request.as_deref());
            Ok(ask.go(&to))
        }
        Err(error) => {
            let (status, problems, error) = ask.again(error, FIELDS)?;
            let email = form.get("email").chars().take(254).collect();
            let form = SignIn { email, ..form_of(&ask, request, problems) };
            Ok(wait(page(&ask, status, form), &error))
        }
    }
}

/// Ends the session that a browser had before: it has one at a time.
async fn replace(ask: &Ask, before: Option<SignedIn>) {
    if let Some(before) = before
        && let Err(error) = sessions::sign_out(ask.hub(), &ask.visitor, &before).await
    {
        tracing::warn!(%error, "the session before a new sign-in could not be ended");
    }
}

/// `GET /sign-in/second`: after the password, or once more before something that needs it fresh.
pub(super) async fn show_second(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let sent = query(raw);
    let request = waiting(&ask, &sent);
    let signed = ask.half()?;
    if signed.level == Level::Full && !signed.factors.any() {
        return Ok(ask.go(&next(signed, request.as_deref())));
    }
    let page = second_form(&ask, signed, request, sent.get("back") == "security", Problems::default());
    Ok(ask.page(StatusCode::OK, &page))
}

fn second_form(ask: &Ask, signed: &SignedIn, request: Option<String>, back: bool, problems: Problems) -> Second {
    Second {
        frame: Frame { failed: !problems.is_empty(), ..ask.frame("Second factor", "second") },
        problems,
        request,
        back,
        email: signed.email.clone(),
        app: signed.factors.totp,
        recovery: signed.factors.recovery_left > 0,
        passkeys: signed.factors.passkeys > 0,
        passkey_form: ask.token("sign-in"),
    }
}

/// `POST /sign-in/second`.
pub(super) async fn submit_second(mut ask: Ask, body: Body) -> Answer {
    let form = ask.form(body, "second").await?;
    let request = waiting(&ask, &form);
    let back = form.get("back") == "security";
    let signed = ask.half()?.clone();
    match second::confirm(ask.hub(), &ask.visitor, &signed, form.get("code")).await {
        Ok(began) => {
            let to = match next(ask.began(began), request.as_deref()) {
                to if back && to == "/account" => "/account/security".to_owned(),
                to => to,
            };
            Ok(ask.go(&to))
        }
        Err(error) => {
            let (status, problems, error) = ask.again(error, &[("code", "the code")])?;
            Ok(wait(ask.page(status, &second_form(&ask, &signed, request, back, problems)), &error))
        }
    }
}

/// `GET /sign-in/enrol`.
pub(super) async fn show_enrol(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let request = waiting(&ask, &query(raw));
    let signed = ask.half()?;
    if signed.level != Level::Full || signed.factors.any() {
        return Ok(ask.go(&next(signed, request.as_deref())));
    }
    let enrolment = totp::begin(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    Ok(ask.page(StatusCode::OK, &enrol_form(&ask, enrolment, true, request, Problems::default())))
}

/// The page that sets an authenticator app up: during sign-in, where nothing goes on without, or in the account.
pub(super) fn enrol_form(
    ask: &Ask,
    enrolment: totp::Enrolment,
    required: bool,
    request: Option<String>,
    problems: Problems,
) -> Enrol {
    let frame = ask.frame("Set up an authenticator app", if required { "enrol" } else { "account" });
    let letters: Vec<char> = enrolment.secret_base32.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Enrol {
        frame: Frame { failed: !problems.is_empty(), ..frame },
        problems,
        request,
        action: if required { "/sign-in/enrol" } else { "/account/totp" },
        required,
        qr: enrolment.qr_svg,
        secret: groups.join(" "),
        state: enrolment.state,
        passkeys: required,
        passkey_form: ask.token("account"),
    }
}

/// `POST /sign-in/enrol`: answers with the recovery codes, which no other page can show.
pub(super) async fn submit_enrol(mut ask: Ask, body: Body) -> Answer {
    let form = ask.form(body, "enrol").await?;
    let request = waiting(&ask, &form);
    let signed = ask.half()?.clone();
    match totp::confirm(ask.hub(), &ask.visitor, &signed, form.get("state"), form.get("code")).await {
        Ok((began, codes)) => {
            let next = next(ask.began(began), request.as_deref());
            Ok(ask.page(StatusCode::OK, &codes_page(&ask, "Your authenticator app is set up.", codes, next)))
        }
        Err(error) => enrol_again(&ask, &signed, error, &form, true, request),
    }
}

/// Recovery codes, this once.
pub(super) fn codes_page(ask: &Ask, told: &str, codes: Vec<String>, next: String) -> Codes {
    Codes { frame: ask.frame("Keep your recovery codes", ""), told: Some(told.to_owned()), codes, next }
}

/// The same secret again after a wrong code; a set-up that is too old begins anew.
pub(super) fn enrol_again(
    ask: &Ask,
    signed: &SignedIn,
    error: watchkeep_hub::Error,
    form: &Form,
    required: bool,
    request: Option<String>,
) -> Answer {
    let (status, problems, error) = ask.again(error, &[("code", "the code")])?;
    let enrolment = totp::again(ask.hub(), signed, form.get("state")).map_err(|e| ask.failed(e))?;
    Ok(wait(ask.page(status, &enrol_form(ask, enrolment, required, request, problems)), &error))
}

/// `POST /sign-in/passkey`: two steps in JSON, for the script of the page.
pub(super) async fn passkey(mut ask: Ask, body: Body) -> Answer {
    let sent = ask.json(body, "sign-in").await?;
    let text = |name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("step") == "start" {
        let (options, state) = passkeys::begin_sign_in(ask.hub()).map_err(|e| error::problem(&e))?;
        return Ok(ask.told(&json!({ "options": options, "state": state })));
    }
    let request = Some(text("request")).filter(|r| authorize::is_pending(ask.hub(), r)).map(str::to_owned);
    let before = ask.signed.clone();
    let credential = sent.get("credential").cloned().unwrap_or_default();
    let id = ask.visitor.request;
    let began = passkeys::finish_sign_in(ask.hub(), &ask.visitor, text("state"), credential).await;
    let began = began.map_err(|e| error::problem(&e.of_request(id, "passkey")))?;
    let back = text("back") == "security" && before.as_ref().is_some_and(|b| b.person == began.signed.person);
    replace(&ask, before).await;
    let next = match next(ask.began(began), request.as_deref()) {
        to if back && to == "/account" => "/account/security".to_owned(),
        to => to,
    };
    Ok(ask.told(&json!({ "next": next })))
}

/// `POST /sign-out`.
pub(super) async fn out(mut ask: Ask, body: Body) -> Answer {
    ask.form(body, "sign-out").await?;
    if let Some(signed) = &ask.signed {
        sessions::sign_out(ask.hub(), &ask.visitor, signed).await.map_err(|e| ask.failed(e))?;
    }
    ask.ended();
    Ok(ask.go("/sign-in?done=out"))
}

/// `GET /forgot`: the same for everybody.
pub(super) async fn forgot(ask: Ask) -> Answer {
    Ok(ask.page(StatusCode::OK, &Forgot { frame: ask.frame("Forgot your password?", "") }))
}
