//! The machine that the figures belong to.

use std::{fs, thread};

use crate::process::run;

/// What a reader of the figures must know of the machine.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) kernel: String,
    /// Runnable processes in the last minute, on average, before the bench began.
    pub(super) load: f64,
}

/// Looks at the machine.
pub(super) fn look() -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let name = cpuinfo.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    let kernel = run("uname").args(["-sr"]).read().unwrap_or_default();
    Machine {
        processor: name.map_or("unknown processor", |(_, name)| name.trim()).to_owned(),
        cores: thread::available_parallelism().map_or(1, usize::from),
        kernel: kernel.trim().to_owned(),
        load: read("/proc/loadavg").split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0),
    }
}
