//! Is a hub running, is its port free, is its address right.
use watchkeep_server::Public;

use super::Check;
use crate::config::Config;
use crate::hold;

/// Whether a hub is running on this data; none where that cannot be told.
pub(super) fn hub(config: &Config, checks: &mut Vec<Check>) -> Option<bool> {
    let file = config.database_file().filter(|file| file.exists())?;
    let running = match hold::take(&file) {
        Ok(held) => {
            held.release();
            false
        }
        Err(fault) if fault.exit == crate::exit::Exit::Unavailable => true,
        Err(_) => return None,
    };
    checks.push(Check::ok("hub", if running { "is running on this data" } else { "is not running" }));
    Some(running)
}

/// Whether the port can be had.
pub(super) fn port(config: &Config, running: Option<bool>) -> Check {
    const NAME: &str = "port";
    let listen = config.server.listen;
    match std::net::TcpListener::bind(listen) {
        Ok(_) if running == Some(true) => Check::warn(
            NAME,
            format!("{listen} is free, although a hub is running: it listens elsewhere"),
            "compare server.listen with how the hub was started",
        ),
        Ok(_) => Check::ok(NAME, format!("{listen} is free")),
        Err(_) if running == Some(true) => Check::ok(NAME, format!("{listen} is in use, as it should be")),
        Err(e) => {
            Check::warn(NAME, format!("{listen}: {e}"), "stop what listens there, or set server.listen to another port")
        }
    }
}

/// The address that clients use.
pub(super) fn address(config: &Config) -> Check {
    const NAME: &str = "public URL";
    let url = match config.public_url(config.server.listen) {
        Ok(url) => url,
        Err(told) => return Check::fail(NAME, told, "set server.public_url, such as https://hub.example"),
    };
    match Public::new(&url) {
        Err(e) => Check::fail(NAME, e.to_string(), "set server.public_url, such as https://hub.example"),
        Ok(public) if !public.secure && !public.loopback => {
            let told = format!("{url} is not encrypted: tokens can be read on their way");
            Check::warn(NAME, told, "use https: with server.tls_cert and server.tls_key, or a proxy in front")
        }
        Ok(public) if public.loopback => Check::ok(NAME, format!("{url}, reached from this machine only")),
        Ok(_) => Check::ok(NAME, url),
    }
}
