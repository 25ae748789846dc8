//! Two tenants with the same names of everything: what belongs to the other is not there.
use watchkeep_model::kri::{SourceKind, State, Status};
use watchkeep_model::{Span, Timestamp, TokenId};
use watchkeep_store::audit::search;
use watchkeep_store::{idempotency, integrations, kris, people, runs, samples, seal, tables, tokens};

use crate::case::{Case, cases};
use crate::given::{self, Full, NOW, call, write};
use crate::home::{APP, Home};

pub(crate) const CASES: &[Case] = cases![
    no_reader_finds_what_is_the_others,
    every_function_of_a_tenant_is_in_these_cases on Sqlite,
    no_write_changes_what_is_the_others,
    the_same_names_live_in_both_tenants,
    a_persons_scope_shows_their_own_memberships_only,
    secrets_and_idempotency_keys_are_the_tenants_own,
    without_a_tenant_row_level_security_shows_nothing on Postgres,
    with_a_tenant_row_level_security_hides_the_others on Postgres,
    the_serving_role_may_not_change_history on Postgres,
    a_person_sight_cannot_write on Postgres,
];

const ALWAYS: Timestamp = Timestamp::MIN;

/// Every reading function, called in one tenant with the ids of the other.
async fn no_reader_finds_what_is_the_others(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    store.record(&noise.scope, call("noisy"), "ok").await.unwrap();
    for (mine, other) in [(&acme, &noise), (&noise, &acme)] {
        let at = store.at(&mine.scope);
        assert!(kris::by_id(at, other.kri, NOW).await.unwrap().is_none());
        assert!(kris::by_id(at, mine.kri, NOW).await.unwrap().is_some());
        assert_eq!(kris::by_slug(at, "open-findings", NOW).await.unwrap().unwrap().id, mine.kri);
        let page = kris::page(at, &kris::Filter::default(), NOW, "", 100).await.unwrap();
        assert_eq!(page.iter().map(|k| k.id).collect::<Vec<_>>(), [mine.kri]);
        assert_eq!(page[0].source_id, Some(mine.integration));
        let marks = kris::marks(at, &kris::Filter::default(), NOW, "", 100).await.unwrap();
        assert_eq!(marks.iter().map(|k| k.id).collect::<Vec<_>>(), [mine.kri]);
        let theirs = kris::Filter { source: Some(other.integration), ..kris::Filter::default() };
        assert!(kris::page(at, &theirs, NOW, "", 100).await.unwrap().is_empty());
        assert!(kris::marks(at, &theirs, NOW, "", 100).await.unwrap().is_empty());
        assert!(kris::archived(at).await.unwrap().is_empty());
        assert_eq!(kris::slugs(at).await.unwrap(), [(mine.kri, "open-findings".to_owned())]);
        assert_eq!(kris::categories(at).await.unwrap(), ["identity"]);
        assert_eq!(kris::counts(at, NOW).await.unwrap(), [(Status::Green, 1)]);

        assert!(samples::subjects_now(at, other.kri).await.unwrap().is_empty());
        assert_eq!(samples::subjects_now(at, mine.kri).await.unwrap().len(), 1);
        assert!(samples::before(at, other.kri, Timestamp::MAX, 10).await.unwrap().is_empty());
        assert_eq!(samples::before(at, mine.kri, Timestamp::MAX, 10).await.unwrap()[0].id, mine.sample);
        assert!(samples::get(at, other.kri, NOW, other.sample).await.unwrap().is_none());
        assert!(samples::get(at, mine.kri, NOW, other.sample).await.unwrap().is_none());
        assert!(samples::get(at, mine.kri, NOW, mine.sample).await.unwrap().is_some());
        assert!(samples::points(at, other.kri, ALWAYS).await.unwrap().is_empty());
        assert_eq!(samples::points(at, mine.kri, ALWAYS).await.unwrap().len(), 1);

        let named = integrations::by_name(at, "By hand").await.unwrap().unwrap();
        assert_eq!(named.id, mine.integration);
        assert!(integrations::get(at, other.integration).await.unwrap().is_none());
        assert_eq!(integrations::get(at, mine.integration).await.unwrap().unwrap().run_id, Some(mine.run));
        assert_eq!(integrations::names(at).await.unwrap().len(), 1);
        assert_eq!(integrations::search(at, "%hand%", 10).await.unwrap().len(), 1);
        let all = integrations::page(at, &integrations::Filter::default(), "", 10).await.unwrap();
        assert_eq!((all.len(), all[0].id, all[0].run_id), (1, mine.integration, Some(mine.run)));
        assert!(runs::get(at, other.run).await.unwrap().is_none());
        assert!(runs::get(at, mine.run).await.unwrap().is_some());

        let members = people::members(at).await.unwrap();
        assert_eq!(members.iter().map(|m| m.id).collect::<Vec<_>>(), [mine.person]);
        let stranger = if mine.person == acme.person { "noah@example.com" } else { "alice@example.com" };
        assert!(people::member(at, stranger).await.unwrap().is_none());
        let kept: Vec<TokenId> = tokens::list(at).await.unwrap().iter().map(|t| t.id).collect();
        assert_eq!(kept, [mine.token, mine.key]);

        let events = search::newest(at, i64::MAX, "", ALWAYS, 100).await.unwrap();
        assert!(events.iter().all(|e| e.op != "noisy" || mine.person == noise.person), "{events:?}");
        let calls = search::calls(at, Timestamp::MAX, 100).await.unwrap();
        assert_eq!(calls.iter().any(|c| c.tool_name == "noisy"), mine.person == noise.person);
    }
}

