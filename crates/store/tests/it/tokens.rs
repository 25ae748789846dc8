//! What a credential opens, and until when.
use watchkeep_model::{Role, Scope, Span, Timestamp};
use watchkeep_store::{Access, Refusal, Store, TokenKind, people, tenants, tokens};

use crate::case::{Case, cases};
use crate::given::{self, Full, NOW, api_key, new_token, operator_call, pat, together, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    a_token_opens_its_tenant_with_its_persons_role,
    a_key_opens_its_tenant_as_an_analyst,
    what_is_not_a_credential_is_unknown,
    a_credential_ends_at_its_moment,
    a_revocation_holds_at_once,
    a_closed_tenant_opens_for_nobody,
    a_disabled_person_has_no_token,
    a_disabled_membership_has_no_token,
    a_changed_role_counts_at_once,
    the_slug_in_a_credential_must_be_its_tenants,
    all_tokens_of_a_person_are_revoked_together,
    the_last_use_is_written_once_a_minute,
    secrets_of_credentials_are_not_kept,
];

async fn opens(store: &Store, credential: &str, now: Timestamp) -> Result<Access, Refusal> {
    store.authenticate(credential, now).await.unwrap()
}
async fn refused(store: &Store, credential: &str, now: Timestamp) -> Refusal {
    opens(store, credential, now).await.map(|a| a.name).unwrap_err()
}

async fn a_token_opens_its_tenant_with_its_persons_role(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    for (full, credential) in [(&acme, pat("acme", 'a')), (&noise, pat("noise", 'b'))] {
        let a = opens(&store, &credential, NOW).await.unwrap();
        assert_eq!(a.scope, full.scope);
        assert_eq!((a.token, a.person, a.kind, a.role), (full.token, Some(full.person), TokenKind::Pat, Role::Analyst));
        assert!(a.scopes.contains(Scope::RiskRead) && !a.scopes.contains(Scope::RiskWrite));
        assert_eq!((a.name.as_str(), a.last_used), ("laptop", None));
        assert_eq!((a.actor.id, a.actor.person), (Some(full.token.uuid()), Some(full.person.uuid())));
        assert_eq!(a.actor.kind.as_str(), "token");
    }
}

async fn a_key_opens_its_tenant_as_an_analyst(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let a = opens(&store, &api_key("acme", 'a'), NOW).await.unwrap();
    assert_eq!((a.token, a.person, a.kind, a.role), (acme.key, None, TokenKind::ApiKey, Role::Analyst));
    assert_eq!(a.scope, acme.scope);
    assert_eq!(a.actor.kind.as_str(), "key");
}

async fn what_is_not_a_credential_is_unknown(home: &Home) {
    let (store, ..) = given::two(home).await;
    let good = pat("acme", 'a');
    let long = "a".repeat(100_000);
    for wrong in [
        "",
        " ",
        "Bearer x",
        long.as_str(),
        &format!(" {good}"),
        &format!("{good} "),
        &good[..good.len() - 1],
        &good.to_uppercase(),
        &pat("acme", 'c'),
        &api_key("acme", 'c'),
        &format!("mat_{}", "a".repeat(64)),
        &format!("mrt_{}", "a".repeat(64)),
        &format!("mcp_{}", "a".repeat(32)),
        "drx_pat_acme.' or 1=1 --",
        "drx_pat_\0.a",
    ] {
        assert_eq!(refused(&store, wrong, NOW).await, Refusal::Unknown, "{}", &wrong[..wrong.len().min(40)]);
    }
}

async fn a_credential_ends_at_its_moment(home: &Home) {
    let (store, ..) = given::two(home).await;
    let end = NOW.plus(Span::days(90));
    for credential in [pat("acme", 'a'), api_key("acme", 'a')] {
        assert!(opens(&store, &credential, end.minus(Span::from_micros(1))).await.is_ok());
        assert_eq!(refused(&store, &credential, end).await, Refusal::Expired);
        assert_eq!(refused(&store, &credential, end.plus(Span::days(1))).await, Refusal::Expired);
    }
}

