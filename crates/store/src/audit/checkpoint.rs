//! Signed checkpoints: where each chain ended at a moment, kept outside the database.
//!
//! One line per checkpoint: `n seq hash at chain previous signature`, the hashes in hex. `previous` is the SHA-256 of
//! the chain's checkpoint before, so that none can be taken out of the middle; the signature (Ed25519, RFC 8032) is
//! over the text before it. Who can rewrite database, file and keyring can rewrite history: keep a copy of the file
//! where the hub cannot write.
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use ring::digest::{SHA256, digest};
use uuid::Uuid;
use watchkeep_model::Timestamp;

use crate::seal::{hex, unhex};
use crate::{Error, Keyring, Result, Store};

statements! {
    Crossing CHAINS = "select h.chain_id, h.seq, h.hash from audit_head h order by h.chain_id";
    Crossing ADD = "insert into audit_checkpoint (tenant_id, n, seq, hash, at, line) values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, n) do nothing";
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
    pub async fn checkpoint(&self, keys: &Keyring, file: &Path, now: Timestamp) -> Result<usize> {
        let heads: Vec<(Uuid, i64, [u8; 32])> = self.crossing().all(CHAINS, []).await?;
        let mut lines = vec![];
        for (chain, seq, hash) in heads {
            let last: Option<(i64, i64, String)> = self.crossing().opt(LAST, params![chain]).await?;
            let (n, covered, previous) = match &last {
                Some((n, covered, line)) => (n + 1, *covered, line_hash(line)),
                None => (1, 0, [0; 32]),
            };
            if seq > covered {
                let c = Checkpoint { n, seq, hash, at: now, chain, previous };
                let line = c.line(keys);
                lines.push((c, line));
            }
        }
        append(file, lines.iter().map(|(_, l)| l.as_str()))?;
        let taken = lines.len();
        for (c, line) in lines {
            self.write_quietly(async move |tx| {
                tx.exec(ADD, params![c.chain, c.n, c.seq, &c.hash, c.at, &line]).await?;
                Ok(())
            })
            .await?;
        }
        Ok(taken)
    }
}

fn append<'a>(file: &Path, lines: impl Iterator<Item = &'a str>) -> Result<()> {
    let text: String = lines.flat_map(|l| [l, "\n"]).collect();
    if text.is_empty() {
        return Ok(());
    }
    let named = |e: std::io::Error| Error::Io(format!("the checkpoint file {} cannot be written: {e}", file.display()));
    let mut f = std::fs::OpenOptions::new().create(true).append(true).open(file).map_err(named)?;
    f.write_all(text.as_bytes()).map_err(named)?;
    f.sync_all().map_err(named)
}

/// Reads a checkpoint file: the good checkpoints by chain, and what is wrong with the rest.
///
/// A line that stands twice (the hub stopped between file and database) counts once.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; a missing file is an empty one.
pub fn read_file(file: &Path, keys: &Keyring) -> Result<(HashMap<Uuid, Vec<(Checkpoint, String)>>, Vec<String>)> {
    let text = match std::fs::read_to_string(file) {
        Ok(t) => t,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Error::Io(format!("the checkpoint file {} cannot be read: {e}", file.display()))),
    };
    let mut chains: HashMap<Uuid, Vec<(Checkpoint, String)>> = HashMap::new();
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
