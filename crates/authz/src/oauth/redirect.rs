//! Redirect URIs: which may be registered, and which request is answered at which of them (RFC 8252, RFC 9700
//! section 2.1, OAuth 2.1 section 2.3).
//!
//! Comparison is of bytes. Nothing is normalised, because two programs that normalise differently are how codes get
//! lost.

use url::Url;

/// The most bytes of a redirect URI.
pub const MOST_BYTES: usize = 2_000;

/// Schemes of apps that people use and that have no dot in them. Any other scheme of an app must have one, so that it
/// is a domain name turned round and belongs to somebody (RFC 8252 section 7.1).
const APPS: &[&str] = &[
    "claude",
    "cursor",
    "goose",
    "kiro",
    "lmstudio",
    "raycast",
    "vscode",
    "vscode-insiders",
    "vscodium",
    "warp",
    "windsurf",
    "windsurf-next",
    "zed",
];

/// Schemes that make a browser run, read or show what the address itself holds. They are refused by name, although
/// none of them would pass the rules for an app's scheme.
const NEVER: &[&str] = &["about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"];

/// Hosts of this computer, as they must be written (RFC 8252 section 7.3). `localhost` is there because clients use it.
const LOOPBACK: &[&str] = &["127.0.0.1", "[::1]", "localhost"];

/// Parameters of an authorization response (RFC 6749 section 4.1.2, RFC 9207): in the query of a registered address
/// they would stand there twice.
const OURS: &[&str] = &["code", "error", "error_description", "iss", "state"];

/// True where a client may register `uri`.
///
/// `https` to any host; `http` to this computer only; the scheme of an app if it has a dot in it or is a known one. No
/// fragment, userinfo, wildcard, control or non-ASCII character, and nothing that a URL parser would write otherwise
/// (upper case in scheme or host, dot segments, a default port, a host that is a number in disguise).
///
/// # Errors
/// What is wrong and what to do, without the address itself.
pub fn register(uri: &str) -> Result<(), String> {
    if uri.is_empty() || uri.len() > MOST_BYTES {
        return flaw("it must have 1 to 2,000 bytes");
    }
    if let Some(c) = uri.chars().find(|c| !c.is_ascii_graphic() || "\"\\<>^`{|}".contains(*c)) {
        return Err(format!("{} is not a character of an address; encode it", c.escape_unicode()));
    }
    if uri.contains('#') {
        return flaw("it must not have a fragment (#)");
    }
    if uri.contains('*') {
        return flaw("it must not have a wildcard (*); register each address");
    }
    let Some((scheme, rest)) = uri.split_once(':') else {
        return flaw("it must be absolute, such as https://app.example/callback");
    };
    if NEVER.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(format!("{}: addresses are never answered", scheme.to_ascii_lowercase()));
    }
    let after = scheme.strip_prefix(|c: char| c.is_ascii_lowercase());
    if after.is_none_or(|s| s.contains(|c: char| !matches!(c, 'a'..='z' | '0'..='9' | '+' | '-' | '.'))) {
        return flaw("it must be absolute and its scheme in lower case, such as https://app.example/callback");
    }
    if rest.strip_prefix("//").is_some_and(|rest| authority(rest).contains('@')) {
        return flaw("it must not have a user name or a password (@)");
    }
    match scheme {
        "https" => web(uri, rest)?,
        "http" if loopback(uri).is_some() => as_written(&portless(uri))?,
        "http" => return flaw("http is only for this computer (127.0.0.1, [::1], localhost); use https"),
        _ if !scheme.contains('.') && !APPS.contains(&scheme) => {
            return flaw("the scheme of an app must have a dot in it, such as com.example.app:/callback");
        }
        _ if rest.trim_start_matches('/').is_empty() => return flaw("there must be something after the scheme"),
        _ => as_written(uri)?,
    }
    let query = uri.split_once('?').map(|(_, query)| query).unwrap_or_default();
    match form_urlencoded::parse(query.as_bytes()).find(|(name, _)| OURS.contains(&name.as_ref())) {
        Some((name, _)) => Err(format!("its query must not have {name}, which the answer adds")),
        None => Ok(()),
    }
}

/// True where a request for `asked` may be answered because `registered` was registered.
///
/// The same bytes; or both are `http` addresses of this computer with the same host literal, path and query, whatever
/// the ports (RFC 8252 section 7.3).
#[must_use]
pub fn matches(registered: &str, asked: &str) -> bool {
    registered == asked
        || match (loopback(registered), loopback(asked)) {
            (Some(one), Some(other)) => one.host == other.host && one.rest == other.rest,
            _ => false,
        }
}

