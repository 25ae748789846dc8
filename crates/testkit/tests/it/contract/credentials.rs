//! What opens nothing: each kind of bad credential at each operation. Nobody is known, so no row is written.
use watchkeep_hub::admin::NewPat;
use watchkeep_model::{Connector, Span};
use watchkeep_testkit::Client;

use crate::calling::{Told, Way, call};
use crate::examples::example;
use crate::world::{World, on_each_engine};

/// A credential, what its refusal must say, and at which doors it is bad.
struct Bad {
    credential: Option<String>,
    says: &'static str,
    at: &'static [Way],
}

const BOTH: &[Way] = &[Way::Mcp, Way::Rest];

fn bad(credential: impl Into<String>, says: &'static str) -> Bad {
    Bad { credential: Some(credential.into()), says, at: BOTH }
}

/// Calls every operation with every bad credential, and finds 401 and nothing written.
async fn refused_everywhere(w: &World, all: &[Bad]) {
    let mut calls = vec![];
    for ready in w.hub.hub.ops() {
        for way in Way::of(ready) {
            calls.push((ready, way, example(w, &w.acme, ready.def.name).await));
        }
    }
    let before = (w.chains().await, w.mcp_calls().await);
    for bad in all {
        let client = bad.credential.as_deref().map_or_else(|| w.hub.stranger(), |c| w.hub.client(c));
        for (ready, way, args) in calls.iter().filter(|(_, way, _)| bad.at.contains(way)) {
            let told = call(&client, *way, "acme", ready, args).await;
            refused(&told, *way, bad, ready.def.name);
        }
    }
    assert_eq!((w.chains().await, w.mcp_calls().await), before);
}

fn refused(told: &Told, way: Way, bad: &Bad, op: &str) {
    let about = format!("{op} over {way:?} with {:?}: {} {}", bad.credential, told.answer.status, told.text);
    assert_eq!(told.answer.status, 401, "{about}");
    assert!(told.text.contains(bad.says), "{about}");
    assert!(!told.answer.header("x-request-id").is_empty(), "{about}");
    let challenge = told.answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer "), "{about}: {challenge}");
    if way == Way::Mcp {
        let metadata =
            "resource_metadata=\"http://127.0.0.1:8420/.well-known/oauth-protected-resource/api/mcp/t/acme\"";
        assert!(challenge.contains(metadata) && challenge.contains("scope=\"mcp:read\""), "{about}: {challenge}");
        // no code where nothing was sent (RFC 6750, section 3.1)
        let sent = bad.credential.as_deref().is_some_and(|c| !c.trim().is_empty());
        assert_eq!(challenge.contains("error=\"invalid_token\""), sent, "{about}: {challenge}");
        assert_eq!(told.word, if sent { "invalid_token" } else { "unauthorized" }, "{about}");
    } else {
        assert_eq!(told.word, "unauthenticated", "{about}");
        assert_eq!(told.answer.header("content-type"), "application/problem+json", "{about}");
    }
    let secret = bad.credential.as_deref().and_then(|c| c.get(20..)).filter(|s| s.len() > 20);
    let said = format!("{}{challenge}", String::from_utf8_lossy(&told.answer.body));
    assert!(secret.is_none_or(|s| !said.contains(s)), "{about}: the refusal repeats the credential");
}

