use proptest::prelude::*;

use super::*;

const GOOD: &[&str] = &[
    "https://claude.ai/api/mcp/auth_callback",
    "https://chatgpt.com/connector/oauth/abc_123",
    "https://h.example:8443/cb?x=1&y=a%20b",
    "https://h.example",
    "https://h.example/cb/%2e%2ex?",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:33418/",
    "http://127.0.0.1:33418",
    "http://localhost:80/cb?x=1",
    "http://[::1]:9000/cb",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "vscode://vscode.github-authentication/did-authenticate",
    "com.example.app:/callback",
    "com.example.app://callback",
];

#[test]
fn what_clients_register_is_taken() {
    for uri in GOOD {
        assert_eq!(register(uri), Ok(()), "{uri}");
        assert!(matches(uri, uri));
    }
}

#[test]
fn attack_9_script_schemes_are_refused() {
    for uri in [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "JAVASCRIPT://h.example/%0aalert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "javascript&colon;alert(1)",
        "javascript%3Aalert(1)",
        "data:text/html,<script>",
        "data:text/html;base64,AAAA",
        "vbscript:x",
        "blob:https://h.example/1",
        "file:///etc/passwd",
        "filesystem:https://h.example/x",
        "about:blank",
        "view-source:https://h.example",
        "ftp://h.example/x",
        "ws://h.example/x",
        "intent://x#Intent;end",
        "mailto:a@b.example",
        "unknownapp://cb",
    ] {
        assert!(register(uri).is_err(), "{uri}");
    }
}

#[test]
fn attack_10_fragment_wildcard_relative_and_other_forms_are_refused() {
    for uri in [
        "",
        "/cb",
        "//h.example/cb",
        "h.example/cb",
        "https://h.example/cb#f",
        "https://h.example/cb#",
        "https://*.h.example/cb",
        "https://h.example/*",
        "https://",
        "https:///cb",
        "https:h.example/cb",
        "https:/h.example/cb",
        "https:\\\\h.example/cb",
        "https://a@h.example/cb",
        "https://a:b@h.example/cb",
        "https://good.example@@evil/cb",
        "https://h.example\\@evil/cb",
        "HTTPS://h.example/cb",
        "https://H.example/cb",
        "https://h.example:443/cb",
        "https://2130706433/cb",
        "https://0x7f.1/cb",
        "https://h.example/a/../cb",
        "https://h.example/./cb",
        "https://h.example/%2e%2e/cb",
        "https://h.exam%70le/cb",
        "https://h.example;script-src/cb",
        "https://h.example,x/cb",
        "https://'self'/cb",
        "https://hé.example/cb",
        "https://h.example/c b",
        "https://h.example/cb\r\nSet-Cookie: x",
        "https://h.example/\u{202e}cb",
        "https://h.example/cb?code=mine",
        "https://h.example/cb?x=1&iss=mine",
        "https://h.example/cb?st%61te=mine",
        "http://h.example/cb",
        "http://localhost.evil/cb",
        "http://localhost./cb",
        "http://127.0.0.1.evil/cb",
        "http://127.1/cb",
        "http://127.0.0.2/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://a@127.0.0.1/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "com.example.app:",
        "com.example.app://",
        "1com.example:/cb",
        "com.Example.app:/cb",
    ] {
        assert!(register(uri).is_err(), "{uri}");
    }
    assert!(register(&format!("https://h.example/{}", "a".repeat(2_000))).is_err());
}

#[test]
fn attacks_3_to_5_and_8_another_address_does_not_match() {
    let registered = "https://client.example/cb";
    for asked in [
        "https://client.example/cb/../x",
        "https://client.example/cb/",
        "https://client.example/cb%2f..",
        "https://client.example/..;/cb",
        "HTTPS://client.example/cb",
        "https://Client.example/cb",
        "https://client.example:443/cb",
        "https://client.example:8443/cb",
        "https://client.example./cb",
        "https://client.example@@evil/cb",
        "https://a@client.example/cb",
        "https://client.example/cb?x=1",
        "https://client.example/cb#",
        "https://client.example/CB",
        "http://client.example/cb",
        "https://evil.example/cb",
    ] {
        assert!(!matches(registered, asked), "{asked}");
    }
}

#[test]
fn attack_6_any_port_of_this_computer_matches() {
    for registered in ["http://127.0.0.1/callback", "http://127.0.0.1:1/callback"] {
        assert!(matches(registered, "http://127.0.0.1:51763/callback"));
        assert!(matches(registered, "http://127.0.0.1/callback"));
    }
    assert!(matches("http://localhost/callback", "http://localhost:51763/callback"));
    assert!(matches("http://[::1]/cb?a=b", "http://[::1]:2/cb?a=b"));
}

#[test]
fn attack_7_but_nothing_else_of_it() {
    for asked in [
        "http://127.0.0.1:1/other",
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:1/callback?x=1",
        "http://localhost:1/callback",
        "http://[::1]:1/callback",
        "https://127.0.0.1:1/callback",
        "http://127.0.0.1.evil:1/callback",
        "http://127.0.0.1:1@evil/callback",
        "http://127.0.0.1@evil:1/callback",
        "http://127.1:1/callback",
        "http://[::ffff:127.0.0.1]:1/callback",
        "http://127.0.0.1.:1/callback",
        "http://127.0.0.1:00001/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:1x/callback",
        "http://127.0.0.1:1\\callback",
    ] {
        assert!(!matches("http://127.0.0.1/callback", asked), "{asked}");
    }
    assert!(!matches("http://localhost/callback", "http://localhost.:1/callback"));
}

