use watchkeep_model::TenantId;

use super::*;
use crate::oauth::{AuthMethod, ClientKind};

const ISSUER: &str = "https://hub.example";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CB: &str = "https://client.example/cb";

fn client() -> Client {
    Client {
        id: "mcp_1".into(),
        name: "App".into(),
        kind: ClientKind::Registered,
        redirect_uris: vec![CB.into(), "http://127.0.0.1/callback".into(), "cursor://anysphere.cursor-mcp/cb".into()],
        auth: AuthMethod::None,
        secrets: Vec::new(),
        tenant: None::<TenantId>,
        scopes: None,
        disabled: false,
        unverified: true,
    }
}

/// A good request with these fields put in the place of its own; an empty value takes one away.
fn params(changes: &[(&str, &str)]) -> Params {
    let mut fields = vec![
        ("client_id", "mcp_1"),
        ("redirect_uri", CB),
        ("response_type", "code"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "s t&"),
    ];
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    Params::parse(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().as_bytes()).unwrap()
}

fn judged(changes: &[(&str, &str)]) -> Verdict {
    judge(&params(changes), Some(&client()), Alias::Root, &Resources::at(ISSUER), ISSUER)
}

fn ask(changes: &[(&str, &str)]) -> Request {
    match judged(changes) {
        Verdict::Ask(request) => *request,
        other => panic!("{changes:?}: {other:?}"),
    }
}

fn page(verdict: Verdict) -> Reason {
    match verdict {
        Verdict::Page(refused) => refused.reason,
        other => panic!("{other:?}"),
    }
}

/// The error and the reason of a refusal that is told to the client: at its address, with state and one `iss`.
fn told(changes: &[(&str, &str)]) -> (String, Reason) {
    let Verdict::Redirect { to, refused } = judged(changes) else { panic!("{changes:?}: {:?}", judged(changes)) };
    assert!(to.starts_with("https://client.example/cb?"), "{to}");
    let query = Params::parse(to.split_once('?').unwrap().1.as_bytes()).unwrap();
    assert_eq!(query.all("iss").collect::<Vec<_>>(), [ISSUER]);
    if !changes.iter().any(|(name, _)| *name == "state") {
        assert_eq!(query.all("state").collect::<Vec<_>>(), ["s t&"]);
    }
    assert_eq!(query.get("code"), None);
    assert!(!query.get("error_description").unwrap().is_empty());
    assert_eq!(query.get("error"), Some(refused.error));
    (refused.error.into(), refused.reason)
}

#[test]
fn a_good_request_is_put_before_the_person() {
    let request = ask(&[]);
    assert_eq!(request.client_id, "mcp_1");
    assert_eq!((request.redirect_uri.as_str(), request.challenge.as_str()), (CB, CHALLENGE));
    assert_eq!((request.state.as_deref(), request.prompt, request.offline), (Some("s t&"), Prompt::None, false));
    assert_eq!(request.audience, Audience::any(Connector::Risk));
    assert_eq!(request.scopes.to_string(), "mcp:read");
    assert_eq!(
        code_redirect(&request, ISSUER, "c0de"),
        "https://client.example/cb?code=c0de&state=s+t%26&iss=https%3A%2F%2Fhub.example"
    );
    assert_eq!(
        error_redirect(&request, ISSUER, "access_denied", "No \"x\"\n"),
        "https://client.example/cb?error=access_denied&error_description=No+%27x%27%3F&state=s+t%26&iss=https%3A%2F%2Fhub.example"
    );
}

