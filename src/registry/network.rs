//! The way to a registry, as each package manager takes it from settings and variables.

use url::Url;

use super::npm::Npm;
use super::setting::Setting;
use super::variables::Variables;
use super::{Network, Secret};
use crate::error::Problem;
use crate::image::Name;

/// The way, and the files that have yet to be read for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NetworkRoute {
    /// All but what the files hold.
    pub(crate) network: Network,
    /// The file of authorities that takes the place of all others.
    pub(crate) cafile: Option<NamedFile>,
    /// The file of authorities besides the usual ones.
    pub(crate) extra: Option<NamedFile>,
}

/// A file that a setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedFile {
    /// Its path as it is written.
    pub(crate) path: String,
    /// The file of settings that names it; empty where a variable does.
    pub(crate) file: String,
    /// What names it.
    pub(crate) place: String,
}

/// A value, and what gives it.
struct GivenValue {
    value: String,
    file: String,
    place: String,
}

/// The way that npm, pnpm, yarn 1 or bun take.
///
/// npm has `https-proxy`, else `proxy`, for both schemes (`npm-registry-fetch`, `lib/index.js`), then the variables
/// (`@npmcli/agent`, `lib/proxy.js`); pnpm has `http-proxy` too, and for `http:` what it has for `https:`
/// (`config/config`, `src/index.ts`). bun has the variables only.
///
/// # Errors
/// A setting that counts is no address, or names a variable that is not set.
pub(crate) fn of_npm(manager: Name, npm: &Npm, variables: &Variables) -> Result<NetworkRoute, Problem> {
    let settings = NetworkSettings { npm, variables, has_variables: manager != Name::Bun };
    let mut way = NetworkRoute::default();
    let (http, https) = match manager {
        Name::Npm => {
            let own = first(&settings, &["https-proxy", "proxy"])?;
            let https = || variable(variables, &["https_proxy"]);
            let http = || variable(variables, &["https_proxy", "http_proxy", "proxy"]);
            match own {
                Some(own) => (Some(proxy(&own)?), Some(proxy(&own)?)),
                None => (http()?, https()?),
            }
        }
        Name::Pnpm => {
            let https = match first(&settings, &["https-proxy", "proxy"])? {
                Some(own) => Some(proxy(&own)?),
                None if settings.is_off("proxy") => None,
                None => variable(variables, &["https_proxy"])?,
            };
            let http = match first(&settings, &["http-proxy"])? {
                Some(own) => Some(proxy(&own)?),
                None if https.is_some() || settings.is_off("proxy") => https.clone(),
                None => variable(variables, &["http_proxy", "proxy"])?,
            };
            (http, https)
        }
        Name::Yarn => {
            let own = |key: &str, name: &str| match first(&settings, &[key])? {
                Some(own) => proxy(&own).map(Some),
                None => variable(variables, &[name]),
            };
            (own("proxy", "http_proxy")?, own("https-proxy", "https_proxy")?)
        }
        Name::Bun => (variable(variables, &["http_proxy"])?, variable(variables, &["https_proxy"])?),
    };
    (way.network.http_proxy, way.network.https_proxy) = (http, https);
    let mut own = Vec::new();
    for key in if manager == Name::Pnpm { ["no-proxy", "noproxy"] } else { ["noproxy", "noproxy"] } {
        if own.is_empty() && manager != Name::Bun {
            own = settings.all(key)?.into_iter().map(|given| given.value).collect();
        }
    }
    let own = if own.is_empty() { variables.in_either_case("no_proxy").into_iter().collect() } else { own };
    way.network.no_proxy = hosts(&own);
    let strict = first(&settings, &["strict-ssl"])?;
    let is_strict = strict.map_or(!settings.is_off("strict-ssl"), |given| is_true(&given.value));
    way.network.accepts_any_certificate = !is_strict && manager != Name::Bun;
    way.network.authorities =
        settings.all("ca")?.iter().map(|given| given.value.replace("\\n", "\n").into_bytes()).collect();
    way.cafile = first(&settings, &["cafile"])?.map(|given| NamedFile {
        path: given.value,
        file: given.file,
        place: given.place,
    });
    of_node(&mut way, variables);
    Ok(way)
}

