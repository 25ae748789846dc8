//! Every template with sample data. `WATCHKEEP_PAGES=<folder> cargo test -p watchkeep-server pages` writes them there with
//! the stylesheet inside, to be looked at.
use askama::Template;
use watchkeep_model::{Span, Timestamp};

use super::account::view as account;
use super::assets::{STYLE, TENANTS};
use super::frame::{Frame, Problem, Problems, initials};
use super::view;
use super::when::When;

/// What a hostile client calls itself.
const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x>";

fn now() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

fn ago(span: Span) -> When {
    When::new(now().minus(span), now())
}

fn frame(title: &str) -> Frame {
    Frame { title: title.into(), host: "hub.example".into(), form: "f".repeat(64), ..Frame::default() }
}

fn mine(title: &str, at: &'static str) -> Frame {
    Frame { email: "ana@acme.example".into(), sign_out: "s".repeat(64), at, ..frame(title) }
}

fn client(name: &str) -> view::Client {
    view::Client {
        name: name.into(),
        unverified: true,
        redirect_host: "claude.ai".into(),
        document_host: None,
        local: false,
    }
}

fn consent(client: view::Client, tenants: Vec<view::Tenant>) -> view::Consent {
    let scope = |scope: &str, sentence: &str, fixed| view::ScopeLine {
        scope: scope.into(),
        sentence: sentence.into(),
        fixed,
        on: false,
    };
    view::Consent {
        frame: mine("Allow access?", ""),
        problems: Problems::default(),
        request: "r".into(),
        ticket: "t".into(),
        initials: initials(&client.name),
        client,
        connector: "The risk register (https://hub.example/api/mcp)".into(),
        email: "ana@acme.example".into(),
        fixed: false,
        can_allow: tenants.iter().any(|one| one.refused.is_none()),
        tenants,
        scopes: vec![
            scope("mcp:read", "Read KRIs, controls, risks, outcomes, vendors and assets.", true),
            scope("mcp:write", "Send artifacts to a Drop Zone and start a pull from a tool.", false),
        ],
        never: super::consent::never(watchkeep_model::Connector::Risk),
        passes: vec![],
    }
}

fn tenants(n: usize) -> Vec<view::Tenant> {
    let tenant = |name: String, role: &str, refused: Option<&str>| view::Tenant {
        slug: name.to_lowercase().replace(' ', "-"),
        name,
        role: role.into(),
        chosen: false,
        refused: refused.map(str::to_owned),
    };
    let mut all: Vec<_> =
        (1..=n.saturating_sub(2)).map(|i| tenant(format!("Customer {i:03}"), "analyst", None)).collect();
    all[0] = view::Tenant { chosen: true, ..tenant("Acme".into(), "admin", None) };
    all.push(tenant("Contoso".into(), "viewer", Some("needs the role analyst; yours is viewer")));
    all.push(tenant("Northwind".into(), "analyst", Some("You do not have access to that tenant")));
    all
}

fn sign_in(problems: Problems) -> view::SignIn {
    let failed = !problems.is_empty();
    view::SignIn {
        frame: Frame { failed, ..frame("Sign in") },
        problems,
        told: None,
        fresh: false,
        request: Some("r".into()),
        email: if failed { "ana@acme.example".into() } else { String::new() },
        passkey_address: None,
    }
}

fn enrol(required: bool) -> view::Enrol {
    view::Enrol {
        frame: mine("Set up an authenticator app", ""),
        problems: Problems::default(),
        request: None,
        action: "/sign-in/enrol",
        required,
        qr: "<svg viewBox=\"0 0 29 29\" xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M2 2h7v7h-7zM20 2h7v7h-7zM2 20h7v7h-7zM11 3h2v4h3v3h-5zM14 13h4v2h3v5h-2v3h-5zM3 12h5v2h-5z\"/></svg>".into(),
        secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".into(),
        state: "s".into(),
        passkeys: required,
        passkey_form: "p".into(),
    }
}

