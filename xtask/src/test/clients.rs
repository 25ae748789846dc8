//! Real MCP clients against a running hub. What each one tries stands in `tests/clients`.

use std::path::Path;
use std::time::Duration;

use super::counts::{self, Counts};
use super::steps::When;
use crate::hub::{Demo, Variant};
use crate::process::run;
use crate::{Result, setup};

/// What runs a driver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Node,
    Python,
}

/// A client and the driver that makes it do what people do with it.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    /// The file, and its arguments.
    driver: &'static [&'static str],
    pub(crate) language: Language,
    pub(crate) when: When,
    /// The hub that it wants.
    pub(crate) hub: Variant,
}

impl Client {
    const fn new(name: &'static str, driver: &'static [&'static str], language: Language) -> Self {
        Self { name, driver, language, when: When::All, hub: Variant::Plain }
    }
}

/// All clients.
pub(crate) const ALL: &[Client] = &[
    Client { when: When::Everyday, ..Client::new("client: Inspector", &["inspector.mjs"], Language::Node) },
    Client::new("client: Claude Code", &["claude-code.mjs"], Language::Node),
    Client::new("client: TypeScript SDK", &["typescript.mjs"], Language::Node),
    Client::new("client: Python SDK", &["python_sdk.py"], Language::Python),
    Client::new("client: FastMCP", &["fastmcp_client.py"], Language::Python),
    Client::new("client: set-up pages", &["setup_pages.mjs"], Language::Node),
    Client::new("client: Drop Zone script", &["dropzone_script.py"], Language::Python),
    Client::new("sign-in: Claude Code", &["claude-login.mjs", "document"], Language::Node),
    Client {
        hub: Variant::RegistrationOnly,
        ..Client::new("sign-in: Claude Code, old", &["claude-login.mjs", "registration"], Language::Node)
    },
    Client::new("sign-in: Inspector", &["inspector-login.mjs"], Language::Node),
    Client::new("sign-in: mcp-remote", &["mcp-remote.mjs"], Language::Node),
    Client::new("sign-in: FastMCP", &["fastmcp_oauth.py"], Language::Python),
    Client::new("sign-in: TypeScript SDK", &["typescript-auth.mjs"], Language::Node),
    Client::new("sign-in: oauth4webapi", &["oauth4webapi.mjs"], Language::Node),
    Client::new("sign-in: fleet's pages", &["oauth_seed.mjs"], Language::Node),
];

impl Client {
    /// Runs the driver against a hub; each line that it prints is one check. `node` is for drivers in Python, which have
    /// a person made by ours.
    pub(crate) fn run(&self, program: &Path, node: Option<&Path>, demo: &Demo) -> Result<Counts> {
        let driver = demo.tell(run(program).args(self.driver).dir(setup::clients()));
        let driver = node.into_iter().fold(driver, |driver, node| driver.env("WATCHKEEP_NODE", node));
        counted(driver.limit(Duration::from_secs(600)).tee()?)
    }
}

/// The checks that a driver told. One that ends badly, or tells nothing, is a failure of its own.
pub(crate) fn counted(done: crate::process::Finished) -> Result<Counts> {
    let mut told = counts::drivers(&done.output);
    if told.total() == 0 {
        return Err(format!("the driver checked nothing and ended with {}", done.status).into());
    }
    if !done.status.success() && told.failed == 0 {
        println!("not ok the driver: it ended with {}", done.status);
        told.failed += 1;
    }
    Ok(told)
}
