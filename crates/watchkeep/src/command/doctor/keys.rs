//! The keyring, what it seals, what it signs.
use watchkeep_model::Span;
use watchkeep_store::audit::checkpoint;
use watchkeep_store::{Keyring, Store};

use super::Check;
use crate::config::Config;
use crate::desk;

/// All of it.
pub(super) async fn all(config: &Config, store: Option<&Store>) -> Vec<Check> {
    let file = config.keyring_file();
    let keys = match Keyring::load(&file) {
        Ok(Some(keys)) => keys,
        Ok(None) => {
            let fix = "restore it from where you keep a copy; without it sealed secrets do not open";
            return vec![Check::fail("keyring", format!("{} is missing", file.display()), fix)];
        }
        Err(e) => {
            let fix = format!("chmod 600 {0}, or restore your copy of {0}", file.display());
            return vec![Check::fail("keyring", e.to_string(), fix)];
        }
    };
    let mut checks = vec![Check::ok("keyring", format!("{}, for its user only", file.display()))];
    if let Some(store) = store {
        checks.push(sealed(store, &keys).await);
    }
    checks.push(checkpoints(config, &keys));
    checks
}

async fn sealed(store: &Store, keys: &Keyring) -> Check {
    const NAME: &str = "sealed secrets";
    match store.try_seals(keys).await {
        Ok(seals) if seals.closed > 0 => {
            let told = format!("{} of {} do not open: {}", seals.closed, seals.count, seals.told().join("; "));
            Check::fail(
                NAME,
                told,
                "restore the keyring that was in use when they were sealed, or enter the secrets again",
            )
        }
        Ok(seals) => match seals.not_under(keys.active()) {
            0 => Check::ok(NAME, format!("{}, each opens", seals.count)),
            older => Check::warn(
                NAME,
                format!("{}, each opens; {older} with an older key", seals.count),
                "run `watchkeep keyring reseal`, then drop the older keys",
            ),
        },
        Err(e) => Check::fail(NAME, e.to_string(), "see the database check"),
    }
}

fn checkpoints(config: &Config, keys: &Keyring) -> Check {
    const NAME: &str = "checkpoints";
    let file = config.checkpoint_file();
    let shown = file.display();
    if !file.exists() {
        let fix = "start the hub, or run `watchkeep audit checkpoint`; if there was one, restore it from where you keep a copy";
        return Check::warn(
            NAME,
            format!("{shown} does not exist, so a cut or recomputed audit log would not be noticed"),
            fix,
        );
    }
    match checkpoint::read_file(&file, keys) {
        Err(e) => Check::fail(NAME, e.to_string(), "make the file readable for the hub's user"),
        Ok((_, wrong)) if !wrong.is_empty() => {
            Check::fail(NAME, wrong.join("; "), "run `watchkeep audit verify`, and compare with your copy of the file")
        }
        Ok((chains, _)) => {
            let count: usize = chains.values().map(Vec::len).sum();
            let latest = chains.values().flatten().map(|(c, _)| c.at).max();
            let told = match latest {
                Some(at) => format!("{count} in {shown}, the latest of {at}"),
                None => format!("none in {shown} yet"),
            };
            match latest {
                Some(at) if desk::now().since(at) > Span::days(7) => Check::warn(
                    NAME,
                    format!("{told}: a week without one"),
                    "start the hub, or run `watchkeep audit checkpoint`",
                ),
                _ => Check::ok(NAME, told),
            }
        }
    }
}
