//! Every way to falsify the audit log is found by `verify`. The attacker has the database, the file and the source
//! code; what they do not have is the key.
use uuid::Uuid;
use watchkeep_model::{Span, Timestamp};
use watchkeep_store::audit::{Row, search};
use watchkeep_store::{Keyring, Store, TenantScope};

use crate::audit::link;
use crate::case::{Case, cases};
use crate::given::{self, NOW, call};
use crate::home::Home;
use crate::raw::Raw;

pub(crate) const CASES: &[Case] = cases![
    an_edit_of_any_column_is_found,
    a_deleted_row_is_found,
    deleted_rows_in_a_row_are_found,
    a_deleted_first_row_is_found,
    an_inserted_row_is_found,
    a_row_appended_behind_the_head_is_found,
    a_row_before_the_first_is_found,
    swapped_rows_are_found,
    a_swap_of_contents_is_found,
    a_row_from_another_tenant_is_found,
    a_cut_tail_is_found,
    a_cut_tail_with_the_head_set_back_is_found,
    a_chain_that_was_computed_anew_is_found,
    a_chain_that_is_gone_is_found,
    a_head_that_is_gone_or_changed_is_found,
    an_edited_line_of_the_file_is_found,
    a_removed_line_of_the_file_is_found,
    swapped_lines_of_the_file_are_found,
    a_forged_signature_is_found,
    a_file_that_is_gone_is_found,
    a_note_that_differs_from_the_file_is_found,
    one_edit_is_told_once,
];

struct Crime {
    store: Store,
    scope: TenantScope,
    chain: Uuid,
    keys: std::sync::Arc<Keyring>,
    file: std::path::PathBuf,
    raw: Raw,
    /// The chain's id as it stands in SQL.
    id: String,
}

/// Sixteen rows: the first checkpoint signs row 8, the second row 12, the third row 14.
async fn scene(home: &Home) -> Crime {
    let store = home.open().await;
    let (scope, noise) = (given::tenant(&store, "acme").await, given::tenant(&store, "noise").await);
    let (keys, file) = given::keys(home);
    for (hour, n) in [(0, 8), (1, 4), (2, 2), (3, 2)] {
        for i in 0..n {
            store.record(&scope, call(&format!("op{hour}{i}")), "ok").await.unwrap();
            store.record(&noise, call("noise"), "ok").await.unwrap();
        }
        if hour < 3 {
            store.checkpoint(&keys, &file, NOW.plus(Span::hours(hour))).await.unwrap();
        }
    }
    let chain = scope.tenant().uuid();
    let crime = Crime { chain, keys, file, raw: home.raw().await, id: home.engine.id(chain), store, scope };
    assert_eq!(crime.problems().await, Vec::<String>::new());
    crime
}

impl Crime {
    /// What `verify` says; the neighbour's and the installation's chains must be clean.
    async fn problems(&self) -> Vec<String> {
        let report = self.store.verify(&self.keys, &self.file).await.unwrap();
        let mut mine = report.file.clone();
        for c in report.chains {
            if c.id == self.chain {
                assert!(c.name == "acme" || c.problems.iter().any(|p| p.contains("gone") || p.contains("head")));
                mine.extend(c.problems);
            } else {
                assert!(c.problems.is_empty() || !report.file.is_empty(), "{}: {:?}", c.name, c.problems);
            }
        }
        mine
    }
    async fn found(&self, words: &str) {
        let problems = self.problems().await;
        assert!(problems.iter().any(|p| p.contains(words)), "`{words}` is not in {problems:#?}");
    }
    async fn rows(&self) -> Vec<Row> {
        let mut rows = search::newest(self.store.at(&self.scope), i64::MAX, "", Timestamp::MIN, 100).await.unwrap();
        rows.reverse();
        rows
    }
    async fn run(&self, sql: &str) {
        self.raw.run(&sql.replace("{id}", &self.id)).await;
    }
    fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(&self.file).unwrap().lines().map(Into::into).collect()
    }
    /// The places of this chain's lines in the file.
    fn mine(&self) -> Vec<usize> {
        let chain = self.chain.to_string();
        self.lines().iter().enumerate().filter(|(_, l)| l.contains(&chain)).map(|(i, _)| i).collect()
    }
    fn write(&self, lines: &[String]) {
        std::fs::write(&self.file, lines.iter().flat_map(|l| [l.as_str(), "\n"]).collect::<String>()).unwrap();
    }
}

