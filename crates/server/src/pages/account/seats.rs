//! Where a person is signed in, and which applications they allowed: both are lists with a button that ends one.
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use watchkeep_hub::Error;
use watchkeep_hub::identity::{Level, sessions};
use watchkeep_hub::oauth::apps;
use watchkeep_model::{Connector, Scope};

use super::view::{App, Apps, Session, Sessions};
use super::{frame, told};
use crate::pages::ask::{Answer, Ask};
use crate::pages::frame::initials;
use crate::pages::when::When;

/// `GET /account/sessions`.
pub(in crate::pages) async fn sessions(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let signed = ask.person()?;
    let now = ask.hub().now();
    let all = sessions::list(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let mut sessions: Vec<Session> = all
        .into_iter()
        .map(|one| Session {
            id: one.id.to_string(),
            device: device(one.client.as_deref().unwrap_or_default()),
            address: one.address,
            created: When::new(one.created_at, now),
            used: When::new(one.seen_at, now),
            half: one.level == Level::Password,
            current: one.current,
        })
        .collect();
    sessions.sort_by_key(|one| !one.current);
    let page = Sessions { frame: frame(&ask, "Sessions", "/account/sessions"), told: told(raw.as_deref()), sessions };
    Ok(ask.page(StatusCode::OK, &page))
}

/// Browser and system out of a user agent, as far as they can be told.
fn device(agent: &str) -> String {
    let first = |all: &[(&str, &'static str)]| all.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // the more special marks first: every browser claims to be several others
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) if agent.is_empty() => "Unknown browser".to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

/// `POST /account/sessions/{id}/end`.
pub(in crate::pages) async fn end_session(ask: Ask, Path(id): Path<String>, body: Body) -> Answer {
    ask.form(body, "account").await?;
    let signed = ask.person()?;
    let gone = || Error::not_found("there is no such session; it may have ended already");
    let id = id.parse().map_err(|_| ask.failed(gone()))?;
    sessions::end(ask.hub(), &ask.visitor, signed, id).await.map_err(|e| ask.failed(e))?;
    Ok(ask.go("/account/sessions?done=session"))
}

/// `POST /account/sessions/end-others`.
pub(in crate::pages) async fn end_others(ask: Ask, body: Body) -> Answer {
    ask.form(body, "account").await?;
    let signed = ask.person()?;
    sessions::end_others(ask.hub(), &ask.visitor, signed).await.map_err(|e| ask.failed(e))?;
    Ok(ask.go("/account/sessions?done=sessions"))
}

/// `GET /account/apps`.
pub(in crate::pages) async fn apps(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let signed = ask.person()?;
    let now = ask.hub().now();
    let all = apps::list(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let apps = all.into_iter().map(|one| App {
        id: one.id.to_string(),
        initials: initials(&one.client),
        client: one.client,
        client_id: one.client_id,
        tenant: one.tenant.to_string(),
        tenant_name: one.tenant_name,
        connector: one.connector.to_string(),
        writes: one.scopes.split(' ').any(|scope| scope == Scope::write(one.connector).as_str()),
        scopes: one.scopes,
        redirect_host: one.redirect_host,
        created: When::new(one.created_at, now),
        used: one.last_used_at.map(|at| When::new(at, now)),
        calls: match one.calls_7d {
            0 => "no calls".to_owned(),
            1 => "1 call".to_owned(),
            n => format!("{n} calls"),
        },
    });
    let addresses = ask.app.settings.mounts.iter().filter(|mount| mount.path != "/").map(|mount| {
        let name = match mount.connector {
            Connector::Risk => "Risk",
            Connector::Fleet => "Fleet",
        };
        (name, ask.app.public.resource(mount.path))
    });
    let page = Apps {
        frame: frame(&ask, "Connected Apps", "/account/apps"),
        told: told(raw.as_deref()),
        apps: apps.collect(),
        addresses: addresses.collect(),
    };
    Ok(ask.page(StatusCode::OK, &page))
}

/// `POST /account/apps/{id}/revoke`.
pub(in crate::pages) async fn revoke_app(ask: Ask, Path(id): Path<String>, body: Body) -> Answer {
    ask.form(body, "account").await?;
    let signed = ask.person()?;
    apps::revoke(ask.hub(), &ask.visitor, signed, &id).await.map_err(|e| ask.failed(e))?;
    Ok(ask.go("/account/apps?done=app"))
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn a_user_agent_is_told_in_two_words() {
        for (agent, told) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.1", "curl"),
            ("", "Unknown browser"),
            ("thing/1", "thing/1"),
        ] {
            assert_eq!(device(agent), told);
        }
    }
}