#[tokio::test]
async fn no_credential_and_no_form_of_a_credential_opens_an_operation() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let pat = w.hub.token(&w.acme.tenant, "mcp:read mcp:write").await;
        let key = w.hub.key(&w.acme.tenant, "api:read api:write").await;
        let mut all = vec![
            Bad { credential: None, says: "Authorization: Bearer", at: BOTH },
            bad("", "Authorization: Bearer"),
            bad("   ", "Authorization: Bearer"),
            bad("x", "drx_pat_<tenant-slug>.<hex>"),
            bad("null", "drx_pat_<tenant-slug>.<hex>"),
            bad("drx_pat_", "the point between the slug and the digits is missing"),
            bad("drx_pat_acme", "the point between the slug and the digits is missing"),
            bad("drx_pat_acme.", "it has 0 hex digits"),
            bad(format!("mat_{}", "a".repeat(64)), "nobody has this credential"),
            bad(format!("mat_{}", "a".repeat(63)), "an access token has the form mat_<hex>"),
            bad(format!("mrt_{}", "a".repeat(64)), "nobody has this credential"),
            bad(format!("mcp_{}", "a".repeat(32)), "nobody has this credential"),
            bad(format!("mcp_{}", "a".repeat(64)), "a client id has the form mcp_<hex>"),
            bad(format!("{pat} {key}"), "with nothing after them"),
        ];
        for (good, form) in [(&pat, "a personal access token"), (&key, "an API key")] {
            let (prefix, digits) = good.split_once('.').unwrap();
            let other = if digits.starts_with('0') { '1' } else { '0' };
            for (near, says) in [
                (good[..good.len() - 1].to_owned(), "it has 63 hex digits; was it copied whole?"),
                (format!("{good}0"), "it has 65 hex digits"),
                (format!("{prefix}.{}", digits.to_uppercase() + "A"), "in lower case"),
                (format!("{prefix}.{}g", &digits[1..]), "the digits are 0 to 9 and a to f"),
                (format!("{prefix}{digits}"), "the point between the slug and the digits is missing"),
                (format!("{prefix}..{}", &digits[1..]), "the digits are 0 to 9 and a to f"),
                (good.replace("acme", "Acme"), "not the slug of a tenant"),
                (good.replace("acme", ""), "not the slug of a tenant"),
                (good.replace("drx_", "DRX_"), form),
                (good.replace("drx_pat_", "drx-pat-").replace("drx_api_", "drx-api-"), form),
                (format!("\"{good}\""), form),
                (format!("'{good}"), form),
                (format!("Bearer {good}"), form),
                // well-formed, and nobody's
                (good.replace("acme", "contoso"), "nobody has this credential"),
                (good.replace("acme", "acme2"), "nobody has this credential"),
                (format!("{prefix}.{other}{}", &digits[1..]), "nobody has this credential"),
                (format!("{prefix}.{}", "0".repeat(64)), "nobody has this credential"),
            ] {
                all.push(bad(near, says));
            }
        }
        // the digits of one kind behind the prefix of the other
        all.push(bad(pat.replace("drx_pat", "drx_api"), "nobody has this credential"));
        all.push(bad(key.replace("drx_api", "drx_pat"), "nobody has this credential"));
        refused_everywhere(&w, &all).await;
    })
    .await;
}

#[tokio::test]
async fn a_credential_of_another_door_opens_nothing() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let mut all = vec![];
        for scopes in
            ["mcp:read", "mcp:write", "mcp:read mcp:write", "mcp.read", "mcp.read mcp.acknowledge", "mcp:read mcp.read"]
        {
            let credential = Some(w.hub.token(&w.acme.tenant, scopes).await);
            all.push(Bad { credential, says: "a token for MCP opens MCP only", at: &[Way::Rest] });
        }
        for scopes in ["mcp.read", "mcp.read mcp.acknowledge"] {
            let credential = Some(w.hub.token(&w.acme.tenant, scopes).await);
            all.push(Bad { credential, says: "this token does not open the risk connector", at: &[Way::Mcp] });
        }
        for scopes in ["api:read", "api:write", "api:read api:write"] {
            let credential = Some(w.hub.key(&w.acme.tenant, scopes).await);
            all.push(Bad { credential, says: "an API key opens the REST API only", at: &[Way::Mcp] });
        }
        refused_everywhere(&w, &all).await;
    })
    .await;
}

