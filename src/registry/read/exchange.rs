//! One question to one registry: the request, the redirects, the answer.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Url;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, LOCATION};

use super::client::NetworkClients;
use super::failure;
use crate::registry::address::localhost_for;
use crate::registry::{ProbeFinding, Registry, RegistryUrl, Wanted, document};

/// What npm asks for: the short form of a document where there is one.
const DOCUMENT: &str = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";
/// More than any document of a package has.
const LONGEST: usize = 32 << 20;
const MOST_REDIRECTS: usize = 5;

/// How long there is time.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub(super) begin: Instant,
    pub(super) limit: Duration,
}

impl Clock {
    pub(super) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.begin.elapsed())
    }
}

/// A registry under one address: its own, or `localhost`.
pub(super) struct AddressedRegistry {
    pub(super) url: RegistryUrl,
    pub(super) as_localhost: bool,
    base: Result<Url, ProbeFinding>,
    authorization: Result<Option<HeaderValue>, ProbeFinding>,
    way: Arc<NetworkClients>,
}

impl AddressedRegistry {
    pub(super) fn new(registry: &Registry, as_localhost: bool, way: Arc<NetworkClients>) -> Self {
        let mut url = registry.url.clone();
        if as_localhost {
            url = localhost_for(url.exposed()).map_or(url, RegistryUrl::new);
        }
        let base = base(url.exposed());
        Self { url, as_localhost, base, authorization: authorization(registry), way }
    }

    /// Asks for a package, and waits no longer than there is time.
    pub(super) fn ask(&self, package: &str, wanted: &Wanted, clock: Clock) -> ProbeFinding {
        self.document(package, clock)
            .map_or_else(|finding| finding, |body| document::judge(&body, package, wanted))
    }

    /// The body of the answer, or what was found instead.
    fn document(&self, package: &str, clock: Clock) -> Result<Vec<u8>, ProbeFinding> {
        let base = self.base.clone()?;
        // No package has such a name, and an address cannot say it.
        if matches!(package, "" | "." | "..") {
            return Err(ProbeFinding::MissingPackage);
        }
        let url = Url::parse(&format!("{base}{}", escaped(package))).map_err(|_| no_address())?;
        read(self.get(url, DOCUMENT, clock)?, clock)
    }

    /// The address of a file of the registry: one that it names, or one below its own.
    pub(super) fn file(&self, address: &str) -> Result<Url, ProbeFinding> {
        let url = self.base.clone()?.join(address).map_err(|_| no_address())?;
        if matches!(url.scheme(), "http" | "https") { Ok(without_user(url)) } else { Err(no_address()) }
    }

    /// The answer to a question at an address, redirects followed, or what was found instead.
    pub(super) fn get(&self, mut url: Url, accepted: &str, clock: Clock) -> Result<Response, ProbeFinding> {
        let base = self.base.clone()?;
        let mut credential = self.authorization.clone()?;
        let had_credential = credential.is_some();
        for _ in 0..=MOST_REDIRECTS {
            let left = clock.left();
            if left.is_zero() {
                return Err(ProbeFinding::TimedOut);
            }
            let mut request = self.way.client(&url)?.get(url.clone()).timeout(left).header(ACCEPT, accepted);
            // Whoever is not the registry does not get it, and what they say next is not the registry's word.
            credential = credential.filter(|_| is_same_origin(&url, &base));
            if let Some(credential) = &credential {
                request = request.header(AUTHORIZATION, credential);
            }
            let response =
                request.send().map_err(|error| failure::of_asking(&error, self.way.proxy(&url)))?;
            match response.status().as_u16() {
                200 => return Ok(response),
                301 | 302 | 303 | 307 | 308 => url = self.next(&url, &response)?,
                404 | 410 => return Err(ProbeFinding::MissingPackage),
                // Elsewhere nobody was given the credential, which so cannot be wrong.
                code @ (401 | 403) if had_credential && credential.is_none() => {
                    return Err(ProbeFinding::Status(code));
                }
                code @ (401 | 403) => return Err(ProbeFinding::Denied(code)),
                407 => {
                    let proxy =
                        self.way.proxy(&url).unwrap_or_else(|| "a proxy that no setting names".to_owned());
                    return Err(ProbeFinding::Proxy(format!("{proxy}: wants other credentials (407)")));
                }
                code => return Err(ProbeFinding::Status(code)),
            }
        }
        Err(ProbeFinding::NotNpm(format!("more than {MOST_REDIRECTS} redirects")))
    }

