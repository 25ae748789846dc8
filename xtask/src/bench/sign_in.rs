//! `cargo xtask bench sign-in`: many sign-ins at once, and what becomes of memory and of everybody else meanwhile. Without
//! the limits by address, since an attacker has many.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bench::subject::free_port;
use crate::bench::{hub, machine};
use crate::hub::first_line;
use crate::process::{self, run as program};
use crate::{Result, world};

const HELP: &str = "\
Sign-ins, all at once: memory of the hub, and how long its health takes to answer meanwhile.

Usage: cargo xtask bench sign-in [OPTIONS]

  --at-once N     sign-ins at the same time (default 500)
  --binary PATH   measure this watchkeep program instead of building one for release
";

/// What the passwords are: the first are refused before anything is hashed, of the second each would be.
const ROUNDS: [(&str, usize); 2] = [("1 MiB passwords", (1 << 20) - 1024), ("64-byte passwords", 64)];

struct Hub(Child);

impl Drop for Hub {
    fn drop(&mut self) {
        process::stop(&mut self.0);
    }
}

/// Runs the bench and prints its report.
pub(super) fn run(args: &[String]) -> Result {
    let (mut at_once, mut binary) = (500_usize, None);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match (word.as_str(), words.next()) {
            ("--help" | "-h" | "help", _) => {
                print!("{HELP}");
                return Ok(());
            }
            ("--at-once", Some(value)) => at_once = value.parse::<usize>()?.clamp(1, 900),
            ("--binary", Some(value)) => binary = Some(std::path::absolute(value)?),
            _ => return Err(format!("`{word}` is no option; `cargo xtask bench sign-in --help` lists them").into()),
        }
    }
    let binary: PathBuf = match binary {
        Some(binary) => binary,
        None => hub::build()?,
    };
    let folder = world::target().join("bench").join("sign-in");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let port = free_port()?;
    let command = program(&binary).args(["demo", "--json", "--port", &port.to_string()]);
    let command =
        command.env("WATCHKEEP_DATA_DIR", folder.join("data")).env("WATCHKEEP_LIMITS__SIGN_INS_PER_MINUTE", "0");
    let log = fs::File::create(folder.join("log"))?;
    let mut hub = Hub(command.into_command().stdout(Stdio::piped()).stderr(log).spawn()?);
    first_line(&mut hub.0)?;

    let machine = machine::look();
    println!("{at_once} sign-ins at once, load generator on the same {} cores\n", machine.cores);
    println!("{:<20} {:>8} {:>9} {:>10} {:>10} {:>9}  answers", "", "took", "memory", "health p50", "p99", "max");
    let idle = resident(hub.0.id())?;
    println!("{:<20} {:>8} {:>5.1} MiB", "before", "", idle);
    for (name, bytes) in ROUNDS {
        println!("{name:<20} {}", round(&hub, port, at_once, bytes)?);
    }
    println!("\nAims: memory below 150 MiB, health p99 below 50 ms.");
    Ok(())
}

fn round(hub: &Hub, port: u16, at_once: usize, bytes: usize) -> Result<String> {
    let page = exchange(port, "GET /sign-in HTTP/1.1", "", "")?;
    let after = |text: &str, mark: &str, end: char| {
        text.split_once(mark).and_then(|(_, rest)| rest.split_once(end)).map(|(value, _)| value.to_owned())
    };
    let cookie = after(&page, "set-cookie: ", ';').ok_or("the sign-in page sets no cookie")?;
    let form = after(&page, "name=\"form\" value=\"", '"').ok_or("the sign-in page has no form")?;
    let body = format!("email=nobody%40example.com&form={form}&password={}", "p".repeat(bytes));
    let head = format!("Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n");

    let over = AtomicBool::new(false);
    let begun = world::now();
    thread::scope(|scope| {
        let memory = scope.spawn(|| {
            let mut most = 0.0_f64;
            while !over.load(Ordering::Relaxed) {
                most = most.max(resident(hub.0.id()).unwrap_or_default());
                thread::sleep(Duration::from_millis(5));
            }
            most
        });
        let health = scope.spawn(|| {
            let mut took = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let begun = world::now();
                if exchange(port, "GET /healthz HTTP/1.1", "", "").is_ok_and(|page| page.starts_with("HTTP/1.1 200")) {
                    took.push(begun.elapsed());
                } else {
                    took.push(Duration::from_secs(60));
                }
                thread::sleep(Duration::from_millis(5));
            }
            took.sort_unstable();
            took
        });
        let all: Vec<_> =
            (0..at_once).map(|_| scope.spawn(|| exchange(port, "POST /sign-in HTTP/1.1", &head, &body))).collect();
        let mut answers: BTreeMap<String, usize> = BTreeMap::new();
        for one in all {
            let answer = match one.join() {
                Ok(Ok(page)) => page.get(9..12).unwrap_or("?").to_owned(),
                Ok(Err(_)) | Err(_) => String::from("none"),
            };
            *answers.entry(answer).or_default() += 1;
        }
        let took = begun.elapsed();
        over.store(true, Ordering::Relaxed);
        let (most, health) = (memory.join().unwrap_or_default(), health.join().unwrap_or_default());
        let at = |share: usize| health.get(health.len() * share / 100).map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0);
        let max = health.last().map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0);
        let mut line = format!(
            "{:>6.2} s {most:>5.1} MiB {:>7.1} ms {:>7.1} ms {max:>6.1} ms ",
            took.as_secs_f64(),
            at(50),
            at(99)
        );
        for (answer, many) in answers {
            let _ = write!(line, " {many} x {answer}");
        }
        Ok(line)
    })
}

/// One request on a connection of its own, and the whole answer.
fn exchange(port: u16, line: &str, head: &str, body: &str) -> Result<String> {
    let mut stream =
        TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(20))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let length = body.len();
    let request = format!(
        "{line}\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n{body}"
    );
    // a server that refuses early closes before it has read everything: its answer counts
    let _cut = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    let _reset = stream.read_to_end(&mut bytes);
    if bytes.is_empty() { Err("no answer".into()) } else { Ok(String::from_utf8_lossy(&bytes).into_owned()) }
}

/// Resident memory of a process, in MiB.
fn resident(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("the kernel tells no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).ok_or("the kernel tells no VmRSS")?.parse()?;
    Ok(kib / 1024.0)
}
