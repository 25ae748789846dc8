use watchkeep_model::Span;

use super::*;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const NOW: Timestamp = Timestamp::EPOCH;

fn code() -> CodeState {
    CodeState {
        client_id: "mcp_1".into(),
        redirect_uri: "http://127.0.0.1:5/cb".into(),
        challenge: CHALLENGE.into(),
        resource: Some("https://hub.example/api/mcp".into()),
        connector: Connector::Risk,
        slug: Some("acme".parse().unwrap()),
        expires_at: NOW.plus(Span::seconds(60)),
        used_at: None,
        tries: 0,
        scopes: "mcp:read".parse().unwrap(),
    }
}

fn judged(code: &CodeState, client: &str, raw: &str) -> Redeem {
    let params = Params::parse(raw.as_bytes()).unwrap();
    judge(NOW, code, client, &params, &Resources::at("https://hub.example"))
}

fn refused(redeem: Redeem) -> (&'static str, Reason) {
    match redeem {
        Redeem::Refuse(error) => (error.error, error.reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_vector_of_rfc_7636_appendix_b() {
    assert!(verifier_matches(CHALLENGE, VERIFIER));
    assert!(!verifier_matches(VERIFIER, VERIFIER), "plain is not S256");
    assert!(!verifier_matches(CHALLENGE, &VERIFIER.replace('d', "e")));
    assert!(!verifier_matches("", ""));
}

#[test]
fn a_good_redemption_issues() {
    for rest in [
        "",
        "&redirect_uri=http://127.0.0.1:5/cb",
        "&resource=https://hub.example/api/mcp",
        "&resource=https://hub.example/api/mcp/",
        "&scope=mcp:write",
    ] {
        assert_eq!(judged(&code(), "mcp_1", &format!("code_verifier={VERIFIER}{rest}")), Redeem::Issue, "{rest}");
    }
}

#[test]
fn attacks_13_to_15_the_verifier() {
    assert_eq!(refused(judged(&code(), "mcp_1", "")), ("invalid_grant", Reason::PkceMissing));
    for verifier in [&VERIFIER[1..], &"a".repeat(129), &VERIFIER.replace('-', "*"), CHALLENGE.get(..42).unwrap()] {
        let redeem = judged(&code(), "mcp_1", &format!("code_verifier={verifier}"));
        assert_eq!(refused(redeem), ("invalid_grant", Reason::PkceMalformed), "{verifier}");
    }
    let wrong = format!("code_verifier={}", "a".repeat(43));
    assert!(matches!(judged(&code(), "mcp_1", &wrong), Redeem::WrongTry(e) if e.error == "invalid_grant"));
    let worn = CodeState { tries: MOST_TRIES, ..code() };
    assert_eq!(refused(judged(&worn, "mcp_1", &format!("code_verifier={VERIFIER}"))).0, "invalid_grant");
}

#[test]
fn attacks_16_17_and_58_replay_other_client_and_unknown_read_the_same() {
    let good = format!("code_verifier={VERIFIER}");
    let used = CodeState { used_at: Some(NOW), ..code() };
    assert_eq!(judged(&used, "mcp_1", &good), Redeem::Replayed);
    assert_eq!(judged(&used, "mcp_1", ""), Redeem::Replayed);
    // another client can neither burn a code nor set off what a replay sets off
    for state in [&used, &code()] {
        let Redeem::Refuse(error) = judged(state, "mcp_2", &good) else { panic!() };
        assert_eq!(error.reason, Reason::CodeWrongClient);
        assert_eq!(TokenError { reason: unknown().reason, ..error }, unknown());
    }
    let expired = CodeState { expires_at: NOW, ..code() };
    let Redeem::Refuse(error) = judged(&expired, "mcp_1", &good) else { panic!() };
    assert_eq!(error.reason, Reason::CodeExpired);
    assert_eq!(TokenError { reason: unknown().reason, ..error }, unknown());
}

#[test]
fn attacks_20_and_32_another_address_or_resource_burns_nothing() {
    let with = |rest: &str| judged(&code(), "mcp_1", &format!("code_verifier={VERIFIER}&{rest}"));
    for uri in ["https://evil", "http://127.0.0.1:6/cb", "http://127.0.0.1:5/cb/"] {
        assert_eq!(refused(with(&format!("redirect_uri={uri}"))), ("invalid_grant", Reason::RedirectDiffers), "{uri}");
    }
    for resource in ["https://other", "https://hub.example/mcp", "https://hub.example/api/mcp/t/acme", "x"] {
        let redeem = with(&format!("resource={resource}"));
        assert_eq!(refused(redeem), ("invalid_target", Reason::ResourceUnknown), "{resource}");
    }
}

#[test]
fn where_no_resource_was_named_one_of_the_connector_and_tenant_may_be() {
    let free = CodeState { resource: None, ..code() };
    let with =
        |path: &str| judged(&free, "mcp_1", &format!("code_verifier={VERIFIER}&resource=https://hub.example{path}"));
    assert_eq!(with("/api/mcp"), Redeem::Issue);
    assert_eq!(with("/api/mcp/t/acme"), Redeem::Issue);
    for path in ["/mcp", "/api/mcp/t/contoso", ""] {
        assert_eq!(refused(with(path)).0, "invalid_target", "{path}");
    }
}

proptest::proptest! {
    #[test]
    fn only_the_verifier_matches(verifier in "[A-Za-z0-9._~-]{43,128}", other in "[A-Za-z0-9._~-]{43,128}") {
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
        proptest::prop_assert_eq!(challenge.len(), 43);
        proptest::prop_assert!(verifier_matches(&challenge, &verifier));
        proptest::prop_assert_eq!(verifier_matches(&challenge, &other), verifier == other);
    }
}