async fn an_edit_of_any_column_is_found(home: &Home) {
    let c = scene(home).await;
    let (id, hash) = (home.engine.id(given::uuid()), home.engine.bytes(&[9; 32]));
    c.run("create table kept as select * from audit_log where tenant_id = {id} and seq = 10").await;
    let edits = [
        ("at", "at + 1".to_owned()),
        ("event", "'login'".into()),
        ("op", "'nothing'".into()),
        ("op", "''".into()),
        ("actor_kind", "'job'".into()),
        ("actor_id", id.clone()),
        ("actor", "'somebody else'".into()),
        ("target", "''".into()),
        ("target", "'kri'".into()),
        ("outcome", "'refused'".into()),
        ("args_hash", hash.clone()),
        ("duration_us", "duration_us + 1".into()),
        ("address", "null".into()),
        ("address", "'10.0.0.1'".into()),
        ("request_id", id),
        ("metadata", "'{}'".into()),
        ("hash", hash),
    ];
    for (column, value) in edits {
        c.run(&format!("update audit_log set {column} = {value} where tenant_id = {{id}} and seq = 10")).await;
        c.found("does not follow from the row before it: it was edited, inserted or swapped").await;
        c.run(&format!(
            "update audit_log set {column} = (select {column} from kept) where tenant_id = {{id}} and seq = 10"
        ))
        .await;
        assert!(c.problems().await.is_empty(), "{column} was put back");
    }
    // and a text that moves from one column into the next
    c.run("update audit_log set event = 'MCP_TOOL_CALLE', op = 'D' || op where tenant_id = {id} and seq = 10").await;
    c.found("row 10 does not follow").await;
}

async fn a_deleted_row_is_found(home: &Home) {
    let c = scene(home).await;
    c.run("delete from audit_log where tenant_id = {id} and seq = 5").await;
    c.found("row 5 is missing: it was deleted").await;
}

async fn deleted_rows_in_a_row_are_found(home: &Home) {
    let c = scene(home).await;
    c.run("delete from audit_log where tenant_id = {id} and seq between 5 and 7").await;
    c.found("rows 5 to 7 are missing (3): they were deleted").await;
}

async fn a_deleted_first_row_is_found(home: &Home) {
    let c = scene(home).await;
    c.run("delete from audit_log where tenant_id = {id} and seq = 1").await;
    c.found("row 1 is missing").await;
}

const COLUMNS: &str =
    "event, op, actor_kind, actor_id, actor, target, outcome, args_hash, duration_us, address, metadata";

async fn an_inserted_row_is_found(home: &Home) {
    let c = scene(home).await;
    let request = home.engine.id(given::uuid());
    // place is made for it: everything after moves on, and so does the head
    for seq in (6..=16).rev() {
        c.run(&format!("update audit_log set seq = {} where tenant_id = {{id}} and seq = {seq}", seq + 1)).await;
    }
    c.run("update audit_head set seq = 17 where chain_id = {id}").await;
    c.run(&format!(
        "insert into audit_log (tenant_id, seq, at, request_id, hash, {COLUMNS}) \
         select tenant_id, 6, at, {request}, hash, {COLUMNS} from audit_log where tenant_id = {{id}} and seq = 5"
    ))
    .await;
    c.found("row 6 does not follow from the row before it").await;
}