async fn a_revocation_holds_at_once(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let Full { token, key, .. } = acme;
    for (id, credential) in [(token, pat("acme", 'a')), (key, api_key("acme", 'a'))] {
        assert!(opens(&store, &credential, NOW).await.is_ok());
        assert!(write(&store, &acme.scope, async move |tx| tokens::revoke(tx, id, NOW).await).await.unwrap());
        assert_eq!(refused(&store, &credential, NOW).await, Refusal::Revoked);
        // revoked stays the reason, also after its end, and once is enough
        assert_eq!(refused(&store, &credential, NOW.plus(Span::days(100))).await, Refusal::Revoked);
        assert!(!write(&store, &acme.scope, async move |tx| tokens::revoke(tx, id, NOW).await).await.unwrap());
    }
    let list = tokens::list(store.at(&acme.scope)).await.unwrap();
    assert!(list.iter().all(|t| t.revoked_at == Some(NOW)), "{list:?}");
    assert!(opens(&store, &pat("noise", 'b'), NOW).await.is_ok());
}

async fn a_closed_tenant_opens_for_nobody(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let id = acme.scope.tenant();
    for (at, open) in [(Some(NOW), false), (None, true)] {
        let call = operator_call("tenant_disabled", "tenant.disable");
        store
            .write_installation(store.operator(), call, async move |tx| tenants::disable(tx, id, at).await)
            .await
            .unwrap();
        for credential in [pat("acme", 'a'), api_key("acme", 'a')] {
            match opens(&store, &credential, NOW).await {
                Ok(_) => assert!(open),
                Err(why) => assert_eq!((why, open), (Refusal::Disabled, false)),
            }
        }
        assert!(opens(&store, &pat("noise", 'b'), NOW).await.is_ok());
    }
}

async fn a_disabled_person_has_no_token(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let person = acme.person;
    for (at, open) in [(Some(NOW), false), (None, true)] {
        let call = operator_call("user_disabled", "user.disable");
        store
            .write_installation(store.operator(), call, async move |tx| people::disable(tx, person, at).await)
            .await
            .unwrap();
        let r = opens(&store, &pat("acme", 'a'), NOW).await;
        assert_eq!(r.err(), (!open).then_some(Refusal::Disabled));
        // a key is the tenant's, not the person's
        assert!(opens(&store, &api_key("acme", 'a'), NOW).await.is_ok());
    }
}

async fn a_disabled_membership_has_no_token(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let person = acme.person;
    assert!(write(&store, &acme.scope, async move |tx| people::leave(tx, person, NOW).await).await.unwrap());
    assert_eq!(refused(&store, &pat("acme", 'a'), NOW).await, Refusal::Disabled);
    // who comes back, comes back with what they had
    write(&store, &acme.scope, async move |tx| people::join(tx, person, Role::Viewer, true, NOW).await).await.unwrap();
    assert_eq!(opens(&store, &pat("acme", 'a'), NOW).await.unwrap().role, Role::Viewer);
    // a membership that is not there at all
    let id = home.engine.id(person.uuid());
    home.raw().await.run(&format!("delete from membership where user_id = {id}")).await;
    assert_eq!(refused(&store, &pat("acme", 'a'), NOW).await, Refusal::Disabled);
}

async fn a_changed_role_counts_at_once(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let person = acme.person;
    for role in [Role::Admin, Role::Viewer, Role::Analyst] {
        write(&store, &acme.scope, async move |tx| people::join(tx, person, role, true, NOW).await).await.unwrap();
        assert_eq!(opens(&store, &pat("acme", 'a'), NOW).await.unwrap().role, role);
    }
    assert_eq!(people::members(store.at(&acme.scope)).await.unwrap().len(), 1);
}