/// What Node.js itself, and bun after it, takes from variables.
pub(super) fn of_node(way: &mut NetworkRoute, variables: &Variables) {
    if variables.get("NODE_TLS_REJECT_UNAUTHORIZED").as_deref() == Some("0") {
        way.network.accepts_any_certificate = true;
    }
    let name = "NODE_EXTRA_CA_CERTS";
    way.extra = variables.get(name).filter(|path| !path.is_empty()).map(|path| NamedFile {
        path,
        file: String::new(),
        place: name.to_owned(),
    });
}

/// Settings, and above them the variables that stand for them.
struct NetworkSettings<'a> {
    npm: &'a Npm,
    variables: &'a Variables,
    has_variables: bool,
}

impl NetworkSettings<'_> {
    fn variable(&self, key: &str) -> Option<(String, String)> {
        self.variables.npm_config(key).filter(|_| self.has_variables)
    }

    /// The values of a key that say something.
    fn all(&self, key: &str) -> Result<Vec<GivenValue>, Problem> {
        let given = match self.variable(key) {
            Some((place, value)) => value
                .split("\n\n")
                .map(|value| GivenValue {
                    value: value.trim().to_owned(),
                    file: String::new(),
                    place: place.clone(),
                })
                .collect(),
            None => match self.npm.get(key) {
                Some(setting) => of_setting(setting)?,
                None => Vec::new(),
            },
        };
        Ok(given
            .into_iter()
            .filter(|given| !matches!(given.value.as_str(), "" | "null" | "undefined"))
            .collect())
    }

    /// Whether it is said that there is none.
    fn is_off(&self, key: &str) -> bool {
        match self.variable(key) {
            Some((_, value)) => value.trim() == "false",
            None => self.npm.get(key).is_some_and(|setting| setting.values.is_empty()),
        }
    }
}

fn of_setting(setting: &Setting) -> Result<Vec<GivenValue>, Problem> {
    setting.value()?;
    let given = |value: &str| GivenValue {
        value: value.trim().to_owned(),
        file: setting.file.clone(),
        place: setting.place(),
    };
    Ok(setting.values.iter().map(|value| given(&value.text)).collect())
}

/// The first of some keys that says something else than no.
fn first(settings: &NetworkSettings<'_>, keys: &[&str]) -> Result<Option<GivenValue>, Problem> {
    for key in keys {
        let found = settings.all(key)?.into_iter().next();
        if let Some(given) = found.filter(|given| given.value != "false" || *key == "strict-ssl") {
            return Ok(Some(given));
        }
    }
    Ok(None)
}

/// The proxy that the first of some variables names.
fn variable(variables: &Variables, names: &[&str]) -> Result<Option<Secret>, Problem> {
    for name in names {
        if let Some(value) = variables.in_either_case(name) {
            let place = name.to_ascii_uppercase();
            return proxy(&GivenValue { value, file: String::new(), place }).map(Some);
        }
    }
    Ok(None)
}

/// The address of a proxy; the error does not quote it, since it may hold a password.
fn proxy(given: &GivenValue) -> Result<Secret, Problem> {
    proxy_address(&given.value, &given.place)
}

/// The same for a text.
pub(super) fn proxy_address(value: &str, place: &str) -> Result<Secret, Problem> {
    let value = value.trim();
    let whole = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let is_proxy = Url::parse(&whole).is_ok_and(|url| {
        let scheme = matches!(url.scheme(), "http" | "https") || url.scheme().starts_with("socks");
        scheme && url.host_str().is_some_and(|host| !host.is_empty())
    });
    if is_proxy {
        return Ok(Secret(whole));
    }
    Err(Problem::new(format!("{place}: is no address of a proxy"))
        .hint("write it as in http://proxy.example:3128, with `%` codes in its name and password"))
}

fn hosts(texts: &[String]) -> Vec<String> {
    let hosts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    hosts.filter(|host| !host.is_empty()).map(str::to_owned).collect()
}

