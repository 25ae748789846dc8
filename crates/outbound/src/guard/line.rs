//! Several requests to one origin, over a connection that is kept between them.

use std::fmt;
use std::net::SocketAddr;

use reqwest::Client;
use tokio::time::Instant;
use url::{Origin, Url};

use super::{Answer, Bounds, Failure, Opened, Refused, Request, exchange};

/// A connection for one conversation. Its addresses were checked when it was opened, and it dials no others for as long
/// as it lives; a name that moves is checked anew with the next line. Nothing but its origin is asked over it.
pub struct Line {
    pub(super) client: Client,
    pub(super) origin: Origin,
    pub(super) addresses: Vec<SocketAddr>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("origin", &self.origin.ascii_serialization()).finish_non_exhaustive()
    }
}

impl Line {
    /// Sends a request and reads the whole answer within `bounds`. A status is no failure; a redirect is an answer like
    /// any other, and is not followed.
    ///
    /// # Errors
    /// [`Failure`]. A URL of another origin is [`Refused`].
    pub async fn send(&self, request: Request, bounds: Bounds) -> Result<Answer, Failure> {
        self.open(request, bounds).await?.whole().await
    }

    /// Sends a request and reads the header of the answer; the body is read piece by piece, within the same bounds.
    ///
    /// # Errors
    /// [`Failure`]. A URL of another origin is [`Refused`].
    pub async fn open(&self, request: Request, bounds: Bounds) -> Result<Opened, Failure> {
        let ends = Instant::now() + bounds.deadline;
        let url = Url::parse(&request.url).map_err(|_| Refused::Url("this is not an absolute URL"))?;
        if url.origin() != self.origin || !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Url("this address is not of the server that the connection is to").into());
        }
        exchange::open(&self.client, &self.addresses, url, request, bounds, ends).await
    }
}
