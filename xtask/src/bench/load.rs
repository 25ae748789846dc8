//! The load: clients in threads of their own, each with one kept-alive connection, each asking again as soon as it was
//! answered. What happens before the window opens is warm-up and counts for nothing but the audit log.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::bench::call::{Client, Endpoint};
use crate::bench::usage;
use crate::{Result, interrupt, world};

/// How much load, and for how long.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct Plan {
    pub(super) clients: usize,
    /// Seconds before the window opens.
    pub(super) warm: f64,
    /// Seconds of the window.
    pub(super) seconds: f64,
}

/// What was seen in the window.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Load {
    /// Calls that were answered in the window.
    pub(super) calls: u64,
    /// Calls that were answered at all, warm-up included: each must have left an audit row.
    pub(super) answered: u64,
    /// Calls per second of the clock.
    pub(super) rate: f64,
    /// Milliseconds of the median call.
    pub(super) p50: f64,
    /// Milliseconds that 99 of 100 calls did not exceed.
    pub(super) p99: f64,
    /// Milliseconds of the slowest call.
    pub(super) slowest: f64,
    /// Microseconds of processor time per call, the server's processes.
    pub(super) server_cpu: f64,
    /// Microseconds of processor time per call, the processes of the database server; 0 without one.
    pub(super) database_cpu: f64,
    /// Microseconds of processor time per call, the load generator itself.
    pub(super) client_cpu: f64,
    /// Share of the machine's processor time that went to anything else, 0 to 1.
    pub(super) others: f64,
    /// Bytes of one answer's body.
    pub(super) bytes: usize,
}

const WARM: u8 = 0;
const OPEN: u8 = 1;
const OVER: u8 = 2;

/// What the threads share.
#[derive(Default)]
struct Shared {
    phase: AtomicU8,
    calls: AtomicU64,
    bytes: AtomicU64,
    wrong: Mutex<Option<crate::Error>>,
}

/// Processor time so far: server, database, load generator, machine.
fn spent(server: u32, database: Option<u32>) -> [Duration; 4] {
    [usage::cpu(server), database.map(usage::cpu).unwrap_or_default(), usage::own(), usage::busy()]
}

/// Somebody with a connection of its own who asks the same kind of thing again and again.
pub(super) trait Caller {
    /// Asks once and checks the answer.
    fn call(&mut self) -> Result;
    /// Bytes of the last answer's body.
    fn bytes(&self) -> usize;
}

/// Makes the caller of a number, in the thread that it will live in.
pub(super) type Connect<'a> = dyn Fn(usize) -> Result<Box<dyn Caller + 'a>> + Sync + 'a;

/// Drives an MCP server. `database` is the first process of a database server that works for it.
///
/// # Errors
/// When one answer is wrong or does not come, or the chore is interrupted.
pub(super) fn drive(endpoint: &Endpoint, plan: Plan, server: u32, database: Option<u32>) -> Result<Load> {
    drive_with(&|number| Ok(Box::new(Client::connect(endpoint, number)?)), plan, server, database)
}