/// A function that is added to the store is added here, too.
async fn every_function_of_a_tenant_is_in_these_cases(_: &Home) {
    // those that only add to one's own tenant, and are in `given.rs`, or are called by what stands here
    const ADD: &[&str] = &[
        "artifacts::add",
        "artifacts::put_part",
        "autonomy::put",
        "idempotency::find_in",
        "integrations::add",
        "jobs::enqueue",
        "kris::add",
        "kris::by_slug_in",
        "outcomes::add",
        "people::join",
        "proposals::add",
        "runs::start",
        "samples::put_point",
        "tokens::add_key",
        "tokens::add_token",
    ];
    let file =
        |name: &str| std::fs::read_to_string(format!("{}/tests/it/{name}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let here = file("tenancy") + &file("dropzone") + &file("register");
    let (mut missing, mut listed) = (vec![], vec![]);
    let mut seen = 0;
    for module in [
        "artifacts",
        "artifacts/zones",
        "audit/search",
        "idempotency",
        "integrations",
        "jobs",
        "kris",
        "people",
        "proposals",
        "proposals/autonomy",
        "proposals/outcomes",
        "register",
        "register/assets",
        "register/controls",
        "register/edges",
        "register/kris",
        "register/notes",
        "register/outcomes",
        "register/risks",
        "register/vendors",
        "runs",
        "samples",
        "seal",
        "tokens",
    ] {
        let path = format!("{}/src/{module}.rs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for function in text.split("\npub async fn ").skip(1) {
            let (name, rest) = function.split_once('(').unwrap();
            let first = rest.trim_start().split([',', ')']).next().unwrap();
            if !matches!(first, "r: Reader<'_>" | "tx: &mut Tx<'_>") {
                continue;
            }
            seen += 1;
            let called = format!("{}::{name}", module.rsplit('/').next().unwrap());
            match ADD.iter().find(|a| **a == called) {
                Some(a) => listed.push(*a),
                None if !here.contains(&format!("{called}(")) => missing.push(called),
                None => {}
            }
        }
    }
    assert!(missing.is_empty(), "call these with the ids of the other tenant: {missing:?}");
    listed.sort_unstable();
    assert_eq!(listed, ADD);
    assert!(seen > 40, "{seen}");
}

/// Every writing function that takes an id, called in one tenant with the ids of the other.
async fn no_write_changes_what_is_the_others(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let before = dump(home, &noise).await;
    let Full { kri, integration, run, token, key, person, .. } = noise;
    let (mine, my_integration) = (acme.kri, acme.integration);
    let changed = write(&store, &acme.scope, async move |tx| {
        let told = vec![
            kris::archive(tx, kri, NOW).await?,
            integrations::enable(tx, integration, false).await?,
            people::leave(tx, person, NOW).await?,
            tokens::revoke(tx, token, NOW).await?,
            tokens::revoke(tx, key, NOW).await?,
            tokens::revoke_of_person(tx, person, NOW).await? > 0,
            seal::drop_secret(tx, integration, "password").await?,
            kris::by_id_in(tx, kri, NOW).await?.is_some(),
            integrations::by_id(tx, integration).await?.is_some(),
            !samples::subjects(tx, kri).await?.is_empty(),
            !samples::since(tx, kri, ALWAYS, 10).await?.is_empty(),
            !samples::points_in(tx, kri, ALWAYS).await?.is_empty(),
            integrations::by_name_in(tx, "By hand").await?.is_some_and(|n| n.id == integration),
            integrations::names_in(tx).await?.iter().any(|n| n.id == integration),
            integrations::of_kind(tx, SourceKind::Manual).await?.is_some_and(|n| n.id == integration),
        ];
        let mut edited = kris::by_id_in(tx, mine, NOW).await?.unwrap();
        (edited.id, edited.name) = (kri, "stolen".into());
        kris::edit(tx, &edited).await?;
        kris::settle(tx, kri, &given::settled(99.0, Status::Red, NOW)).await?;
        runs::count(tx, run, 99, 99).await?;
        runs::end(tx, run, "failed", Some("stolen"), NOW).await?;
        integrations::ran(tx, integration, run).await?;
        Ok(told)
    })
    .await
    .unwrap();
    assert!(changed.iter().all(|told| !told), "{changed:?}");
    // what would lead to the other's rows is refused by the keys
    for (kri, integration) in [(kri, my_integration), (mine, integration)] {
        let sample = given::new_sample(kri, integration, NOW, 9.0);
        let added = write(&store, &acme.scope, async move |tx| samples::add(tx, &sample, NOW).await).await;
        assert!(added.is_err(), "{added:?}");
    }
    assert_eq!(dump(home, &noise).await, before);
}
/// All rows of a tenant but the audit log.
async fn dump(home: &Home, of: &Full) -> Vec<Vec<String>> {
    let raw = home.raw().await;
    let id = home.engine.id(of.scope.tenant().uuid());
    let mut all = vec![];
    for table in tables::TENANT.iter().filter(|t| !matches!(**t, "audit_log" | "mcp_call_log")) {
        all.extend(raw.rows(&format!("select '{table}' as t, x.* from {table} x where tenant_id = {id}")).await);
    }
    assert!(all.len() > 8, "{all:?}");
    all
}

async fn the_same_names_live_in_both_tenants(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let raw = home.raw().await;
    for table in
        ["kri", "integration", "kri_sample", "kri_subject", "membership", "job", "api_key", "mcp_access_tokens"]
    {
        assert_eq!(raw.count(table).await, 2, "{table}");
    }
    assert_eq!(raw.one("select count(distinct slug) from kri").await, "1");
    // the next sample of one is not the last of the other
    let sample = given::new_sample(acme.kri, acme.integration, NOW.plus(Span::hours(1)), 8.0);
    write(&store, &acme.scope, async move |tx| samples::add(tx, &sample, NOW).await).await.unwrap();
    let theirs = samples::subjects_now(store.at(&noise.scope), noise.kri).await.unwrap();
    assert_eq!((theirs[0].value, theirs[0].state), (Some(3.0), State::Ok));
}

async fn a_persons_scope_shows_their_own_memberships_only(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let (person, scope) = store.person(store.operator(), "alice@example.com").await.unwrap().unwrap();
    assert_eq!(person.id, acme.person);
    let mine = store.memberships(scope).await.unwrap();
    assert_eq!(mine.iter().map(|m| m.slug.as_str()).collect::<Vec<_>>(), ["acme"]);
    assert!(mine[0].home);
    // and all of them, in both tenants, once she is a member of both
    let alice = acme.person;
    write(&store, &noise.scope, async move |tx| {
        people::join(tx, alice, watchkeep_model::Role::Viewer, false, NOW).await
    })
    .await
    .unwrap();
    let mine = store.memberships(scope).await.unwrap();
    assert_eq!(mine.iter().map(|m| m.slug.as_str()).collect::<Vec<_>>(), ["acme", "noise"]);
    assert!(store.person(store.operator(), "nobody@example.com").await.unwrap().is_none());
    assert_eq!(store.people(store.operator()).await.unwrap().len(), 2);
}

async fn secrets_and_idempotency_keys_are_the_tenants_own(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    let keys = std::sync::Arc::new(home.keys());
    let (tenant, integration, token) = (noise.scope.tenant(), noise.integration, noise.token);
    let with = keys.clone();
    write(&store, &noise.scope, async move |tx| {
        seal::put_secret(tx, &with, tenant, integration, "password", b"hunter2", NOW).await?;
        let kept = idempotency::Remembered { args_hash: [1; 32], reply: "{}".into(), items: 0 };
        idempotency::keep(tx, token, "add_sample", "k1", &kept, NOW).await
    })
    .await
    .unwrap();
    let found = seal::secret(store.at(&acme.scope), &keys, tenant, integration, "password").await.unwrap();
    assert!(found.is_none());
    let found = seal::secret(store.at(&noise.scope), &keys, tenant, integration, "password").await.unwrap();
    assert_eq!(found.as_deref(), Some(&b"hunter2"[..]));
    assert!(idempotency::find(store.at(&acme.scope), token, "add_sample", "k1", NOW).await.unwrap().is_none());
    assert!(idempotency::find(store.at(&noise.scope), token, "add_sample", "k1", NOW).await.unwrap().is_some());
}

/// The second lock: as if every predicate had been forgotten.
async fn without_a_tenant_row_level_security_shows_nothing(home: &Home) {
    let (_store, _acme, _noise) = given::two(home).await;
    let (raw, app) = (home.raw().await, home.app().await);
    let mut with_rows = 0;
    for table in tables::TENANT {
        let all = raw.count(table).await;
        with_rows += usize::from(all > 0);
        for setting in
            ["", "set local app.tenant = ''; ", "set local app.reach = 'tenant'; ", "set local app.person = ''; "]
        {
            app.batch_execute(&format!("begin; {setting}")).await.unwrap();
            let seen: i64 = app.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
            app.batch_execute("rollback").await.unwrap();
            assert_eq!(seen, 0, "{table} after `{setting}`");
        }
    }
    assert!(with_rows > 9, "the case has nothing to hide");
}

async fn with_a_tenant_row_level_security_hides_the_others(home: &Home) {
    let (_store, acme, noise) = given::two(home).await;
    let app = home.app().await;
    for (mine, other) in [(&acme, &noise), (&noise, &acme)] {
        let (mine, other) = (mine.scope.tenant().uuid(), other.scope.tenant().uuid());
        for table in tables::TENANT {
            let begin = format!("begin; set local app.tenant = '{mine}'");
            app.batch_execute(&begin).await.unwrap();
            let foreign = format!("select count(*) from {table} where tenant_id <> '{mine}'");
            let seen: i64 = app.query_one(&foreign, &[]).await.unwrap().get(0);
            assert_eq!(seen, 0, "{table}");
            if !matches!(*table, "audit_log" | "mcp_call_log" | "audit_checkpoint") {
                let gone = app.execute(&format!("delete from {table} where tenant_id = '{other}'"), &[]).await.unwrap();
                assert_eq!(gone, 0, "{table}");
                // nor can a row be given away
                let given = app.execute(&format!("update {table} set tenant_id = '{other}'"), &[]).await;
                assert!(given.is_err() || given.unwrap() == 0, "{table}");
            }
            app.batch_execute("rollback").await.unwrap();
        }
        app.batch_execute(&format!("begin; set local app.tenant = '{mine}'")).await.unwrap();
        let planted = format!("insert into idempotency values ('{other}', '{other}', 'op', 'key', '', '', 0, 0)");
        let refused = app.batch_execute(&planted).await.unwrap_err();
        assert!(format!("{refused:?}").contains("row-level security"), "{refused:?}");
        app.batch_execute("rollback").await.unwrap();
    }
}

async fn the_serving_role_may_not_change_history(home: &Home) {
    let (_store, acme, _noise) = given::two(home).await;
    let app = home.app().await;
    for change in [
        "update audit_log set outcome = 'ok'",
        "delete from audit_log",
        "truncate audit_log",
        "update mcp_call_log set result_status = 'ok'",
        "delete from mcp_call_log",
        "update audit_checkpoint set seq = 0",
        "delete from audit_checkpoint",
        "update schema_migration set sum = ''",
        "insert into schema_migration values ('x', '')",
        "drop table kri",
        "alter table kri disable row level security",
        "drop policy own on kri",
        "create table mine (a int)",
        "create role more",
    ] {
        app.batch_execute("begin; set local app.reach = 'crossing'").await.unwrap();
        let refused = app.batch_execute(change).await.unwrap_err();
        let code = refused.code().unwrap().code();
        assert_eq!(code, "42501", "{APP} may `{change}`: {refused:?}");
        app.batch_execute("rollback").await.unwrap();
    }
    assert!(home.raw().await.count("audit_log").await > 0);
    assert_eq!(acme.scope.slug().as_str(), "acme");
}

async fn a_person_sight_cannot_write(home: &Home) {
    let (_store, acme, noise) = given::two(home).await;
    let app = home.app().await;
    let (alice, tenant) = (acme.person.uuid(), noise.scope.tenant().uuid());
    app.batch_execute(&format!("begin; set local app.person = '{alice}'")).await.unwrap();
    let seen: i64 = app.query_one("select count(*) from membership", &[]).await.unwrap().get(0);
    assert_eq!(seen, 1);
    let raised = app.execute("update membership set role = 'admin'", &[]).await.unwrap();
    assert_eq!(raised, 0);
    let joined = format!("insert into membership values ('{tenant}', '{alice}', 'admin', 1, 0, null)");
    app.batch_execute(&joined).await.unwrap_err();
    app.batch_execute("rollback").await.unwrap();
}
