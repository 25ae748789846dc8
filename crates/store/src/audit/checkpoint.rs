//! Signed checkpoints: where each chain ended at a moment, kept outside the database.
//!
//! One line per checkpoint: `n seq hash at chain previous signature`, the hashes in hex. `previous` is the SHA-256 of
//! the chain's checkpoint before, so that none can be taken out of the middle; the signature (Ed25519, RFC 8032) is
//! over the text before it. Who can rewrite database, file and keyring can rewrite history: keep a copy of the file
//! where the hub cannot write.
use std::collections::HashMap;
use std::fs::TryLockError;
use std::io::{Read, Write};
use std::path::Path;

use ring::digest::{SHA256, digest};
use uuid::Uuid;
use watchkeep_model::Timestamp;

use crate::seal::{hex, unhex};
use crate::{Error, Keyring, Result, Store};

statements! {
    Crossing CHAINS = "select h.chain_id, h.seq, h.hash from audit_head h order by h.chain_id";
    Crossing ADD = "insert into audit_checkpoint (tenant_id, n, seq, hash, at, line) values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, n) do nothing";
    Crossing NOTED_UP_TO = "select tenant_id, max(n) as n from audit_checkpoint group by tenant_id";
    Crossing LAST = "select n, seq, line from audit_checkpoint where tenant_id = $1 order by n desc limit 1";
}

/// One checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The how-manieth of its chain, from 1.
    pub n: i64,
    /// The last row it covers.
    pub seq: i64,
    /// That row's hash.
    pub hash: [u8; 32],
    /// When it was taken.
    pub at: Timestamp,
    /// The tenant's id; nil for the installation.
    pub chain: Uuid,
    /// SHA-256 of the line before it in this chain; zeros for the first.
    pub previous: [u8; 32],
}

impl Checkpoint {
    fn text(&self) -> String {
        let (n, seq, at) = (self.n, self.seq, self.at.micros());
        format!("{n} {seq} {} {at} {} {}", hex(&self.hash), self.chain, hex(&self.previous))
    }
    fn line(&self, keys: &Keyring) -> String {
        let text = self.text();
        let signature = hex(&keys.sign(text.as_bytes()));
        format!("{text} {signature}")
    }
    /// Reads a line and checks its signature.
    ///
    /// # Errors
    /// What is wrong with the line, in a sentence.
    pub fn read(line: &str, keys: &Keyring) -> std::result::Result<Self, String> {
        let (text, signature) = line.rsplit_once(' ').ok_or("the line is cut off")?;
        let signature: [u8; 64] = unhex(signature).ok_or("the signature is not 128 hex digits")?;
        if !keys.verifies(text.as_bytes(), &signature) {
            return Err("the signature does not fit: the line was changed, or signed with another keyring".into());
        }
        let f: Vec<&str> = text.split(' ').collect();
        let [n, seq, hash, at, chain, previous] = f.as_slice() else {
            return Err("the line does not have seven fields".into());
        };
        let number = |s: &str| s.parse::<i64>().map_err(|_| format!("`{s}` is not a number"));
        Ok(Self {
            n: number(n)?,
            seq: number(seq)?,
            hash: unhex(hash).ok_or("the hash is not 64 hex digits")?,
            at: Timestamp::from_micros(number(at)?),
            chain: chain.parse().map_err(|_| "the chain is not an id")?,
            previous: unhex(previous).ok_or("the previous hash is not 64 hex digits")?,
        })
    }
}
/// What the next line of a chain refers to.
pub fn line_hash(line: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, line.as_bytes()).as_ref());
    out
}

impl Store {
    /// Takes a checkpoint of each chain that has grown, appends them to `file` (flushed), then notes them in the
    /// database. Tells how many were taken.
    ///
    /// # Errors
    /// Of the database, or [`Error::Io`] if the file cannot be written: then nothing is noted.
    pub fn checkpoint(
        &self,
        keys: &Keyring,
        file: &Path,
        now: Timestamp,
    ) -> impl Future<Output = Result<usize>> + Send {
        async move {
            let mut book = Book::open(file, keys).await?;
            let heads: Vec<(Uuid, i64, [u8; 32])> = self.crossing().all(CHAINS, []).await?;
            let (mut unnoted, mut taken) = (vec![], vec![]);
            for (chain, seq, hash) in heads {
                let last: Option<(i64, i64, String)> = self.crossing().opt(LAST, params![chain]).await?;
                let (mut n, mut covered, mut previous) = match &last {
                    Some((n, covered, line)) => (n + 1, *covered, line_hash(line)),
                    None => (1, 0, [0; 32]),
                };
                // written, but the hub stopped before it was noted
                while let Some((c, line)) = book.find(keys, chain, n, previous) {
                    (n, covered, previous) = (n + 1, c.seq, line_hash(&line));
                    unnoted.push((c, line));
                }
                if seq > covered {
                    let c = Checkpoint { n, seq, hash, at: now, chain, previous };
                    let line = c.line(keys);
                    taken.push((c, line));
                }
            }
            book.append(taken.iter().map(|(_, line)| line.as_str()))?;
            let count = taken.len();
            for (c, line) in unnoted.into_iter().chain(taken) {
                self.write_quietly(async move |tx| {
                    tx.exec(ADD, params![c.chain, c.n, c.seq, &c.hash, c.at, &line]).await?;
                    Ok(())
                })
                .await?;
            }
            Ok(count)
        }
    }
    /// The newest checkpoint of each chain that the database knows of.
    pub(super) async fn noted_up_to(&self) -> Result<HashMap<Uuid, i64>> {
        let rows: Vec<(Uuid, i64)> = self.crossing().all(NOTED_UP_TO, []).await?;
        Ok(rows.into_iter().collect())
    }
}

