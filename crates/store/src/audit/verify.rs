//! `audit verify`: reads every chain from its first row, and holds it against head and checkpoints.
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use uuid::Uuid;

use super::checkpoint::{self, Checkpoint, line_hash};
use super::{Row, link};
use crate::engine::postgres::Sight;
use crate::{Keyring, Result, Store};

statements! {
    Crossing HEADS = "select h.chain_id, t.slug from audit_head h left join tenant t on t.id = h.chain_id order by h.chain_id";
    Crossing CHAINS_WITH_ROWS = "select distinct tenant_id from audit_log";
    Crossing HEAD = "select seq, hash from audit_head where chain_id = $1";
    Tenant ROWS = concat!("select ", super::columns!(), " from audit_log where tenant_id = $1 and seq > $2 and seq <= $3 order by seq limit $4");
    Tenant NOTED = "select n, line from audit_checkpoint where tenant_id = $1 and n <= $2 order by n";
}

/// What was found in one chain.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The tenant's id; nil for the installation.
    pub id: Uuid,
    /// The tenant's slug; `(installation)`; the id of a tenant that is not there any more.
    pub name: String,
    /// How many rows were read.
    pub rows: i64,
    /// How many checkpoints were held against them.
    pub checkpoints: usize,
    /// What is wrong, in sentences; empty if nothing is.
    pub problems: Vec<String>,
}

/// What was found at all.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Chain by chain.
    pub chains: Vec<Chain>,
    /// What is wrong with the checkpoint file itself.
    pub file: Vec<String>,
}
impl Report {
    /// True if nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.file.is_empty() && self.chains.iter().all(|c| c.problems.is_empty())
    }
}

impl Store {
    /// Verifies all chains against the checkpoints in `file`. The hub may go on: what it writes meanwhile is left out.
    ///
    /// # Errors
    /// Of the database, or if the file cannot be read.
    pub async fn verify(&self, keys: &Keyring, file: &Path) -> Result<Report> {
        // in this order: what is noted stands in the file, and what the file signs stands in the chain
        let noted = self.noted_up_to().await?;
        let (mut kept, wrong) = checkpoint::read_file(file, keys)?;
        let heads: Vec<(Uuid, Option<String>)> = self.crossing().all(HEADS, []).await?;
        let with_rows: Vec<(Uuid,)> = self.crossing().all(CHAINS_WITH_ROWS, []).await?;
        let mut names = BTreeMap::new();
        for (id, slug) in heads {
            let name = slug.unwrap_or_else(|| if id.is_nil() { "(installation)".into() } else { id.to_string() });
            names.insert(id, name);
        }
        for id in with_rows.into_iter().map(|(id,)| id).chain(kept.keys().copied()).chain(noted.keys().copied()) {
            names.entry(id).or_insert_with(|| id.to_string());
        }
        let mut report = Report { chains: vec![], file: wrong };
        for (id, name) in names {
            let checkpoints = kept.remove(&id).unwrap_or_default();
            let noted = noted.get(&id).copied().unwrap_or(0);
            report.chains.push(self.verify_chain(id, name, &checkpoints, noted).await?);
        }
        Ok(report)
    }

