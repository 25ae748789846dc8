//! The connection doctor: what clients tried, by client, with what to do.
use http::StatusCode;
use watchkeep_hub::oauth::attempts::{self, Attempt};
use watchkeep_model::Timestamp;

use super::frame;
use super::view::{Connections, Tried, Try};
use crate::pages::ask::{Answer, Ask};
use crate::pages::when::When;

/// The most attempts of one client on the page.
const EACH: usize = 8;

/// `GET /account/connections`.
pub(in crate::pages) async fn show(ask: Ask) -> Answer {
    let signed = ask.person()?;
    let all = attempts::of(ask.hub(), signed, &ask.visitor.address).await.map_err(|e| ask.failed(e))?;
    let clients = by_client(all, ask.hub().now());
    let page = Connections { frame: frame(&ask, "Connections", "/account/connections"), clients };
    Ok(ask.page(StatusCode::OK, &page))
}

/// The attempts of each client, the client with the latest one first.
fn by_client(mut all: Vec<Attempt>, now: Timestamp) -> Vec<Tried> {
    all.sort_by_key(|attempt| std::cmp::Reverse(attempt.at));
    let mut clients: Vec<Tried> = vec![];
    for one in all {
        let name = if one.client.is_empty() { "Unknown client".to_owned() } else { one.client };
        let place = clients.iter().position(|client| client.name == name).unwrap_or_else(|| {
            clients.push(Tried { name, ok: one.ok, step: one.step.clone(), tries: vec![] });
            clients.len() - 1
        });
        let tries = &mut clients[place].tries;
        if tries.len() < EACH {
            tries.push(Try {
                at: When::new(one.at, now),
                step: one.step,
                ok: one.ok,
                reason: one.reason.to_string(),
                text: one.text,
                advice: one.advice,
                detail: one.detail,
            });
        }
    }
    clients
}
