use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use watchkeep_model::{Connector, RequestId, Timestamp};

use super::*;
use crate::engine::sqlite::open_writer;
use crate::scope::INSTALLATION;
use crate::{Actor, ActorKind};

const TENANT: Uuid = Uuid::from_u128(7);

fn call() -> Call {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Call {
        event: "MCP_TOOL_CALLED".into(),
        op: "op".into(),
        connector: Some(Connector::Risk),
        actor: Actor { kind: ActorKind::Job, id: None, person: None, name: "test".into(), client: None },
        args: [0; 32],
        at: Timestamp::EPOCH,
        watch: Stopwatch::start(),
        request: RequestId::new(Uuid::from_u128(n.into())),
        client: None,
        address: None,
        target: None,
    }
}

/// A migrated file and a session on it.
fn session() -> (TempDir, Session) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hub.db");
    let mut c = open_writer(&path).unwrap();
    crate::migrate::sqlite(&mut c, &path).unwrap();
    (folder, Session::new(c))
}
fn rows(s: &Session) -> Vec<(i64, String)> {
    let mut q = s.conn.prepare("select seq, outcome from audit_log order by tenant_id, seq").unwrap();
    q.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
}
fn head(s: &Session) -> i64 {
    s.conn
        .query_row("select coalesce(max(seq), 0) from audit_head where chain_id = ?1", [Param::Uuid(TENANT)], |r| {
            r.get(0)
        })
        .unwrap()
}

type What = Box<dyn FnMut(&mut Session) -> Result<()> + Send>;
/// A job of the tests: does something, tells what became of it.
struct Step {
    what: What,
    name: usize,
    wanted: bool,
    ran: u32,
    out: Result<()>,
    told: Told,
}
type Told = Arc<Mutex<Vec<(usize, u32, Result<()>)>>>;
impl Job for Step {
    fn wanted(&self) -> bool {
        self.wanted
    }
    fn run(&mut self, s: &mut Session) {
        self.ran += 1;
        self.out = s.attempt(TENANT, |s| {
            (self.what)(s)?;
            s.audit(TENANT, &call(), "ok")
        });
    }
    fn answer(self: Box<Self>, committed: Result<()>) {
        self.told.lock().unwrap().push((self.name, self.ran, committed.and(self.out)));
    }
}
/// Runs jobs that all lie in the queue already; what each was told, in order.
fn through(s: Session, g: Group, steps: Vec<(bool, What)>) -> (Told, Stats) {
    let told = Told::default();
    let (tx, queue) = mpsc::channel(steps.len().max(1));
    for (name, (wanted, what)) in steps.into_iter().enumerate() {
        tx.try_send(Box::new(Step { what, name, wanted, ran: 0, out: Ok(()), told: told.clone() }) as Box<dyn Job>)
            .unwrap_or_else(|_| panic!("the queue is long enough"));
    }
    drop(tx);
    let stats = Stats::default();
    run(s, queue, g, &stats);
    (told, stats)
}
fn insert(i: usize, size: usize) -> What {
    Box::new(move |s| {
        let text = "x".repeat(size);
        s.conn.execute(
            "insert into idempotency values (x'07', x'07', 'op', ?1, x'00', ?2, 0, 0)",
            rusqlite::params![format!("k{i}"), text],
        )?;
        Ok(())
    })
}

#[test]
fn a_failed_attempt_puts_the_head_back() {
    let (_folder, mut s) = session();
    s.begin().unwrap();
    s.attempt(TENANT, |s| s.audit(TENANT, &call(), "ok")).unwrap();
    for _ in 0..3 {
        // the row was written, and then the operation failed all the same
        let r: Result<()> = s.attempt(TENANT, |s| {
            s.audit(TENANT, &call(), "never")?;
            Err(Error::Poisoned)
        });
        assert!(matches!(r, Err(Error::Poisoned)) && s.alive());
    }
    s.attempt(TENANT, |s| s.audit(TENANT, &call(), "ok")).unwrap();
    s.commit().unwrap();
    assert_eq!(rows(&s), [(1, "ok".into()), (2, "ok".into())]);
    assert_eq!(head(&s), 2);
}

#[test]
fn a_failed_first_attempt_leaves_no_head() {
    let (_folder, mut s) = session();
    s.begin().unwrap();
    let r: Result<()> = s.attempt(TENANT, |s| {
        s.audit(TENANT, &call(), "never")?;
        Err(Error::Poisoned)
    });
    r.unwrap_err();
    s.commit().unwrap();
    assert_eq!((rows(&s), head(&s)), (vec![], 0));
}

#[test]
fn a_row_is_in_both_logs_or_in_none() {
    let (_folder, mut s) = session();
    let twice = call();
    s.begin().unwrap();
    s.attempt(TENANT, |s| s.audit(TENANT, &twice, "ok")).unwrap();
    // the call log has its request already: the audit row goes with it
    s.attempt(TENANT, |s| s.audit(TENANT, &twice, "ok")).unwrap_err();
    s.attempt(TENANT, |s| s.audit(TENANT, &call(), "ok")).unwrap();
    s.commit().unwrap();
    assert_eq!(rows(&s), [(1, "ok".into()), (2, "ok".into())]);
    assert_eq!(head(&s), 2);
}

