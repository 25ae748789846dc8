//! How a person proves that it is them: password, authenticator app, recovery codes, passkeys.
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use watchkeep_hub::identity::{Level, SignedIn, passkeys, password, recovery, totp};
use watchkeep_hub::oauth::authorize;
use watchkeep_hub::{Error, Kind};

use super::view::{Passkey, Security};
use super::{frame, told};
use crate::error;
use crate::pages::ask::{Answer, Ask, Refused, next, wait};
use crate::pages::frame::{Frame, Problems};
use crate::pages::sign_in::{codes_page, enrol_again, enrol_form, passkey_address};
use crate::pages::when::When;

async fn page(ask: &Ask, signed: &SignedIn, told: Option<String>, problems: Problems) -> Result<Security, Refused> {
    let now = ask.hub().now();
    let all = passkeys::list(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let frame = frame(ask, "Security", "/account/security");
    Ok(Security {
        frame: Frame { failed: !problems.is_empty(), ..frame },
        told,
        // changing a factor takes a factor that was given lately
        confirm: signed.factors.any() && !signed.is_fresh(now),
        problems,
        totp: signed.factors.totp,
        recovery_left: signed.factors.recovery_left,
        passkeys: all
            .into_iter()
            .map(|one| Passkey {
                id: one.id.to_string(),
                name: one.name,
                created: When::new(one.created_at, now),
                used: one.last_used_at.map(|at| When::new(at, now)),
            })
            .collect(),
        passkey_address: passkey_address(ask, "/account/security"),
    })
}

/// `GET /account/security`.
pub(in crate::pages) async fn show(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let signed = ask.person()?;
    let page = page(&ask, signed, told(raw.as_deref()), Problems::default()).await?;
    Ok(ask.page(StatusCode::OK, &page))
}

/// The page again with what is wrong; `fields` are ids of the page beside the names that the hub gives them.
async fn again(ask: &Ask, error: Error, fields: &[(&str, &str, &str)]) -> Answer {
    let names: Vec<(&str, &str)> = fields.iter().map(|(_, field, name)| (*field, *name)).collect();
    // a wrong code or password belongs to its field, although the hub names none
    let only = match (&error.kind, fields) {
        (Kind::Unauthenticated, [(id, ..), ..]) => Some(*id),
        _ => None,
    };
    let (status, mut problems, error) = ask.again(error, &names)?;
    for problem in &mut problems.list {
        let id = fields.iter().find(|(_, field, _)| *field == problem.field).map(|(id, ..)| *id);
        problem.field = id.or(only).unwrap_or_default().to_owned();
    }
    let page = page(ask, ask.person()?, None, problems).await?;
    Ok(wait(ask.page(status, &page), &error))
}

/// `POST /account/password`.
pub(in crate::pages) async fn change_password(mut ask: Ask, body: Body) -> Answer {
    let form = ask.form(body, "account").await?;
    let signed = ask.person()?.clone();
    if form.get("password") != form.get("again") {
        let problems = Problems::one("again", "The second password is not the same as the first.");
        let page = page(&ask, &signed, None, problems).await?;
        return Ok(ask.page(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    match password::change(ask.hub(), &ask.visitor, &signed, form.get("current"), form.get("password")).await {
        Ok(began) => {
            ask.began(began);
            Ok(ask.go("/account/security?done=password"))
        }
        Err(error) => {
            let fields = [("current", "current", "the current password"), ("password", "password", "the password")];
            again(&ask, error, &fields).await
        }
    }
}

/// `GET /account/totp`: setting an app up.
pub(in crate::pages) async fn enrol(ask: Ask) -> Answer {
    let signed = ask.person()?;
    if signed.factors.totp {
        return Ok(ask.go("/account/security"));
    }
    let enrolment = totp::begin(ask.hub(), signed).await;
    Ok(match enrolment {
        Ok(enrolment) => ask.page(StatusCode::OK, &enrol_form(&ask, enrolment, false, None, Problems::default())),
        // a factor has to be given first
        Err(error) if error.kind == Kind::Conflict => return again(&ask, error, &[]).await,
        Err(error) => return Err(ask.failed(error)),
    })
}

/// `POST /account/totp`.
pub(in crate::pages) async fn change_totp(mut ask: Ask, body: Body) -> Answer {
    let form = ask.form(body, "account").await?;
    let signed = ask.person()?.clone();
    match form.get("step") {
        "begin" => Ok(ask.go("/account/totp")),
        "confirm" => match totp::confirm(ask.hub(), &ask.visitor, &signed, form.get("state"), form.get("code")).await {
            Ok((began, codes)) => {
                ask.began(began);
                let next = "/account/security".to_owned();
                let page = codes_page(&ask, "Your authenticator app is set up.", codes, next);
                Ok(ask.page(StatusCode::OK, &page))
            }
            Err(error) => enrol_again(&ask, &signed, error, &form, false, None),
        },
        "remove" => match totp::remove(ask.hub(), &ask.visitor, &signed, form.get("code")).await {
            Ok(()) => Ok(ask.go("/account/security?done=totp-off")),
            Err(error) => again(&ask, error, &[("totp-code", "code", "the code")]).await,
        },
        _ => Ok(ask.go("/account/security")),
    }
}

/// `POST /account/recovery`: answers with the new codes, which no other page can show.
pub(in crate::pages) async fn renew(ask: Ask, body: Body) -> Answer {
    let form = ask.form(body, "account").await?;
    let signed = ask.person()?;
    match recovery::renew(ask.hub(), &ask.visitor, signed, form.get("code")).await {
        Ok(codes) => {
            let page = codes_page(&ask, "The old codes are gone.", codes, "/account/security".to_owned());
            Ok(ask.page(StatusCode::OK, &page))
        }
        Err(error) => again(&ask, error, &[("recovery-code", "code", "the code")]).await,
    }
}

/// `POST /account/passkeys`: two steps in JSON, for the script of the page; also during sign-in, where a tenant requires
/// a second factor.
pub(in crate::pages) async fn add_passkey(mut ask: Ask, body: Body) -> Answer {
    let sent = ask.json(body, "account").await?;
    let text = |name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = ask.visitor.request;
    let refuse = |e: Error| -> Response { error::problem(&e.of_request(id, "passkey")) };
    let Some(signed) = ask.signed.clone().filter(|signed| signed.level == Level::Full) else {
        return Err(refuse(Error::new(Kind::Unauthenticated, "sign in first")).into());
    };
    if text("step") == "start" {
        let (options, state) = passkeys::begin_add(ask.hub(), &signed).await.map_err(refuse)?;
        return Ok(ask.told(&json!({ "options": options, "state": state })));
    }
    let request = Some(text("request")).filter(|r| authorize::is_pending(ask.hub(), r)).map(str::to_owned);
    let credential = sent.get("credential").cloned().unwrap_or_default();
    let name = text("name");
    let added = passkeys::finish_add(ask.hub(), &ask.visitor, &signed, text("state"), credential, name).await;
    let added = added.map_err(refuse)?;
    let next = match next(ask.began(added.began), request.as_deref()) {
        to if to == "/account" => "/account/security?done=passkey".to_owned(),
        to => to,
    };
    Ok(ask.told(&json!({ "next": next, "codes": added.recovery })))
}

/// `POST /account/passkeys/{id}/remove`.
pub(in crate::pages) async fn remove_passkey(ask: Ask, Path(id): Path<String>, body: Body) -> Answer {
    ask.form(body, "account").await?;
    let signed = ask.person()?;
    let removed = match id.parse() {
        Ok(id) => passkeys::remove(ask.hub(), &ask.visitor, signed, id).await,
        Err(_) => Err(Error::not_found("there is no such passkey; it may have been removed already")),
    };
    match removed {
        Ok(()) => Ok(ask.go("/account/security?done=passkey-removed")),
        Err(error) => again(&ask, error, &[]).await,
    }
}
