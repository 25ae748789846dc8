//! The account of the person who is signed in: overview here, the rest in a file each.
use axum::extract::RawQuery;
use http::StatusCode;
use watchkeep_hub::identity::{self, Factors, Mine, sessions};
use watchkeep_hub::oauth::apps;

use self::view::{Membership, Overview};
use super::ask::{Answer, Ask};
use super::frame::Frame;

pub(super) mod connections;
pub(super) mod seats;
pub(super) mod security;
pub(super) mod tokens;
pub(super) mod view;

/// What a page of the account says after an act; the address of the page names it, so that a reload does nothing again.
fn told(raw: Option<&str>) -> Option<String> {
    let text = match raw?.strip_prefix("done=")? {
        "password" => "Your password is changed. Your other sessions have ended.",
        "totp-off" => "The authenticator app is off.",
        "passkey" => "The passkey is added.",
        "passkey-removed" => "The passkey is removed.",
        "session" => "The session has ended.",
        "sessions" => "All other sessions have ended.",
        "token" => "The token is revoked. It opens nothing any more.",
        "app" => "Access is revoked. The next call of the application is refused.",
        _ => return None,
    };
    Some(text.to_owned())
}

fn frame(ask: &Ask, title: &str, at: &'static str) -> Frame {
    Frame { at, ..ask.frame(title, "account") }
}

/// `GET /account`.
pub(super) async fn overview(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let signed = ask.person()?;
    let tenants = identity::tenants(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let sessions = sessions::list(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let apps = apps::list(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let factors = signed.factors;
    let page = Overview {
        frame: frame(&ask, "Your account", "/account"),
        told: told(raw.as_deref()),
        name: signed.name.clone(),
        operator: signed.operator,
        second: factors.any(),
        factor: factor(factors),
        recovery_low: factors.any() && factors.recovery_left < 3,
        recovery_left: factors.recovery_left,
        sessions: sessions.len(),
        apps: apps.len(),
        tenants: tenants.into_iter().map(membership).collect(),
    };
    Ok(ask.page(StatusCode::OK, &page))
}

fn factor(factors: Factors) -> String {
    let keys = match factors.passkeys {
        0 => None,
        1 => Some("1 passkey".to_owned()),
        n => Some(format!("{n} passkeys")),
    };
    match (factors.totp, keys) {
        (true, Some(keys)) => format!("App and {keys}"),
        (true, None) => "Authenticator app".to_owned(),
        (false, Some(keys)) => keys,
        (false, None) => "None yet".to_owned(),
    }
}

fn membership(mine: Mine) -> Membership {
    let off = match (mine.tenant_disabled, mine.disabled) {
        (true, _) => Some("Tenant closed"),
        (false, true) => Some("Disabled"),
        (false, false) => None,
    };
    Membership {
        slug: mine.scope_slug.to_string(),
        name: mine.name,
        role: mine.role.to_string(),
        home: mine.home,
        off,
        require_mfa: mine.require_mfa,
    }
}
