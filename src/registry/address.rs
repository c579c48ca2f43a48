//! The addresses of registries, as JavaScript's `URL` takes them apart.

use url::{Host, Url};

use super::RegistryUrl;

/// Longer than any address is.
const MAX_LENGTH: usize = 4096;

/// The hosts that mean the machine itself, but to containers and virtual machines only.
const MACHINE: [&str; 14] = [
    "host.docker.internal",
    "gateway.docker.internal",
    "kubernetes.docker.internal",
    "docker.for.mac.localhost",
    "docker.for.mac.host.internal",
    "docker.for.win.localhost",
    "docker.for.win.host.internal",
    "host.containers.internal",
    "gateway.containers.internal",
    "host.lima.internal",
    "host.minikube.internal",
    "host.rancher-desktop.internal",
    "host.orb.internal",
    "host.k3d.internal",
];

/// The same address on this machine, where its host is one that only containers know.
pub(super) fn localhost_for(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    if !MACHINE.iter().any(|name| name.eq_ignore_ascii_case(host)) {
        return None;
    }
    url.set_host(Some("localhost")).ok()?;
    Some(url.into())
}

/// Whether an address is this machine to whoever uses it.
pub(crate) fn is_loopback(url: &RegistryUrl) -> bool {
    let Ok(url) = Url::parse(url.exposed()) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A registry's address without what proves who asks.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// With a `/` at the end.
    pub(super) url: Url,
    /// Name and password as they are written, with their percent signs.
    pub(super) userinfo: Option<(String, String)>,
}

impl Address {
    /// Takes a text apart; the error never quotes it, since it may hold a password.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err("is longer than any address");
        }
        let mut url = Url::parse(text).map_err(|_| "is no http(s) address")?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err("is no http(s) address");
        }
        if url.query().is_some() {
            return Err("has a query, which no registry's address has");
        }
        url.set_fragment(None);
        let name = url.username().to_owned();
        let password = url.password().unwrap_or_default().to_owned();
        let userinfo = (!name.is_empty() || !password.is_empty()).then_some((name, password));
        // Neither fails for an address with a host.
        let is_bare = url.set_username("").is_ok() && url.set_password(None).is_ok();
        if !is_bare {
            return Err("is no http(s) address");
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self { url, userinfo })
    }

    /// npm's nerf dart: `//host:port/path/`, without a port that the scheme has anyway.
    pub(super) fn nerf_dart(&self) -> String {
        nerf_dart(&self.url)
    }

    /// The same without any port, where there is one.
    pub(super) fn without_port(&self) -> Option<String> {
        self.url.port()?;
        let mut url = self.url.clone();
        url.set_port(None).ok()?;
        Some(nerf_dart(&url))
    }
}

fn nerf_dart(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("//{}{port}{}", url.host_str().unwrap_or_default(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_containers_are_this_machine() {
        for (url, expected) in [
            ("http://host.docker.internal:3300/api/npm/", Some("http://localhost:3300/api/npm/")),
            ("https://HOST.Docker.Internal/", Some("https://localhost/")),
            ("http://host.containers.internal.:1/x", Some("http://localhost:1/x")),
            ("http://host.docker.internal.example/", None),
            ("http://localhost/", None),
            ("host.docker.internal", None),
        ] {
            assert_eq!(localhost_for(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn loopback_is_this_machine_to_whoever_asks() {
        for url in ["http://localhost:1/", "http://127.0.0.1/", "http://127.1.2.3/x", "https://[::1]/"] {
            assert!(is_loopback(&RegistryUrl::new(url)), "{url}");
        }
        for url in ["http://localhost.example/", "http://10.0.0.1/", "http://[::2]/", "none"] {
            assert!(!is_loopback(&RegistryUrl::new(url)), "{url}");
        }
    }

    #[test]
    fn addresses_as_npm_names_them() {
        let nerf = |text: &str| Address::parse(text).unwrap().nerf_dart();
        assert_eq!(nerf("http://Host:3300/api/npm"), "//host:3300/api/npm/");
        assert_eq!(nerf("https://host:443/a/../b/"), "//host/b/");
        assert_eq!(nerf("https://host:80"), "//host:80/");
        assert_eq!(nerf("http://[::1]:4873/"), "//[::1]:4873/");
        assert_eq!(Address::parse("http://h:1/x").unwrap().without_port().as_deref(), Some("//h/x/"));
        assert_eq!(Address::parse("http://h:80/x").unwrap().without_port(), None);
    }

    #[test]
    fn what_proves_who_asks_leaves_the_address() {
        let address = Address::parse(" http://u%40x:p@h/x#y ").unwrap();
        assert_eq!(address.url.as_str(), "http://h/x/");
        assert_eq!(address.userinfo, Some(("u%40x".to_owned(), "p".to_owned())));
    }

    #[test]
    fn what_is_no_address() {
        for text in ["", "host/x", "ftp://h/", "http://", "file:///x", "http://h/?token=x", "//h/x", "${X}/"]
        {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        assert!(Address::parse(&format!("http://h/{}", "a/".repeat(5000))).is_err());
    }
}
