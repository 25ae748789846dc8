//! `watchkeep serve`
use std::net::SocketAddr;

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::house::{House, Signals, listen};
use crate::{desk, hold, telemetry};

/// Run the hub.
///
/// Stops at Ctrl-C or SIGTERM, after what runs has come to its end. With --json one line tells where it serves.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The address and port to listen on (`server.listen`).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The address that clients use (`server.public_url`).
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

impl Serve {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let signals = Signals::new()?;
        let app = app.with("server.listen", "--listen", self.listen);
        let app = app.with("server.public_url", "--public-url", self.public_url);
        let config = app.config()?;
        telemetry::start(&config, false, app.plain())?;
        if let Err(told) = config.public_url(config.server.listen) {
            return Err(Fault::new(Exit::Usage, told)
                .hint("set it: --public-url https://hub.example, or server.public_url in the configuration"));
        }
        desk::initialised(&config)?;
        let held = config.database_file().map(|file| hold::take(&file)).transpose()?;
        let keys = desk::keyring(&config)?;
        let listener = listen(&config, config.server.listen).await?;
        let store = desk::open_store(&config).await?;
        let house = House::build(&config, store, keys, listener).await?;
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"), url = house.url, listening = %house.listening,
            database = config.database_name(), "Watchkeep serves"
        );
        app.out
            .document(&json!({ "url": house.url, "listening": house.listening, "mcp": { "risk": house.risk() } }))?;
        house.serve(signals).await?;
        if let Some(held) = held {
            held.release();
        }
        Ok(Exit::Ok)
    }
}
