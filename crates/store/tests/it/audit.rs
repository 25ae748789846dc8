//! The audit log: what is written of a call, and that an honest log always verifies.
use std::time::Duration;

use uuid::Uuid;
use watchkeep_model::{Connector, Span, Timestamp};
use watchkeep_store::audit::{checkpoint, search};
use watchkeep_store::{Actor, ActorKind, Call, Error, Stopwatch, kris};

use crate::case::{Case, cases};
use crate::given::{self, NOW, Said, call, new_kri, operator_call, together, write};
use crate::home::{Engine, Home};
use crate::raw::hex;

pub(crate) const CASES: &[Case] = cases![
    a_call_leaves_its_row,
    a_read_over_mcp_leaves_a_row_in_both_logs,
    a_call_by_another_door_leaves_none_in_the_call_log,
    a_refused_call_leaves_its_row_alone,
    a_duration_is_measured_to_the_end,
    the_installation_has_its_own_chain,
    rows_are_found_by_event_and_time,
    calls_are_found_newest_first,
    the_chain_is_made_as_documented,
    an_honest_log_is_clean,
    a_log_is_clean_while_it_is_written,
    checkpoints_are_taken_of_chains_that_have_grown,
    a_checkpoint_that_was_not_noted_is_taken_over,
    a_torn_line_is_cut_off,
    a_line_that_lacks_only_its_end_is_kept,
    two_hubs_take_checkpoints_into_one_file,
    a_file_that_cannot_be_written_notes_nothing,
    no_mutation_of_a_checkpoint_line_is_read on Sqlite,
];

async fn last(home: &Home, columns: &str) -> Vec<String> {
    home.raw()
        .await
        .rows(&format!("select {columns} from audit_log order by tenant_id desc, seq desc limit 1"))
        .await
        .remove(0)
}

