//! `oidc-provider` on Node: the authorization server that most JavaScript programs embed, with its data in memory.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Mutex;

use serde::Deserialize;

use crate::bench::oauth::duty::{Desk, Look, Pair};
use crate::bench::oauth::{Pins, Served, Subject, home};
use crate::bench::subject::{free_port, holds};
use crate::hub::first_line;
use crate::process::run;
use crate::{Result, process, world};

/// The program, installed.
pub(super) struct Peer {
    node: PathBuf,
    server: PathBuf,
    chains: usize,
}

/// What the program prints first.
#[derive(Deserialize)]
struct Told {
    client: String,
    chains: Vec<Pair>,
    revoked: Vec<String>,
    resource: Resource,
}

#[derive(Deserialize)]
struct Resource {
    id: String,
    secret: String,
}

impl Peer {
    pub(super) const NAME: &'static str = "oidc-provider";

    /// Installs it from its lock file, unless that has been done.
    ///
    /// # Errors
    /// When there is no npm, or the packages cannot be had.
    pub(super) fn install(chains: usize) -> Result<Self> {
        let source = world::root().join("bench/peers/oidc-provider");
        let lock = fs::read_to_string(source.join("package-lock.json"))?;
        let modules = source.join("node_modules");
        let stamp = modules.join(".installed");
        if !holds(&stamp, &lock) {
            eprintln!("installing oidc-provider into {}", modules.display());
            run("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).dir(&source).quiet()?;
            fs::write(&stamp, &lock)?;
        }
        Ok(Self { node: modules.join(".bin/node"), server: source.join("server.mjs"), chains })
    }
}

impl Subject for Peer {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn durable(&self) -> &'static str {
        "in memory"
    }

    fn start(&self, pins: &Pins) -> Result<Box<dyn Served + '_>> {
        let port = free_port()?;
        let words = ["--port", &port.to_string(), "--chains", &self.chains.to_string()].map(str::to_owned);
        let command = pins.program(&self.node).arg(&self.server).args(words);
        let mut command = command.env("NODE_ENV", "production").env("NODE_NO_WARNINGS", "1").into_command();
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let log = fs::File::create(super::parent().join("oidc-provider.log"))?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let told = first_line(&mut child).and_then(|line| Ok(serde_json::from_str::<Told>(&line)?));
        let told = match told {
            Ok(told) => told,
            Err(error) => {
                process::stop(&mut child);
                return Err(format!("oidc-provider does not start: {error}").into());
            }
        };
        let desk = Desk {
            port,
            client: told.client,
            token_path: "/token",
            register_path: "/reg",
            look: Look::Introspect {
                path: String::from("/token/introspection"),
                basic: base64(format!("{}:{}", told.resource.id, told.resource.secret).as_bytes()),
            },
            grants: told.chains.into_iter().map(Mutex::new).collect(),
            revoked: told.revoked,
        };
        let started = Started { child, desk };
        home::wait(port)?;
        Ok(Box::new(started))
    }
}

struct Started {
    child: Child,
    desk: Desk,
}

impl Served for Started {
    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn duties(&self) -> &Desk {
        &self.desk
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        process::stop(&mut self.child);
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for letter in 0..4 {
            let index = (bits >> (18 - 6 * letter)) & 63;
            text.push(if letter <= three.len() { char::from(LETTERS[index as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_as_in_the_rfc() {
        let of = |text: &str| base64(text.as_bytes());
        assert_eq!(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(of),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
        );
    }
}
