//! One-time links: the first password of an account, or another one. Looking at a link uses nothing up.
use axum::body::Body;
use axum::extract::Path;
use http::StatusCode;
use watchkeep_hub::identity::links::{self, LinkInfo, LinkKind};

use super::ask::{Answer, Ask, Refused, next, wait};
use super::frame::{Frame, Problems};
use super::view::Link;

const FIELDS: &[(&str, &str)] = &[("password", "the password")];

async fn look(ask: &Ask, token: &str) -> Result<LinkInfo, Refused> {
    let found = links::look(ask.hub(), token).await.map_err(|e| ask.failed(e))?;
    found.ok_or_else(|| {
        let text = "It was used already, has ended, or was not copied whole.";
        let advice = "Ask your administrator for a new link. If you have set a password, sign in with it.";
        ask.message(StatusCode::NOT_FOUND, "This link does not work", text, advice).into()
    })
}

fn page(ask: &Ask, token: String, info: LinkInfo, problems: Problems) -> Link {
    let invitation = info.kind == LinkKind::Invitation;
    let frame = ask.frame(if invitation { "Welcome" } else { "Choose a new password" }, "link");
    let frame = Frame { failed: !problems.is_empty(), ..frame };
    Link { frame, problems, invitation, name: info.name, email: info.email, token }
}

/// `GET /link/{token}`.
pub(super) async fn show(ask: Ask, Path(token): Path<String>) -> Answer {
    let info = look(&ask, &token).await?;
    Ok(ask.page(StatusCode::OK, &page(&ask, token, info, Problems::default())))
}

/// `POST /link/{token}`.
pub(super) async fn submit(mut ask: Ask, Path(token): Path<String>, body: Body) -> Answer {
    let form = ask.form(body, "link").await?;
    let info = look(&ask, &token).await?;
    if form.get("password") != form.get("again") {
        let problems = Problems::one("again", "The second password is not the same as the first.");
        return Ok(ask.page(StatusCode::UNPROCESSABLE_ENTITY, &page(&ask, token, info, problems)));
    }
    match links::accept(ask.hub(), &ask.visitor, &token, form.get("password")).await {
        Ok(began) => {
            let to = next(ask.began(began), None);
            Ok(ask.go(&to))
        }
        Err(error) => {
            let (status, problems, error) = ask.again(error, FIELDS)?;
            Ok(wait(ask.page(status, &page(&ask, token, info, problems)), &error))
        }
    }
}
