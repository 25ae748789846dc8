//! The ways past the ordinary doors: statements that cross tenants, and routes that are no operation.

use super::tree::Tree;

/// A way past, and why it exists.
type Listed = (&'static str, &'static str);

/// The files of `store` with statements of kind `Crossing`. Their names, and why each crosses, stand in its registry.
const CROSSING: &[Listed] = &[
    ("artifacts", "bodies of all tenants are laid down and have their time"),
    ("artifacts/zones", "the token of a webhook names its tenant"),
    ("audit/checkpoint", "every chain gets checkpoints"),
    ("audit/verify", "every chain is verified"),
    ("idempotency", "keys end after a day"),
    ("identity", "sign-in asks what a person's memberships require"),
    ("identity/attempts", "attempts are counted for every address typed, whoever's it is"),
    ("identity/sessions", "the secret of a session names its person"),
    ("jobs", "workers serve all tenants"),
    ("kris", "values of all tenants go stale"),
    ("oauth/attempts", "attempts to connect are kept before a tenant is known"),
    ("oauth/clients", "clients belong to the installation, and only who sees all grants knows which are needed"),
    ("oauth/grants", "a code and an access token name their tenant"),
    ("oauth/refresh", "a refresh token names its tenant"),
    ("proposals", "accepted proposals of all tenants become samples"),
    ("schedules", "schedules of all tenants fire"),
    ("seals", "doctor opens every sealed value, and a new key seals every one anew"),
    ("tenants", "the operator names a tenant"),
    ("tokens", "a token names its tenant"),
];

/// Where the registry of statements is.
const REGISTRY: &str = "crates/store/src/registry.rs";

/// The path of each route of `server` that does not come from the list of operations.
const ROUTES: &[Listed] = &[
    ("&path", "the connectors' mounts, from the list of mounts"),
    ("&format!(\"{BASE}{path}\"", "the operations themselves"),
    ("/", "says what this is"),
    ("/healthz", "for whoever watches the hub; knows no tenant"),
    ("/readyz", "for whoever watches the hub; knows no tenant"),
    ("/metrics", "for whoever watches the hub; numbers without a tenant"),
    ("/api", "tells the right address"),
    ("/api/", "tells the right address"),
    ("/api/v1/openapi.json", "the public description"),
    ("/.well-known/oauth-protected-resource", "public metadata"),
    ("/.well-known/oauth-protected-resource/{*path}", "public metadata"),
    ("/.well-known/{*path}", "not found, in JSON"),
    ("/mcp/.well-known/{*path}", "public metadata, where some clients look for it"),
    ("/api/mcp/.well-known/{*path}", "public metadata, where some clients look for it"),
    ("&format!(\"{path}/{{*path}}\"", "public metadata of the authorization server, also asked for below its path"),
    ("/revoke", "RFC 7009: ends a token; the client proves itself"),
    ("/mcp/oauth/{*path}", "not found, in JSON"),
    ("UPLOAD", "a file of up to 64 MiB is no argument; ends in hub::dropzone"),
    ("HOOK", "the same with the token of one Drop Zone, for a tool that can only send a webhook"),
    ("path", "the token and registration endpoints by both their names, and public metadata"),
    ("/assets/{name}", "the pages' stylesheet and scripts"),
    ("/sign-in", "signs a person in"),
    ("/sign-in/second", "signs a person in"),
    ("/sign-in/enrol", "signs a person in"),
    ("/sign-in/passkey", "signs a person in"),
    ("/sign-out", "signs a person out"),
    ("/link/{token}", "sets a password; the link is the credential"),
    ("/forgot", "says whom to ask"),
    ("/authorize", "an application asks for access"),
    ("/mcp/oauth/authorize", "the same by its other name"),
    ("/consent", "a person decides about an application"),
    ("/account", "a person's own things"),
    ("/account/security", "a person's own things"),
    ("/account/password", "a person's own things"),
    ("/account/totp", "a person's own things"),
    ("/account/recovery", "a person's own things"),
    ("/account/passkeys", "a person's own things"),
    ("/account/passkeys/{id}/remove", "a person's own things"),
    ("/account/sessions", "a person's own things"),
    ("/account/sessions/end-others", "a person's own things"),
    ("/account/sessions/{id}/end", "a person's own things"),
    ("/account/tokens", "a person's own things"),
    ("/account/tokens/{id}/revoke", "a person's own things"),
    ("/account/apps", "a person's own things"),
    ("/account/apps/{id}/revoke", "a person's own things"),
    ("/account/connections", "a person's own things"),
    ("/settings/mcp-tokens", "leads to the account"),
    ("/settings/connected-apps", "leads to the account"),
    ("/settings/api-tokens", "leads to the account"),
    ("/api/v1/me", "a person's own things over REST"),
    ("/api/v1/me/sessions", "a person's own things over REST"),
    ("/api/v1/me/sessions/{id}", "a person's own things over REST"),
    ("/api/v1/me/passkeys", "a person's own things over REST"),
    ("/api/v1/me/passkeys/{id}", "a person's own things over REST"),
    ("/api/v1/me/tokens", "a person's own things over REST"),
    ("/api/v1/me/tokens/{id}", "a person's own things over REST"),
    ("/api/v1/me/apps", "a person's own things over REST"),
    ("/api/v1/me/apps/{id}", "a person's own things over REST"),
    ("/api/v1/me/connections", "a person's own things over REST"),
];