#[test]
fn people_and_policies_are_told_where_the_answer_goes() {
    for (uri, told, host_is, source) in [
        ("https://claude.ai/api/mcp/auth_callback", "claude.ai", "claude.ai", "https://claude.ai"),
        ("https://h.example:8443/cb", "h.example:8443", "h.example:8443", "https://h.example:8443"),
        ("http://127.0.0.1:9/cb", "this computer (127.0.0.1)", "127.0.0.1", "http://127.0.0.1:9"),
        ("http://[::1]:9/cb", "this computer ([::1])", "[::1]", "http:"),
        ("cursor://anysphere.cursor-mcp/cb", "the app cursor", "cursor:", "cursor:"),
        ("com.example.app:/cb", "the app com.example.app", "com.example.app:", "com.example.app:"),
    ] {
        assert_eq!((shown(uri).as_str(), host(uri).as_str(), csp_source(uri).as_str()), (told, host_is, source));
    }
}

#[test]
fn the_answer_is_added_to_the_query() {
    let added = [("code", "a b&c"), ("iss", "https://hub.example")];
    let tail = "code=a+b%26c&iss=https%3A%2F%2Fhub.example";
    assert_eq!(with("https://h/cb", &added), format!("https://h/cb?{tail}"));
    assert_eq!(with("https://h/cb?x=1", &added), format!("https://h/cb?x=1&{tail}"));
    assert_eq!(with("https://h/cb?", &added), format!("https://h/cb?{tail}"));
    assert_eq!(with("a.b:/cb", &added), format!("a.b:/cb?{tail}"));
    assert_eq!(with("https://h/cb", &[]), "https://h/cb");
    assert_eq!(with("https://h/cb", &[("state", "x\r\nSet-Cookie: y")]), "https://h/cb?state=x%0D%0ASet-Cookie%3A+y");
}

/// Addresses in the neighbourhood of good ones: cut, doubled, with pieces that confuse parsers.
fn near() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("@"),
        Just(":"),
        Just("/"),
        Just("\\"),
        Just("."),
        Just("?"),
        Just("#"),
        Just("%2f"),
        Just(".."),
        Just(";"),
        Just(":80"),
        Just(":443"),
        Just("evil"),
        Just("localhost"),
        Just("127.0.0.1"),
        Just("\t"),
        Just(" "),
        Just("\0"),
        Just("&"),
        Just("x=1"),
        Just("[::1]"),
        Just("é"),
        Just("A"),
        Just("//"),
        Just("http://"),
        Just("https://"),
    ];
    let edit = (0..60_usize, 0..4_usize, piece);
    (proptest::sample::select(GOOD), proptest::collection::vec(edit, 0..4)).prop_map(|(uri, edits)| {
        let mut text: Vec<char> = uri.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    /// Whatever a browser would make of the address: it is the same host, path and query as the registered one.
    #[test]
    fn what_matches_goes_to_the_same_place(registered in proptest::sample::select(GOOD), asked in near()) {
        if matches(registered, &asked) {
            let (one, other) = (Url::parse(registered).unwrap(), Url::parse(&asked).unwrap());
            prop_assert_eq!(one.scheme(), other.scheme());
            prop_assert_eq!(one.host_str(), other.host_str());
            prop_assert_eq!(one.path(), other.path());
            prop_assert_eq!(one.query(), other.query());
            prop_assert_eq!(other.fragment(), None);
            prop_assert!(other.username().is_empty() && other.password().is_none());
            let loopback = one.scheme() == "http" && LOOPBACK.contains(&one.host_str().unwrap_or_default());
            prop_assert!(loopback || registered == asked);
        }
    }

    /// What may be registered means the same to a URL parser as it says, and can stand in a header.
    #[test]
    fn what_is_registered_is_what_it_says(uri in near()) {
        if register(&uri).is_ok() {
            let url = Url::parse(&uri).unwrap();
            prop_assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
            prop_assert!(uri.bytes().all(|c| c.is_ascii_graphic()));
            if url.scheme() == "http" {
                prop_assert!(is_loopback(&uri));
                prop_assert!(LOOPBACK.contains(&url.host_str().unwrap()));
            }
            let source = csp_source(&uri);
            prop_assert!(source.bytes().all(|c| c.is_ascii_graphic() && !b";,'\"".contains(&c)), "{}", source);
            prop_assert!(!shown(&uri).is_empty() && !host(&uri).is_empty());
            let there = Url::parse(&with(&uri, &[("code", "c"), ("iss", "i")])).unwrap();
            prop_assert_eq!(there.query_pairs().filter(|(name, _)| name == "code").count(), 1);
            prop_assert_eq!(there.host_str(), url.host_str());
        }
    }

    #[test]
    fn no_spelling_of_a_script_scheme_is_registered(
        scheme in proptest::sample::select(NEVER),
        upper in proptest::collection::vec(any::<bool>(), 12),
        noise in proptest::sample::select(&["", " ", "\t", "\n", "\r", "\0", "\u{1}", "\u{a0}", "%09", "\u{200b}", "&#9;"][..]),
        at in 0..13_usize,
        rest in "[ -~]{0,20}",
    ) {
        let cased: String = scheme
            .chars()
            .zip(upper.into_iter().cycle())
            .map(|(c, up)| if up { c.to_ascii_uppercase() } else { c })
            .collect();
        let at = at.min(cased.len());
        let uri = format!("{}{noise}{}:{rest}", &cased[..at], &cased[at..]);
        prop_assert!(register(&uri).is_err(), "{:?}", uri);
    }

    #[test]
    fn text_never_panics(a in "\\PC{0,80}", b in any::<String>()) {
        for uri in [&a, &b] {
            let _ = (register(uri), matches(&a, &b), shown(uri), host(uri), csp_source(uri), with(uri, &[("a", "b")]));
        }
    }
}
