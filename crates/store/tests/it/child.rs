//! The suite's own binary, started once more as another process: a hub that is killed, a hub without room, a hub of a
//! user without rights. What it does stands in `WATCHKEEP_TEST_CHILD`; it prints a line for each thing that was
//! acknowledged.
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use watchkeep_store::{Database, Error, Group, Options, Store, Tx, kris};

use crate::given::{self, NOW, call, new_kri, write};
use crate::home::{APP, Home, OWNER};

const WHAT: &str = "WATCHKEEP_TEST_CHILD";

/// Does what the parent asked for, if there is one.
pub(crate) fn run() -> bool {
    let Ok(what) = std::env::var(WHAT) else { return false };
    let (what, url) = what.split_once(' ').expect("a task and a database");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        match what {
            "write" => keep_writing(url).await,
            "fill" => fill(Path::new(url)).await,
            "open" => match Store::open(Options::sqlite(url)).await {
                Ok(_) => say("opened"),
                Err(e) => say(&e.to_string()),
            },
            _ => panic!("{what}"),
        }
    });
    true
}
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // the parent may be gone, and then so are we
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap_or_else(|_| std::process::exit(1));
}
async fn open(url: &str) -> Store {
    let options = match url.split_once(' ') {
        Some((app, owner)) => Options {
            database: Database::Postgres {
                url: app.into(),
                owner_url: Some(owner.into()),
                ca_file: None,
                connections: 8,
            },
            ..Options::sqlite("")
        },
        None => Options::sqlite(url),
    };
    Store::open(options).await.unwrap()
}

/// Sixteen tasks write rows as fast as they can; each tells the row's name once it was acknowledged.
async fn keep_writing(url: &str) {
    let store = open(url).await;
    let mut scopes = vec![];
    for name in ["acme", "noise", "third"] {
        scopes.push(store.administer(&given::slug(name)).await.unwrap().unwrap());
    }
    say("ready");
    let round = std::process::id();
    given::together(16, |task| {
        let (store, scope) = (store.clone(), scopes[task % 3].clone());
        async move {
            for n in 0.. {
                let name = format!("k{round}-{task}-{n}");
                let made = name.clone();
                let (kind, done) = if n % 4 == 3 {
                    ("row", store.record(&scope, call(&name), "ok").await)
                } else {
                    let add = async move |tx: &mut Tx<'_>| kris::add(tx, &new_kri(&made), NOW).await;
                    ("kri", store.write(&scope, call(&name), add).await)
                };
                match done {
                    Ok(()) => say(&format!("{kind} {name}")),
                    Err(e) => return say(&format!("failed {name}: {e}")),
                }
            }
        }
    })
    .await;
}

/// Writes on a disk without room: small things beside one that is far too big, then small ones until the end.
async fn fill(file: &Path) {
    // long groups, so that the big ones have neighbours
    let group = Group { max_ops: 256, max_hold: Duration::from_secs(1), ..Group::default() };
    let store = Store::open(Options { group, ..Options::sqlite(file) }).await.unwrap();
    let scope = given::tenant(&store, "acme").await;
    // one is told in the middle of its statement, as it is more than SQLite holds in memory; one at the commit that it
    // shares with its neighbours
    for (first, big, size) in [(0, 20, 12 << 20), (40, 60, 5 << 20)] {
        // a slow one holds the group open until all have come
        let slow = tokio::spawn({
            let (store, scope) = (store.clone(), scope.clone());
            async move {
                let sleep = async |_: &mut Tx<'_>| {
                    std::thread::sleep(Duration::from_millis(300));
                    Ok(())
                };
                write(&store, &scope, sleep).await
            }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let done = given::together(40, |i| {
            let (store, scope, i) = (store.clone(), scope.clone(), i + first);
            async move {
                let mut k = new_kri(&format!("k{i}"));
                k.about = "x".repeat(if i == big { size } else { 10 });
                (i, write(&store, &scope, async move |tx| kris::add(tx, &k, NOW).await).await)
            }
        })
        .await;
        for (i, r) in done {
            say(&told(&format!("k{i}"), r));
        }
        slow.await.unwrap().unwrap();
    }
    let mut n = 80;
    loop {
        let mut k = new_kri(&format!("k{n}"));
        k.about = "x".repeat(30_000);
        let r = write(&store, &scope, async move |tx| kris::add(tx, &k, NOW).await).await;
        let full = r.is_err();
        say(&told(&format!("k{n}"), r));
        n += 1;
        if full {
            break;
        }
        assert!(n < 2000, "the disk is not full");
    }
    // reading goes on, and so does writing once there is room again
    say(&format!("read {}", kris::slugs(store.at(&scope)).await.unwrap().len()));
    std::fs::remove_file(file.with_file_name("ballast")).unwrap();
    let r = write(&store, &scope, async |tx| kris::add(tx, &new_kri("after"), NOW).await).await;
    say(&told("after", r));
}
fn told(name: &str, r: Result<(), Error>) -> String {
    match r {
        Ok(()) => format!("ok {name}"),
        Err(e) => format!("{:?} {name}: {e}", e.kind()),
    }
}

/// The other process.
pub(crate) struct Other {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Other {
    /// Starts it, by way of `with` (a program and its arguments) if there is any.
    pub(crate) fn start(with: &[&str], what: &str, database: &str) -> std::io::Result<Self> {
        let me: PathBuf = std::env::current_exe()?;
        let mut command = match with.split_first() {
            Some((program, arguments)) => {
                let mut c = Command::new(program);
                c.args(arguments).arg(me);
                c
            }
            None => Command::new(me),
        };
        let mut child =
            command.env(WHAT, format!("{what} {database}")).stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        Ok(Self { child, out })
    }
    pub(crate) fn write(home: &Home) -> Self {
        let database = match home.engine {
            crate::home::Engine::Sqlite => home.file().display().to_string(),
            crate::home::Engine::Postgres => format!("{} {}", home.url(APP), home.url(OWNER)),
        };
        Self::start(&[], "write", &database).unwrap()
    }
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let n = self.out.read_line(&mut line).unwrap();
        // a line without its end was not said
        (n > 0 && line.ends_with('\n')).then(|| line.trim_end().to_owned())
    }
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
    /// What is left to read, to the end of the process.
    pub(crate) fn rest(mut self) -> Vec<String> {
        let rest = std::iter::from_fn(|| self.line()).collect();
        self.child.wait().unwrap();
        rest
    }
}
impl Drop for Other {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}
