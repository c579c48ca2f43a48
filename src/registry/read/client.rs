//! HTTP clients that go the way that npm's settings say, and no other: nothing is taken from the environment.

use std::sync::OnceLock;

use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use reqwest::{Proxy, Url};

use super::{failure, trust};
use crate::registry::{Network, ProbeFinding, Secret};

const USER_AGENT: &str = concat!("docker-prep/", env!("CARGO_PKG_VERSION"));

/// The clients of one network, each built when it is first needed. The one that takes no TLS spares the reading of the
/// machine's certificates, which may even be missing.
///
/// The last handle must fall on a thread that nobody waits for: a client waits for its own thread when it is
/// dropped, and that one for a look-up of a name that hangs.
pub(super) struct NetworkClients {
    network: Network,
    plain: OnceLock<Result<Client, ProbeFinding>>,
    secure: OnceLock<Result<Client, ProbeFinding>>,
}

impl NetworkClients {
    pub(super) fn new(network: Network) -> Self {
        Self { network, plain: OnceLock::new(), secure: OnceLock::new() }
    }

    pub(super) fn is_of(&self, network: &Network) -> bool {
        self.network == *network
    }

    /// The client that may ask at an address.
    pub(super) fn client(&self, url: &Url) -> Result<&Client, ProbeFinding> {
        let proxy = proxy_of(&self.network, url)?;
        let needs_tls = [Some(url), proxy.as_ref()].into_iter().flatten().any(|url| url.scheme() == "https");
        let client = match needs_tls {
            true => self.secure.get_or_init(|| build(&self.network, true)),
            false => self.plain.get_or_init(|| build(&self.network, false)),
        };
        client.as_ref().map_err(Clone::clone)
    }

    /// The proxy that is asked for an address, named without credentials.
    pub(super) fn proxy(&self, url: &Url) -> Option<String> {
        proxy_of(&self.network, url).ok().flatten().map(|proxy| place(&proxy))
    }
}

fn build(network: &Network, needs_tls: bool) -> Result<Client, ProbeFinding> {
    // Fails where there is one already, which then is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = network.clone();
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .http1_only()
        .redirect(Policy::none())
        .referer(false)
        // First: it forgets all proxies, those of the environment and our own.
        .no_proxy()
        .proxy(Proxy::custom(move |url| proxy_of(&settings, url).ok().flatten()));
    builder = match needs_tls {
        false => builder.tls_certs_only([]),
        true if network.accepts_any_certificate => builder.tls_danger_accept_invalid_certs(true),
        true => builder.tls_backend_preconfigured(trust::config(network)?),
    };
    builder.build().map_err(|error| failure::of_building(&error))
}

/// The proxy that npm would ask for an address.
fn proxy_of(network: &Network, url: &Url) -> Result<Option<Url>, ProbeFinding> {
    let setting = match url.scheme() {
        "https" => &network.https_proxy,
        _ => &network.http_proxy,
    };
    match setting {
        Some(Secret(proxy)) if !is_direct(url, &network.no_proxy) => parse(proxy).map(Some),
        _ => Ok(None),
    }
}

/// npm and pnpm compare label by label from the end, as they are written; `*` is a label like any other to them.
fn is_direct(url: &Url, no_proxy: &[String]) -> bool {
    let labels = |host: &str| -> Vec<String> {
        host.split('.').filter(|label| !label.is_empty()).rev().map(str::to_owned).collect()
    };
    let host = labels(url.host_str().unwrap_or_default());
    no_proxy
        .iter()
        .flat_map(|entries| entries.split(','))
        .map(|entry| labels(entry.trim()))
        .any(|entry| !entry.is_empty() && host.starts_with(&entry))
}

fn parse(proxy: &str) -> Result<Url, ProbeFinding> {
    let unreadable = || ProbeFinding::Proxy("the proxy's address is none".to_owned());
    let text = match proxy.contains("://") {
        true => proxy.to_owned(),
        false => format!("http://{proxy}"),
    };
    // What npm's library for them takes `socks:` for.
    let text = text.strip_prefix("socks://").map_or(text.clone(), |rest| format!("socks5h://{rest}"));
    let url = Url::parse(&text).map_err(|_| unreadable())?;
    match url.scheme() {
        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h" if url.has_host() => Ok(url),
        _ => Err(unreadable()),
    }
}

/// An address without credentials, path and query.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_direct_at(host: &str, no_proxy: &[&str]) -> bool {
        let no_proxy: Vec<_> = no_proxy.iter().map(|&entry| entry.to_owned()).collect();
        is_direct(&Url::parse(&format!("http://{host}:81/a")).unwrap(), &no_proxy)
    }

    /// What npm 11's `@npmcli/agent` and pnpm 10's `@pnpm/network.proxy-agent` say to the same.
    #[test]
    fn noproxy_is_npms() {
        for (host, entry) in [
            ("registry.corp", "registry.corp"),
            ("registry.corp", "corp"),
            ("registry.corp", ".corp"),
            ("REGISTRY.corp", "other, registry.corp"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
        ] {
            assert!(is_direct_at(host, &["elsewhere", entry]), "{host} {entry}");
        }
        for (host, entry) in [
            ("registry.corp", "gistry.corp"),
            ("registry.corp", "a.registry.corp"),
            ("registry.corp", "*"),
            ("registry.corp", "*.corp"),
            ("registry.corp", "CORP"),
            ("registry.corp", ""),
            ("registry.corp", "."),
            ("127.0.0.1", "127.0.0.0/8"),
        ] {
            assert!(!is_direct_at(host, &["elsewhere", entry]), "{host} {entry}");
        }
    }

    #[test]
    fn a_proxy_is_named_without_credentials() {
        let network = Network {
            http_proxy: Some(Secret("http://user:secret@proxy.corp:3128/x?secret".to_owned())),
            https_proxy: Some(Secret("socks://user:secret@[::1]:1080".to_owned())),
            ..Network::default()
        };
        let way = NetworkClients::new(network);
        let named = |url: &str| way.proxy(&Url::parse(url).unwrap()).unwrap();
        assert_eq!(named("http://registry/"), "http://proxy.corp:3128");
        assert_eq!(named("https://registry/"), "socks5h://[::1]:1080");
    }

    #[test]
    fn a_proxy_that_cannot_be_asked_is_said_without_its_text() {
        for odd in ["http://secret:secret@", "ftp://secret@host", "http://secret host/"] {
            let network = Network { http_proxy: Some(Secret(odd.to_owned())), ..Network::default() };
            let client = NetworkClients::new(network).client(&Url::parse("http://registry/").unwrap()).err();
            assert_eq!(client, Some(ProbeFinding::Proxy("the proxy's address is none".to_owned())), "{odd}");
        }
    }

    #[test]
    fn authorities_that_are_no_pem_are_named() {
        let https = Url::parse("https://registry/").unwrap();
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
        for pem in [b"no pem".to_vec(), Vec::new(), broken] {
            for (network, name) in [
                (Network { authorities: vec![pem.clone()], ..Network::default() }, "`cafile`"),
                (
                    Network { more_authorities: vec![pem.clone()], ..Network::default() },
                    "NODE_EXTRA_CA_CERTS",
                ),
            ] {
                let found = NetworkClients::new(network).client(&https).err();
                let Some(ProbeFinding::Tls(why)) = &found else { panic!("{found:?}") };
                assert!(why.contains(name), "{why}");
            }
        }
    }
}
