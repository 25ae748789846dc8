//! The hub, on SQLite, with a person who signed in once and agreed as often as there are chains.
//!
//! The words of its command line, its settings, its paths and the fields of its forms that this bench relies on stand
//! in this file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bench::oauth::browser::{Browser, encoded, parameter};
use crate::bench::oauth::duty::{Desk, Look, Pair};
use crate::bench::oauth::{Pins, Served, Subject, parent};
use crate::bench::subject::free_port;
use crate::hub::first_line;
use crate::process::{Run, run};
use crate::{Result, interrupt, process, world};

/// No limit on anything that the bench does often.
const UNLIMITED: &[(&str, &str)] =
    &[("WATCHKEEP_LIMITS__CALLS_PER_MINUTE", "100000000"), ("WATCHKEEP_LIMITS__SIGN_INS_PER_MINUTE", "0")];
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "correct bench horse battery 42";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "http://127.0.0.1/callback";
const MCP: &str = "/api/mcp";
/// Tokens that are revoked before the measurement.
const REVOKED: usize = 4;

/// The program with its data, its grants, and one kind of durability.
pub(super) struct Home {
    binary: PathBuf,
    folder: PathBuf,
    fsync: bool,
    port: u16,
    desk: Option<Desk>,
}

impl Home {
    pub(super) const NAME: &'static str = "watchkeep, SQLite";
    /// Each commit on the disk.
    pub(super) const DISK: &'static str = "on the disk";
    /// Each commit with the operating system.
    pub(super) const SYSTEM: &'static str = "with the system";

    /// Makes the data of a demo and a person in its tenant, who then agrees `chains` times.
    pub(super) fn make(binary: &Path, fsync: bool, chains: usize) -> Result<Self> {
        let folder = parent().join(if fsync { "hub-disk" } else { "hub-system" });
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        // one port for good: it is part of the issuer and of what tokens are for
        let mut home = Self { binary: binary.to_owned(), folder, fsync, port: free_port()?, desk: None };
        let tenant = home.demo()?;
        let create = home.settled(run(&home.binary)).args(["user", "create", EMAIL, "--tenant", &tenant]);
        let said = create.args(["--role", "analyst"]).read()?;
        let link = said.split_whitespace().find_map(|word| word.find("/link/").map(|at| word[at..].to_owned()));
        let link = link.ok_or_else(|| format!("`watchkeep user create` printed no link: {said}"))?;
        let started = home.serve(run(&home.binary))?;
        home.desk = Some(agree(home.port, &link, &tenant, chains)?);
        drop(started);
        Ok(home)
    }

    /// Lets `watchkeep demo` make its data, and gives the tenant.
    fn demo(&self) -> Result<String> {
        let mut demo = self.settled(run(&self.binary)).args(["demo", "--json", "--port", "0"]).into_command();
        let mut demo = demo.stdout(Stdio::piped()).stderr(self.log()?).spawn()?;
        let line = first_line(&mut demo);
        process::stop(&mut demo);
        let told: Value = serde_json::from_str(&line?)?;
        Ok(told["tenant"].as_str().ok_or("`watchkeep demo --json` names no tenant")?.to_owned())
    }

    fn log(&self) -> Result<fs::File> {
        Ok(fs::File::options().create(true).append(true).open(self.folder.join("log"))?)
    }

    fn settled(&self, program: Run) -> Run {
        let listen = format!("127.0.0.1:{}", self.port);
        let program = program
            .env("WATCHKEEP_DATA_DIR", self.folder.join("data"))
            .env("WATCHKEEP_DATABASE__FSYNC", if self.fsync { "true" } else { "false" })
            .env("WATCHKEEP_PUBLIC_URL", format!("http://{listen}"))
            .env("WATCHKEEP_LISTEN", listen);
        UNLIMITED.iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    fn serve(&self, program: Run) -> Result<Started> {
        let mut command = self.settled(program).arg("serve").into_command();
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let log = self.log()?;
        let started = Started { child: command.stdout(Stdio::from(log.try_clone()?)).stderr(log).spawn()? };
        let answered = wait(self.port);
        answered.map_err(|error| {
            let said = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            format!("watchkeep does not answer: {error}\n{}", process::tail(&said, 15))
        })?;
        Ok(started)
    }
}

impl Subject for Home {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn durable(&self) -> &'static str {
        if self.fsync { Self::DISK } else { Self::SYSTEM }
    }