#[tokio::test]
async fn a_credential_whose_time_is_over_or_that_was_revoked_opens_nothing_from_that_moment_on() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let soon = w.hub.now().plus(Span::hours(1));
        let short = w.hub.token_until(&w.acme.tenant, "mcp:read mcp:write", soon).await;
        let admin = w.hub.admin();
        let (scope, lifetime) = (&w.acme.tenant.scope, "1h".parse().unwrap());
        let key =
            admin.create_key(scope, &watchkeep_hub::admin::NewKey { name: "k".into(), write: true, lifetime }).await;
        let new = |name: &str| NewPat {
            user: "ana@acme.example".into(),
            name: name.into(),
            connectors: vec![Connector::Risk],
            write: true,
            lifetime: "90d".parse().unwrap(),
        };
        let revoked = admin.create_pat(scope, &new("one")).await.unwrap();
        let gone_key = watchkeep_hub::admin::NewKey { name: "g".into(), write: true, lifetime: "90d".parse().unwrap() };
        let gone_key = admin.create_key(scope, &gone_key).await.unwrap();
        let key = key.unwrap().secret;
        let works = async |mcp: &str, rest: &str| {
            let path = w.acme.path("/kris");
            assert!(w.hub.client(mcp).tool("list_kris", serde_json::json!({})).await.content().is_object());
            assert_eq!(w.hub.client(rest).get(&path).await.status, 200);
        };
        works(&short, &key).await;
        works(&revoked.secret, &gone_key.secret).await;

        // the last moment is not part of it
        w.hub.clock.set(soon);
        admin.revoke_token(scope, revoked.id).await.unwrap();
        admin.revoke_token(scope, gone_key.id).await.unwrap();
        refused_everywhere(
            &w,
            &[
                Bad { credential: Some(short), says: "has expired", at: &[Way::Mcp] },
                Bad { credential: Some(key), says: "has expired", at: &[Way::Rest] },
                Bad { credential: Some(revoked.secret), says: "was revoked", at: &[Way::Mcp] },
                Bad { credential: Some(gone_key.secret), says: "was revoked", at: &[Way::Rest] },
            ],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_disabled_membership_person_or_tenant_closes_the_doors_and_an_enabled_one_opens_them() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let (admin, scope) = (w.hub.admin(), w.acme.tenant.scope.clone());
        let (pat, key) = (
            w.hub.token(&w.acme.tenant, "mcp:read mcp:write").await,
            w.hub.key(&w.acme.tenant, "api:read api:write").await,
        );
        let closed = |credential: &str, at: &'static [Way]| Bad {
            credential: Some(credential.to_owned()),
            says: "You do not have access to that tenant",
            at,
        };
        let open = async |client: Client, rest: bool| {
            if rest {
                assert_eq!(client.get(&w.acme.path("/kris")).await.status, 200);
            } else {
                assert!(client.tool("list_kris", serde_json::json!({})).await.content().is_object());
            }
        };
        admin.leave(&scope, "ana@acme.example").await.unwrap();
        refused_everywhere(&w, &[closed(&pat, &[Way::Mcp])]).await;
        open(w.hub.client(&key), true).await;
        admin.join(&scope, "ana@acme.example", watchkeep_model::Role::Analyst, true).await.unwrap();
        open(w.hub.client(&pat), false).await;

        admin.switch_person("ana@acme.example", false).await.unwrap();
        refused_everywhere(&w, &[closed(&pat, &[Way::Mcp])]).await;
        admin.switch_person("ana@acme.example", true).await.unwrap();
        open(w.hub.client(&pat), false).await;

        admin.switch_tenant("acme".parse().unwrap(), false).await.unwrap();
        refused_everywhere(&w, &[closed(&pat, &[Way::Mcp]), closed(&key, &[Way::Rest])]).await;
        // the neighbour is not concerned
        assert_eq!(w.contoso.key.get(&w.contoso.path("/kris")).await.status, 200);
        admin.switch_tenant("acme".parse().unwrap(), true).await.unwrap();
        open(w.hub.client(&pat), false).await;
        open(w.hub.client(&key), true).await;
    })
    .await;
}

#[tokio::test]
async fn a_stranger_learns_nothing_about_which_tenants_exist() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for credential in [None, Some(format!("drx_pat_acme.{}", "0".repeat(64))), Some("x".to_owned())] {
            let client = credential.as_deref().map_or_else(|| w.hub.stranger(), |c| w.hub.client(c));
            for ready in w.hub.hub.ops() {
                for way in Way::of(ready) {
                    let args = serde_json::json!({ "id": "x" });
                    let there = call(&client, way, "acme", ready, &args).await.answer;
                    let nowhere = call(&client, way, "acmf", ready, &args).await.answer;
                    assert_eq!((there.status, &there.body), (nowhere.status, &nowhere.body));
                    let challenge =
                        |a: &watchkeep_testkit::Answer| a.header("www-authenticate").replace("acmf", "acme");
                    assert_eq!(challenge(&there), challenge(&nowhere));
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_challenge_is_one_header_whatever_stands_in_the_path() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let metadata = "resource_metadata=\"http://127.0.0.1:8420/.well-known/oauth-protected-resource/api/mcp";
        for (path, resource) in [
            ("/api/mcp", ""),
            ("/api/mcp/", ""),
            ("/api/mcp/t/some-tenant", "/t/some-tenant"),
            ("/api/mcp/t/No%20Slug", ""),
            ("/api/mcp/t/x%22,%20evil=%22", ""),
            ("/api/mcp/t/%C3%A9", ""),
            ("/api/mcp/t/%ff", ""),
            ("/api/mcp/t/%00", ""),
            ("/api/mcp/t/a%0d%0aSet-Cookie:%20x", ""),
        ] {
            let answer = w.hub.stranger().rpc_at(path, serde_json::json!({})).await;
            let header = answer.header("www-authenticate");
            let wanted = format!("Bearer scope=\"mcp:read\", {metadata}{resource}\"");
            assert_eq!((answer.status, header), (401, &*wanted), "{path}");
            // and what it points to is there
            let document = metadata.trim_start_matches("resource_metadata=\"http://127.0.0.1:8420");
            let document = w.hub.stranger().get(&format!("{document}{resource}")).await.json();
            assert_eq!(document["resource"], format!("http://127.0.0.1:8420/api/mcp{resource}"), "{path}");
            let known =
                w.acme.pat.rpc_at(path, serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;
            assert_eq!(known.status, if path.contains("/t/") { 404 } else { 200 }, "{path}");
        }
    })
    .await;
}