/// Where an answer goes, in words for people: `claude.ai`, `this computer (127.0.0.1)`, `the app cursor`.
#[must_use]
pub fn shown(uri: &str) -> String {
    match (loopback(uri), uri.split_once(':')) {
        (Some(loopback), _) => format!("this computer ({})", loopback.host),
        (None, Some(("https" | "http", _))) => host(uri),
        (None, Some((scheme, _))) => format!("the app {}", watchkeep_model::text::clean(scheme, 100)),
        (None, None) => String::new(),
    }
}

/// What tells one receiver of answers from another: host and port of an `https` address, the host literal of this
/// computer, the scheme of an app with its colon.
#[must_use]
pub fn host(uri: &str) -> String {
    if let Some(loopback) = loopback(uri) {
        return loopback.host.to_owned();
    }
    match uri.split_once(':') {
        Some(("https" | "http", rest)) => {
            watchkeep_model::text::clean(authority(rest.strip_prefix("//").unwrap_or(rest)), 300)
        }
        Some((scheme, _)) => format!("{scheme}:"),
        None => String::new(),
    }
}

/// True for an `http` address of this computer.
#[must_use]
pub fn is_loopback(uri: &str) -> bool {
    loopback(uri).is_some()
}

/// The source that a page's `form-action` must allow so that a browser follows the answer there: an origin, or a
/// scheme with its colon. A policy cannot name an IPv6 address, so `[::1]` is `http:`.
///
/// Only for an address that passes [`register`]: what else would stand in a header.
#[must_use]
pub fn csp_source(uri: &str) -> String {
    match uri.split_once(':') {
        Some(("http", rest)) if rest.starts_with("//[") => "http:".to_owned(),
        Some((scheme @ ("https" | "http"), rest)) => {
            format!("{scheme}://{}", authority(rest.strip_prefix("//").unwrap_or(rest)))
        }
        Some((scheme, _)) => format!("{scheme}:"),
        None => "'none'".to_owned(),
    }
}

/// `uri` with `params` added to its query, form-encoded (RFC 6749 section 4.1.2). What stands there already stays.
#[must_use]
pub fn with(uri: &str, params: &[(&str, &str)]) -> String {
    let added = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let between = match uri.split_once('?') {
        _ if added.is_empty() => "",
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{between}{added}")
}

/// An `http` address of this computer in its parts. `rest` is path and query.
struct Loopback<'a> {
    host: &'a str,
    rest: &'a str,
}

fn loopback(uri: &str) -> Option<Loopback<'_>> {
    let after = uri.strip_prefix("http://")?;
    LOOPBACK.iter().find_map(|host| {
        let mut rest = after.strip_prefix(host)?;
        if let Some(port) = rest.strip_prefix(':') {
            let digits = port.len() - port.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (digits, after) = port.split_at(digits);
            let fine = !digits.starts_with('0') && digits.parse::<u16>().is_ok();
            rest = fine.then_some(after)?;
        }
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(Loopback { host, rest })
    })
}

/// The loopback address without its port.
fn portless(uri: &str) -> String {
    loopback(uri).map(|l| format!("http://{}{}", l.host, l.rest)).unwrap_or_default()
}

/// What stands between `//` and the path, the query or the fragment.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#', '\\']).next().unwrap_or_default()
}

fn web(uri: &str, rest: &str) -> Result<(), String> {
    let authority = rest.strip_prefix("//").map(authority).unwrap_or_default();
    if authority.is_empty() {
        return flaw("it must name a host, such as https://app.example/callback");
    }
    // other signs are lawful in a host, but end a directive or a source where the host stands in a policy
    if authority.contains(|c: char| !c.is_ascii_alphanumeric() && !"-._:[]".contains(c)) {
        return flaw("its host must have letters, digits, hyphens and dots only");
    }
    as_written(uri)
}

/// A second reader must see what stands there: what it would write otherwise could be read otherwise, too.
fn as_written(uri: &str) -> Result<(), String> {
    let same = |url: &Url| url.as_str() == uri || url.as_str().strip_suffix('/') == Some(uri);
    match Url::parse(uri) {
        Ok(url) if same(&url) => Ok(()),
        Ok(_) => flaw("write it in its plain form: host in lower case, no default port, no dot segments"),
        Err(flaw) => Err(format!("it is not an address ({flaw})")),
    }
}

fn flaw(text: &str) -> Result<(), String> {
    Err(text.to_owned())
}

#[cfg(test)]
mod tests;
