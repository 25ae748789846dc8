//! Files that are pushed into a Drop Zone: an upload with an API key, and a webhook with the Drop Zone's own token.
//!
//! These are no operations, since a body of 64 MiB is no argument. Each ends in [`watchkeep_hub::dropzone`], which checks,
//! limits and records as a call does; what is refused here, while the body arrives, is recorded there too. Bodies go to
//! files in the spool as they come, so that many large ones at a time do not fill the memory.
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{DefaultBodyLimit, Extension, RawPathParams, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{Request, StatusCode, header};
use watchkeep_hub::dropzone::{self, Push, Uploaded, Zone};
use watchkeep_hub::{Door, Error, Kind, RateState};
use watchkeep_model::{IntegrationId, Slug};
use watchkeep_store::Access;

use crate::app::App;
use crate::incoming::{Incoming, Told};
use crate::{bearer, error};

mod attempts;
pub(crate) mod describe;
mod receive;
pub(crate) mod spool;

pub(crate) use attempts::Attempts;
use receive::{BadUpload, Received, receive};

/// Where a key uploads a file.
pub const UPLOAD: &str = "/api/v1/tenants/{slug}/dropzone/{integrationId}/artifacts";
/// Where a tool pushes a file with the token of the Drop Zone.
pub const HOOK: &str = "/api/v1/hooks/dropzone/{integrationId}";
/// The header that the token of a Drop Zone comes in.
pub const TOKEN: &str = "x-extractor-token";

/// Both routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    // the spool has its own limit, which holds for what is read and not for what is announced
    Router::new().route(UPLOAD, post(upload)).route(HOOK, post(hook)).layer(DefaultBodyLimit::disable())
}

/// How a request ended: the word for log and counters, what is left of the rate, the answer.
struct Ended {
    word: &'static str,
    rate: Option<RateState>,
    response: Response,
}

impl From<Error> for Ended {
    fn from(e: Error) -> Self {
        Self { word: e.word(), rate: None, response: error::problem(&e) }
    }
}

impl From<Uploaded> for Ended {
    fn from(Uploaded { result, rate }: Uploaded) -> Self {
        let json = result.and_then(|submitted| serde_json::to_string(&submitted).map_err(Error::internal));
        match json {
            Ok(json) => {
                let response = ([(header::CONTENT_TYPE, "application/json")], json).into_response();
                Self { word: "ok", rate, response }
            }
            Err(e) => Self { rate, ..e.into() },
        }
    }
}

type Path = Result<RawPathParams, RawPathParamsRejection>;

