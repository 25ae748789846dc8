//! Files that the program writes about itself: `docs/reference`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::run;
use crate::{Result, hub, world};

/// A generated file and the command of `watchkeep` that prints it.
pub(crate) struct Generated {
    /// From the root of the repository.
    pub(crate) path: &'static str,
    /// The arguments.
    command: &'static [&'static str],
}

/// All generated files.
pub(crate) const FILES: &[Generated] = &[
    Generated { path: "docs/reference/openapi.json", command: &["openapi"] },
    Generated { path: "docs/reference/commands.md", command: &["reference", "commands"] },
    Generated { path: "docs/reference/config.md", command: &["config", "reference"] },
    Generated { path: "docs/reference/exit-codes.md", command: &["reference", "exit-codes"] },
    Generated { path: "docs/reference/signals.md", command: &["reference", "signals"] },
    Generated { path: "docs/reference/controls.md", command: &["reference", "controls"] },
    Generated { path: "docs/reference/risks.md", command: &["reference", "risks"] },
    Generated { path: "docs/reference/register.md", command: &["reference", "register"] },
    Generated { path: "docs/reference/connection-reasons.md", command: &["reference", "connection-reasons"] },
];

/// `cargo xtask gen [--check]`.
pub(crate) fn chore(args: &[String]) -> Result {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("usage: cargo xtask gen [--check]".into()),
    };
    let stale = outdated()?;
    if check {
        return match stale.as_slice() {
            [] => Ok(()),
            files => Err(format!("out of date, run `cargo xtask gen`: {}", paths(files)).into()),
        };
    }
    for (path, text) in &stale {
        let path = world::root().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, text)?;
    }
    match stale.as_slice() {
        [] => println!("gen: {} files are up to date", FILES.len()),
        files => println!("gen: wrote {}", paths(files)),
    }
    Ok(())
}

/// The files whose text differs from what the program prints, with that text.
pub(crate) fn outdated() -> Result<Vec<(&'static str, String)>> {
    let watchkeep: PathBuf = hub::build()?;
    let mut stale = Vec::new();
    for file in FILES {
        let text = run(&watchkeep).args(file.command).read()?;
        if fs::read_to_string(world::root().join(file.path)).ok().as_ref() != Some(&text) {
            stale.push((file.path, text));
        }
    }
    Ok(stale)
}

fn paths(files: &[(&str, String)]) -> String {
    files.iter().map(|(path, _)| *path).collect::<Vec<_>>().join(", ")
}