    fn start(&self, pins: &Pins) -> Result<Box<dyn Served + '_>> {
        let started = self.serve(pins.program(&self.binary))?;
        let desk = self.desk.as_ref().ok_or("nobody has signed in")?;
        Ok(Box::new(Serving { started, desk }))
    }
}

struct Started {
    child: Child,
}

impl Drop for Started {
    fn drop(&mut self) {
        process::stop(&mut self.child);
    }
}

struct Serving<'a> {
    started: Started,
    desk: &'a Desk,
}

impl Served for Serving<'_> {
    fn pid(&self) -> u32 {
        self.started.child.id()
    }

    fn duties(&self) -> &Desk {
        self.desk
    }
}

/// Waits until a server tells its metadata.
pub(super) fn wait(port: u16) -> Result {
    let begun = world::now();
    loop {
        match Browser::new(port).get("/.well-known/openid-configuration") {
            Ok(page) if page.status == 200 => return Ok(()),
            Ok(page) => return Err(page.unexpected("metadata")),
            Err(error) if begun.elapsed() > Duration::from_secs(60) => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
        interrupt::check()?;
    }
}

/// Sets the password over the link, signs in, registers a client and agrees as often as there are chains.
fn agree(port: u16, link: &str, tenant: &str, chains: usize) -> Result<Desk> {
    let mut browser = Browser::new(port);
    let page = browser.get(link)?;
    let mut fields = page.hidden();
    fields.extend([("password", PASSWORD), ("again", PASSWORD)].map(owned));
    let mut next = browser.post(link, &fields)?.next("the link")?;
    if next.starts_with("/sign-in") {
        let mut fields = browser.get(&next)?.hidden();
        fields.extend([("email", EMAIL), ("password", PASSWORD)].map(owned));
        next = browser.post("/sign-in", &fields)?.next("the sign-in")?;
    }
    if !next.starts_with("/account") {
        return Err(format!("after the sign-in comes {next}, which is unexpected").into());
    }
    let registration = format!(
        r#"{{"client_name":"Bench","redirect_uris":["{CALLBACK}"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]}}"#
    );
    let page = browser.post_json("/register", &registration)?;
    let told: Value = serde_json::from_str(&page.body).map_err(|_| page.unexpected("the registration"))?;
    let client = told["client_id"].as_str().ok_or_else(|| page.unexpected("the registration"))?.to_owned();
    let grants = (0..chains).map(|_| grant(&mut browser, &client, tenant)).collect::<Result<Vec<_>>>()?;
    let mut revoked = Vec::new();
    for _ in 0..REVOKED {
        let pair = grant(&mut browser, &client, tenant)?;
        let fields = [("token", pair.refresh.as_str()), ("client_id", &client)].map(owned);
        let page = browser.post("/revoke", &fields)?;
        if page.status != 200 {
            return Err(page.unexpected("the revocation"));
        }
        revoked.push(pair.access);
    }
    Ok(Desk {
        port,
        client,
        token_path: "/token",
        register_path: "/register",
        look: Look::Use { path: String::from(MCP) },
        grants: grants.into_iter().map(Mutex::new).collect(),
        revoked,
    })
}

/// One walk through authorization, consent and the exchange of the code.
fn grant(browser: &mut Browser, client: &str, tenant: &str) -> Result<Pair> {
    let authorize = format!(
        "/authorize?response_type=code&client_id={client}&redirect_uri={}&code_challenge={CHALLENGE}\
         &code_challenge_method=S256&scope=mcp%3Aread&state=bench",
        encoded(CALLBACK)
    );
    let consent = browser.get(&authorize)?.next("the authorization request")?;
    let page = browser.get(&consent)?;
    let mut fields = page.hidden();
    for (name, value) in [("tenant", tenant), ("scope", "mcp:read"), ("decision", "allow")] {
        if !fields.iter().any(|(found, _)| found == name) {
            fields.push(owned((name, value)));
        }
    }
    let back = browser.post("/consent", &fields)?;
    let location = back.location.as_deref().unwrap_or_default();
    let code = parameter(location, "code").ok_or_else(|| back.unexpected("the consent"))?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let page = browser.post("/token", &fields.map(owned))?;
    let told: Value = serde_json::from_str(&page.body).map_err(|_| page.unexpected("the code"))?;
    match (told["refresh_token"].as_str(), told["access_token"].as_str()) {
        (Some(refresh), Some(access)) => Ok(Pair { refresh: refresh.to_owned(), access: access.to_owned() }),
        _ => Err(page.unexpected("the code")),
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
