use super::*;

const NOW: Timestamp = Timestamp::EPOCH;
const WINDOW: Span = Span::seconds(120);

fn token() -> RefreshState {
    RefreshState {
        client_id: "mcp_1".into(),
        scopes: "mcp:read mcp:write".parse().unwrap(),
        resource: Some("https://hub.example/api/mcp".into()),
        connector: Connector::Risk,
        expires_at: NOW.plus(Span::days(30)),
        grant_expires_at: NOW.plus(Span::days(180)),
        revoked: false,
        used_at: None,
        retries: 0,
        successor_used: false,
        recovered: false,
        chain_in_window: 0,
    }
}

fn used(seconds_ago: i64) -> RefreshState {
    RefreshState { used_at: Some(NOW.minus(Span::seconds(seconds_ago))), chain_in_window: 1, ..token() }
}

fn judged(token: &RefreshState, raw: &str) -> Refresh {
    let params = Params::parse(raw.as_bytes()).unwrap();
    judge(NOW, WINDOW, token, "mcp_1", &params, &Resources::at("https://hub.example"))
}

fn rotates(raw: &str) -> String {
    match judged(&token(), raw) {
        Refresh::Rotate { scopes } => scopes.to_string(),
        other => panic!("{raw}: {other:?}"),
    }
}

fn refused(refresh: Refresh) -> TokenError {
    match refresh {
        Refresh::Refuse(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fresh_token_rotates_with_what_was_granted_or_less() {
    assert_eq!(rotates(""), "mcp:read mcp:write");
    assert_eq!(rotates("scope="), "mcp:read mcp:write");
    assert_eq!(rotates("scope=offline_access"), "mcp:read mcp:write");
    assert_eq!(rotates("scope=mcp:read"), "mcp:read");
    assert_eq!(rotates("scope=mcp:read+openid"), "mcp:read");
    assert_eq!(rotates("resource=https://hub.example/api/mcp/"), "mcp:read mcp:write");
}

#[test]
fn attacks_27_to_29_a_second_use() {
    for ago in [0, 1, 120] {
        assert_eq!(judged(&used(ago), ""), Refresh::Retry, "{ago}");
        assert_eq!(judged(&RefreshState { successor_used: true, ..used(ago) }, ""), Refresh::Retry);
    }
    assert_eq!(judged(&used(121), ""), Refresh::Recover);
    assert_eq!(judged(&RefreshState { successor_used: true, ..used(121) }, ""), Refresh::Reused);
    assert_eq!(judged(&RefreshState { recovered: true, ..used(121) }, ""), Refresh::Reused, "forgiven once");
    // a clock that another hub sets slightly behind
    assert_eq!(judged(&used(-1), ""), Refresh::Retry);
}

#[test]
fn a_window_has_its_limits() {
    assert_eq!(judged(&RefreshState { chain_in_window: MOST_BEHIND, ..used(1) }, ""), Refresh::Retry);
    assert_eq!(judged(&RefreshState { chain_in_window: MOST_BEHIND + 1, ..used(1) }, ""), Refresh::Reused);
    assert_eq!(judged(&RefreshState { retries: MOST_RETRIES - 1, ..used(1) }, ""), Refresh::Retry);
    let worn = refused(judged(&RefreshState { retries: MOST_RETRIES, ..used(1) }, ""));
    assert_eq!(worn.reason, Reason::RateLimited);
    let none = judge(NOW, Span::ZERO, &used(1), "mcp_1", &Params::default(), &Resources::at("https://hub.example"));
    assert_eq!(none, Refresh::Recover);
}

#[test]
fn attacks_30_and_58_other_clients_and_dead_tokens_read_as_unknown() {
    let params = Params::default();
    let by_other = |token: &RefreshState| {
        refused(judge(NOW, WINDOW, token, "mcp_2", &params, &Resources::at("https://hub.example")))
    };
    let dead = [
        (by_other(&token()), Reason::CodeWrongClient),
        (by_other(&RefreshState { successor_used: true, ..used(500) }), Reason::CodeWrongClient),
        (refused(judged(&RefreshState { revoked: true, ..token() }, "")), Reason::TokenRevoked),
        (refused(judged(&RefreshState { expires_at: NOW, ..token() }, "")), Reason::RefreshExpired),
        (refused(judged(&RefreshState { grant_expires_at: NOW, ..token() }, "")), Reason::RefreshExpired),
    ];
    for (error, reason) in dead {
        assert_eq!(error.reason, reason);
        assert_eq!(TokenError { reason: unknown().reason, ..error }, unknown());
    }
}

#[test]
fn attacks_31_and_32_no_more_than_was_granted() {
    let reader = RefreshState { scopes: "mcp:read".parse().unwrap(), ..token() };
    for scope in ["mcp:write", "mcp:read+mcp:write", "mcp.read", "api:read", "nonsense"] {
        assert_eq!(refused(judged(&reader, &format!("scope={scope}"))).error, "invalid_scope", "{scope}");
        // nor inside the window
        let again = RefreshState { used_at: Some(NOW), ..reader.clone() };
        assert_eq!(refused(judged(&again, &format!("scope={scope}"))).error, "invalid_scope", "{scope}");
    }
    for resource in ["https://other", "https://hub.example/mcp", "https://hub.example/api/mcp/t/acme"] {
        assert_eq!(refused(judged(&token(), &format!("resource={resource}"))).error, "invalid_target", "{resource}");
    }
    let free = RefreshState { resource: None, ..token() };
    assert!(matches!(judged(&free, "resource=https://hub.example/api/mcp"), Refresh::Rotate { .. }));
    assert_eq!(refused(judged(&free, "resource=https://hub.example/mcp")).error, "invalid_target");
}

proptest::proptest! {
    /// A token that was used never rotates a second time without one of the two marks of a second use.
    #[test]
    fn a_used_token_never_rotates(ago in -10_i64..10_000, retries in 0_i64..100, chain in 0_i64..10, flags in 0_u8..8) {
        let token = RefreshState {
            retries,
            chain_in_window: chain,
            revoked: flags & 1 > 0,
            successor_used: flags & 2 > 0,
            recovered: flags & 4 > 0,
            ..used(ago)
        };
        let verdict = judged(&token, "");
        let rotates = matches!(verdict, Refresh::Rotate { .. });
        proptest::prop_assert!(!rotates);
        if verdict == Refresh::Recover {
            proptest::prop_assert!(!token.successor_used && !token.recovered && ago > 120);
        }
    }
}