async fn a_row_appended_behind_the_head_is_found(home: &Home) {
    let c = scene(home).await;
    let request = home.engine.id(given::uuid());
    c.run(&format!(
        "insert into audit_log (tenant_id, seq, at, request_id, hash, {COLUMNS}) \
         select tenant_id, 17, at, {request}, hash, {COLUMNS} from audit_log where tenant_id = {{id}} and seq = 16"
    ))
    .await;
    c.found("the head stands at row 16, but there is a row 17: it was appended behind its back").await;
}

async fn a_row_before_the_first_is_found(home: &Home) {
    let c = scene(home).await;
    for seq in [0_i64, -5, i64::MIN + 1] {
        c.run(&format!(
            "insert into audit_log (tenant_id, seq, at, request_id, hash, {COLUMNS}) \
             select tenant_id, {seq}, at, request_id, hash, {COLUMNS} from audit_log where tenant_id = {{id}} and seq = 1"
        ))
        .await;
        c.found(&format!("row {seq} stands before the first: it was inserted")).await;
        c.run(&format!("delete from audit_log where tenant_id = {{id}} and seq = {seq}")).await;
        assert!(c.problems().await.is_empty());
    }
}

async fn swapped_rows_are_found(home: &Home) {
    let c = scene(home).await;
    for (from, to) in [(4, 99), (5, 4), (99, 5)] {
        c.run(&format!("update audit_log set seq = {to} where tenant_id = {{id}} and seq = {from}")).await;
    }
    let problems = c.problems().await;
    for row in ["row 4 does not follow", "row 5 does not follow"] {
        assert!(problems.iter().any(|p| p.starts_with(row)), "{problems:?}");
    }
}

async fn a_swap_of_contents_is_found(home: &Home) {
    let c = scene(home).await;
    // the hashes stay where they are; who did what is exchanged
    let op = |seq: i64| format!("(select op from audit_log where tenant_id = {} and seq = {seq})", c.id);
    let (four, five) = (c.raw.one(&format!("select {}", op(4))).await, c.raw.one(&format!("select {}", op(5))).await);
    assert_ne!(four, five);
    c.run(&format!("update audit_log set op = '{five}' where tenant_id = {{id}} and seq = 4")).await;
    c.run(&format!("update audit_log set op = '{four}' where tenant_id = {{id}} and seq = 5")).await;
    c.found("row 4 does not follow").await;
    c.found("row 5 does not follow").await;
}

async fn a_row_from_another_tenant_is_found(home: &Home) {
    let c = scene(home).await;
    let noise = c.store.administer(&given::slug("noise")).await.unwrap().unwrap();
    let noise = home.engine.id(noise.tenant().uuid());
    // the chain of the neighbour, row for row, head and all, under one's own name
    c.run("delete from audit_log where tenant_id = {id}").await;
    c.run(&format!(
        "insert into audit_log (tenant_id, seq, at, request_id, hash, {COLUMNS}) \
         select {{id}}, seq, at, request_id, hash, {COLUMNS} from audit_log where tenant_id = {noise}"
    ))
    .await;
    c.run(&format!("update audit_head set hash = (select h.hash from audit_head h where h.chain_id = {noise}) where chain_id = {{id}}")).await;
    c.found("row 1 does not follow from the row before it").await;
}

async fn a_cut_tail_is_found(home: &Home) {
    let c = scene(home).await;
    c.run("delete from audit_log where tenant_id = {id} and seq > 14").await;
    c.found("the head stands at row 16, but the last row is 14: the tail was cut").await;
    c.run("delete from audit_log where tenant_id = {id} and seq > 10").await;
    c.found("the head stands at row 16, but the last row is 10: the tail was cut").await;
    c.found("signed row 14, but the last row is 10: the tail was cut").await;
}

async fn a_cut_tail_with_the_head_set_back_is_found(home: &Home) {
    let c = scene(home).await;
    c.run("delete from audit_log where tenant_id = {id} and seq > 13").await;
    c.run("update audit_head set seq = 13, hash = (select l.hash from audit_log l where l.tenant_id = {id} and l.seq = 13) where chain_id = {id}").await;
    let problems = c.problems().await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains("checkpoint 3 of ") && problems[0].contains("signed row 14, but the last row is 13"),
        "{problems:?}"
    );
}

