use super::*;

#[test]
fn each_address_of_a_connector_is_read() {
    let resources = Resources::at("https://hub.example");
    for (text, connector, slug, url) in [
        ("https://hub.example/api/mcp", Connector::Risk, None, "https://hub.example/api/mcp"),
        ("https://hub.example/api/mcp/", Connector::Risk, None, "https://hub.example/api/mcp"),
        ("https://hub.example/api/mcp/t/acme", Connector::Risk, Some("acme"), "https://hub.example/api/mcp/t/acme"),
        ("https://hub.example/mcp", Connector::Fleet, None, "https://hub.example/mcp"),
        ("https://hub.example/mcp/t/acme/", Connector::Fleet, Some("acme"), "https://hub.example/mcp/t/acme"),
        ("https://hub.example", Connector::Fleet, None, "https://hub.example"),
        ("https://hub.example/", Connector::Fleet, None, "https://hub.example"),
    ] {
        let audience = resources.read(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((audience.connector, audience.slug.as_ref().map(Slug::as_str)), (connector, slug), "{text}");
        assert_eq!(audience.url.as_deref(), Some(url));
    }
}

#[test]
fn nothing_else_is() {
    let resources = Resources::at("https://hub.example");
    for text in [
        "",
        "/api/mcp",
        "http://hub.example/api/mcp",
        "https://HUB.example/api/mcp",
        "https://hub.example:443/api/mcp",
        "https://hub.example.evil/api/mcp",
        "https://hub.example@evil/api/mcp",
        "https://hub.example/api/mcp//",
        "https://hub.example//",
        "https://hub.example/api/mcp#x",
        "https://hub.example/api/mcp?x",
        "https://hub.example/api/mcp2",
        "https://hub.example/api/mcp/t/",
        "https://hub.example/api/mcp/t/UP",
        "https://hub.example/api/mcp/t/acme/x",
        "https://hub.example/api/../mcp",
        "https://hub.example/api%2Fmcp",
        "https://hub.example/api",
        " https://hub.example/mcp",
    ] {
        assert_eq!(resources.read(text), None, "{text}");
    }
    let strict = Resources { bare: false, ..resources };
    assert_eq!(strict.read("https://hub.example"), None);
}
