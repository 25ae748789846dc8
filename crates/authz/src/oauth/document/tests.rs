use serde_json::json;

use super::*;

const URL: &str = "https://app.example/oauth/client.json";

fn document(changes: Value) -> Value {
    let mut document = json!({
        "client_id": URL,
        "client_name": "App",
        "redirect_uris": ["https://app.example/cb", "http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
    });
    for (name, value) in changes.as_object().unwrap() {
        document[name.as_str()] = value.clone();
    }
    document
}

fn judged(changes: Value) -> Result<Document, Refused> {
    read(URL, document(changes).to_string().as_bytes())
}

#[test]
fn attack_50_an_address_in_any_other_form_is_refused() {
    assert!(check_url(URL).is_ok() && check_url("https://app.example/x?v=1").is_ok());
    for url in [
        "http://app.example/client.json",
        "HTTPS://app.example/client.json",
        "https://App.example/client.json",
        "https://app.example",
        "https://app.example/",
        "https://app.example/a/../client.json",
        "https://app.example/./client.json",
        "https://app.example/%2e%2e/client.json",
        "https://a@app.example/client.json",
        "https://app.example@evil.example/client.json",
        "https://app.example/client.json#f",
        "https://app.example/client.json#",
        "https://app.example:443/client.json",
        "https://app.example:8443/client.json",
        "https://app.example./client.json",
        "https://app.example\\client.json",
        "https://app.example/cli ent.json",
        "https:///client.json",
    ] {
        assert_eq!(check_url(url).unwrap_err().reason, Reason::ClientDocumentBad, "{url}");
        assert!(is_url(url), "{url}");
    }
    assert!(check_url(&format!("https://app.example/{}", "a".repeat(2_100))).is_err());
    assert!(!is_url("mcp_1") && !is_url("httpx://") && !is_url("é"));
}

#[test]
fn attack_48_an_address_of_a_machine_is_refused_before_it_is_dialled() {
    for host in [
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "localhost",
        "intranet",
        "10.0.0.1",
    ] {
        assert!(check_url(&format!("https://{host}/client.json")).is_err(), "{host}");
    }
}

#[test]
fn a_good_document_is_read() {
    let read = judged(json!({"client_uri": "https://app.example/", "scope": "mcp:read x"})).unwrap();
    assert_eq!(read.name, "App");
    assert_eq!(read.redirect_uris, ["https://app.example/cb", "http://127.0.0.1/callback"]);
    assert_eq!((read.auth, read.scope.as_deref()), (AuthMethod::None, Some("mcp:read")));
    assert_eq!(read.client_uri.as_deref(), Some("https://app.example/"));
    let prefers_a_key = json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    });
    assert!(judged(prefers_a_key).is_ok());
}

#[test]
fn attacks_50_and_51_a_document_that_cannot_be_trusted_is_refused() {
    for changes in [
        json!({"client_id": "https://app.example/oauth/client.json/"}),
        json!({"client_id": "https://App.example/oauth/client.json"}),
        json!({"client_id": null}),
        json!({"client_secret": "s"}),
        json!({"client_secret": null}),
        json!({"token_endpoint_auth_method": "client_secret_basic"}),
        json!({"token_endpoint_auth_method": "client_secret_post"}),
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
        json!({"token_endpoint_auth_method": 1}),
        json!({"client_name": "\u{200b}"}),
        json!({"client_name": null}),
        json!({"redirect_uris": []}),
        json!({"redirect_uris": null}),
        json!({"redirect_uris": ["https://evil.example/cb"]}),
        json!({"redirect_uris": ["https://notapp.example/cb"]}),
        json!({"redirect_uris": ["https://app.example.evil.example/cb"]}),
        json!({"redirect_uris": ["https://app.example/cb", "javascript:alert(1)"]}),
        json!({"redirect_uris": ["cursor://x/cb"]}),
    ] {
        assert_eq!(judged(changes.clone()).unwrap_err().reason, Reason::ClientDocumentBad, "{changes}");
    }
    assert!(
        read(URL, b"<html>").is_err() && read(URL, b"[]").is_err() && read(URL, &vec![b' '; MOST_BYTES + 1]).is_err()
    );
}

#[test]
fn an_address_elsewhere_is_left_out() {
    let uris = json!(["https://www.app.example/cb", "https://grok.example/cb", "http://localhost:1/cb"]);
    let read = judged(json!({"redirect_uris": uris})).unwrap();
    assert_eq!(read.redirect_uris, ["https://www.app.example/cb", "http://localhost:1/cb"]);
}

#[test]
fn pinned_copies_keep_the_rules_of_documents() {
    for url in PINNED_URLS {
        let copy = pinned(url).unwrap();
        let as_document = json!({"client_id": url, "client_name": copy.name, "redirect_uris": copy.redirect_uris,
            "client_uri": copy.client_uri, "token_endpoint_auth_method": "none"});
        assert_eq!(read(url, as_document.to_string().as_bytes()).unwrap(), copy, "{url}");
    }
    let code = pinned("https://claude.ai/oauth/claude-code-client-metadata").unwrap();
    assert!(code.redirect_uris.iter().any(|uri| redirect::matches(uri, "http://localhost:51763/callback")));
    assert_eq!(pinned("https://claude.ai/oauth/claude-code-client-metadata/"), None);
}
