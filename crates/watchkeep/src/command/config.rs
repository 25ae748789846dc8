//! `watchkeep config`
use clap::Subcommand;
use serde_json::{Value, json};

use crate::app::App;
use crate::config::layers::{Entry, Origin, nearest, short};
use crate::config::section::{Key, line};
use crate::config::{Config as Loaded, SECTIONS, SYSTEM_FILE, keys, shown};
use crate::exit::Exit;
use crate::fault::{Fault, Result};

/// The configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show every key with its value and where it comes from; secrets are not shown.
    Show {
        /// Only keys that were set.
        #[arg(long)]
        set: bool,
    },
    /// Read the configuration and tell what is wrong with it.
    Check,
    /// Explain a key: its value, where that comes from, what it is for.
    Explain {
        /// The key, such as server.listen.
        key: String,
    },
    /// Print the reference of all keys, as Markdown.
    Reference,
}

impl Config {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) fn run(self, app: &App) -> Result<Exit> {
        match self {
            Self::Show { set } => show(app, &app.config()?, set)?,
            Self::Check => {
                let config = app.config()?;
                let files: Vec<String> = config.files.iter().map(|f| f.display().to_string()).collect();
                let read = if files.is_empty() { "no file".to_owned() } else { files.join(", ") };
                let set = keys().filter(|key| config.layers.origin(key.path) != Origin::Default).count();
                app.out.line(format!("the configuration is good: {set} keys are set ({read})"))?;
                app.out.document(&json!({ "good": true, "files": files, "set": set }))?;
            }
            Self::Explain { key } => explain(app, &key)?,
            Self::Reference => app.out.raw(&reference())?,
        }
        Ok(Exit::Ok)
    }
}

fn show(app: &App, config: &Loaded, only_set: bool) -> Result {
    let all: Vec<(&Key, Option<String>, Origin)> = keys()
        .map(|key| {
            let (value, origin) = shown(&config.layers, key);
            (key, value, origin)
        })
        .filter(|(_, _, origin)| !only_set || *origin != Origin::Default)
        .collect();
    if app.out.json {
        let items: Vec<Value> = all
            .iter()
            .map(|(key, value, origin)| json!({ "key": key.path, "value": value, "origin": origin.to_string() }))
            .collect();
        return app.out.document(&json!({ "items": items }));
    }
    let rows =
        all.into_iter().map(|(key, value, origin)| vec![key.path.to_owned(), value_or_none(value), origin.to_string()]);
    app.out.table(&["key", "value", "from"], rows.collect())
}

fn value_or_none(value: Option<String>) -> String {
    value.unwrap_or_else(|| "(not set)".to_owned())
}

fn explain(app: &App, path: &str) -> Result {
    let key = keys().find(|key| key.path == path).ok_or_else(|| {
        let fix = nearest(path).map_or_else(
            || "`watchkeep config reference` lists all keys".to_owned(),
            |n| format!("did you mean `{n}`?"),
        );
        Fault::new(Exit::NotFound, format!("there is no key `{path}`")).hint(fix)
    })?;
    let config = app.config()?;
    let (value, origin) = shown(&config.layers, key);
    let entries = config.layers.entries(path);
    let overruled = &entries[..entries.len().saturating_sub(1)];
    let told = |e: &Entry| (value_or_none((key.show)(&e.given)), e.origin.to_string());
    if app.out.json {
        let before: Vec<Value> =
            overruled.iter().rev().map(told).map(|(v, o)| json!({ "value": v, "origin": o })).collect();
        return app.out.document(&json!({
            "key": path, "value": value, "origin": origin.to_string(), "overruled": before, "about": key.about(),
            "expected": key.expected, "default": default(key), "variable": key.variable(), "secret": key.secret,
        }));
    }
    app.out.line(format!("{path} = {}", value_or_none(value)))?;
    let mut pairs = vec![("from", origin.to_string())];
    for (value, origin) in overruled.iter().rev().map(told) {
        pairs.push(("overrules", format!("{value} from {origin}")));
    }
    pairs.push(("about", key.about()));
    pairs.push(("expected", key.expected.to_owned()));
    pairs.push(("default", default(key).unwrap_or_else(|| "(not set)".to_owned())));
    pairs.push(("variable", variables(key)));
    app.out.pairs(&pairs)
}

fn default(key: &Key) -> Option<String> {
    (key.show)(&crate::config::setting::Given::text(key.default))
}

fn variables(key: &Key) -> String {
    let mut all = vec![key.variable()];
    all.extend(short(key.path).map(str::to_owned));
    if key.secret {
        all.push(format!("{}_FILE (a file that holds it)", key.variable()));
    }
    all.join(", ")
}

/// The reference of all keys. The same text for everybody, so that it can be kept in the manual.
fn reference() -> String {
    let mut page = format!(
        "# Configuration\n\nEvery key has a default. What is set later wins: `{SYSTEM_FILE}`, then the file of `--config` \
         (or `WATCHKEEP_CONFIG`), then environment variables, then flags. A relative path in a file starts from the \
         file's folder. Unknown keys and wrong types are refused. `watchkeep config explain KEY` tells where a value \
         comes from. A key that is marked as a secret may come from a file: `KEY_file` in TOML, `VARIABLE_FILE` in the \
         environment.\n"
    );
    for section in SECTIONS {
        let title =
            if section.name.is_empty() { "Before the first section".to_owned() } else { format!("[{}]", section.name) };
        page.push_str(&format!("\n## {title}\n\n{}\n", line(section.about)));
        for key in section.keys {
            let name = key.path.rsplit('.').next().unwrap_or(key.path);
            let secret = if key.secret { " A secret." } else { "" };
            let default = default(key).map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
            page.push_str(&format!(
                "\n### `{name}`\n\n{}{secret}\n\nTakes {}. Default: {default}. Environment: {}.\n",
                key.about(),
                key.expected,
                code(&variables(key)),
            ));
        }
    }
    page
}

/// Each name of the list as code.
fn code(names: &str) -> String {
    let mark = |name: &str| match name.split_once(' ') {
        Some((name, rest)) => format!("`{name}` {rest}"),
        None => format!("`{name}`"),
    };
    names.split(", ").map(mark).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_names_every_key_and_variable() {
        let page = reference();
        for key in keys() {
            assert!(page.contains(&key.variable()) && page.contains(&key.about()), "{}", key.path);
        }
        assert!(!page.contains("  "), "doubled blanks");
    }
}
