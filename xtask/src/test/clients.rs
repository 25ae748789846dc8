//! Real MCP clients against a running hub. What each one tries stands in `tests/clients`.

use std::path::Path;
use std::time::Duration;

use super::counts::{self, Counts};
use super::steps::When;
use crate::hub::Demo;
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
    driver: &'static str,
    pub(crate) language: Language,
    pub(crate) when: When,
}

/// All clients.
pub(crate) const ALL: &[Client] = &[
    Client { name: "client: Inspector", driver: "inspector.mjs", language: Language::Node, when: When::Everyday },
    Client { name: "client: Claude Code", driver: "claude-code.mjs", language: Language::Node, when: When::All },
    Client { name: "client: TypeScript SDK", driver: "typescript.mjs", language: Language::Node, when: When::All },
    Client { name: "client: Python SDK", driver: "python_sdk.py", language: Language::Python, when: When::All },
    Client { name: "client: FastMCP", driver: "fastmcp_client.py", language: Language::Python, when: When::All },
    Client { name: "client: set-up pages", driver: "setup_pages.mjs", language: Language::Node, when: When::All },
    Client {
        name: "client: Drop Zone script",
        driver: "dropzone_script.py",
        language: Language::Python,
        when: When::All,
    },
];

impl Client {
    /// Runs the driver against a hub; each line that it prints is one check.
    pub(crate) fn run(&self, program: &Path, demo: &Demo) -> Result<Counts> {
        let hub = &demo.told;
        let driver = run(program)
            .arg(self.driver)
            .dir(setup::clients())
            .env("WATCHKEEP_URL", &hub.url)
            .env("WATCHKEEP_TOKEN", &hub.token)
            .env("WATCHKEEP_TENANT", &hub.tenant)
            .env("WATCHKEEP_MCP_RISK", &hub.mcp.risk)
            .env("WATCHKEEP_PROGRAM", &demo.program)
            .env("WATCHKEEP_DATA", demo.data());
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
