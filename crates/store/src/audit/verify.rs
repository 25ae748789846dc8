//! `audit verify`: reads every chain from its first row, and holds it against head and checkpoints.
use std::collections::HashMap;
use std::path::Path;

use uuid::Uuid;

use super::checkpoint::{self, Checkpoint, line_hash};
use super::{Row, link};
use crate::engine::postgres::Sight;
use crate::{Keyring, Result, Store};

statements! {
    Crossing HEADS = "select h.chain_id, h.seq, h.hash, t.slug from audit_head h left join tenant t on t.id = h.chain_id order by h.chain_id";
    Crossing CHAINS_WITH_ROWS = "select distinct tenant_id from audit_log";
    Tenant ROWS = concat!("select ", super::columns!(), " from audit_log where tenant_id = $1 and seq > $2 order by seq limit $3");
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
    /// Verifies all chains against the checkpoints in `file`.
    ///
    /// # Errors
    /// Of the database, or if the file cannot be read.
    pub async fn verify(&self, keys: &Keyring, file: &Path) -> Result<Report> {
        let (mut kept, wrong) = checkpoint::read_file(file, keys)?;
        let heads: Vec<(Uuid, i64, [u8; 32], Option<String>)> = self.crossing().all(HEADS, []).await?;
        let with_rows: Vec<(Uuid,)> = self.crossing().all(CHAINS_WITH_ROWS, []).await?;
        let mut chains = HashMap::new();
        for (id, seq, hash, slug) in heads {
            let name = slug.unwrap_or_else(|| if id.is_nil() { "(installation)".into() } else { id.to_string() });
            chains.insert(id, (name, Some((seq, hash))));
        }
        for id in with_rows.into_iter().map(|(id,)| id).chain(kept.keys().copied()) {
            chains.entry(id).or_insert_with(|| (id.to_string(), None));
        }
        let mut report = Report { chains: vec![], file: wrong };
        let mut ids: Vec<Uuid> = chains.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            if let Some((name, head)) = chains.remove(&id) {
                let checkpoints = kept.remove(&id).unwrap_or_default();
                report.chains.push(self.verify_chain(id, name, head, &checkpoints).await?);
            }
        }
        Ok(report)
    }

    async fn verify_chain(
        &self,
        id: Uuid,
        name: String,
        head: Option<(i64, [u8; 32])>,
        checkpoints: &[(Checkpoint, String)],
    ) -> Result<Chain> {
        const PAGE: i64 = 500;
        let mut chain =
            Chain { id, name, rows: 0, checkpoints: checkpoints.len(), problems: checkpoint_order(checkpoints) };
        let expected: HashMap<i64, &Checkpoint> = checkpoints.iter().map(|(c, _)| (c.seq, c)).collect();
        let (mut seq, mut hash) = (0_i64, [0_u8; 32]);
        loop {
            let rows: Vec<Row> = self.rows_of(id).all(ROWS, params![seq, PAGE]).await?;
            let Some(last) = rows.last() else { break };
            let end = last.seq;
            for r in &rows {
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
                chain.rows += 1;
            }
            seq = end;
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
            Some((at, _)) if at < seq => {
                chain.problems.push(format!(
                    "the head stands at row {at}, but there are rows up to {seq}: rows were appended behind its back"
                ));
            }
            Some((_, h)) if h != hash => chain.problems.push("the head's hash is not that of the last row".into()),
            Some(_) => {}
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

    fn rows_of(&self, chain: Uuid) -> crate::Reader<'_> {
        self.reader(Sight::Tenant(chain))
    }
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