async fn a_chain_that_was_computed_anew_is_found(home: &Home) {
    let c = scene(home).await;
    let mut rows = c.rows().await;
    // one word is changed in the middle, and from there on every link is right again, up to the head
    rows[9].outcome = "refused".into();
    let mut hash = [0; 32];
    for r in &mut rows {
        hash = link(&hash, c.chain, r);
        assert_eq!(hash == r.hash, r.seq < 10);
        let bytes = home.engine.bytes(&hash);
        c.run(&format!(
            "update audit_log set outcome = '{}', hash = {bytes} where tenant_id = {{id}} and seq = {}",
            r.outcome, r.seq
        ))
        .await;
    }
    c.run(&format!("update audit_head set hash = {} where chain_id = {{id}}", home.engine.bytes(&hash))).await;
    let problems = c.problems().await;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("row 12 is not the row that checkpoint 2 of "), "{problems:?}");
    assert!(problems[1].starts_with("row 14 is not the row that checkpoint 3 of "), "{problems:?}");
    assert!(problems[1].ends_with("signed: the chain was computed anew"), "{problems:?}");
    // the notes in the database are changed to fit, but their signatures cannot be
    let forged = Keyring::generate().unwrap();
    let report = c.store.verify(&forged, &c.file).await.unwrap();
    assert!(report.file.iter().all(|p| p.contains("signed with another keyring")) && !report.is_clean());
}

async fn a_chain_that_is_gone_is_found(home: &Home) {
    let c = scene(home).await;
    c.run("delete from audit_log where tenant_id = {id}").await;
    c.found("the head stands at row 16, but the last row is 0: the tail was cut").await;
    c.run("delete from audit_head where chain_id = {id}").await;
    c.found("the chain is gone: rows and head were deleted").await;
    c.run("delete from audit_checkpoint where tenant_id = {id}").await;
    c.run("delete from tenant where id = {id}").await;
    c.found("the chain is gone: rows and head were deleted").await;
    // a new head that knows of nothing
    let zero = home.engine.bytes(&[0; 32]);
    c.run(&format!("insert into audit_head (chain_id, seq, hash) values ({{id}}, 0, {zero})")).await;
    let report = c.store.verify(&c.keys, &c.file).await.unwrap();
    let problems = report.chains.into_iter().find(|x| x.id == c.chain).unwrap().problems;
    assert!(problems.iter().any(|p| p.contains("signed row 14, but the last row is 0")), "{problems:?}");
}

async fn a_head_that_is_gone_or_changed_is_found(home: &Home) {
    let c = scene(home).await;
    let nine = home.engine.bytes(&[9; 32]);
    c.run(&format!("update audit_head set hash = {nine} where chain_id = {{id}}")).await;
    c.found("the head's hash is not that of the last row").await;
    c.run("update audit_head set seq = 15 where chain_id = {id}").await;
    assert!(!c.problems().await.is_empty());
    c.run("delete from audit_head where chain_id = {id}").await;
    c.found("the chain has rows but no head: the head was deleted").await;
}

