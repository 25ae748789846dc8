//! The REST door: a route for each operation that has one. Path, query and body become one set of arguments.
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{Extension, RawPathParams, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::Map;
use watchkeep_hub::call::refuse;
use watchkeep_hub::{Called, Door, Error, Kind, RateState, Ready, Verb, call};
use watchkeep_store::Access;

use crate::app::App;
use crate::incoming::{Incoming, Told};
use crate::pages::{cookies::Cookie, form};
use crate::{bearer, error};

mod merge;

pub use merge::{BadRequest, Sent, merge};

/// What the routes of operations begin with.
pub const BASE: &str = "/api/v1/tenants/{slug}";

/// The routes of all operations.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let mut router = Router::new();
    for ready in app.hub.ops() {
        if let Some((verb, path)) = ready.def.doors.rest {
            router = router.route(&format!("{BASE}{path}"), route(ready.clone(), verb));
        }
    }
    router
}

/// True for the verbs whose arguments stand in the body.
pub(crate) const fn has_body(verb: Verb) -> bool {
    matches!(verb, Verb::Post | Verb::Put | Verb::Patch)
}

fn route(ready: Arc<Ready>, verb: Verb) -> MethodRouter<Arc<App>> {
    let filter = match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Put => MethodFilter::PUT,
        Verb::Patch => MethodFilter::PATCH,
        Verb::Delete => MethodFilter::DELETE,
    };
    on(
        filter,
        move |State(app): State<Arc<App>>,
              Extension(incoming): Extension<Incoming>,
              path: Result<RawPathParams, RawPathParamsRejection>,
              RawQuery(query): RawQuery,
              uri: Uri,
              headers: HeaderMap,
              body: Body| async move {
            // a path that is no UTF-8 is that of no tenant
            let path = path.iter().flat_map(|path| path.iter()).map(|(n, v)| (n.to_owned(), v.to_owned()));
            let (slugs, path): (Vec<_>, Vec<_>) = path.partition(|(name, _)| name == "slug");
            let slug = slugs.into_iter().next().map(|(_, slug)| slug);
            let sent = Sent { verb, path, query, headers, body };
            let (told, rate, response) = match answer(&app, &incoming, &ready, slug, &uri, sent).await {
                Ok((json, rate)) => ("ok", rate, ([(header::CONTENT_TYPE, "application/json")], json).into_response()),
                Err(Refused { word, rate, response }) => (word, rate, response),
            };
            incoming.tell(Told { door: "rest", op: ready.def.name, outcome: told, rate });
            response
        },
    )
}

/// A request that gets a problem instead of an answer.
struct Refused {
    word: &'static str,
    rate: Option<RateState>,
    response: Response,
}

impl From<Error> for Refused {
    fn from(e: Error) -> Self {
        Self { word: e.word(), rate: None, response: error::problem(&e) }
    }
}

impl From<BadRequest> for Refused {
    fn from(bad: BadRequest) -> Self {
        match bad {
            BadRequest::Door { status, word, text } => {
                Self { word: "malformed", rate: None, response: error::refusal(status, word, &text) }
            }
            BadRequest::Argument(e) => e.into(),
        }
    }
}

async fn answer(
    app: &Arc<App>,
    incoming: &Incoming,
    ready: &Arc<Ready>,
    slug: Option<String>,
    uri: &Uri,
    sent: Sent,
) -> Result<(String, Option<RateState>), Refused> {
    if let Err(text) = app.public.admits(&sent.headers, uri) {
        app.metrics.refused("rest", "host");
        let response = error::refusal(StatusCode::FORBIDDEN, "forbidden", &text);
        return Err(Refused { word: "forbidden", rate: None, response });
    }
    let request = incoming.request();
    let (access, door) = match admitted(app, &sent.headers, sent.verb, slug.as_deref()).await {
        Ok(admitted) => admitted,
        Err(e) => return Err(e.of_request(request, "authenticate").into()),
    };
    if slug.as_deref() != Some(access.scope.slug().as_str()) {
        // a key at another tenant's door: told as if that tenant did not exist, and recorded in the key's own
        let nothing = Error::nothing_here();
        refuse(&app.hub, &access, incoming.meta(door), ready.def.name, &Map::new(), &nothing).await?;
        return Err(nothing.into());
    }
    app.noted.touch(&app.hub, &access, incoming.client(), Some(incoming.address().to_string()));
    let args = match merge(ready, sent, app.settings.body_timeout).await {
        Ok(args) => args,
        Err(bad) => {
            let why = match &bad {
                BadRequest::Argument(e) => Error::flaw("request", &e.public),
                BadRequest::Door { text, .. } => Error::flaw("request", text),
            };
            refuse(&app.hub, &access, incoming.meta(door), ready.def.name, &Map::new(), &why).await?;
            return Err(bad.into());
        }
    };
    let Called { result, rate } = call(&app.hub, &access, incoming.meta(door), ready, args).await;
    match result {
        Ok(reply) => Ok((reply.json, rate)),
        Err(e) => Err(Refused { rate, ..e.into() }),
    }
}

/// Whose request it is: a key's, or that of a signed-in person's browser.
async fn admitted(
    app: &Arc<App>,
    headers: &HeaderMap,
    verb: Verb,
    slug: Option<&str>,
) -> Result<(Arc<Access>, Door), Error> {
    let cookie = Cookie::Session.read(headers, app.public.secure);
    // whoever sends a bearer means it, also from a browser
    if !headers.contains_key(header::AUTHORIZATION)
        && let Some(session) = bearer::of_session(&app.hub, cookie.as_deref(), slug).await?
    {
        if verb != Verb::Get && !form::is_ours(&app.public, headers) {
            let text = "changes come from this hub's own pages, or from a program that sends no Origin";
            return Err(Error::new(Kind::Forbidden { scope: "origin".into() }, text));
        }
        return Ok((session?, Door::Web));
    }
    match bearer::of_api(&app.hub, headers).await? {
        Ok(access) => Ok((access, Door::Rest)),
        Err(unknown) => {
            app.metrics.refused("rest", unknown.word);
            Err(Error::new(Kind::Unauthenticated, unknown.text))
        }
    }
}