fn security(problems: Problems) -> account::Security {
    account::Security {
        frame: mine("Security", "/account/security"),
        told: None,
        problems,
        confirm: true,
        totp: true,
        recovery_left: 2,
        passkeys: vec![
            account::Passkey {
                id: "1".into(),
                name: "Work laptop".into(),
                created: ago(Span::days(40)),
                used: Some(ago(Span::minutes(3))),
            },
            account::Passkey { id: "2".into(), name: "Security key".into(), created: ago(Span::days(200)), used: None },
        ],
        passkey_address: Some("http://localhost:8840/account/security".into()),
    }
}

fn token(name: &str, writes: bool, ends: i64, ended: Option<&'static str>) -> account::Token {
    account::Token {
        id: "019a9f3c".into(),
        name: name.into(),
        tenant: "acme".into(),
        opens: "Risk and fleet".into(),
        writes,
        expires: When::new(now().plus(Span::days(ends)), now()),
        soon: (0..14).contains(&ends),
        ended,
        used: (!writes).then(|| ago(Span::minutes(190))),
        used_by: if writes { String::new() } else { "claude-code/2.0 from 203.0.113.7".into() },
    }
}

fn app(client: &str, calls: &str, writes: bool) -> account::App {
    account::App {
        id: "019a9f3c".into(),
        initials: initials(client),
        client: client.into(),
        client_id: "mcp_5f0c1f2a4b6d8e90a1b2c3d4e5f60718".into(),
        tenant: "acme".into(),
        tenant_name: "Acme".into(),
        connector: "risk".into(),
        scopes: if writes { "mcp:read mcp:write".into() } else { "mcp:read".into() },
        writes,
        redirect_host: "claude.ai".into(),
        created: ago(Span::days(30)),
        used: (!calls.starts_with("no")).then(|| ago(Span::minutes(12))),
        calls: calls.into(),
    }
}

fn attempt(ok: bool, step: &str, reason: &str, text: &str, advice: &str, minutes: i64) -> account::Try {
    account::Try {
        at: ago(Span::minutes(minutes)),
        step: step.into(),
        ok,
        reason: reason.into(),
        text: text.into(),
        advice: advice.into(),
        detail: (!ok).then(|| "asked for http://127.0.0.1:33418/callback".into()),
    }
}

