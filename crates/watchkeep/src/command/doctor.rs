//! `watchkeep doctor`
use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::app::App;
use crate::exit::Exit;
use crate::fault::Result;

mod data;
mod keys;
mod network;
mod tls;

/// Look for what is wrong, or soon will be. Each finding comes with what to do about it.
///
/// Ends with 6 if something is wrong; with --strict also if something needs a look.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Also end with 6 for what needs a look.
    #[arg(long)]
    strict: bool,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Good.
    Ok,
    /// Works, but needs a look.
    Warn,
    /// Wrong.
    Fail,
    /// Could not be looked at, or does not apply.
    Skip,
}

/// One check.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    name: &'static str,
    verdict: Verdict,
    told: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, told: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, told: told.into(), fix: None }
    }
    fn skip(name: &'static str, told: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Skip, told: told.into(), fix: None }
    }
    fn warn(name: &'static str, told: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warn, told: told.into(), fix: Some(fix.into()) }
    }
    fn fail(name: &'static str, told: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fail, told: told.into(), fix: Some(fix.into()) }
    }
}

impl Doctor {
    /// Runs the command.
    ///
    /// # Errors
    /// If the configuration cannot be used; what is wrong beyond it is a finding.
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let config = app.config()?;
        let mut checks = vec![Check::ok("configuration", format!("{} files read", config.files.len()))];
        checks.extend(data::folder(&config));
        let (database, store) = data::database(&config).await;
        checks.extend(database);
        checks.extend(data::durability(&config));
        checks.push(data::clock(&config, store.as_ref()).await);
        checks.extend(keys::all(&config, store.as_ref()).await);
        let running = network::hub(&config, &mut checks);
        checks.push(network::port(&config, running));
        checks.push(network::address(&config));
        checks.push(tls::files(&config));
        checks.push(data::backup(&config));

        let count = |verdict| checks.iter().filter(|c| c.verdict == verdict).count();
        let (failed, warned) = (count(Verdict::Fail), count(Verdict::Warn));
        for check in &checks {
            let mark = match check.verdict {
                Verdict::Ok => "ok  ",
                Verdict::Warn => "look",
                Verdict::Fail => "FAIL",
                Verdict::Skip => "-   ",
            };
            app.out.line(format!("{mark}  {:14} {}", check.name, check.told))?;
            if let Some(fix) = &check.fix {
                app.out.line(format!("                      fix: {fix}"))?;
            }
        }
        app.out.line("")?;
        app.out.line(format!("{} checks, {failed} wrong, {warned} to look at", checks.len()))?;
        app.out.document(&json!({ "checks": checks, "wrong": failed, "toLookAt": warned }))?;
        let found = failed > 0 || (self.strict && warned > 0);
        Ok(if found { Exit::Findings } else { Exit::Ok })
    }
}