#[test]
fn heads_are_read_again_when_somebody_else_has_written() {
    let (folder, mut s) = session();
    let mut other = Session::new(open_writer(&folder.path().join("hub.db")).unwrap());
    for seq in 1..=6 {
        let one = if seq % 2 == 0 { &mut s } else { &mut other };
        one.begin().unwrap();
        one.attempt(TENANT, |s| s.audit(TENANT, &call(), "ok")).unwrap();
        one.commit().unwrap();
        assert_eq!(head(&s), seq);
    }
    // and not, when nobody has
    s.begin().unwrap();
    s.attempt(TENANT, |s| s.audit(TENANT, &call(), "ok")).unwrap();
    s.commit().unwrap();
    assert_eq!(s.heads.get(&TENANT).map(|h| h.seq), Some(7));
    s.begin().unwrap();
    assert_eq!(s.heads.get(&TENANT).map(|h| h.seq), Some(7));
    s.commit().unwrap();
}

#[test]
fn what_waits_together_is_one_group() {
    let (_folder, s) = session();
    let g = Group { max_ops: 10, max_hold: Duration::from_secs(60), linger: Duration::ZERO };
    let (told, stats) = through(s, g, (0..25).map(|i| (true, insert(i, 10))).collect());
    assert_eq!(told.lock().unwrap().len(), 25);
    assert_eq!(stats.groups.load(std::sync::atomic::Ordering::Relaxed), 3, "10, 10 and 5");
    assert_eq!(stats.grouped.load(std::sync::atomic::Ordering::Relaxed), 25);
}

#[test]
fn a_group_is_closed_when_it_has_been_held_long_enough() {
    let (_folder, s) = session();
    let slow = |_: &mut Session| {
        std::thread::sleep(Duration::from_millis(3));
        Ok(())
    };
    let g = Group { max_ops: 1000, max_hold: Duration::from_millis(5), linger: Duration::ZERO };
    let (_, stats) = through(s, g, (0..10).map(|_| (true, Box::new(slow) as Box<_>)).collect());
    let groups = stats.groups.load(std::sync::atomic::Ordering::Relaxed);
    assert!((5..=10).contains(&groups), "{groups}");
}

#[test]
fn who_hung_up_before_the_start_is_passed_over() {
    let (folder, s) = session();
    let (told, _) = through(s, Group::default(), (0..6).map(|i| (i % 2 == 0, insert(i, 10))).collect());
    let names: Vec<usize> = told.lock().unwrap().iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, [0, 2, 4]);
    let c = open_writer(&folder.path().join("hub.db")).unwrap();
    let kept: i64 = c.query_row("select count(*) from idempotency", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 3);
}

#[test]
fn a_lost_group_is_run_again_and_only_the_culprit_fails() {
    let (folder, s) = session();
    let pages: i64 = s.conn.query_row("pragma page_count", [], |r| r.get(0)).unwrap();
    // room for all but one of them
    let limit: i64 = s.conn.query_row(&format!("pragma max_page_count = {}", pages + 60), [], |r| r.get(0)).unwrap();
    assert_eq!(limit, pages + 60);
    let sizes = (0..64).map(|i| (true, insert(i, if i == 31 { 4 << 20 } else { 100 })));
    let (told, _) =
        through(s, Group { max_ops: 256, max_hold: Duration::from_secs(60), linger: Duration::ZERO }, sizes.collect());
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 64);
    for (name, _, r) in told.iter() {
        match r {
            Ok(()) => assert_ne!(*name, 31),
            Err(e) => assert_eq!((*name, e.kind()), (31, ErrorKind::Full), "{e}"),
        }
    }
    let s = Session::new(open_writer(&folder.path().join("hub.db")).unwrap());
    assert_eq!(rows(&s).len(), 63);
    assert_eq!(head(&s), 63);
    let kept: i64 = s.conn.query_row("select count(*) from idempotency", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 63);
}

#[test]
fn a_group_that_sqlite_threw_away_in_the_middle_is_run_again() {
    let (folder, s) = session();
    // a statement may end the whole transaction (I/O error, memory, full disk); here, one does so by hand, once
    let mut first = true;
    let mut steps: Vec<(bool, What)> = (0..8).map(|i| (true, insert(i, 10))).collect();
    steps[5].1 = Box::new(move |s| {
        if std::mem::take(&mut first) {
            s.conn.execute_batch("rollback")?;
            return Err(Error::Poisoned);
        }
        Ok(())
    });
    let (told, _) =
        through(s, Group { max_ops: 256, max_hold: Duration::from_secs(60), linger: Duration::ZERO }, steps);
    let told = told.lock().unwrap();
    assert!(told.iter().all(|(_, _, r)| r.is_ok()), "{told:?}");
    assert_eq!(told.iter().map(|(_, ran, _)| *ran).collect::<Vec<_>>(), [2, 2, 2, 2, 2, 2, 1, 1]);
    let s = Session::new(open_writer(&folder.path().join("hub.db")).unwrap());
    assert_eq!((rows(&s).len(), head(&s)), (8, 8));
}

#[test]
fn one_alone_in_a_lost_group_is_told() {
    let (_folder, s) = session();
    let (told, _) = through(
        s,
        Group::default(),
        vec![(
            true,
            Box::new(|s: &mut Session| {
                s.conn.execute_batch("rollback")?;
                Err(Error::Poisoned)
            }),
        )],
    );
    let told = told.lock().unwrap();
    assert!(matches!(&told[0].2, Err(Error::NotCommitted(_))), "{told:?}");
    assert_eq!(INSTALLATION, Uuid::nil());
}
