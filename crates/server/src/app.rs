//! All doors on one router.
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use axum::routing::{any, any_service, get, post_service};
use axum::{Router, middleware};
use http::{StatusCode, header};
use watchkeep_hub::{Error, Hub};

use crate::bearer::Noted;
use crate::error::{problem, refusal};
use crate::gate::{Post, gate};
use crate::metrics::Metrics;
use crate::public::{BadUrl, Public};
use crate::settings::Settings;
use crate::uploads::spool::Spool;
use crate::{health, incoming, mcp, me, oauth, openapi, pages, rest, uploads, wellknown};

/// What the handlers of all doors share.
#[derive(Debug)]
pub struct App {
    /// What can be done.
    pub hub: Arc<Hub>,
    /// Where people find it.
    pub public: Public,
    /// How it is set.
    pub settings: Settings,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    pub(crate) noted: Noted,
    pub(crate) spool: Spool,
    pub(crate) attempts: uploads::Attempts,
}

impl App {
    /// The doors of this hub.
    ///
    /// # Errors
    /// If the public address is no origin.
    pub fn new(hub: Arc<Hub>, settings: Settings) -> Result<Arc<Self>, BadUrl> {
        let public = Public::new(&settings.public_url)?;
        let metrics = Arc::new(Metrics::new(&hub));
        let spool = Spool::new(&settings.spool);
        let (noted, attempts) = (Noted::default(), uploads::Attempts::default());
        Ok(Arc::new(Self { hub, public, settings, metrics, noted, spool, attempts }))
    }
}

/// Every route.
pub fn router(app: &Arc<App>) -> Router {
    let mut routes = Router::new();
    for mount in app.settings.mounts {
        for path in mount.routes() {
            let service = mcp::service(&app.hub, mount.connector, &app.public);
            let post = Post { app: app.clone(), mount: *mount };
            let around = middleware::from_fn_with_state(post, gate);
            // the bare origin shows its page to a GET
            let route = if path == "/" { post_service(service) } else { any_service(service) };
            routes = routes.route(&path, route.layer(around));
        }
    }
    let document = openapi::document(&app.hub, &app.public.base).to_string();
    let described = move || async move { ([(header::CONTENT_TYPE, "application/json")], document).into_response() };
    let routes = routes
        .merge(rest::routes(app))
        .merge(uploads::routes())
        .route("/", get(health::root))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/api", any(wellknown::use_mcp))
        .route("/api/", any(wellknown::use_mcp))
        .route("/api/v1/openapi.json", get(described))
        .merge(oauth::routes())
        .merge(pages::routes())
        .merge(me::routes());
    routes
        .fallback(|| async { problem(&Error::nothing_here()) })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), incoming::around))
        .with_state(app.clone())
}

async fn method_not_allowed() -> Response {
    refusal(StatusCode::METHOD_NOT_ALLOWED, "method", "this path has other methods; see Allow")
}