#[test]
fn attacks_1_2_and_7_nothing_leaves_before_client_and_address_belong_together() {
    let resources = Resources::at(ISSUER);
    assert_eq!(page(judge(&params(&[]), None, Alias::Root, &resources, ISSUER)), Reason::ClientUnknown);
    assert_eq!(page(judged(&[("client_id", "mcp_2")])), Reason::ClientUnknown);
    assert_eq!(page(judged(&[("client_id", "")])), Reason::MalformedRequest);
    assert_eq!(page(judged(&[("client_id", "mcp_1"), ("client_id", "mcp_1")])), Reason::DuplicateParameter);
    assert_eq!(page(judged(&[("redirect_uri", CB), ("redirect_uri", "https://evil")])), Reason::DuplicateParameter);
    assert_eq!(page(judged(&[("redirect_uri", "")])), Reason::RedirectMismatch);
    for uri in
        ["https://evil", "https://client.example/cb/", "http://localhost/callback", "https://client.example/cb\r\nX: y"]
    {
        // even where all else is wrong too
        assert_eq!(page(judged(&[("redirect_uri", uri)])), Reason::RedirectMismatch, "{uri}");
        assert_eq!(page(judged(&[("redirect_uri", uri), ("response_type", "token")])), Reason::RedirectMismatch);
    }
    let disabled = Client { disabled: true, ..client() };
    assert_eq!(page(judge(&params(&[]), Some(&disabled), Alias::Root, &resources, ISSUER)), Reason::ClientDisabled);
    let bad = Client { redirect_uris: vec!["javascript:alert(1)".into()], ..client() };
    let script = params(&[("redirect_uri", "javascript:alert(1)")]);
    assert_eq!(page(judge(&script, Some(&bad), Alias::Root, &resources, ISSUER)), Reason::RedirectForbidden);
}

#[test]
fn attack_6_the_port_that_the_client_listens_on_is_answered() {
    let request = ask(&[("redirect_uri", "http://127.0.0.1:51763/callback")]);
    assert!(code_redirect(&request, ISSUER, "c").starts_with("http://127.0.0.1:51763/callback?code=c&"));
}

#[test]
fn attacks_11_and_12_pkce_with_s256_is_required() {
    let error = |changes: &[(&str, &str)]| told(changes);
    assert_eq!(error(&[("code_challenge", "")]), ("invalid_request".into(), Reason::PkceMissing));
    assert_eq!(error(&[("code_challenge", ""), ("code_challenge_method", "")]).1, Reason::PkceMissing);
    for method in ["", "plain", "S512", "s256"] {
        assert_eq!(
            error(&[("code_challenge_method", method)]),
            ("invalid_request".into(), Reason::PkceMethod),
            "{method}"
        );
    }
    for challenge in [&CHALLENGE[1..], &format!("{CHALLENGE}A"), &CHALLENGE.replace('-', "+"), "ü"] {
        assert_eq!(error(&[("code_challenge", challenge)]).1, Reason::PkceMalformed, "{challenge}");
    }
}

#[test]
fn attack_21_doubled_fields_are_told_to_the_client() {
    for name in ["response_type", "code_challenge", "code_challenge_method", "scope", "resource", "prompt"] {
        assert_eq!(told(&[(name, "a"), (name, "b")]), ("invalid_request".into(), Reason::DuplicateParameter), "{name}");
    }
    let Verdict::Redirect { to, .. } = judged(&[("state", "a"), ("state", "b")]) else { panic!() };
    assert!(!to.contains("state="), "{to}");
}

#[test]
fn only_a_code_by_the_query_is_offered() {
    for kind in ["token", "id_token", "code token", "none"] {
        assert_eq!(told(&[("response_type", kind)]), ("unsupported_response_type".into(), Reason::ResponseType));
    }
    assert_eq!(told(&[("response_type", "")]).0, "invalid_request");
    assert_eq!(told(&[("response_mode", "fragment")]).0, "invalid_request");
    assert_eq!(told(&[("request", "e30.e30.")]).0, "request_not_supported");
    assert_eq!(told(&[("request_uri", "https://x")]).0, "request_uri_not_supported");
    assert_eq!(told(&[("state", &"s".repeat(9_000))]).0, "invalid_request");
}

#[test]
fn the_resource_says_the_connector() {
    let request = ask(&[("resource", "https://hub.example/mcp/t/acme"), ("scope", "mcp.read mcp:write")]);
    assert_eq!(request.audience.connector, Connector::Fleet);
    assert_eq!(request.audience.slug.as_ref().map(|slug| slug.as_str()), Some("acme"));
    assert_eq!(request.scopes.to_string(), "mcp.read", "a scope of the other connector is unknown here");
    for bad in ["https://other.example/mcp", "https://hub.example/mcp#f", "x"] {
        assert_eq!(told(&[("resource", bad)]), ("invalid_target".into(), Reason::ResourceUnknown));
    }
}