fn part(path: &Path, name: &str) -> Option<String> {
    let parts = path.as_ref().ok()?;
    parts.iter().find(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
}

async fn upload(
    State(app): State<Arc<App>>,
    Extension(incoming): Extension<Incoming>,
    path: Path,
    request: Request<Body>,
) -> Response {
    let (slug, id) = (part(&path, "slug"), part(&path, "integrationId"));
    let ended = uploaded(&app, &incoming, slug, id, request).await.unwrap_or_else(|refused| refused);
    incoming.tell(Told { door: "rest", op: "upload_artifact", outcome: ended.word, rate: ended.rate });
    ended.response
}

async fn uploaded(
    app: &Arc<App>,
    incoming: &Incoming,
    slug: Option<String>,
    id: Option<String>,
    request: Request<Body>,
) -> Result<Ended, Ended> {
    if let Some(refused) = misdirected(app, &request, "rest") {
        return Err(refused);
    }
    let found = bearer::of_api(&app.hub, request.headers()).await;
    let found = found.map_err(|e| Error::from(e).of_request(incoming.request(), "authenticate"))?;
    let access = found.map_err(|unknown| {
        app.metrics.refused("rest", unknown.word);
        Error::new(Kind::Unauthenticated, unknown.text)
    })?;
    let pusher = Pusher { app: app.clone(), incoming: incoming.clone(), who: Who::Key(access.clone()) };
    if slug.as_deref() != Some(access.scope.slug().as_str()) {
        return Err(pusher.refused(Error::nothing_here(), None).await);
    }
    app.noted.touch(&app.hub, &access, incoming.client(), Some(incoming.address().to_string()));
    let integration = match id.unwrap_or_default().parse::<IntegrationId>() {
        Ok(id) => id,
        Err(_) => return Err(pusher.refused(no_such_zone(), None).await),
    };
    if let Err(e) = dropzone::admit(&app.hub, &access, integration).await {
        return Err(pusher.refused(e, None).await);
    }
    pusher.push(integration, request).await
}

async fn hook(
    State(app): State<Arc<App>>,
    Extension(incoming): Extension<Incoming>,
    path: Path,
    request: Request<Body>,
) -> Response {
    let id = part(&path, "integrationId").unwrap_or_default();
    let ended = hooked(&app, &incoming, &id, request).await.unwrap_or_else(|refused| refused);
    incoming.tell(Told { door: "hook", op: "dropzone_hook", outcome: ended.word, rate: ended.rate });
    ended.response
}

async fn hooked(app: &Arc<App>, incoming: &Incoming, id: &str, request: Request<Body>) -> Result<Ended, Ended> {
    if let Some(refused) = misdirected(app, &request, "hook") {
        return Err(refused);
    }
    let (now, address) = (app.hub.now(), incoming.address());
    if let Err(e) = app.attempts.free(address, now) {
        app.metrics.refused("hook", "limited");
        return Err(e.into());
    }
    let token = request.headers().get(TOKEN).and_then(|token| token.to_str().ok()).unwrap_or_default().trim();
    let found = dropzone::zone(&app.hub, id, token).await;
    let zone = found.map_err(|e| e.of_request(incoming.request(), "authenticate"))?;
    let Some(zone) = zone else {
        app.attempts.failed(address, now);
        app.metrics.refused("hook", "unknown");
        // one text for all, so that nobody learns which Drop Zones there are
        let text = "this opens no Drop Zone; check the address and the token in the header x-extractor-token \
                    (`watchkeep dropzone token rotate` makes a new one)";
        return Err(Error::new(Kind::Unauthenticated, text).into());
    };
    let integration = zone.integration();
    let pusher = Pusher { app: app.clone(), incoming: incoming.clone(), who: Who::Zone(zone) };
    pusher.push(integration, request).await
}

/// The answer to a request that is meant for another host.
fn misdirected(app: &App, request: &Request<Body>, door: &'static str) -> Option<Ended> {
    let text = app.public.admits(request.headers(), request.uri()).err()?;
    app.metrics.refused(door, "host");
    let response = error::refusal(StatusCode::FORBIDDEN, "forbidden", &text);
    Some(Ended { word: "forbidden", rate: None, response })
}

fn no_such_zone() -> Error {
    Error::not_found("there is no such Drop Zone here; `watchkeep dropzone list` and GET /integrations tell their ids")
}

/// Who pushes.
enum Who {
    Key(Arc<Access>),
    Zone(Zone),
}

/// A request whose sender is known.
struct Pusher {
    app: Arc<App>,
    incoming: Incoming,
    who: Who,
}

impl Pusher {
    fn tenant(&self) -> &Slug {
        match &self.who {
            Who::Key(access) => access.scope.slug(),
            Who::Zone(zone) => zone.slug(),
        }
    }

    /// Records that nothing was taken, then says so: with the problem of the error, or with another one.
    async fn refused(&self, why: Error, instead: Option<(&'static str, Response)>) -> Ended {
        let (hub, meta) = (&self.app.hub, self.incoming.meta(Door::Rest));
        let recorded = match &self.who {
            Who::Key(access) => dropzone::upload_refused(hub, access, meta, &why).await,
            Who::Zone(zone) => dropzone::hook_refused(hub, zone, meta, &why).await,
        };
        match (recorded, instead) {
            // no row, no answer
            (Err(e), _) => e.of_request(self.incoming.request(), "record").into(),
            (Ok(()), Some((word, response))) => Ended { word, rate: None, response },
            (Ok(()), None) => why.of_request(self.incoming.request(), "upload").into(),
        }
    }

    /// Takes the body and hands it to the hub, which goes on to its end also if the sender hangs up.
    async fn push(self, integration: IntegrationId, request: Request<Body>) -> Result<Ended, Ended> {
        let Some(seat) = self.app.spool.seat(self.tenant()) else {
            let text = "too many files are on their way in at this moment; try again in a few seconds";
            return Err(self.refused(Error::new(Kind::Unavailable, text), None).await);
        };
        let Received { body, filename, subject, mime } =
            match receive(request, seat, self.app.settings.body_timeout).await {
                Ok(received) => received,
                Err(BadUpload::Error(e)) => return Err(self.refused(e, None).await),
                Err(BadUpload::Form { status, word, text }) => {
                    let why = Error::flaw("content", &text);
                    return Err(self.refused(why, Some((word, error::refusal(status, word, &text)))).await);
                }
            };
        let push = Push { integration, body: dropzone::Body::File(body.path()), filename, mime, subject };
        let request = self.incoming.request();
        let tasks = self.app.hub.tasks.clone();
        let done = tasks.spawn(async move {
            let meta = self.incoming.meta(Door::Rest);
            let uploaded = match self.who {
                Who::Key(access) => dropzone::upload(&self.app.hub, &access, meta, push).await,
                Who::Zone(zone) => dropzone::hook(&self.app.hub, zone, meta, push).await,
            };
            // the file goes only now, however long the hub needed it
            drop(body);
            uploaded
        });
        let uploaded = done.await.map_err(|e| Error::internal(e).of_request(request, "upload"))?;
        Ok(uploaded.into())
    }
}