/// Statements that see more than one tenant live in few files, and are in the registry by name.
pub(crate) fn crossing(tree: &Tree) -> Vec<String> {
    let registry = tree.file(REGISTRY).and_then(|file| file.text.split_once("const CROSSING"));
    let named = |name: &str| registry.is_some_and(|(_, list)| list.contains(&format!("(\"{name}\", ")));
    let mut found = Vec::new();
    let mut used = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with("crates/store/src/")) {
        for (number, line) in file.code() {
            let statement = line.trim_start().strip_prefix("Crossing ").and_then(|rest| rest.split_once(" ="));
            let Some((name, _)) = statement else { continue };
            let module = file.path.trim_start_matches("crates/store/src/").trim_end_matches(".rs");
            if !CROSSING.iter().any(|(listed, _)| *listed == module) {
                let why = "crosses tenants: give it a scope, or list its file in xtask/src/tidy/doors.rs";
                found.push(file.at(number, format_args!("`{name}` {why}")));
            }
            if !named(name) {
                found.push(file.at(number, format_args!("`{name}` crosses tenants: say why in {REGISTRY}")));
            }
            used.push(String::from(module));
        }
    }
    found.extend(stale(CROSSING, &used));
    found
}

/// Routes that are no operation are known by path.
pub(crate) fn routes(tree: &Tree) -> Vec<String> {
    const CALLS: &[&str] = &[".route(", ".route_service(", ".nest(", ".nest_service("];
    let mut found = Vec::new();
    let mut used = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with("crates/server/src/")) {
        let mut lines = file.code().peekable();
        while let Some((number, line)) = lines.next() {
            for rest in CALLS.iter().flat_map(|call| line.split(call).skip(1)) {
                // the formatter puts a long call's path on the next line
                let rest = if rest.is_empty() { lines.peek().map_or("", |(_, next)| next.trim_start()) } else { rest };
                // the literal, or whatever stands there instead of one
                let path = match rest.strip_prefix('"') {
                    Some(literal) => literal.split('"').next().unwrap_or_default(),
                    None => rest.split([',', ')']).next().unwrap_or_default(),
                };
                if !ROUTES.iter().any(|(listed, _)| *listed == path) {
                    found.push(file.at(
                        number,
                        format_args!("the route `{path}` is no operation: make it one, or list it with its reason in xtask/src/tidy/doors.rs"),
                    ));
                }
                used.push(String::from(path));
            }
        }
    }
    found.extend(stale(ROUTES, &used));
    found
}

fn stale(listed: &[Listed], used: &[String]) -> Vec<String> {
    let gone = listed.iter().filter(|(name, _)| !used.iter().any(|used| used == name));
    gone.map(|(name, _)| format!("`{name}` is gone: take it off the list in xtask/src/tidy/doors.rs")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample::files;
    use super::{crossing, routes, stale};

    #[test]
    fn an_unlisted_crossing_statement_is_found() {
        let text = "statements! {\n    Tenant ONE = \"select 1\";\n    Crossing PEEK = \"select 2\";\n}\n";
        let registry = "pub const CROSSING: &[(&str, &str)] = &[(\"PEEK\", \"why\")];";
        let files = files(&[
            ("crates/store/src/login.rs", text),
            ("crates/store/src/registry.rs", registry),
            ("crates/store/src/tokens.rs", &text.replace("PEEK", "POKE")),
        ]);
        let found = crossing(&files);
        assert!(
            found[0].starts_with("crates/store/src/login.rs:3: `PEEK` crosses tenants: give it a scope"),
            "{found:?}"
        );
        assert!(found[1].starts_with("crates/store/src/tokens.rs:3: `POKE` crosses tenants: say why in"), "{found:?}");
    }

    #[test]
    fn an_unlisted_route_is_found() {
        let text = "let r = Router::new().route(\"/backdoor\", get(open));\nlet r = r.route(alias, get(x));\nlet r = r.route(\n    \"/long\",\n";
        let found = routes(&files(&[("crates/server/src/app.rs", text)]));
        assert!(found[0].contains("`/backdoor` is no operation"), "{found:?}");
        assert!(found[1].contains("`alias` is no operation"), "{found:?}");
        assert!(found[2].contains("`/long` is no operation"), "{found:?}");
    }

    #[test]
    fn a_stale_entry_is_found() {
        assert_eq!(stale(&[("/a", "why"), ("/b", "why")], &[String::from("/a")]).len(), 1);
    }
}