/// Every page, by name.
fn pages() -> Vec<(&'static str, String)> {
    let wrong =
        || Problems::one("", "E-mail and password do not belong together. Check both, or ask for a reset link.");
    let fields = Problems {
        list: vec![
            Problem { field: "password".into(), text: "The password is too easy to guess; add a word or two.".into() },
            Problem { field: "again".into(), text: "The second password is not the same as the first.".into() },
        ],
    };
    let link = |problems: Problems| view::Link {
        frame: frame("Welcome"),
        problems,
        invitation: true,
        name: "Ana".into(),
        email: "ana@acme.example".into(),
        token: "t".into(),
    };
    let overview = |second: bool| account::Overview {
        frame: mine("Account", "/account"),
        told: None,
        name: "Ana Lyst".into(),
        operator: false,
        second,
        factor: if second { "App and 2 passkeys".into() } else { "None yet".into() },
        recovery_low: second,
        recovery_left: 2,
        sessions: 2,
        apps: 3,
        tenants: vec![
            account::Membership {
                slug: "acme".into(),
                name: "Acme".into(),
                role: "admin".into(),
                home: true,
                off: None,
                require_mfa: true,
            },
            account::Membership {
                slug: "contoso".into(),
                name: "Contoso".into(),
                role: "viewer".into(),
                home: false,
                off: None,
                require_mfa: false,
            },
            account::Membership {
                slug: "old".into(),
                name: "Old customer".into(),
                role: "analyst".into(),
                home: false,
                off: Some("Disabled"),
                require_mfa: false,
            },
        ],
    };
    let tokens = |tokens: Vec<account::Token>, problems: Problems| account::Tokens {
        frame: mine("API tokens", "/account/tokens"),
        told: None,
        problems,
        tokens,
        tenants: vec![("acme".into(), "Acme".into()), ("contoso".into(), "Contoso".into())],
        connectors: vec![("risk", "Risk", true), ("fleet", "Fleet", false)],
        lifetimes: vec![("30d", "30 days"), ("90d", "90 days"), ("365d", "A year")],
        draft: account::Draft { expires: "90d".into(), ..account::Draft::default() },
    };
    let session = |device: &str, current: bool| account::Session {
        id: "1".into(),
        device: device.into(),
        address: "203.0.113.7".into(),
        created: ago(Span::minutes(400)),
        used: ago(Span::minutes(if current { 0 } else { 125 })),
        half: !current,
        current,
    };
    let local = view::Client {
        local: true,
        redirect_host: "this computer (localhost, port 33418)".into(),
        ..client("Claude Code")
    };
    let known = view::Client {
        unverified: false,
        document_host: Some("vscode.dev".into()),
        redirect_host: "vscode.dev".into(),
        ..client("Visual Studio Code")
    };
    let page = |name, page: askama::Result<String>| (name, page.unwrap());
    vec![
        page("sign-in", sign_in(Problems::default()).render()),
        page("sign-in-wrong", sign_in(wrong()).render()),
        page("second", view::Second {
            frame: mine("Second factor", ""), problems: Problems::default(), request: None, back: false, app: true, email: "ana@acme.example".into(),
            recovery: true, passkeys: true, passkey_form: "p".into(),
        }.render()),
        page("enrol", enrol(true).render()),
        page("enrol-account", enrol(false).render()),
        page("codes", view::Codes {
            frame: mine("Recovery codes", ""), told: Some("Your authenticator app is set up.".into()),
            codes: (0..10).map(|i| format!("k7{i}m-9xq{i}-tt2f")).collect(), next: "/account/security".into(),
        }.render()),
        page("link", link(Problems::default()).render()),
        page("link-wrong", link(fields.clone()).render()),
        page("forgot", view::Forgot { frame: frame("Forgot your password?") }.render()),
        page("error", view::Message {
            frame: frame("This request cannot go on"), tone: "bad",
            text: "The address to return to, http://evil.example/callback, is not one that this application registered.".into(),
            advice: "Start again from the application. If you did not start anything yourself, close this page: nothing was allowed.".into(),
            reason: "redirect_uri_not_registered".into(), request_id: "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c".into(), next: None,
        }.render()),
        page("https", view::Https { frame: frame("Sign-in needs https"), base: "http://hub.example:8840".into() }.render()),
        page("consent", consent(client("Claude"), tenants(4)).render()),
        page("consent-local", consent(local, tenants(200)).render()),
        page("consent-known", consent(known, tenants(3)).render()),
        page("consent-none", consent(client("Cursor"), vec![]).render()),
        page("consent-markup", consent(client(MARKUP), tenants(3)).render()),
        page("account", overview(true).render()),
        page("account-no-factor", overview(false).render()),
        page("security", security(Problems::default()).render()),
        page("security-wrong", security(fields).render()),
        page("sessions", account::Sessions {
            frame: mine("Sessions", "/account/sessions"), told: Some("The session has ended.".into()),
            sessions: vec![session("Firefox on Linux", true), session("Chrome on Android", false)],
        }.render()),
        page("tokens", tokens(vec![
            token("Nightly report", false, 60, None), token("Old script", true, 5, None),
            token("Laptop of Ben", false, -2, Some("Expired")),
        ], Problems::default()).render()),
        page("tokens-empty", tokens(vec![], Problems::one("name", "The name must not be empty.")).render()),
        page("token-made", account::TokenMade {
            frame: mine("Your new token", "/account/tokens"), name: "Nightly report".into(), tenant: "acme".into(),
            secret: format!("drx_pat_acme.{}", "5f0c1f2a".repeat(8)), opens: "Risk".into(),
            expires: When::new(now().plus(Span::days(90)), now()),
            command: Some("claude mcp add --transport http watchkeep https://hub.example/api/mcp --header \"Authorization: Bearer drx_pat_acme.5f0c…\"".into()),
        }.render()),
        page("apps", account::Apps {
            frame: mine("Connected Apps", "/account/apps"), told: None,
            apps: vec![app("Claude", "214 calls", true), app("Cursor", "no calls", false), app(MARKUP, "1 call", false)],
            addresses: vec![],
        }.render()),
        page("apps-empty", account::Apps {
            frame: mine("Connected Apps", "/account/apps"), told: None, apps: vec![],
            addresses: vec![("Risk", "https://hub.example/api/mcp".into())],
        }.render()),
        page("connections", account::Connections {
            frame: mine("Connections", "/account/connections"),
            clients: vec![
                account::Tried { name: "Claude Code".into(), ok: false, step: "redirect".into(), tries: vec![
                    attempt(false, "redirect", "redirect_uri_not_registered", "The client asked to return to an address that it did not register.", "Remove the server in the client and add it again: it then registers anew.", 2),
                    attempt(true, "registration", "ok", "Registered itself.", "", 3),
                ] },
                account::Tried { name: "Cursor".into(), ok: true, step: "first call".into(), tries: vec![
                    attempt(true, "first call", "ok", "Called list_kris.", "", 50),
                    attempt(true, "token", "ok", "Got its token.", "", 51),
                ] },
            ],
        }.render()),
    ]
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a variable says where the pages are to be written for people to look at"
)]
fn pages_are_written_to_be_looked_at() {
    let Ok(folder) = std::env::var("WATCHKEEP_PAGES") else { return };
    std::fs::create_dir_all(&folder).unwrap();
    for (name, page) in pages() {
        let link = format!("<link rel=\"stylesheet\" href=\"{}\">", STYLE.path);
        assert!(page.contains(&link), "{name}");
        let mut page = page.replace(&link, &format!("<style>{}</style>", STYLE.text));
        let script = format!("<script src=\"{}\" defer></script>", TENANTS.path);
        if page.contains(&script) {
            page = page.replace(&script, "").replace("</body>", &format!("<script>{}</script></body>", TENANTS.text));
        }
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), page).unwrap();
    }
}

