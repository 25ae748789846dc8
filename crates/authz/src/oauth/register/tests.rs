use super::*;

fn judged(body: Value) -> Result<Registration, BadRegistration> {
    judge(body.to_string().as_bytes())
}

#[test]
fn the_least_that_a_script_sends_is_a_public_client() {
    let made = judge(br#"{"client_name":"my-script","redirect_uris":["http://localhost:8080/cb"]}"#).unwrap();
    assert_eq!((made.name.as_str(), made.auth), ("my-script", AuthMethod::None));
    let told = answer(&made, "mcp_1", None, 1_700_000_000);
    assert_eq!(
        told,
        json!({
            "client_id": "mcp_1",
            "client_id_issued_at": 1_700_000_000,
            "client_name": "my-script",
            "redirect_uris": ["http://localhost:8080/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        })
    );
    assert!(told.get("client_secret").is_none());
}

#[test]
fn what_is_kept_is_told() {
    let made = judged(json!({
        "client_name": "<b>App</b>\u{202e}\u{200b}\n x",
        "redirect_uris": ["https://h.example/cb", "https://h.example/cb"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
        "response_types": ["code", "token"],
        "application_type": "native",
        "client_uri": "javascript:alert(1)",
        "logo_uri": "https://169.254.169.254/",
        "software_statement": "a.b.c",
        "client_secret": "mine",
        "client_id": "mine",
        "scope": "mcp:read nonsense mcp.read offline_access api:write",
        "contacts": null,
    }))
    .unwrap();
    let told = answer(&made, "mcp_1", Some("s3cret"), 1);
    assert_eq!(told["client_name"], "<b>App</b>  x");
    assert_eq!(told["redirect_uris"], json!(["https://h.example/cb"]));
    assert_eq!(told["grant_types"], json!(["authorization_code"]));
    assert_eq!(told["response_types"], json!(["code"]));
    assert_eq!((&told["client_secret"], &told["client_secret_expires_at"]), (&json!("s3cret"), &json!(0)));
    assert_eq!(told["scope"], "mcp:read mcp.read offline_access");
    assert_eq!(told["application_type"], "native");
    for left_out in ["client_uri", "logo_uri", "software_statement", "contacts"] {
        assert!(told.get(left_out).is_none(), "{left_out}");
    }
    assert_eq!(told["client_id"], "mcp_1");
    assert_eq!(judged(json!({"redirect_uris": ["cursor://x/cb"]})).unwrap().name, "the app cursor");
    let long = judged(json!({"client_name": "x".repeat(300), "redirect_uris": ["https://h.example/cb"]})).unwrap();
    assert_eq!(long.name.chars().count(), 100);
}

#[test]
fn attacks_9_and_10_one_bad_address_refuses_all() {
    let many: Vec<String> = (0..11).map(|i| format!("https://h.example/{i}")).collect();
    for uris in [
        json!(["javascript:alert(1)"]),
        json!(["https://h.example/cb", " JaVaScRiPt:x"]),
        json!(["java\tscript:x"]),
        json!(["https://h.example/cb#f"]),
        json!(["https://*.h.example/cb"]),
        json!(["/cb"]),
        json!([]),
        json!(null),
        json!(many),
    ] {
        let refused = judged(json!({"redirect_uris": uris})).unwrap_err();
        assert_eq!(refused.error, "invalid_redirect_uri", "{uris}");
    }
    assert_eq!(judged(json!({})).unwrap_err().error, "invalid_redirect_uri");
}

#[test]
fn what_cannot_be_kept_is_refused_by_name() {
    let cb = json!(["https://h.example/cb"]);
    for (field, body) in [
        ("token_endpoint_auth_method", json!({"redirect_uris": cb, "token_endpoint_auth_method": "private_key_jwt"})),
        ("grant_types", json!({"redirect_uris": cb, "grant_types": ["client_credentials"]})),
        ("response_types", json!({"redirect_uris": cb, "response_types": ["token"]})),
        ("redirect_uris", json!({"redirect_uris": "https://h.example/cb"})),
        ("redirect_uris", json!({"redirect_uris": [1]})),
        ("client_name", json!({"redirect_uris": cb, "client_name": {"a": 1}})),
        ("object", json!([1])),
    ] {
        let refused = judged(body).unwrap_err();
        assert_eq!(refused.error, "invalid_client_metadata");
        assert!(refused.description.contains(field), "{refused}");
    }
    let huge = json!({"redirect_uris": cb, "x": "y".repeat(MOST_BYTES)});
    assert_eq!(judged(huge).unwrap_err().error, "invalid_client_metadata");
    assert!(judge(b"\xff{").is_err() && judge("[".repeat(8_000).as_bytes()).is_err());
}

#[test]
fn the_same_registration_has_the_same_fingerprint() {
    let of = |name: &str, uris: &[&str], method: &str| {
        let body = json!({"client_name": name, "redirect_uris": uris, "token_endpoint_auth_method": method});
        fingerprint(&judged(body).unwrap())
    };
    let one = of("App", &["https://a.example/", "https://b.example/"], "none");
    assert_eq!(one, of("App", &["https://b.example/", "https://a.example/"], "none"));
    assert_ne!(one, of("App", &["https://a.example/"], "none"));
    assert_ne!(one, of("App2", &["https://a.example/", "https://b.example/"], "none"));
    assert_ne!(one, of("App", &["https://a.example/", "https://b.example/"], "client_secret_post"));
}

proptest::proptest! {
    #[test]
    fn bytes_never_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = judge(&body);
    }
}
