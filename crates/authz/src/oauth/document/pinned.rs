//! Copies of the documents of clients that many people use, for a hub that cannot fetch them: no way out, or a host
//! that turns data centres away. Published facts as of September 2026; a fetched document wins.

use super::Document;
use crate::oauth::AuthMethod;

struct Pinned {
    url: &'static str,
    name: &'static str,
    redirect_uris: &'static [&'static str],
    client_uri: Option<&'static str>,
}

const PINNED: &[Pinned] = &[
    Pinned {
        url: "https://claude.ai/oauth/mcp-oauth-client-metadata",
        name: "Claude",
        redirect_uris: &["https://claude.ai/api/mcp/auth_callback"],
        client_uri: Some("https://claude.ai"),
    },
    Pinned {
        url: "https://claude.ai/oauth/claude-code-client-metadata",
        name: "Claude Code",
        redirect_uris: &["http://localhost/callback", "http://127.0.0.1/callback"],
        client_uri: Some("https://claude.ai"),
    },
    Pinned {
        url: "https://chatgpt.com/oauth/client.json",
        name: "ChatGPT",
        redirect_uris: &["https://chatgpt.com/connector_platform_oauth_redirect"],
        client_uri: Some("https://chatgpt.com/"),
    },
    Pinned {
        url: "https://chatgpt.com/oauth/codex/client.json",
        name: "Codex",
        redirect_uris: &["http://127.0.0.1/callback", "http://localhost/callback"],
        client_uri: Some("https://chatgpt.com/codex"),
    },
    Pinned {
        url: "https://vscode.dev/oauth/client-metadata.json",
        name: "Visual Studio Code",
        redirect_uris: &["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
        client_uri: Some("https://vscode.dev/product"),
    },
    Pinned {
        url: "https://zed.dev/oauth/client-metadata.json",
        name: "Zed",
        redirect_uris: &["http://127.0.0.1/callback"],
        client_uri: None,
    },
];

/// The addresses of the documents that are kept in the program.
pub const PINNED_URLS: [&str; PINNED.len()] = {
    let mut urls = [""; PINNED.len()];
    let mut i = 0;
    while i < PINNED.len() {
        urls[i] = PINNED[i].url;
        i += 1;
    }
    urls
};

/// The copy of the document at exactly this address.
#[must_use]
pub fn pinned(url: &str) -> Option<Document> {
    let found = PINNED.iter().find(|pinned| pinned.url == url)?;
    Some(Document {
        name: found.name.to_owned(),
        redirect_uris: found.redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
        auth: AuthMethod::None,
        scope: None,
        client_uri: found.client_uri.map(str::to_owned),
    })
}