#[test]
fn every_page_has_one_heading_a_language_and_landmarks() {
    for (name, page) in pages() {
        for (what, times) in [("<h1>", 1), ("</h1>", 1), ("<html lang=\"en\">", 1), ("<main ", 1), ("<title>", 1)] {
            assert_eq!(page.matches(what).count(), times, "{name}: {what}");
        }
        // what the Content-Security-Policy would not let through
        for bad in [" style=", "<style", " onclick=", "javascript:", "<script>"] {
            assert!(!page.contains(bad), "{name}: {bad}");
        }
    }
}

#[test]
fn every_field_has_a_label_and_every_form_its_token() {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let mut forms = 0;
    for (name, page) in pages() {
        for tag in page.split('<').filter(|tag| tag.starts_with("input") || tag.starts_with("select")) {
            let kind = attribute(tag, "type").unwrap_or_default();
            match &*kind {
                "hidden" | "radio" | "checkbox" => {}
                _ => {
                    let id = attribute(tag, "id").unwrap_or_else(|| panic!("{name}: {tag}"));
                    assert_eq!(page.matches(&format!("<label for=\"{id}\"")).count(), 1, "{name}: {id}");
                }
            }
            if kind == "password" {
                assert!(attribute(tag, "autocomplete").is_some_and(|a| a.ends_with("-password")), "{name}: {tag}");
            }
        }
        for form in page.split("<form ").skip(1) {
            forms += 1;
            let form = form.split("</form>").next().unwrap();
            assert!(attribute(&format!(" {form}"), "method").is_some_and(|m| m == "post"), "{name}: {form}");
            assert!(form.contains("name=\"form\" value=\""), "{name}: {form}");
        }
        for id in page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{name}: the id {id} is there twice");
        }
    }
    assert!(forms > 30, "{forms}");
}

#[test]
fn the_markup_of_a_name_is_text() {
    for (name, page) in pages().into_iter().filter(|(name, _)| ["consent-markup", "apps"].contains(name)) {
        assert!(page.contains("&#60;script&#62;alert(1)"), "{name}");
        assert!(!page.contains("<img") && !page.contains("alert(1)</script>"), "{name}");
    }
}

#[test]
fn all_tenants_stand_on_the_page_without_a_script_and_write_starts_off() {
    let page = consent(client("Claude"), tenants(200)).render().unwrap();
    assert_eq!(page.matches("type=\"radio\"").count(), 200);
    assert_eq!(page.matches(" disabled><span>").count(), 2);
    assert!(page.contains("value=\"mcp:write\"><span>"), "the tick for writing starts off");
    assert!(page.contains("Allow access") && page.contains("Deny"));
    let none = consent(client("Claude"), vec![]).render().unwrap();
    assert!(none.contains("value=\"allow\" disabled"));
}