    async fn verify_chain(
        &self,
        id: Uuid,
        name: String,
        checkpoints: &[(Checkpoint, String)],
        noted: i64,
    ) -> Result<Chain> {
        const PAGE: i64 = 500;
        let mut chain =
            Chain { id, name, rows: 0, checkpoints: checkpoints.len(), problems: checkpoint_order(checkpoints) };
        let noted: Vec<(i64, String)> = self.rows_of(id).all(NOTED, params![noted]).await?;
        chain.problems.extend(missing_in_file(&noted, checkpoints));

        let head: Option<(i64, [u8; 32])> = self.crossing().opt(HEAD, params![id]).await?;
        let until = head.map_or(i64::MAX, |(at, _)| at);
        let expected: HashMap<i64, &Checkpoint> = checkpoints.iter().map(|(c, _)| (c.seq, c)).collect();
        let (mut seq, mut hash, mut after) = (0_i64, [0_u8; 32], i64::MIN);
        loop {
            let rows: Vec<Row> = self.rows_of(id).all(ROWS, params![after, until, PAGE]).await?;
            let Some(last) = rows.last() else { break };
            after = last.seq;
            for r in &rows {
                chain.rows += 1;
                if r.seq < 1 {
                    chain.problems.push(format!("row {} stands before the first: it was inserted", r.seq));
                    continue;
                }
                if r.seq != seq + 1 {
                    chain.problems.push(match r.seq - seq - 1 {
                        1 => format!("row {} is missing: it was deleted", seq + 1),
                        n => format!("rows {} to {} are missing ({n}): they were deleted", seq + 1, r.seq - 1),
                    });
                }
                let right = link(&hash, id, r);
                if right != r.hash && r.seq == seq + 1 {
                    chain.problems.push(format!(
                        "row {} does not follow from the row before it: it was edited, inserted or swapped",
                        r.seq
                    ));
                }
                if let Some(c) = expected.get(&r.seq)
                    && c.hash != r.hash
                {
                    chain.problems.push(format!(
                        "row {} is not the row that checkpoint {} of {} signed: the chain was computed anew",
                        r.seq, c.n, c.at
                    ));
                }
                // go on from what stands there, so that one edit is told once
                (seq, hash) = (r.seq, r.hash);
            }
            if chain.problems.len() > 100 {
                chain.problems.push("there is more; the rest was not read".into());
                return Ok(chain);
            }
        }
        match head {
            Some((at, _)) if at > seq => {
                chain
                    .problems
                    .push(format!("the head stands at row {at}, but the last row is {seq}: the tail was cut"));
            }
            Some((_, h)) if h != hash => chain.problems.push("the head's hash is not that of the last row".into()),
            Some((at, _)) => chain.problems.extend(self.rows_without_head(id, at).await?),
            None if chain.rows > 0 => {
                chain.problems.push("the chain has rows but no head: the head was deleted".into())
            }
            None => chain.problems.push("the chain is gone: rows and head were deleted".into()),
        }
        if let Some((c, _)) = checkpoints.iter().max_by_key(|(c, _)| c.seq).filter(|(c, _)| c.seq > seq) {
            chain.problems.push(format!(
                "checkpoint {} of {} signed row {}, but the last row is {seq}: the tail was cut",
                c.n, c.at, c.seq
            ));
        }
        Ok(chain)
    }

    /// Rows that stand after the head, although row and head are one commit: a head that has moved since tells the
    /// work of the hub from that of somebody else.
    async fn rows_without_head(&self, id: Uuid, at: i64) -> Result<Option<String>> {
        let more: Vec<Row> = self.rows_of(id).all(ROWS, params![at, i64::MAX, 1]).await?;
        let Some(row) = more.first() else { return Ok(None) };
        let now: Option<(i64, [u8; 32])> = self.crossing().opt(HEAD, params![id]).await?;
        Ok(now.is_none_or(|(now, _)| now < row.seq).then(|| {
            format!("the head stands at row {at}, but there is a row {}: it was appended behind its back", row.seq)
        }))
    }

    fn rows_of(&self, chain: Uuid) -> crate::Reader<'_> {
        self.reader(Sight::Tenant(chain))
    }
}

/// What the database notes and the file lacks.
fn missing_in_file(noted: &[(i64, String)], file: &[(Checkpoint, String)]) -> Option<String> {
    let lines: HashSet<&str> = file.iter().map(|(_, line)| line.as_str()).collect();
    let mut missing = noted.iter().filter(|(_, line)| !lines.contains(line.as_str())).map(|(n, _)| n);
    let first = missing.next()?;
    let more = match missing.count() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(format!(
        "checkpoint {first}{more} of the database does not stand in the checkpoint file: its line was removed or edited, \
         or this is another hub's file"
    ))
}

fn checkpoint_order(all: &[(Checkpoint, String)]) -> Vec<String> {
    let mut problems = vec![];
    let mut before: Option<&(Checkpoint, String)> = None;
    for one in all {
        let (n, previous) = before.map_or((1, [0; 32]), |(c, line)| (c.n + 1, line_hash(line)));
        if one.0.n != n || one.0.previous != previous {
            problems.push(format!(
                "checkpoint {} does not follow checkpoint {} in the file: one was taken out or put in",
                one.0.n,
                n - 1
            ));
        }
        before = Some(one);
    }
    problems
}
