use super::*;
use crate::oauth::{ClientKind, TokenStatus};

fn client(auth: AuthMethod, secrets: &[&str]) -> Client {
    let hash = |secret: &&str| digest(&SHA256, secret.as_bytes()).as_ref().try_into().unwrap();
    Client {
        id: "mcp_1".into(),
        name: "App".into(),
        kind: ClientKind::Static,
        redirect_uris: Vec::new(),
        auth,
        secrets: secrets.iter().map(hash).collect(),
        tenant: None,
        scopes: None,
        disabled: false,
        unverified: false,
    }
}

fn form(raw: &str) -> Params {
    Params::parse(raw.as_bytes()).unwrap()
}

/// `word` as HTTP Basic.
fn header(word: &str) -> String {
    let padded = BASE64_NOPAD.encode(word.as_bytes());
    format!("Basic {padded}{}", "=".repeat((4 - padded.len() % 4) % 4))
}

fn tried(client: &Client, authorization: Option<&str>, body: &str) -> Result<(), TokenError> {
    presented(authorization, &form(body)).and_then(|presented| judge(client, &presented))
}

#[test]
fn each_method_proves_its_own_client() {
    let (public, basic, post) = (
        client(AuthMethod::None, &[]),
        client(AuthMethod::Basic, &["old", "new"]),
        client(AuthMethod::Post, &["s3cret"]),
    );
    assert_eq!(tried(&public, None, "client_id=mcp_1"), Ok(()));
    for secret in ["old", "new"] {
        assert_eq!(tried(&basic, Some(&header(&format!("mcp_1:{secret}"))), ""), Ok(()));
    }
    assert_eq!(tried(&basic, Some(&header("mcp_1:new").replacen("Basic", "bASIC", 1)), "client_id=mcp_1"), Ok(()));
    assert_eq!(tried(&post, None, "client_id=mcp_1&client_secret=s3cret"), Ok(()));
}

#[test]
fn attacks_24_and_25_another_method_or_none_is_refused() {
    let (public, basic, post) =
        (client(AuthMethod::None, &[]), client(AuthMethod::Basic, &["s"]), client(AuthMethod::Post, &["s"]));
    let basic_header = header("mcp_1:s");
    for (client, authorization, body, by_basic) in [
        (&public, None, "client_id=mcp_1&client_secret=s", false),
        (&public, Some(basic_header.as_str()), "", true),
        (&public, Some("Basic bWNwXzE6"), "", true),
        (&public, None, "refresh_token=x", false),
        (&public, None, "client_id=other", false),
        (&basic, None, "client_id=mcp_1", false),
        (&basic, None, "client_id=mcp_1&client_secret=s", false),
        (&post, Some(basic_header.as_str()), "", true),
        (&post, None, "client_id=mcp_1", false),
        (&post, None, "client_id=mcp_1&client_secret=S", false),
        (&post, None, "client_secret=s", false),
        (&public, Some("Bearer mat_x"), "client_id=mcp_1", true),
        (&public, None, "client_id=mcp_1&client_assertion=a.b.c", false),
        (&client(AuthMethod::Basic, &[]), Some(basic_header.as_str()), "", true),
    ] {
        let refused = tried(client, authorization, body).unwrap_err();
        assert_eq!(refused.error, "invalid_client", "{authorization:?} {body}");
        assert_eq!(refused.status, TokenStatus::Unauthorized { basic: by_basic }, "{authorization:?} {body}");
        assert!(!refused.description.contains("s3cret"));
    }
    let disabled = Client { disabled: true, ..public };
    assert_eq!(tried(&disabled, None, "client_id=mcp_1").unwrap_err().reason, Reason::ClientDisabled);
}

#[test]
fn attack_23_two_methods_at_once_are_refused() {
    let basic = client(AuthMethod::Basic, &["s"]);
    for body in ["client_id=mcp_1&client_secret=s", "client_secret=s", "client_id=other"] {
        assert_eq!(tried(&basic, Some(&header("mcp_1:s")), body).unwrap_err().error, "invalid_request", "{body}");
    }
    assert_eq!(tried(&basic, None, "client_id=a&client_id=a").unwrap_err().error, "invalid_request");
}

#[test]
fn attack_26_id_and_secret_are_form_encoded_within_basic() {
    let basic = client(AuthMethod::Basic, &["a:b%c d+"]);
    assert_eq!(tried(&basic, Some(&header("mcp_1:a%3Ab%25c+d%2B")), ""), Ok(()));
    assert_eq!(tried(&basic, Some(&header("mcp%5F1:a%3Ab%25c%20d%2B")), ""), Ok(()));
    // a colon in the secret needs no escape, a percent sign that begins none stands for itself
    assert_eq!(tried(&basic, Some(&header("mcp_1:a:b%c%20d%2B")), ""), Ok(()));
    for bad in ["Basic", "Basic ", "Basic !!!!", "Basic bWNwXzE", "Basic /w==", "Basic Og==", &header("mcp_1:%ff")] {
        let refused = tried(&basic, Some(bad), "").unwrap_err();
        assert_eq!(
            (refused.error, refused.status),
            ("invalid_client", TokenStatus::Unauthorized { basic: true }),
            "{bad}"
        );
    }
}
