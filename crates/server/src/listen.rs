//! Sockets: accept, greet, serve, drain.
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming as IncomingBody;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use crate::app::App;
use crate::metrics::InFlight;
use crate::peer::Peer;
use crate::tls::Tls;

/// How long a client may take to greet in TLS.
const GREETING: Duration = Duration::from_secs(10);

/// The most bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;

/// A place where connections come in.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    tls: Option<Tls>,
}

impl Listener {
    /// Listens at `address`, with TLS if there is any.
    ///
    /// # Errors
    /// With a sentence that names the address and says what to do.
    pub async fn bind(address: SocketAddr, tls: Option<Tls>) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await.map_err(|e| {
            let told = match e.kind() {
                io::ErrorKind::AddrInUse => {
                    format!("{address} is in use: stop what listens there, or choose another port")
                }
                io::ErrorKind::PermissionDenied => {
                    format!("{address} may not be used: choose a port above 1023, or grant CAP_NET_BIND_SERVICE")
                }
                io::ErrorKind::AddrNotAvailable => format!("{address} is not an address of this machine"),
                _ => format!("{address}: {e}"),
            };
            io::Error::new(e.kind(), told)
        })?;
        Ok(Self { socket, tls })
    }

    /// Where it listens: with the real port if it was asked for port 0.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// What every connection needs.
#[derive(Clone)]
struct House {
    app: Arc<App>,
    routes: Router,
    room: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
}

/// Resolves when the server closes.
async fn closed(closing: &mut watch::Receiver<bool>) {
    let _server_gone = closing.wait_for(|closing| *closing).await;
}

pub(crate) async fn serve(
    app: &Arc<App>,
    routes: &Router,
    listeners: Vec<Listener>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    if listeners.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no address to listen at"));
    }
    let (close, closing) = watch::channel(false);
    let room = Arc::new(Semaphore::new(app.settings.max_connections));
    let house = House { app: app.clone(), routes: routes.clone(), room: room.clone(), closing };
    let tasks = &app.hub.tasks;
    for Listener { socket, tls } in listeners {
        if let Some(tls) = &tls {
            drop(tasks.spawn(tls.clone().follow(tasks.clone())));
        }
        drop(tasks.spawn(accept(house.clone(), socket, tls)));
    }
    stop.await;

    // the sockets close at once; requests that run go on to their end
    close.send_replace(true);
    let all = u32::try_from(app.settings.max_connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(app.settings.drain_timeout, room.acquire_many(all)).await.is_err() {
        tracing::warn!("some requests did not end in time; they are cut off");
    }
    tasks.stop();
    if !tasks.idle(app.settings.drain_timeout).await {
        tracing::warn!(tasks = tasks.running(), "some work did not end in time; it is cut off");
    }
    Ok(())
}

async fn accept(mut house: House, socket: TcpListener, tls: Option<Tls>) {
    loop {
        // a seat first: what finds none waits in the system's queue
        let Ok(seat) = house.room.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = closed(&mut house.closing) => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // out of file descriptors, most likely: wait until some are free
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (house, tls) = (house.clone(), tls.clone());
        let counted = house.app.metrics.connection();
        let tasks = house.app.hub.tasks.clone();
        drop(tasks.spawn(async move {
            greet(house, stream, address, tls, counted).await;
            drop(seat);
        }));
    }
}

async fn greet(house: House, stream: TcpStream, address: SocketAddr, tls: Option<Tls>, _counted: InFlight) {
    let _best_effort = stream.set_nodelay(true);
    match tls {
        None => connection(house, stream, address).await,
        Some(tls) => match tokio::time::timeout(GREETING, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => connection(house, stream, address).await,
            Ok(Err(error)) => tracing::debug!(%address, %error, "no TLS greeting"),
            Err(_) => tracing::debug!(%address, "the TLS greeting took too long"),
        },
    }
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    mut house: House,
    stream: S,
    address: SocketAddr,
) {
    let routes = house.routes.clone();
    let service = service_fn(move |mut request: http::Request<IncomingBody>| {
        request.extensions_mut().insert(Peer(address));
        routes.clone().oneshot(request.map(Body::new))
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        // also how long an idle connection is kept
        .header_read_timeout(house.app.settings.head_timeout)
        .max_headers(100)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = closed(&mut house.closing) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%address, %error, "a connection ended early");
    }
}
