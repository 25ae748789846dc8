//! How long the disk takes to keep a promise. A durable audit row can never be faster than this, and no figure of a
//! database means anything without it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crate::bench::load::quantile;
use crate::{Result, interrupt, world};

/// What a disk did in a loop of 4 KiB appends, each followed by `fdatasync`.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct Disk {
    /// Appends per second, one after the other.
    pub(super) rate: f64,
    /// Milliseconds of the median append.
    pub(super) p50: f64,
    /// Milliseconds that 99 of 100 appends do not exceed.
    pub(super) p99: f64,
}

/// Appends to a new file in the folder for as long as asked, then removes it.
pub(super) fn probe(folder: &Path, time: Duration) -> Result<Disk> {
    let path = folder.join("fsync-probe");
    let measured = appends(&path, time);
    let _ = fs::remove_file(&path);
    let mut micros = measured.map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    interrupt::check()?;
    micros.sort_unstable();
    Ok(Disk {
        rate: micros.len() as f64 / time.as_secs_f64(),
        p50: quantile(&micros, 0.5) / 1000.0,
        p99: quantile(&micros, 0.99) / 1000.0,
    })
}

fn appends(path: &Path, time: Duration) -> std::io::Result<Vec<u32>> {
    let mut file = fs::File::create(path)?;
    let page = [0x5a_u8; 4096];
    let begun = world::now();
    let mut micros = Vec::new();
    while begun.elapsed() < time && !interrupt::interrupted() {
        let one = world::now();
        file.write_all(&page)?;
        file.sync_data()?;
        micros.push(u32::try_from(one.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_measures_and_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("wk-fsync-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let disk = probe(&folder, Duration::from_millis(50)).unwrap();
        assert!(disk.rate > 0.0 && disk.p50 <= disk.p99, "{disk:?}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = probe(Path::new("/nowhere/at/all"), Duration::from_millis(1)).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