async fn an_edited_line_of_the_file_is_found(home: &Home) {
    let c = scene(home).await;
    let good = c.lines();
    let at = c.mine()[1];
    // one digit of each field: n, seq, hash, time, chain, previous, signature
    let starts: Vec<usize> = std::iter::once(0).chain(good[at].match_indices(' ').map(|(i, _)| i + 1)).collect();
    assert_eq!(starts.len(), 7);
    for start in starts {
        let mut lines = good.clone();
        let digit = if &lines[at][start..=start] == "3" { "4" } else { "3" };
        lines[at].replace_range(start..=start, digit);
        c.write(&lines);
        c.found(&format!("checkpoint file, line {}: ", at + 1)).await;
    }
    // the last line has none after it that would name it
    let last = *c.mine().last().unwrap_or(&at);
    c.write(&good);
    assert!(c.problems().await.is_empty());
    let mut lines = good.clone();
    let end = lines[last].len();
    let other = if lines[last].ends_with('a') { "b" } else { "a" };
    lines[last].replace_range(end - 1..end, other);
    c.write(&lines);
    c.found(&format!("checkpoint file, line {}: ", last + 1)).await;
    // the same signature, written in another way
    let mut lines = good.clone();
    lines[last] = lines[last].to_uppercase();
    c.write(&lines);
    c.found(&format!("checkpoint file, line {}: ", last + 1)).await;
}

async fn a_removed_line_of_the_file_is_found(home: &Home) {
    let c = scene(home).await;
    let good = c.lines();
    for (place, at) in c.mine().into_iter().enumerate() {
        let mut lines = good.clone();
        lines.remove(at);
        c.write(&lines);
        if place < 2 {
            c.found("in the file: one was taken out or put in").await;
        }
        c.found(&format!("checkpoint {} of the database does not stand in the checkpoint file", place + 1)).await;
    }
}

async fn swapped_lines_of_the_file_are_found(home: &Home) {
    let c = scene(home).await;
    let (mut lines, mine) = (c.lines(), c.mine());
    lines.swap(mine[0], mine[1]);
    c.write(&lines);
    c.found("in the file: one was taken out or put in").await;
}

async fn a_forged_signature_is_found(home: &Home) {
    let c = scene(home).await;
    // the attacker signs everything anew, with a key of their own, beginning with the first line
    let (forger, forged) = (Keyring::generate().unwrap(), home.path("forged"));
    c.run("delete from audit_checkpoint").await;
    c.store.checkpoint(&forger, &forged, NOW).await.unwrap();
    std::fs::copy(&forged, &c.file).unwrap();
    let report = c.store.verify(&c.keys, &c.file).await.unwrap();
    assert_eq!(report.file.len(), 3);
    for (i, line) in report.file.iter().enumerate() {
        let expected = format!(
            "checkpoint file, line {}: the signature does not fit: the line was changed, or signed with another keyring",
            i + 1
        );
        assert_eq!(*line, expected);
    }
    assert!(c.store.verify(&forger, &forged).await.unwrap().is_clean(), "the forger's own view");
}

async fn a_file_that_is_gone_is_found(home: &Home) {
    let c = scene(home).await;
    std::fs::remove_file(&c.file).unwrap();
    let report = c.store.verify(&c.keys, &c.file).await.unwrap();
    for chain in &report.chains {
        let more = if chain.name == "(installation)" { "" } else { " and 2 more" };
        let expected = format!("checkpoint 1{more} of the database does not stand in the checkpoint file");
        assert!(chain.problems.iter().any(|p| p.starts_with(&expected)), "{}: {:?}", chain.name, chain.problems);
    }
}

async fn a_note_that_differs_from_the_file_is_found(home: &Home) {
    let c = scene(home).await;
    c.run("update audit_checkpoint set line = replace(line, 'a', 'b') where tenant_id = {id} and n = 2").await;
    c.found("checkpoint 2 of the database does not stand in the checkpoint file").await;
}

async fn one_edit_is_told_once(home: &Home) {
    let c = scene(home).await;
    c.run("update audit_log set op = 'x' where tenant_id = {id} and seq = 10").await;
    assert_eq!(c.problems().await.len(), 1);
    // a long chain that is wrong all over is not read to its end
    for _ in 0..120 {
        c.store.record(&c.scope, call("more"), "ok").await.unwrap();
    }
    c.run("update audit_log set op = 'x' where tenant_id = {id}").await;
    let problems = c.problems().await;
    assert!(problems.len() > 100 && problems.len() < 150, "{}", problems.len());
    assert_eq!(problems.last().unwrap(), "there is more; the rest was not read");
}
