//! The audit rows of the authorization server.
use serde_json::{Map, Value};
use watchkeep_authz::oauth::Client;
use watchkeep_model::{GrantId, PersonId, RequestId, text};
use watchkeep_store::{Actor, ActorKind, Call, Stopwatch};

use crate::canonical;
use crate::hub::Hub;
use crate::identity::{SignedIn, Visitor};

fn row(hub: &Hub, event: &'static str, op: &'static str, actor: Actor, told: &Value, target: &str) -> Call {
    let now = hub.now();
    let nothing = Map::new();
    Call {
        event: event.into(),
        op: op.into(),
        connector: None,
        actor,
        args: canonical::digest(told.as_object().unwrap_or(&nothing)),
        at: now,
        watch: Stopwatch::start(),
        request: RequestId::new(hub.rng.id(now)),
        client: None,
        address: None,
        target: Some(text::clean(target, 120)).filter(|t| !t.is_empty()),
    }
}

fn seen(call: Call, visitor: &Visitor) -> Call {
    Call {
        watch: visitor.watch,
        request: visitor.request,
        client: visitor.client.as_deref().map(|c| text::clean(c, 120)),
        address: Some(visitor.address.clone()),
        ..call
    }
}

/// What the hub does because of somebody whom it does not know.
pub(super) fn of_hub(
    hub: &Hub,
    event: &'static str,
    op: &'static str,
    visitor: Option<&Visitor>,
    told: &Value,
    target: &str,
) -> Call {
    let actor =
        Actor { kind: ActorKind::Job, id: None, person: None, name: "authorization server".into(), client: None };
    let call = row(hub, event, op, actor, told, target);
    match visitor {
        Some(visitor) => seen(call, visitor),
        None => call,
    }
}

/// What a person does.
pub(super) fn of_person(
    hub: &Hub,
    visitor: &Visitor,
    event: &'static str,
    op: &'static str,
    signed: &SignedIn,
    told: &Value,
    target: &str,
) -> Call {
    let id = Some(signed.person.uuid());
    let actor = Actor { kind: ActorKind::Person, id, person: id, name: signed.email.clone(), client: None };
    seen(row(hub, event, op, actor, told, target), visitor)
}

/// What a client does with what it was allowed.
#[expect(clippy::too_many_arguments, reason = "the parts of a row, named where it is made")]
pub(super) fn of_client(
    hub: &Hub,
    visitor: &Visitor,
    event: &'static str,
    op: &'static str,
    client: &Client,
    grant: GrantId,
    who: Option<(PersonId, &str)>,
    told: &Value,
) -> Call {
    let actor = Actor {
        kind: ActorKind::Token,
        id: Some(grant.uuid()),
        person: who.map(|(person, _)| person.uuid()),
        name: who.map_or_else(|| client.name.clone(), |(_, email)| email.to_owned()),
        client: Some(client.id.clone()),
    };
    seen(row(hub, event, op, actor, told, &grant.to_string()), visitor)
}
