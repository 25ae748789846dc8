//! A hub on its feet: store, operations, jobs and doors, wired together and taken down again.
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use watchkeep_hub::jobs::{self, Upkeep};
use watchkeep_hub::{Limits, identity};
use watchkeep_server::tls::Tls;
use watchkeep_server::{Listener, Server, Settings};
use watchkeep_store::{Keyring, Store};

use crate::config::{Config, duration};
use crate::desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::input;

/// A hub that is ready to serve.
#[derive(Debug)]
pub(crate) struct House {
    server: Server,
    listener: Listener,
    /// The address that people type.
    pub(crate) url: String,
    /// Where it listens.
    pub(crate) listening: SocketAddr,
}

/// Listens, so that a port that is taken is told before anything else begins.
///
/// # Errors
/// [`Exit::Unavailable`] if the port is taken; of the TLS files.
pub(crate) async fn listen(config: &Config, address: SocketAddr) -> Result<Listener> {
    let tls = match (&config.server.tls_cert, &config.server.tls_key) {
        (Some(cert), Some(key)) => Some(Tls::from_files(cert, key).map_err(|e| {
            Fault::new(Exit::Failed, format!("TLS: {e}"))
                .hint("set server.tls_cert and server.tls_key to PEM files that belong together")
        })?),
        _ => None,
    };
    Listener::bind(address, tls).await.map_err(|e| {
        let (exit, hint) = match e.kind() {
            ErrorKind::AddrInUse => {
                (Exit::Unavailable, "stop what listens there, or choose another port with --listen")
            }
            ErrorKind::PermissionDenied => {
                (Exit::Denied, "choose a port above 1023 with --listen, or grant CAP_NET_BIND_SERVICE")
            }
            _ => (Exit::Failed, "choose an address of this machine with --listen"),
        };
        let told = match e.kind() {
            ErrorKind::AddrInUse => format!("port {} is in use ({address})", address.port()),
            ErrorKind::PermissionDenied => format!("{address} may not be used by {}", desk::os_user()),
            _ => e.to_string(),
        };
        Fault::new(exit, told).hint(hint)
    })
}

impl House {
    /// Wires everything together and starts what the hub does by itself.
    ///
    /// # Errors
    /// Of the configuration and the store.
    pub(crate) async fn build(config: &Config, store: Store, keys: Keyring, listener: Listener) -> Result<Self> {
        let listening = listener.address().map_err(|e| Fault::io("the listening socket", &e))?;
        let url = config.public_url(listening).map_err(|told| {
            Fault::new(Exit::Usage, told)
                .hint("set it: --public-url https://hub.example, or server.public_url in the configuration")
        })?;
        let limits = Limits {
            light: config.limits.calls_per_minute,
            heavy: config.limits.heavy_calls_per_minute,
            write: config.limits.writes_per_minute,
        };
        let kev = input::known_exploited(config.dropzone.kev_file.as_deref()).await?;
        let sign_ins = config.limits.sign_ins_per_minute;
        let hub = desk::make_hub(store, limits, &keys, &url, |parts| {
            parts.kev = kev.map(Arc::new);
            parts.sign_in = identity::Limits { address: sign_ins, account: sign_ins.div_ceil(2) };
            parts.oauth = config.oauth.settings(sign_ins > 0);
        })?;
        let server =
            Server::new(hub.clone(), settings(config, &url)).map_err(|e| Fault::new(Exit::Usage, e.to_string()))?;
        jobs::install(&hub).await?;
        let up = Upkeep { hub: hub.clone(), keys: Arc::new(keys), checkpoints: config.checkpoint_file() };
        drop(hub.tasks.spawn(jobs::run(up)));
        Ok(Self { server, listener, url, listening })
    }

    /// The risk connector's address.
    pub(crate) fn risk(&self) -> String {
        format!("{}/api/mcp", self.url)
    }

    /// Serves until the first signal, then lets what runs come to its end; a second signal cuts that off.
    ///
    /// # Errors
    /// [`Exit::Interrupted`] at the second signal.
    pub(crate) async fn serve(self, signals: Signals) -> Result {
        let Signals { mut first, mut second } = signals;
        let impatient = async {
            second.next().await;
            second.next().await;
        };
        let stop = async {
            first.next().await;
            tracing::info!("stopping: requests that run come to their end; a second signal cuts them off");
        };
        let ended = served(&self.server, self.listener, stop, impatient).await;
        tracing::info!("stopped");
        ended
    }
}

async fn served(
    server: &Server,
    listener: Listener,
    stop: impl Future<Output = ()>,
    impatient: impl Future<Output = ()>,
) -> Result {
    tokio::select! {
        ended = server.serve(vec![listener], stop) => ended.map_err(|e| Fault::io("serving", &e)),
        () = impatient => Err(Fault::new(Exit::Interrupted, "stopped at once; what was answered is kept")),
    }
}

fn settings(config: &Config, url: &str) -> Settings {
    let server = &config.server;
    Settings {
        trusted_proxies: server.trusted_proxies.0.iter().map(|range| range.cidr).collect(),
        metrics_token: server.metrics_token.as_ref().map(|secret| secret.reveal().to_owned()),
        max_connections: server.max_connections.max(1),
        head_timeout: duration(server.head_timeout),
        body_timeout: duration(server.body_timeout),
        drain_timeout: duration(server.drain_timeout),
        spool: config.data_dir().to_owned(),
        ..Settings::new(url)
    }
}

/// What tells a hub to stop. Made before anything begins, so that a signal that comes early is not lost: it stops the
/// hub as soon as it stands, and what was begun is cleaned up.
#[derive(Debug)]
pub(crate) struct Signals {
    first: Ear,
    second: Ear,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { first: Ear::new()?, second: Ear::new()? })
    }
}

/// Hears Ctrl-C, and the service manager.
#[derive(Debug)]
struct Ear {
    interrupt: Signal,
    terminate: Signal,
}

impl Ear {
    fn new() -> Result<Self> {
        let of = |kind| signal(kind).map_err(|e| Fault::io("signals", &e));
        Ok(Self { interrupt: of(SignalKind::interrupt())?, terminate: of(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
