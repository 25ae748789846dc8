//! `watchkeep client`
use clap::Subcommand;
use serde_json::{Value, json};
use watchkeep_hub::admin::{MadeClient, NewClient};
use watchkeep_model::{Scopes, Slug};
use watchkeep_store::oauth::clients::ClientRow;

use crate::app::App;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::Result;
use crate::out::{moment, when};

/// Programs that may ask people for access.
#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// List the newest: those that registered themselves, those with a metadata document, and those made here.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Make a client for whoever cannot register by themselves. A secret is shown this once, alone on the output stream.
    Create {
        /// What people see when they are asked.
        name: String,
        /// Where answers may go; may be given several times.
        #[arg(long = "redirect-uri", value_name = "URI", required = true)]
        redirect_uris: Vec<String>,
        /// It keeps a secret: a program on a server, not one on people's machines.
        #[arg(long)]
        confidential: bool,
        /// For this tenant only; for all where none is named.
        #[arg(long, short = 't', value_name = "SLUG")]
        tenant: Option<Slug>,
        /// The scopes that it may have at most, such as "mcp:read"; all where none are named.
        #[arg(long)]
        scopes: Option<Scopes>,
    },
    /// Give a confidential client another secret; the one before stays good until it is dropped.
    Secret {
        /// The client id.
        id: String,
        /// Drop the secret before instead.
        #[arg(long)]
        drop_former: bool,
    },
    /// Switch a client off: everything it was allowed ends at once, in every tenant.
    Disable {
        /// The client id.
        id: String,
    },
    /// Switch a client on again; people have to allow it anew.
    Enable {
        /// The client id.
        id: String,
    },
}

impl Client {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let desk = Desk::open(app).await?;
        match self {
            Self::List { limit } => list(app, &desk.admin.clients(i64::from(limit)).await?)?,
            Self::Create { name, redirect_uris, confidential, tenant, scopes } => {
                let new = NewClient { name, redirect_uris, confidential, tenant, scopes };
                made(app, &desk.admin.create_client(&new).await?)?;
            }
            Self::Secret { id, drop_former: true } => {
                desk.admin.drop_former_secret(&id).await?;
                app.out.line(format!("the secret before of {id} opens nothing any more"))?;
                app.out.document(&json!({ "id": id, "formerDropped": true }))?;
            }
            Self::Secret { id, drop_former: false } => made(app, &desk.admin.new_client_secret(&id).await?)?,
            Self::Disable { id } => {
                let ended = desk.admin.switch_client(&id, false).await?;
                app.out.line(format!("{id} is switched off; {ended} of the things it was allowed have ended"))?;
                app.out.document(&json!({ "id": id, "disabled": true, "ended": ended }))?;
            }
            Self::Enable { id } => {
                desk.admin.switch_client(&id, true).await?;
                app.out.line(format!("{id} is switched on; people have to allow it anew"))?;
                app.out.document(&json!({ "id": id, "disabled": false }))?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn made(app: &App, made: &MadeClient) -> Result {
    let id = &made.row.id;
    match &made.secret {
        Some(secret) => {
            app.out.note(format!("client id {id} of {}. Its secret is shown this once:", made.row.name));
            app.out.line(secret)?;
        }
        None => app.out.line(id)?,
    }
    let mut told = shown(&made.row);
    if let (Some(secret), Value::Object(members)) = (&made.secret, &mut told) {
        members.insert("clientSecret".into(), secret.as_str().into());
    }
    app.out.document(&told)
}

fn shown(c: &ClientRow) -> Value {
    json!({
        "clientId": c.id,
        "kind": c.kind,
        "name": c.name,
        "redirectUris": serde_json::from_str::<Value>(&c.redirect_uris).unwrap_or_default(),
        "authMethod": c.auth_method,
        "scopes": c.scopes,
        "createdBy": c.created_by,
        "createdAt": c.created_at,
        "grantedAt": c.granted_at,
        "disabledAt": c.disabled_at,
    })
}

fn list(app: &App, all: &[ClientRow]) -> Result {
    let told: Vec<Line> = all.iter().map(|c| Line(c.clone())).collect();
    app.out.list(
        &told,
        &[
            ("client id", &|l: &Line| l.0.id.clone()),
            ("name", &|l| l.0.name.clone()),
            ("kind", &|l| l.0.kind.clone()),
            ("state", &|l| if l.0.disabled_at.is_some() { "off".to_owned() } else { "on".to_owned() }),
            ("made", &|l| moment(l.0.created_at)),
            ("last allowed", &|l| when(l.0.granted_at)),
            ("by", &|l| l.0.created_by.clone()),
        ],
        "no client yet; they register by themselves when somebody connects one",
    )
}

struct Line(ClientRow);

impl serde::Serialize for Line {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        shown(&self.0).serialize(to)
    }
}