async fn the_slug_in_a_credential_must_be_its_tenants(home: &Home) {
    let (store, acme, noise) = given::two(home).await;
    // acme keeps, by mistake or on purpose, a credential that says `noise`
    let (lying_token, lying_key) =
        (new_token(&pat("noise", 'c'), "mcp:read"), new_token(&api_key("noise", 'c'), "api:read"));
    let person = acme.person;
    write(&store, &acme.scope, async move |tx| {
        tokens::add_token(tx, person, &lying_token).await?;
        tokens::add_key(tx, "somebody", &lying_key).await
    })
    .await
    .unwrap();
    assert_eq!(refused(&store, &pat("noise", 'c'), NOW).await, Refusal::Unknown);
    assert_eq!(refused(&store, &api_key("noise", 'c'), NOW).await, Refusal::Unknown);
    assert_eq!(noise.scope.slug().as_str(), "noise");
}

async fn all_tokens_of_a_person_are_revoked_together(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    let (person, second) = (acme.person, new_token(&pat("acme", 'd'), "mcp:read"));
    let n = write(&store, &acme.scope, async move |tx| {
        tokens::add_token(tx, person, &second).await?;
        tokens::revoke_of_person(tx, person, NOW).await
    })
    .await
    .unwrap();
    assert_eq!(n, 2);
    assert_eq!(refused(&store, &pat("acme", 'a'), NOW).await, Refusal::Revoked);
    assert_eq!(refused(&store, &pat("acme", 'd'), NOW).await, Refusal::Revoked);
    assert!(opens(&store, &api_key("acme", 'a'), NOW).await.is_ok());
}

async fn the_last_use_is_written_once_a_minute(home: &Home) {
    let (store, acme, _) = given::two(home).await;
    for credential in [pat("acme", 'a'), api_key("acme", 'a')] {
        let first = opens(&store, &credential, NOW).await.unwrap();
        store.touch(&first, NOW, Some("first".into()), Some("10.0.0.1".into())).await.unwrap();
        // calls that came at the same time know of no last use yet
        let done = together(16, |i| {
            let (store, first) = (store.clone(), first.clone());
            async move { store.touch(&first, NOW.plus(Span::seconds(i as i64)), Some(format!("late {i}")), None).await }
        })
        .await;
        assert!(done.iter().all(Result::is_ok));
        let again = opens(&store, &credential, NOW.plus(Span::seconds(59))).await.unwrap();
        assert_eq!(again.last_used, Some(NOW));
        store.touch(&again, NOW.plus(Span::seconds(59)), Some("second".into()), None).await.unwrap();
        store.touch(&again, NOW.minus(Span::days(1)), Some("a clock that went back".into()), None).await.unwrap();
        let info =
            tokens::list(store.at(&acme.scope)).await.unwrap().into_iter().find(|t| t.id == first.token).unwrap();
        assert_eq!((info.last_used_at, info.last_used_client.as_deref()), (Some(NOW), Some("first")));
        assert_eq!(info.last_used_address.as_deref(), Some("10.0.0.1"));
        store.touch(&again, NOW.plus(Span::seconds(60)), Some("third".into()), None).await.unwrap();
        let info =
            tokens::list(store.at(&acme.scope)).await.unwrap().into_iter().find(|t| t.id == first.token).unwrap();
        assert_eq!(info.last_used_client.as_deref(), Some("third"));
        assert_eq!(info.last_used_at, Some(NOW.plus(Span::minutes(1))));
    }
}

async fn secrets_of_credentials_are_not_kept(home: &Home) {
    let (store, ..) = given::two(home).await;
    drop(store);
    let raw = home.raw().await;
    let secret = "a".repeat(64);
    for table in ["mcp_access_tokens", "api_key", "audit_log", "mcp_call_log"] {
        for row in raw.rows(&format!("select * from {table}")).await {
            assert!(row.iter().all(|v| !v.contains(&secret)), "{table}: {row:?}");
        }
    }
    assert_eq!(raw.count("mcp_access_tokens").await, 2);
}
