use super::*;

fn form_of(raw: &str) -> Params {
    Params::parse(raw.as_bytes()).unwrap()
}

#[test]
fn attack_22_only_a_form_in_the_body_is_read() {
    const FORM: &str = "application/x-www-form-urlencoded";
    assert!(form(FORM, None, b"a=b").is_ok());
    assert!(form("Application/X-WWW-Form-Urlencoded; charset=utf-8", Some(""), b"a=b").is_ok());
    for (kind, query, body) in [
        ("application/json", None, "{}"),
        ("", None, "a=b"),
        ("application/x-www-form-urlencodedx", None, "a=b"),
        ("text/plain; application/x-www-form-urlencoded", None, "a=b"),
        (FORM, Some("code=a"), "a=b"),
        (FORM, None, "a=%00"),
    ] {
        assert_eq!(form(kind, query, body.as_bytes()).unwrap_err().error, "invalid_request", "{kind}");
    }
}

#[test]
fn two_grants_are_offered() {
    assert_eq!(asked(&form_of("grant_type=authorization_code&code=c")), Ok(Asked::Code { code: "c" }));
    assert_eq!(asked(&form_of("grant_type=refresh_token&refresh_token=t")), Ok(Asked::Refresh { token: "t" }));
    for (raw, error) in [
        ("", "invalid_request"),
        ("grant_type=authorization_code", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=", "invalid_request"),
        ("grant_type=authorization_code&code=a&code=b", "invalid_request"),
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
        ("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
    ] {
        assert_eq!(asked(&form_of(raw)).unwrap_err().error, error, "{raw}");
    }
}

#[test]
fn attack_70_a_huge_code_is_an_unknown_one() {
    let raw = format!("grant_type=authorization_code&code={}", "a".repeat(60_000));
    assert_eq!(asked(&form_of(&raw)).unwrap_err(), super::super::code::unknown());
    assert_eq!(revoked(&form_of(&format!("token={}", "a".repeat(60_000)))), Ok(None));
    assert_eq!(revoked(&form_of("token=mat_1&token_type_hint=nonsense")), Ok(Some("mat_1")));
    assert_eq!(revoked(&form_of("x=1")).unwrap_err().error, "invalid_request");
}