    /// Where a redirect leads.
    fn next(&self, from: &Url, response: &Response) -> Result<Url, ProbeFinding> {
        let refused = |what: &str| ProbeFinding::NotNpm(format!("a redirect {what}"));
        let location = response.headers().get(LOCATION).ok_or_else(|| refused("to nowhere"))?;
        let to = std::str::from_utf8(location.as_bytes()).ok().and_then(|to| from.join(to).ok());
        let mut to = to.ok_or_else(|| refused("to no address"))?;
        // A registry names itself as containers know it.
        if self.as_localhost
            && let Some(here) = localhost_for(to.as_str()).and_then(|here| Url::parse(&here).ok())
        {
            to = here;
        }
        match (from.scheme(), to.scheme()) {
            (_, "https") | ("http", "http") => Ok(without_user(to)),
            ("https", "http") => Err(refused("from https to http")),
            _ => Err(refused("to something else than http")),
        }
    }
}

fn read(mut response: Response, clock: Clock) -> Result<Vec<u8>, ProbeFinding> {
    let mut body = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        // A body may come so slowly that no single read takes too long.
        if clock.left().is_zero() {
            return Err(ProbeFinding::TimedOut);
        }
        match response.read(&mut part) {
            Ok(0) => return Ok(body),
            Ok(count) => body.extend_from_slice(part.get(..count).unwrap_or_default()),
            Err(error) => return Err(failure::of_reading(&error)),
        }
        if body.len() > LONGEST {
            return Err(ProbeFinding::NotNpm("a document of more than 32 MiB".to_owned()));
        }
    }
}

fn base(url: &str) -> Result<Url, ProbeFinding> {
    let mut url = Url::parse(url).map_err(|_| no_address())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(no_address());
    }
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(without_user(url))
}

fn no_address() -> ProbeFinding {
    ProbeFinding::Unreachable("the registry's address is none of http or https".to_owned())
}

fn without_user(mut url: Url) -> Url {
    // Both fail only where an address can have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

fn authorization(registry: &Registry) -> Result<Option<HeaderValue>, ProbeFinding> {
    let Some(credential) = &registry.credential else { return Ok(None) };
    let mut value = HeaderValue::from_str(&credential.authorization.0).map_err(|_| {
        ProbeFinding::Unreachable("the credential holds a character that no header may hold".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// A name as npm puts it into an address: its `/` is `%2f`.
fn escaped(package: &str) -> String {
    let mut text = String::new();
    for byte in package.bytes() {
        match byte {
            b'/' => text.push_str("%2f"),
            byte if byte.is_ascii_alphanumeric() || b"@-._~!*'()".contains(&byte) => text.push(byte.into()),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_of_the_address() {
        assert_eq!(escaped("@b/a-b_c.d"), "@b%2fa-b_c.d");
        assert_eq!(escaped("a?b#c d%2e/../é"), "a%3Fb%23c%20d%252e%2f..%2f%C3%A9");
    }

    #[test]
    fn an_address_has_no_credentials_and_a_slash_at_its_end() {
        let asked = |url: &str| base(url).map(String::from);
        let odd = "http://user:secret@host:81/npm?secret#secret";
        assert_eq!(asked(odd), Ok("http://host:81/npm/".to_owned()));
        assert_eq!(asked("https://host"), Ok("https://host/".to_owned()));
        for odd in ["host", "ftp://host/", "file:///secret", ""] {
            assert_eq!(asked(odd), Err(no_address()), "{odd}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let is_same =
            |one: &str, other: &str| is_same_origin(&Url::parse(one).unwrap(), &Url::parse(other).unwrap());
        assert!(is_same("http://host/a", "http://HOST:80/b"));
        for other in ["https://host/", "http://host:81/", "http://host.other/", "http://other/"] {
            assert!(!is_same("http://host/", other), "{other}");
        }
    }
}
