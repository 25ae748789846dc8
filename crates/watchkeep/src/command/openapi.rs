//! `watchkeep openapi`
use clap::Args;
use watchkeep_hub::Limits;
use watchkeep_store::{Keyring, Options, Store};

use crate::app::App;
use crate::desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::temporary::Temporary;

/// The OpenAPI document of the REST API.
#[derive(Args, Debug)]
pub(crate) struct Openapi {
    /// The address of the hub in the document.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8420")]
    url: String,
}

impl Openapi {
    /// Runs the command. It needs no hub to be there: the document follows from the list of operations.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let folder = Temporary::new("openapi")?;
        let store = Store::open(Options::sqlite(folder.path().join("hub.db"))).await?;
        let hub = desk::make_hub(store, Limits::NONE, &Keyring::generate()?, &self.url, |_| {})?;
        let document = watchkeep_server::openapi::document(&hub, &self.url);
        let text = serde_json::to_string_pretty(&document).map_err(|e| Fault::new(Exit::Failed, e.to_string()))?;
        app.out.raw(&text)?;
        Ok(Exit::Ok)
    }
}