/// A flag's text, as `nopt` takes it.
fn is_true(text: &str) -> bool {
    match text.parse::<f64>() {
        Ok(number) => number != 0.0,
        Err(_) => !matches!(text, "false" | "null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PackageManager;
    use crate::registry::setting::of_npmrc;
    use crate::registry::variables::of;

    fn way(manager: Name, text: &str, process: &[(&str, &str)]) -> Result<NetworkRoute, Problem> {
        let variables = of(process);
        let file = of_npmrc(".npmrc", text, false, &|name| variables.get(name)).unwrap();
        let npm = Npm::new(&PackageManager::of_any_version(manager), vec![file]);
        of_npm(manager, &npm, &variables)
    }

    /// The proxies of `http:` and `https:`.
    fn proxies(manager: Name, text: &str, process: &[(&str, &str)]) -> String {
        let network = way(manager, text, process).unwrap().network;
        let shown = |proxy: Option<Secret>| {
            proxy.map_or("-".to_owned(), |proxy| proxy.0.trim_start_matches("http://").to_owned())
        };
        format!("{} {}", shown(network.http_proxy), shown(network.https_proxy))
    }

    #[test]
    fn proxies_as_each_has_them() {
        let all = [("HTTPS_PROXY", "s"), ("http_proxy", "h"), ("PROXY", "p")];
        for (text, process, npm, pnpm, yarn, bun) in [
            ("", &all[..], "s s", "s s", "h s", "h s"),
            ("", &all[1..], "h -", "h -", "h -", "h -"),
            ("", &all[2..], "p -", "p -", "- -", "- -"),
            ("proxy=a", &all, "a a", "a a", "a s", "h s"),
            ("https-proxy=b\nproxy=a", &all, "b b", "b b", "a b", "h s"),
            ("http-proxy=c", &all, "s s", "c s", "h s", "h s"),
            ("https-proxy=b", &[("npm_config_https_proxy", "e")], "e e", "e e", "- e", "- -"),
            ("proxy=false", &all, "s s", "- -", "h s", "h s"),
            ("proxy=${X}", &[("X", "x")], "x x", "x x", "x -", "- -"),
        ] {
            for (manager, expected) in
                [(Name::Npm, npm), (Name::Pnpm, pnpm), (Name::Yarn, yarn), (Name::Bun, bun)]
            {
                assert_eq!(proxies(manager, text, process), expected, "{manager:?}: {text} {process:?}");
            }
        }
    }

    #[test]
    fn hosts_without_a_proxy() {
        let hosts =
            |text: &str, process: &[(&str, &str)]| way(Name::Npm, text, process).unwrap().network.no_proxy;
        assert_eq!(hosts("noproxy=a, .b", &[("NO_PROXY", "c")]), ["a", ".b"]);
        assert_eq!(hosts("noproxy[]=a\nnoproxy[]=b", &[]), ["a", "b"]);
        assert_eq!(hosts("", &[("NO_PROXY", "c,,d")]), ["c", "d"]);
        assert_eq!(hosts("noproxy=a", &[("NPM_CONFIG_NOPROXY", "e")]), ["e"]);
    }

    #[test]
    fn certificates() {
        let accepts = |text: &str, process: &[(&str, &str)]| {
            way(Name::Npm, text, process).unwrap().network.accepts_any_certificate
        };
        assert!(accepts("strict-ssl=false", &[]));
        assert!(accepts("strict-ssl=\"0\"", &[]));
        assert!(accepts("strict-ssl=true", &[("NPM_CONFIG_STRICT_SSL", "false")]));
        assert!(accepts("", &[("NODE_TLS_REJECT_UNAUTHORIZED", "0")]));
        assert!(!accepts("strict-ssl", &[("NODE_TLS_REJECT_UNAUTHORIZED", "1")]));
        assert!(!accepts("", &[]));
        let way =
            way(Name::Pnpm, "ca[]=\"a\\nb\"\nca[]=c\\nd\ncafile=x.pem", &[("NODE_EXTRA_CA_CERTS", "/e")]);
        let way = way.unwrap();
        assert_eq!(way.network.authorities, [b"a\nb".to_vec(), b"c\nd".to_vec()]);
        assert_eq!(
            way.cafile.map(|named| (named.path, named.place)),
            Some(("x.pem".to_owned(), ".npmrc: line 3: cafile".to_owned()))
        );
        assert_eq!(way.extra.map(|named| named.path), Some("/e".to_owned()));
    }

    #[test]
    fn no_message_tells_a_password() {
        for (text, process) in [
            ("proxy=http://u:s3cr@h:99999", [("A", "b")]),
            ("proxy=ftp://u:s3cr@h", [("A", "b")]),
            ("", [("HTTPS_PROXY", "http://u:s3cr@")]),
            ("proxy=http://u:s3cr@${NO}", [("A", "b")]),
        ] {
            let problem = way(Name::Npm, text, &process).unwrap_err();
            assert!(!format!("{problem:?}").contains("s3cr"), "{problem:?}");
        }
    }
}