async fn a_call_leaves_its_row(home: &Home) {
    let (store, scope) = given::one(home).await;
    let token = given::uuid();
    let person = given::uuid();
    let c = Call {
        actor: Actor {
            kind: ActorKind::Token,
            id: Some(token),
            person: Some(person),
            name: "alice@example.com".into(),
            client: None,
        },
        target: Some("open-findings".into()),
        ..call("update_kri")
    };
    let request = c.request.uuid();
    store.write(&scope, c, async |tx| kris::add(tx, &new_kri("a"), NOW).await).await.unwrap();
    let columns =
        "seq, at, event, op, actor_kind, actor_id, actor, target, outcome, args_hash, address, request_id, metadata";
    let expected = [
        "1".to_owned(),
        NOW.micros().to_string(),
        "MCP_TOOL_CALLED".into(),
        "update_kri".into(),
        "token".into(),
        token.simple().to_string(),
        "alice@example.com".into(),
        "open-findings".into(),
        "ok".into(),
        hex(&[7; 32]),
        "127.0.0.1".into(),
        request.simple().to_string(),
        format!(r#"{{"client":"the suite","clientId":"{token}","connector":"risk"}}"#),
    ];
    assert_eq!(last(home, columns).await, expected);
    let calls = home
        .raw()
        .await
        .rows("select tool_name, connector, result_status, user_id, client_id, request_id from mcp_call_log")
        .await;
    let ids = [person, token, request].map(|id| id.simple().to_string());
    assert_eq!(calls, [["update_kri", "risk", "ok", &ids[0], &ids[1], &ids[2]]]);
}

async fn a_read_over_mcp_leaves_a_row_in_both_logs(home: &Home) {
    let (store, scope) = given::one(home).await;
    for connector in [Connector::Risk, Connector::Fleet] {
        store.record(&scope, Call { connector: Some(connector), ..call("list") }, "ok").await.unwrap();
        let raw = home.raw().await;
        assert_eq!(last(home, "op, outcome").await, ["list", "ok"]);
        let logged = format!("select count(*) from mcp_call_log where connector = '{}'", connector.as_str());
        assert_eq!(raw.one(&logged).await, "1");
    }
}

async fn a_call_by_another_door_leaves_none_in_the_call_log(home: &Home) {
    let (store, scope) = given::one(home).await;
    store.record(&scope, operator_call("api_called", "list_kris"), "ok").await.unwrap();
    let nothing = Call { client: None, address: None, ..operator_call("api_called", "list_kris") };
    store.record(&scope, nothing, "ok").await.unwrap();
    assert_eq!(
        last(home, "event, actor_id, target, address, metadata").await,
        ["api_called", "null", "null", "null", "{}"]
    );
    assert_eq!(home.raw().await.count("mcp_call_log").await, 0);
}

async fn a_refused_call_leaves_its_row_alone(home: &Home) {
    let (store, scope) = given::one(home).await;
    store.record(&scope, call("no_such_tool"), "not_found").await.unwrap();
    assert_eq!(last(home, "op, outcome").await, ["no_such_tool", "not_found"]);
    let r: Result<(), Said> = store
        .write(&scope, call("update_kri"), async |tx| {
            kris::add(tx, &new_kri("a"), NOW).await?;
            Err(Said::No)
        })
        .await;
    assert!(r.is_err());
    assert_eq!(last(home, "op, outcome").await, ["update_kri", "refused"]);
    let failed: Result<(), Error> = write(&store, &scope, async |tx| {
        kris::add(tx, &new_kri("a"), NOW).await?;
        kris::add(tx, &new_kri("a"), NOW).await
    })
    .await;
    assert!(failed.is_err());
    assert_eq!(last(home, "op, outcome, seq").await, ["suite.write", "conflict", "3"]);
    let raw = home.raw().await;
    assert_eq!(raw.count("kri").await, 0);
    assert_eq!(
        raw.rows("select tool_name, result_status from mcp_call_log order by tool_name").await,
        [["no_such_tool", "not_found"], ["suite.write", "conflict"], ["update_kri", "refused"]]
    );
}

async fn a_duration_is_measured_to_the_end(home: &Home) {
    let (store, scope) = given::one(home).await;
    let watch = Stopwatch::start();
    tokio::time::sleep(Duration::from_millis(30)).await;
    store.record(&scope, Call { watch, ..call("slow") }, "ok").await.unwrap();
    let whole = watch.micros();
    let us: i64 = last(home, "duration_us").await[0].parse().unwrap();
    assert!((30_000..=whole).contains(&us), "{us} of {whole}");
    let ms = home.raw().await.one("select duration_ms from mcp_call_log").await;
    assert_eq!(ms, (us / 1000).to_string());
    // a write's duration holds what the write took
    let watch = Stopwatch::start();
    store
        .write(&scope, Call { watch, ..call("slow") }, async |_| {
            std::thread::sleep(Duration::from_millis(10));
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    let us: i64 = last(home, "duration_us").await[0].parse().unwrap();
    assert!((10_000..=watch.micros()).contains(&us), "{us}");
}

async fn the_installation_has_its_own_chain(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    store.record_installation(store.operator(), operator_call("login_failed", "sign_in"), "refused").await.unwrap();
    let raw = home.raw().await;
    let of = |id: Uuid| format!("select event from audit_log where tenant_id = {} order by seq", home.engine.id(id));
    let mine = raw.rows(&of(Uuid::nil())).await.concat();
    assert_eq!(mine, ["tenant_created", "tenant_created", "user_created", "user_created", "login_failed"]);
    assert_eq!(raw.rows(&of(acme.scope.tenant().uuid())).await.concat(), ["MCP_TOOL_CALLED"]);
    // no tenant reads it
    let events = search::newest(store.at(&acme.scope), i64::MAX, "", Timestamp::MIN, 100).await.unwrap();
    assert_eq!(events.len(), 1);
}

async fn rows_are_found_by_event_and_time(home: &Home) {
    let (store, scope) = given::one(home).await;
    for i in 0..10_i64 {
        let event = if i % 2 == 0 { "api_called" } else { "MCP_TOOL_CALLED" };
        let c = Call { at: NOW.plus(Span::minutes(i)), ..operator_call(event, &format!("op{i}")) };
        store.record(&scope, c, "ok").await.unwrap();
    }
    let ops = async |before, event: &str, since, limit| {
        let rows = search::newest(store.at(&scope), before, event, since, limit).await.unwrap();
        rows.into_iter().map(|r| r.op).collect::<Vec<_>>()
    };
    assert_eq!(ops(i64::MAX, "", NOW, 3).await, ["op9", "op8", "op7"]);
    assert_eq!(ops(8, "", NOW, 3).await, ["op6", "op5", "op4"], "rows before row 8, which is op7");
    assert_eq!(ops(i64::MAX, "api_called", NOW, 9).await, ["op8", "op6", "op4", "op2", "op0"]);
    assert_eq!(ops(i64::MAX, "", NOW.plus(Span::minutes(8)), 9).await, ["op9", "op8"]);
    assert!(ops(i64::MAX, "no_such_event", NOW, 9).await.is_empty());
}

async fn calls_are_found_newest_first(home: &Home) {
    let (store, scope) = given::one(home).await;
    for i in 0..5_i64 {
        let c = Call { at: NOW.plus(Span::minutes(i)), ..call(&format!("op{i}")) };
        store.record(&scope, c, if i == 3 { "invalid" } else { "ok" }).await.unwrap();
    }
    let got = search::calls(store.at(&scope), Timestamp::MAX, 3).await.unwrap();
    let names: Vec<_> = got.iter().map(|c| (c.tool_name.as_str(), c.result_status.as_str())).collect();
    assert_eq!(names, [("op4", "ok"), ("op3", "invalid"), ("op2", "ok")]);
    let got = search::calls(store.at(&scope), got[2].called_at, 9).await.unwrap();
    assert_eq!(got.iter().map(|c| c.tool_name.as_str()).collect::<Vec<_>>(), ["op1", "op0"]);
}

/// The hash of a row, written a second time from the documentation: `SHA-256(0x00 || previous || chain || seq || at ||
/// duration || each field, length first)`, a missing field as the length 2^32 - 1.
pub(crate) fn link(previous: &[u8; 32], chain: Uuid, r: &watchkeep_store::audit::Row) -> [u8; 32] {
    let mut d = vec![0];
    d.extend_from_slice(previous);
    d.extend_from_slice(chain.as_bytes());
    for n in [r.seq, r.at, r.duration_us] {
        d.extend_from_slice(&n.to_be_bytes());
    }
    let mut field = |b: Option<&[u8]>| {
        let length = b.map_or(u32::MAX, |b| b.len() as u32);
        d.extend_from_slice(&length.to_be_bytes());
        d.extend_from_slice(b.unwrap_or_default());
    };
    for text in [&r.event, &r.op, &r.actor_kind, &r.actor, &r.outcome, &r.metadata] {
        field(Some(text.as_bytes()));
    }
    field(r.actor_id.as_ref().map(|id| &id.as_bytes()[..]));
    field(r.target.as_ref().map(String::as_bytes));
    field(r.address.as_ref().map(String::as_bytes));
    field(Some(&r.args_hash));
    field(Some(r.request_id.as_bytes()));
    ring::digest::digest(&ring::digest::SHA256, &d).as_ref().try_into().unwrap()
}

async fn the_chain_is_made_as_documented(home: &Home) {
    let (store, scope) = given::one(home).await;
    for i in 0..5 {
        let c = Call { target: (i % 2 == 0).then(|| format!("ä{i}")), ..call(&format!("op{i}")) };
        let r: Result<(), Said> =
            store.write(&scope, c, async move |_| if i == 2 { Err(Said::No) } else { Ok(()) }).await;
        assert_eq!(r.is_err(), i == 2);
        store.record(&scope, call("read"), "ok").await.unwrap();
    }
    let mut rows = search::newest(store.at(&scope), i64::MAX, "", Timestamp::MIN, 100).await.unwrap();
    rows.reverse();
    let (mut hash, chain) = ([0; 32], scope.tenant().uuid());
    for (i, r) in rows.iter().enumerate() {
        assert_eq!(r.seq, i as i64 + 1);
        hash = link(&hash, chain, r);
        assert_eq!(hash, r.hash, "row {}", r.seq);
    }
    let id = home.engine.id(chain);
    let head = home.raw().await.rows(&format!("select seq, hash from audit_head where chain_id = {id}")).await;
    assert_eq!(head, [["10".to_owned(), hex(&hash)]]);
}

async fn an_honest_log_is_clean(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let (keys, file) = given::keys(home);
    assert!(store.verify(&keys, &file).await.unwrap().is_clean(), "without a checkpoint");
    for round in 0..4_i64 {
        for full in [&acme, &noise] {
            let kri = full.kri;
            let _no: Result<(), Said> = store.write(&full.scope, call("no"), async |_| Err(Said::No)).await;
            write(&store, &full.scope, async move |tx| {
                kris::settle(tx, kri, &given::settled(1.0, watchkeep_model::kri::Status::Red, NOW)).await
            })
            .await
            .unwrap();
            store.record(&full.scope, call("list_kris"), "ok").await.unwrap();
        }
        store.record_installation(store.operator(), operator_call("login", "sign_in"), "ok").await.unwrap();
        for job in store.claim_jobs(NOW.plus(Span::hours(round)), "w", Span::minutes(1), 9, 9).await.unwrap() {
            store.retry_job(&job, "later".into(), NOW).await.unwrap();
        }
        assert_eq!(store.checkpoint(&keys, &file, NOW.plus(Span::hours(round))).await.unwrap(), 3);
        let report = store.verify(&keys, &file).await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
    }
    let report = store.verify(&keys, &file).await.unwrap();
    let told: Vec<(&str, i64, usize)> =
        report.chains.iter().map(|c| (c.name.as_str(), c.rows, c.checkpoints)).collect();
    assert_eq!(told, [("(installation)", 8, 4), ("acme", 13, 4), ("noise", 13, 4)]);
    // with a keyring that has new keys, and after a start
    let turned = keys.rotate().unwrap();
    drop(store);
    let store = home.open().await;
    assert!(store.verify(&turned, &file).await.unwrap().is_clean());
    store.record(&acme.scope, call("list_kris"), "ok").await.unwrap();
    store.checkpoint(&turned, &file, NOW.plus(Span::days(1))).await.unwrap();
    assert!(store.verify(&turned, &file).await.unwrap().is_clean());
}

async fn a_log_is_clean_while_it_is_written(home: &Home) {
    let store = home.open().await;
    let scopes = [given::tenant(&store, "acme").await, given::tenant(&store, "noise").await];
    let (keys, file) = given::keys(home);
    let writers = tokio::spawn({
        let store = store.clone();
        async move {
            together(4, |i| {
                let (store, scope) = (store.clone(), scopes[i % 2].clone());
                async move {
                    for n in 0..120 {
                        if n % 3 == 0 {
                            write(&store, &scope, async |_| Ok(())).await.unwrap();
                        } else {
                            store.record(&scope, call("list_kris"), "ok").await.unwrap();
                        }
                    }
                }
            })
            .await
        }
    });
    let mut rounds = 0;
    while !writers.is_finished() || rounds < 3 {
        let (taken, report) = tokio::join!(store.checkpoint(&keys, &file, NOW), store.verify(&keys, &file));
        taken.unwrap();
        let report = report.unwrap();
        assert!(report.is_clean(), "{report:#?}");
        rounds += 1;
    }
    writers.await.unwrap();
    let report = store.verify(&keys, &file).await.unwrap();
    assert!(report.is_clean() && report.chains.iter().map(|c| c.rows).sum::<i64>() == 482, "{report:#?}");
}

async fn checkpoints_are_taken_of_chains_that_have_grown(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (keys, file) = given::keys(home);
    assert_eq!(store.checkpoint(&keys, &file, NOW).await.unwrap(), 3);
    assert_eq!(store.checkpoint(&keys, &file, NOW).await.unwrap(), 0, "nothing has happened since");
    store.record(&acme.scope, call("list_kris"), "ok").await.unwrap();
    assert_eq!(store.checkpoint(&keys, &file, NOW.plus(Span::hours(1))).await.unwrap(), 1);
    let (chains, wrong) = checkpoint::read_file(&file, &keys).unwrap();
    assert!(wrong.is_empty());
    let mine = &chains[&acme.scope.tenant().uuid()];
    assert_eq!(
        mine.iter().map(|(c, _)| (c.n, c.seq, c.at)).collect::<Vec<_>>(),
        [(1, 1, NOW), (2, 2, NOW.plus(Span::hours(1)))]
    );
    assert_eq!(mine[0].0.previous, [0; 32]);
    assert_eq!(mine[1].0.previous, checkpoint::line_hash(&mine[0].1));
    // line for line what the database notes
    let text = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let mut noted = home.raw().await.rows("select line from audit_checkpoint").await.concat();
    lines.sort_unstable();
    noted.sort_unstable();
    assert_eq!(lines, noted);
}

async fn a_checkpoint_that_was_not_noted_is_taken_over(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (keys, file) = given::keys(home);
    store.checkpoint(&keys, &file, NOW).await.unwrap();
    store.record(&acme.scope, call("list_kris"), "ok").await.unwrap();
    store.checkpoint(&keys, &file, NOW.plus(Span::hours(1))).await.unwrap();
    // as if the hub had died between the file and the database, and again
    home.raw().await.run("delete from audit_checkpoint where n = 2").await;
    store.record(&acme.scope, call("list_kris"), "ok").await.unwrap();
    assert_eq!(store.checkpoint(&keys, &file, NOW.plus(Span::hours(2))).await.unwrap(), 1);
    home.raw().await.run("delete from audit_checkpoint").await;
    assert_eq!(store.checkpoint(&keys, &file, NOW.plus(Span::hours(3))).await.unwrap(), 0);
    let report = store.verify(&keys, &file).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(home.raw().await.count("audit_checkpoint").await, 5);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 5);
}

async fn a_torn_line_is_cut_off(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (keys, file) = given::keys(home);
    store.checkpoint(&keys, &file, NOW).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    for torn in [&b"2 3 abcdef"[..], b"\xff\xfe\x00", b" "] {
        std::fs::write(&file, [&whole[..], torn].concat()).unwrap();
        assert!(torn == b" " || !store.verify(&keys, &file).await.unwrap().is_clean(), "until then it is told");
        assert_eq!(store.checkpoint(&keys, &file, NOW).await.unwrap(), 0);
        assert_eq!(std::fs::read(&file).unwrap(), whole);
    }
    store.record(&acme.scope, call("list_kris"), "ok").await.unwrap();
    std::fs::write(&file, [&whole[..], b"2 2"].concat()).unwrap();
    assert_eq!(store.checkpoint(&keys, &file, NOW).await.unwrap(), 1);
    assert!(store.verify(&keys, &file).await.unwrap().is_clean());
}

async fn a_line_that_lacks_only_its_end_is_kept(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (keys, file) = given::keys(home);
    store.checkpoint(&keys, &file, NOW).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    store.record(&acme.scope, call("list_kris"), "ok").await.unwrap();
    assert_eq!(store.checkpoint(&keys, &file, NOW).await.unwrap(), 1);
    assert!(std::fs::read(&file).unwrap().starts_with(&whole));
    let report = store.verify(&keys, &file).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
}

async fn two_hubs_take_checkpoints_into_one_file(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let second = home.open().await;
    let (keys, file) = given::keys(home);
    for round in 0..5_i64 {
        store.record(&acme.scope, call("list_kris"), "ok").await.unwrap();
        second.record(&noise.scope, call("list_kris"), "ok").await.unwrap();
        let now = NOW.plus(Span::hours(round));
        let (a, b) = tokio::join!(store.checkpoint(&keys, &file, now), second.checkpoint(&keys, &file, now));
        assert_eq!(a.unwrap() + b.unwrap(), if round == 0 { 3 } else { 2 });
    }
    let report = store.verify(&keys, &file).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 11);
}

async fn a_file_that_cannot_be_written_notes_nothing(home: &Home) {
    let (store, ..) = given::two(home).await;
    let (keys, _) = given::keys(home);
    for path in [home.path("no/such/folder/checkpoints"), home.folder.path().to_owned()] {
        let Err(Error::Io(why)) = store.checkpoint(&keys, &path, NOW).await else { panic!() };
        assert!(why.contains("checkpoint file") && why.contains(&path.display().to_string()), "{why}");
    }
    assert_eq!(home.raw().await.count("audit_checkpoint").await, 0);
}

/// SplitMix64 over a corpus of good lines: 20,000 changed lines, and none is read unless nothing was changed.
async fn no_mutation_of_a_checkpoint_line_is_read(home: &Home) {
    let (store, ..) = given::two(home).await;
    let (keys, file) = given::keys(home);
    store.checkpoint(&keys, &file, NOW).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let corpus: Vec<&str> = text.lines().collect();
    for line in &corpus {
        checkpoint::Checkpoint::read(line, &keys).unwrap();
    }
    let mut seed = 20_000_u64;
    let mut roll = |below: usize| {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    };
    let odd: Vec<char> = "0129afAF+- .\u{a0}\0ä\u{1F469}".chars().collect();
    let mut same = 0;
    for round in 0..20_000 {
        let original = corpus[round % corpus.len()];
        let mut line: Vec<char> = original.chars().collect();
        for _ in 0..=roll(3) {
            let at = roll(line.len().max(1));
            match roll(6) {
                0 => line.insert(at.min(line.len()), odd[roll(odd.len())]),
                1 if at < line.len() => drop(line.remove(at)),
                2 if at < line.len() => line[at] = odd[roll(odd.len())],
                3 if at < line.len() => line[at] = line[at].to_ascii_uppercase(),
                4 if at + 1 < line.len() => line.swap(at, at + 1),
                _ => line.truncate(at),
            }
        }
        let line: String = line.into_iter().collect();
        match checkpoint::Checkpoint::read(&line, &keys) {
            Ok(_) => {
                assert_eq!(line, original, "a changed line was read");
                same += 1;
            }
            Err(why) => assert!(why.len() > 10),
        }
    }
    assert!(same < 6000, "{same} of the mutations changed nothing");
    // and a whole file of such lines is told, line by line
    std::fs::write(&file, "x\n\n\u{feff}\n1 2 3\n").unwrap();
    let (chains, wrong) = checkpoint::read_file(&file, &keys).unwrap();
    assert!(chains.is_empty() && wrong.len() == 3, "{wrong:?}");
    assert!(wrong[0].starts_with("checkpoint file, line 1: "), "{wrong:?}");
    std::fs::write(&file, b"\xff\xfe\n").unwrap();
    assert_eq!(checkpoint::read_file(&file, &keys).unwrap().1.len(), 1, "what is no text is told, not a failure");
    assert_eq!(home.engine, Engine::Sqlite);
}
