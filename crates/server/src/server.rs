//! A server: the doors of one hub, and how they are opened and closed.
use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use watchkeep_hub::Hub;

use crate::app::{App, router};
use crate::listen::{self, Listener};
use crate::public::BadUrl;
use crate::settings::Settings;

/// The doors of one hub.
#[derive(Debug, Clone)]
pub struct Server {
    app: Arc<App>,
}

impl Server {
    /// Doors for this hub; nothing listens yet.
    ///
    /// # Errors
    /// If `settings.public_url` is no origin.
    pub fn new(hub: Arc<Hub>, settings: Settings) -> Result<Self, BadUrl> {
        Ok(Self { app: App::new(hub, settings)? })
    }

    /// What the handlers share.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// All routes, for tests and for other listeners.
    pub fn router(&self) -> Router {
        router(&self.app)
    }

    /// Serves until `stop` resolves, then lets running requests end (at most [`Settings::drain_timeout`]), tells the hub's
    /// loops to stop and waits for what they do.
    ///
    /// # Errors
    /// If there is no listener.
    pub async fn serve(&self, listeners: Vec<Listener>, stop: impl Future<Output = ()>) -> io::Result<()> {
        self.serve_routes(self.router(), listeners, stop).await
    }

    /// The same with other routes, such as those of [`Server::router`] and some more.
    ///
    /// # Errors
    /// As [`Server::serve`].
    pub async fn serve_routes(
        &self,
        routes: Router,
        listeners: Vec<Listener>,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        listen::serve(&self.app, &routes, listeners, stop).await
    }
}
