//! The address that people type, and what follows from it.
use http::uri::Authority;
use http::{HeaderMap, Uri, header};
use watchkeep_model::text;

/// A public address that cannot be used, with the sentence that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadUrl(String);

impl std::fmt::Display for BadUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "public_url: {}; write an origin such as https://hub.example or http://127.0.0.1:8840", self.0)
    }
}

impl std::error::Error for BadUrl {}

/// One origin. Each address that a client sees is made from [`Public::base`] by appending, never by parsing again:
/// clients compare them byte by byte.
#[derive(Debug, Clone)]
pub struct Public {
    /// Scheme, host and port as configured, without a slash at the end.
    pub base: String,
    /// The values of `Host` that are this hub.
    pub hosts: Vec<String>,
    /// The values of `Origin` that are this hub, each with its port.
    pub origins: Vec<String>,
    /// True for https.
    pub secure: bool,
    /// True if only this machine reaches it.
    pub loopback: bool,
}

impl Public {
    /// Reads the configured address.
    ///
    /// # Errors
    /// If it is no origin.
    pub fn new(url: &str) -> Result<Self, BadUrl> {
        let base = url.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|e| BadUrl(format!("`{}` is no address ({e})", text::clean(url, 80))))?;
        let bad = |why: &str| BadUrl(format!("`{}` {why}", text::clean(url, 80)));
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(bad("lacks the scheme or the host"));
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(bad("is more than an origin"));
        }
        let default = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(bad("is neither http nor https")),
        };
        let port = authority.port_u16().unwrap_or(default);
        let host = authority.host().to_ascii_lowercase();
        let loopback = is_loopback(&host);
        let names: Vec<String> = match loopback {
            // the same machine under its three names: a person types any of them
            true => ["127.0.0.1", "[::1]", "localhost"].map(str::to_owned).into_iter().chain([host.clone()]).collect(),
            false => vec![host],
        };
        let mut hosts = vec![];
        let mut origins = vec![];
        for name in names {
            hosts.push(format!("{name}:{port}"));
            if port == default {
                hosts.push(name.clone());
            }
            // always with the port: the MCP library takes an origin without one for all ports
            origins.push(format!("{scheme}://{name}:{port}"));
        }
        hosts.dedup();
        origins.dedup();
        Ok(Self { secure: scheme == "https", base, hosts, origins, loopback })
    }

    /// Whether a request is meant for this hub: guards a hub on a person's machine against pages that point a name of
    /// their own at it.
    ///
    /// # Errors
    /// The sentence for the caller.
    pub fn admits(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), String> {
        let host = uri.authority().map(Authority::as_str);
        let host = host.or_else(|| headers.get(header::HOST)?.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        if !self.hosts.contains(&host) {
            return Err(format!(
                "the host `{}` is not this hub's public address; call {} or set public_url to the address in use",
                text::clean(&host, 80),
                self.base
            ));
        }
        match headers.get(header::ORIGIN).map(|origin| origin.to_str()) {
            None => Ok(()),
            Some(Ok(origin)) if self.is_own(origin) => Ok(()),
            Some(_) => Err("pages of this origin may not call here; only the hub's own may".to_owned()),
        }
    }

    /// Whether an `Origin` is this hub's.
    #[must_use]
    pub fn is_own(&self, origin: &str) -> bool {
        origin == self.base || self.origins.contains(&self.with_port(origin))
    }

    /// Whether a request was sent to this hub by its name: a name of somebody else's that points here gets no page.
    #[must_use]
    pub fn is_called(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let host = uri.authority().map(Authority::as_str);
        let host = host.or_else(|| headers.get(header::HOST)?.to_str().ok()).unwrap_or_default();
        self.hosts.contains(&host.to_ascii_lowercase())
    }

    /// An origin with its port, which browsers leave out where it is the scheme's own.
    fn with_port(&self, origin: &str) -> String {
        let default = if self.secure { 443 } else { 80 };
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if has_port { origin.to_owned() } else { format!("{origin}:{default}") }
    }

    /// The address of the protected-resource metadata of the resource at `path`.
    #[must_use]
    pub fn metadata(&self, path: &str) -> String {
        format!("{}/.well-known/oauth-protected-resource{}", self.base, if path == "/" { "" } else { path })
    }

    /// The resource at `path`, as tokens and clients name it.
    #[must_use]
    pub fn resource(&self, path: &str) -> String {
        format!("{}{}", self.base, if path == "/" { "" } else { path })
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn ask(public: &Public, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        public.admits(&headers, &Uri::from_static("/api/mcp")).is_ok()
    }

    #[test]
    fn its_own_names_are_admitted_and_no_others() {
        let public = Public::new("https://Hub.example/").unwrap();
        assert_eq!((&*public.base, public.secure, public.loopback), ("https://Hub.example", true, false));
        for host in ["hub.example", "HUB.example:443"] {
            assert!(ask(&public, host, None), "{host}");
        }
        for host in ["evil.example", "hub.example:8443", "hub.example.evil.example", "", "127.0.0.1"] {
            assert!(!ask(&public, host, None), "{host}");
        }
        for origin in ["https://hub.example", "https://hub.example:443"] {
            assert!(ask(&public, "hub.example", Some(origin)), "{origin}");
        }
        for origin in ["http://hub.example", "https://hub.example:8443", "https://evil.example", "null", ""] {
            assert!(!ask(&public, "hub.example", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn a_hub_on_the_own_machine_has_three_names() {
        let public = Public::new("http://127.0.0.1:8840").unwrap();
        assert!(public.loopback);
        for host in ["127.0.0.1:8840", "localhost:8840", "[::1]:8840"] {
            assert!(ask(&public, host, None), "{host}");
            assert!(ask(&public, host, Some(&format!("http://{host}"))), "{host}");
        }
        for host in ["127.0.0.1", "localhost", "localhost:80", "evil.example:8840"] {
            assert!(!ask(&public, host, None), "{host}");
        }
    }

    #[test]
    fn what_is_no_origin_is_told() {
        for bad in [
            "hub.example",
            "ftp://hub.example",
            "https://hub.example/watch",
            "https://u@hub.example",
            "https://",
            "",
            "https://h/?x",
            "http://a b",
        ] {
            let told = Public::new(bad).unwrap_err().to_string();
            assert!(told.starts_with("public_url: ") && told.contains("such as https://hub.example"), "{bad}: {told}");
        }
    }

    #[test]
    fn addresses_are_appended_to_the_base() {
        let public = Public::new("https://hub.example").unwrap();
        assert_eq!(
            public.metadata("/api/mcp/t/acme"),
            "https://hub.example/.well-known/oauth-protected-resource/api/mcp/t/acme"
        );
        assert_eq!(
            (public.metadata("/"), public.resource("/")),
            ("https://hub.example/.well-known/oauth-protected-resource".into(), "https://hub.example".into())
        );
    }
}