#[test]
fn without_one_it_is_the_dialect_then_the_alias_then_risk() {
    let connector = |scope: &str, alias| match judge(
        &params(&[("scope", scope)]),
        Some(&client()),
        alias,
        &Resources::at(ISSUER),
        ISSUER,
    ) {
        Verdict::Ask(request) => (request.audience.connector, request.scopes.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(connector("mcp.read", Alias::Root), (Connector::Fleet, "mcp.read".into()));
    assert_eq!(connector("mcp:read", Alias::Fleet), (Connector::Risk, "mcp:read".into()));
    assert_eq!(connector("", Alias::Fleet), (Connector::Fleet, "mcp.read".into()));
    assert_eq!(connector("", Alias::Root), (Connector::Risk, "mcp:read".into()));
    assert_eq!(connector("mcp:read mcp.read", Alias::Root), (Connector::Risk, "mcp:read".into()));
    assert_eq!(connector("mcp:read mcp.read", Alias::Fleet), (Connector::Fleet, "mcp.read".into()));
}

#[test]
fn scopes_are_sorted_out() {
    for (asked, got) in [
        ("mcp:read", "mcp:read"),
        ("mcp:write", "mcp:read mcp:write"),
        ("openid mcp:read nonsense", "mcp:read"),
        ("offline_access", "mcp:read"),
        ("  mcp:read   mcp:read ", "mcp:read"),
    ] {
        let request = ask(&[("scope", asked)]);
        assert_eq!(request.scopes.to_string(), got, "{asked}");
        assert_eq!(request.offline, asked.contains("offline"));
    }
    for asked in ["nonsense", "openid offline_access", "api:read", "mcp:admin", "MCP:READ"] {
        assert_eq!(told(&[("scope", asked)]), ("invalid_scope".into(), Reason::ScopeUnknown), "{asked}");
    }
    let reader = Client { scopes: Some("mcp:read".parse().unwrap()), ..client() };
    let resources = Resources::at(ISSUER);
    let by = |scope: &str| judge(&params(&[("scope", scope)]), Some(&reader), Alias::Root, &resources, ISSUER);
    assert!(matches!(by("mcp:write"), Verdict::Ask(request) if request.scopes.to_string() == "mcp:read"));
    assert!(matches!(by("mcp.read"), Verdict::Redirect { refused, .. } if refused.error == "invalid_scope"));
}

#[test]
fn attack_55_prompts() {
    for (words, prompt) in [
        ("none", Prompt::Silent),
        ("login", Prompt::Login),
        ("consent login", Prompt::Login),
        ("select_account", Prompt::Login),
        ("consent", Prompt::Consent),
        ("other", Prompt::None),
    ] {
        assert_eq!(ask(&[("prompt", words)]).prompt, prompt);
    }
    assert_eq!(told(&[("prompt", "none login")]).0, "invalid_request");
}

#[test]
fn attack_44_and_70_nothing_of_the_request_breaks_out_of_the_answer() {
    for state in ["x\r\nSet-Cookie: a=b", "\"><script>", "a&iss=https://evil", "\u{202e}", "#f"] {
        let to = code_redirect(&ask(&[("state", state)]), ISSUER, "c");
        assert!(to.bytes().all(|c| c.is_ascii_graphic() && !b"\"<>#".contains(&c)), "{to}");
        let query = Params::parse(to.split_once('?').unwrap().1.as_bytes()).unwrap();
        assert_eq!(query.get("state"), Some(state));
        assert_eq!(query.all("iss").collect::<Vec<_>>(), [ISSUER]);
    }
}

proptest::proptest! {
    /// Whatever is sent: what leaves the hub goes to a registered address.
    #[test]
    fn an_answer_goes_to_a_registered_address_only(
        raw in "(client_id=mcp_1&)?([a-z_]{1,10}=[ -~]{0,12}&){0,6}(redirect_uri=(https://client.example/cb|[ -~]{0,20})&)?[ -~]{0,40}",
    ) {
        let Ok(params) = Params::parse(raw.as_bytes()) else { return Ok(()) };
        if let Verdict::Redirect { to, .. } = judge(&params, Some(&client()), Alias::Root, &Resources::at(ISSUER), ISSUER) {
            proptest::prop_assert!(to.starts_with("https://client.example/cb?error="), "{}", to);
        }
    }
}