/// Drives a server with callers of any kind.
///
/// # Errors
/// When one answer is wrong or does not come, or the chore is interrupted.
pub(super) fn drive_with(connect: &Connect<'_>, plan: Plan, server: u32, database: Option<u32>) -> Result<Load> {
    let shared = Shared::default();
    let (mut before, mut after) = ([Duration::ZERO; 4], [Duration::ZERO; 4]);
    let (mut first, mut last, mut took) = (0, 0, Duration::ZERO);
    let mut micros: Vec<u32> = Vec::new();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..plan.clients)
            .map(|number| {
                scope.spawn({
                    let shared = &shared;
                    move || client(connect, number, shared)
                })
            })
            .collect();
        pause(plan.warm, &shared);
        (before, first) = (spent(server, database), shared.calls.load(Ordering::SeqCst));
        let opened = world::now();
        let _ = shared.phase.compare_exchange(WARM, OPEN, Ordering::SeqCst, Ordering::SeqCst);
        pause(plan.seconds, &shared);
        (after, last, took) = (spent(server, database), shared.calls.load(Ordering::SeqCst), opened.elapsed());
        shared.phase.store(OVER, Ordering::SeqCst);
        micros = clients.into_iter().filter_map(|client| client.join().ok()).flatten().collect();
    });
    interrupt::check()?;
    if let Ok(Some(error)) = shared.wrong.into_inner() {
        return Err(error);
    }
    let calls = last - first;
    if calls == 0 || micros.is_empty() {
        return Err("no call was answered in the window; give it more `--seconds`".into());
    }
    micros.sort_unstable();
    let cpu = |at: usize| after[at].saturating_sub(before[at]);
    let each = |at: usize| cpu(at).as_secs_f64() * 1e6 / calls as f64;
    let cores = usage::cores() as f64;
    let others = cpu(3).saturating_sub(cpu(0) + cpu(1) + cpu(2));
    Ok(Load {
        calls,
        answered: shared.calls.load(Ordering::SeqCst),
        rate: calls as f64 / took.as_secs_f64(),
        p50: quantile(&micros, 0.5) / 1000.0,
        p99: quantile(&micros, 0.99) / 1000.0,
        slowest: quantile(&micros, 1.0) / 1000.0,
        server_cpu: each(0),
        database_cpu: each(1),
        client_cpu: each(2),
        others: others.as_secs_f64() / took.as_secs_f64() / cores,
        bytes: usize::try_from(shared.bytes.load(Ordering::SeqCst))?,
    })
}

/// Waits, unless a client found something wrong or somebody wants to stop.
fn pause(seconds: f64, shared: &Shared) {
    let begun = world::now();
    let time = Duration::from_secs_f64(seconds);
    while begun.elapsed() < time && shared.phase.load(Ordering::SeqCst) != OVER && !interrupt::interrupted() {
        thread::sleep(time.saturating_sub(begun.elapsed()).min(Duration::from_millis(20)));
    }
}

/// One client's life; gives the microseconds of each of its calls that began and ended in the window.
fn client(connect: &Connect<'_>, number: usize, shared: &Shared) -> Vec<u32> {
    // not all at one instant: servers with several processes share out connections as they come
    thread::sleep(Duration::from_millis(5 * number as u64));
    let mut micros = Vec::new();
    if let Err(error) = calls(connect, number, shared, &mut micros) {
        shared.phase.store(OVER, Ordering::SeqCst);
        if let Ok(mut wrong) = shared.wrong.lock() {
            wrong.get_or_insert(error);
        }
    }
    micros
}

fn calls(connect: &Connect<'_>, number: usize, shared: &Shared, micros: &mut Vec<u32>) -> Result {
    let mut client = connect(number)?;
    loop {
        let phase = shared.phase.load(Ordering::SeqCst);
        if phase == OVER {
            return Ok(());
        }
        let asked = world::now();
        client.call()?;
        let took = asked.elapsed();
        shared.calls.fetch_add(1, Ordering::SeqCst);
        if phase == OPEN && shared.phase.load(Ordering::SeqCst) == OPEN {
            micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        }
        shared.bytes.store(client.bytes() as u64, Ordering::Relaxed);
    }
}

/// The value that the given share of sorted values does not exceed (nearest rank); 0 without values.
pub(super) fn quantile(sorted: &[u32], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank.min(sorted.len()).wrapping_sub(1)).copied().map_or(0.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_ranks() {
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| quantile(&values, share)), [1.0, 100.0, 198.0, 200.0]);
        assert_eq!(quantile(&[], 0.5), 0.0);
        assert_eq!(quantile(&[7], 0.99), 7.0);
    }

    #[test]
    fn a_server_that_is_not_there_is_an_error() {
        let endpoint = Endpoint::parse("http://127.0.0.1:1/mcp", "t").unwrap();
        let plan = Plan { clients: 2, warm: 5.0, seconds: 5.0 };
        let begun = world::now();
        assert!(drive(&endpoint, plan, std::process::id(), None).is_err());
        assert!(begun.elapsed() < Duration::from_secs(4), "an error ends the run at once");
    }
}