/// The checkpoint file, open for appending and ours alone: two hubs must not both write the checkpoint that follows.
struct Book {
    file: std::fs::File,
    name: String,
    lines: HashMap<(String, i64), Vec<String>>,
}

impl Book {
    async fn open(path: &Path, keys: &Keyring) -> Result<Self> {
        let name = path.display().to_string();
        let named = |e: std::io::Error| Error::Io(format!("the checkpoint file {name} cannot be written: {e}"));
        let mut file = std::fs::OpenOptions::new().create(true).read(true).append(true).open(path).map_err(named)?;
        let mut tries = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < 500 => {
                    tries += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Io(format!("the checkpoint file {name} is held by another process")));
                }
                // a file system without locks
                Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => break,
                Err(TryLockError::Error(e)) => return Err(named(e)),
            }
        }
        let mut bytes = vec![];
        file.read_to_end(&mut bytes).map_err(named)?;
        // a line without its end was being written when the hub stopped, and nobody was told of it
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            if Checkpoint::read(&String::from_utf8_lossy(&bytes[whole..]), keys).is_ok() {
                file.write_all(b"\n").map_err(named)?;
            } else {
                file.set_len(whole as u64).map_err(named)?;
                bytes.truncate(whole);
            }
        }
        let mut lines: HashMap<_, Vec<String>> = HashMap::new();
        for line in String::from_utf8_lossy(&bytes).lines() {
            let mut f = line.split(' ');
            if let (Some(Ok(n)), Some(chain)) = (f.next().map(str::parse), f.nth(3)) {
                lines.entry((chain.to_owned(), n)).or_default().push(line.to_owned());
            }
        }
        Ok(Self { file, name, lines })
    }
    /// The checkpoint `n` of a chain, if a good one that follows `previous` stands in the file.
    fn find(&self, keys: &Keyring, chain: Uuid, n: i64, previous: [u8; 32]) -> Option<(Checkpoint, String)> {
        let same = self.lines.get(&(chain.to_string(), n))?;
        let mut good = same.iter().filter_map(|line| Some((Checkpoint::read(line, keys).ok()?, line.clone())));
        good.find(|(c, _)| c.previous == previous)
    }
    fn append<'a>(&mut self, lines: impl Iterator<Item = &'a str>) -> Result<()> {
        let text: String = lines.flat_map(|l| [l, "\n"]).collect();
        let written = if text.is_empty() { Ok(()) } else { self.file.write_all(text.as_bytes()) };
        written.and_then(|()| self.file.sync_all()).map_err(|e| {
            let name = &self.name;
            Error::Io(format!("the checkpoint file {name} cannot be written: {e}"))
        })
    }
}

/// Checkpoints with their lines, by chain, in the order of the file.
pub type Kept = HashMap<Uuid, Vec<(Checkpoint, String)>>;

/// Reads a checkpoint file: the good checkpoints by chain, and what is wrong with the rest.
///
/// A line that stands twice counts once.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; a missing file is an empty one.
pub fn read_file(file: &Path, keys: &Keyring) -> Result<(Kept, Vec<String>)> {
    let text = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Error::Io(format!("the checkpoint file {} cannot be read: {e}", file.display()))),
    };
    let mut chains = Kept::new();
    let mut wrong = vec![];
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        match Checkpoint::read(line, keys) {
            Ok(c) => {
                let all = chains.entry(c.chain).or_default();
                if !all.iter().any(|(_, l)| l == line) {
                    all.push((c, line.to_owned()));
                }
            }
            Err(why) => wrong.push(format!("checkpoint file, line {}: {why}", i + 1)),
        }
    }
    Ok((chains, wrong))
}
