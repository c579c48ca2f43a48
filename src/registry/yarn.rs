//! Registries, who asks them and the way there, as yarn 2 and later take them from `.yarnrc.yml`; no `.npmrc` counts
//! (yarn 4.18, `npmConfigUtils.ts`, `npmHttpUtils.ts` and `httpUtils.ts`).

use serde_json::{Map, Value};
use url::Url;

use super::network::{NamedFile, NetworkRoute};
use super::npm::{Asks, NamedRegistry, address, basic, in_header, scope};
use super::setting::Setting;
use super::shown::shown_key;
use super::variables::Variables;
use super::{Credential, RegistryUrl, Secret, network};
use crate::error::Problem;
use crate::npm::{Expanded, Lookup, MatchOptions, Minimatch, js};
use crate::text::yaml;

/// Longer than what any setting is.
const MAX_LENGTH: usize = 1 << 16;

/// The files in their order; the first that has a key counts.
#[derive(Clone, Default)]
pub(crate) struct Yarn {
    files: Vec<(String, Map<String, Value>)>,
}

/// Never with what the files say.
impl std::fmt::Debug for Yarn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.iter().map(|(name, _)| name)).finish()
    }
}

impl Yarn {
    /// Takes the files, name and text, apart.
    ///
    /// # Errors
    /// One is not YAML.
    pub(crate) fn new(files: &[(String, String)]) -> Result<Self, Problem> {
        let mut read = Vec::new();
        for (name, text) in files {
            let value = yaml::bounded(text)
                .map_err(|_| Problem::new(format!("{name}: is not YAML")).hint("correct it there"))?;
            let settings = if let Value::Object(settings) = value { settings } else { Map::new() };
            read.push((name.clone(), settings));
        }
        Ok(Self { files: read })
    }

    /// The registry of a package: that of its scope, else the one for all; `None` where no file names one.
    ///
    /// # Errors
    /// What is written there is no address, or a variable of it is not set; neither quotes it.
    pub(crate) fn registry(
        &self,
        package: &str,
        lookup: Lookup<'_>,
    ) -> Result<Option<NamedRegistry>, Problem> {
        let scope = scope(package).and_then(|scope| scope.strip_prefix('@'));
        let of_scope =
            |key: &str| scope.map_or(Ok(None), |scope| self.setting(&["npmScopes", scope, key], lookup));
        let named = match of_scope("npmRegistryServer")? {
            Some(setting) => setting,
            None => match self.setting(&["npmRegistryServer"], lookup)? {
                Some(setting) => setting,
                None => return Ok(None),
            },
        };
        let address = address(&named)?;
        let mut asks = match (of_scope("npmAuthToken")?, of_scope("npmAuthIdent")?) {
            (None, None) => match self.key_of_registry(named.value()?) {
                Some(key) => {
                    let of = |name| self.setting(&["npmRegistries", &key, name], lookup);
                    asks(of("npmAuthToken")?, of("npmAuthIdent")?)?
                }
                None => {
                    let of = |name| self.setting(&[name], lookup);
                    asks(of("npmAuthToken")?, of("npmAuthIdent")?)?
                }
            },
            (token, ident) => asks(token, ident)?,
        };
        if let (Some((name, password)), None, None) = (&address.userinfo, &asks.credential, &asks.unset) {
            asks.credential =
                Some(crate::registry::npm::of_userinfo(name, password, named.place_with_variables()));
        }
        Ok(Some(NamedRegistry { url: RegistryUrl::new(address.url), named_by: named.place(), asks }))
    }

    /// The way there. Variables such as `YARN_HTTPS_PROXY` come before the files.
    ///
    /// # Errors
    /// A setting that counts is no address, or names a variable that is not set.
    pub(crate) fn way(
        &self,
        url: &str,
        variables: &Variables,
        lookup: Lookup<'_>,
    ) -> Result<NetworkRoute, Problem> {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let setting = |key: &str, variable: &str| -> Result<Option<Setting>, Problem> {
            if let Some(setting) = self.of_host(&host, key, lookup)? {
                return Ok(Some(setting));
            }
            if let Some(value) = variables.get(variable).filter(|value| !value.is_empty()) {
                let values = vec![Expanded { text: value, ..Expanded::default() }];
                return Ok(Some(Setting { written: variable.to_owned(), values, ..Setting::default() }));
            }
            self.setting(&[key], lookup)
        };
        let proxy = |key: &str, variable: &str| match setting(key, variable)? {
            Some(proxy) => network::proxy_address(proxy.value()?, &proxy.place()).map(Some),
            None => Ok(None),
        };
        let mut way = NetworkRoute::default();
        way.network.http_proxy = proxy("httpProxy", "YARN_HTTP_PROXY")?;
        way.network.https_proxy = proxy("httpsProxy", "YARN_HTTPS_PROXY")?;
        network::of_node(&mut way, variables);
        if let Some(strict) = setting("enableStrictSsl", "YARN_ENABLE_STRICT_SSL")?
            && matches!(strict.value()?, "false" | "0")
        {
            way.network.accepts_any_certificate = true;
        }
        if let Some(file) = setting("httpsCaFilePath", "YARN_HTTPS_CA_FILE_PATH")? {
            let path = file.value()?.to_owned();
            way.cafile = Some(NamedFile { path, place: file.place(), file: file.file });
        }
        Ok(way)
    }

    /// `networkSettings` of the hosts that a glob matches, the longest first.
    fn of_host(&self, host: &str, key: &str, lookup: Lookup<'_>) -> Result<Option<Setting>, Problem> {
        let mut globs: Vec<&String> = self
            .maps("networkSettings")
            .filter(|(_, value)| value.is_object())
            .map(|(glob, _)| glob)
            .collect();
        globs.sort_by_key(|glob| std::cmp::Reverse(glob.len()));
        globs.dedup();
        for glob in globs {
            let matches = || Minimatch::new(glob, MatchOptions::default()).is_ok_and(|one| one.matches(host));
            if (glob == host || matches())
                && let Some(setting) = self.setting(&["networkSettings", glob, key], lookup)?
            {
                return Ok(Some(setting));
            }
        }
        Ok(None)
    }

    /// The key of `npmRegistries` that stands for a registry, with or without its scheme.
    fn key_of_registry(&self, registry: &str) -> Option<String> {
        let registry = registry.strip_suffix('/').unwrap_or(registry);
        let scheme = registry.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(0);
        let bare = registry.get(scheme..).and_then(|rest| rest.strip_prefix(':')).unwrap_or(registry);
        [registry, bare].iter().find_map(|wanted| {
            self.maps("npmRegistries")
                .map(|(key, _)| key)
                .find(|key| key.strip_suffix('/').unwrap_or(key) == *wanted)
                .cloned()
        })
    }

    /// What a key of all files holds.
    fn maps(&self, key: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.files.iter().filter_map(move |(_, file)| file.get(key)?.as_object()).flatten()
    }

    /// The value at a path of keys, in the first file that has one.
    fn setting(&self, path: &[&str], lookup: Lookup<'_>) -> Result<Option<Setting>, Problem> {
        for (name, file) in &self.files {
            let mut keys = path.iter();
            let first = keys.next().and_then(|key| file.get(*key));
            let value = keys.fold(first, |value, key| value?.get(*key));
            let Some(value) =
                value.filter(|value| !matches!(value, Value::Null | Value::Array(_) | Value::Object(_)))
            else {
                continue;
            };
            let mut setting = Setting {
                file: name.clone(),
                written: path.iter().map(|part| shown_key(part)).collect::<Vec<_>>().join("."),
                key: Expanded { text: path.join("."), ..Expanded::default() },
                ..Setting::default()
            };
            let value = expand(&js::to_string(value), lookup).ok_or_else(|| {
                Problem::new(format!("{}: a variable is not written as yarn reads it", setting.place()))
                    .hint("write it as ${NAME} or ${NAME:-default}")
            })?;
            if value.text.is_empty() && value.unset.is_empty() {
                continue;
            }
            setting.values = vec![value];
            return Ok(Some(setting));
        }
        Ok(None)
    }
}

fn asks(token: Option<Setting>, ident: Option<Setting>) -> Result<Asks, Problem> {
    let Some(setting) = token.as_ref().or(ident.as_ref()) else { return Ok(Asks::default()) };
    if let Some(asks) = Asks::without(setting) {
        return Ok(asks);
    }
    let value = in_header(setting)?;
    let named_by = setting.place_with_variables();
    let credential = if token.is_some() {
        Credential { authorization: Secret(format!("Bearer {value}")), named_by }
    } else if value.contains(':') {
        crate::registry::npm::of_pair(value.as_bytes(), named_by)
    } else {
        basic(value, named_by)
    };
    Ok(Asks::with(credential, setting))
}

/// One piece of a text with variables.
enum VariablePiece<'a> {
    Escaped(&'a str),
    Variable { name: &'a str, operator: &'a str },
    Unknown,
    Close,
}

/// yarn's `replaceEnvVariables` (`miscUtils.ts`): `${NAME}`, `${NAME-default}` and `${NAME:-default}`, defaults with
/// variables of their own, and `\$` and `\}` for the characters themselves; `None` where yarn refuses the text.
fn expand(text: &str, lookup: Lookup<'_>) -> Option<Expanded> {
    let mut expanded = Expanded::default();
    let mut from = 0;
    let mut open = 0_usize;
    while let Some((start, end, piece)) = next(text, from) {
        expanded.text.push_str(&text[from..start]);
        from = end;
        match piece {
            VariablePiece::Escaped(escaped) => expanded.text.push_str(escaped),
            VariablePiece::Variable { name, operator } => {
                expanded.variables.push(name.to_owned());
                let value = lookup(name).filter(|value| operator != ":-" || !value.is_empty());
                open += 1;
                match value {
                    Some(value) => {
                        expanded.text.push_str(&value);
                        from = behind(text, from);
                        open -= 1;
                    }
                    None if operator.is_empty() => expanded.unset.push(name.to_owned()),
                    None => {}
                }
            }
            VariablePiece::Close if open == 0 => expanded.text.push('}'),
            VariablePiece::Close => open -= 1,
            VariablePiece::Unknown => return None,
        }
        if expanded.text.len() > MAX_LENGTH {
            return None;
        }
    }
    expanded.text.push_str(text.get(from..).unwrap_or_default());
    (open == 0).then_some(expanded)
}

/// Behind the bracket that closes the variable before this place.
fn behind(text: &str, from: usize) -> usize {
    let mut depth = 1_usize;
    let mut at = from;
    while let Some((_, end, piece)) = next(text, at) {
        at = end;
        match piece {
            VariablePiece::Variable { .. } => depth += 1,
            VariablePiece::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// `\\(?<escaped>[\\$}])|\$\{(?<variable>[a-zA-Z]\w*)(?<operator>:-|-|(?=\}))|(?<unknown>\$\{)|\}`
fn next(text: &str, from: usize) -> Option<(usize, usize, VariablePiece<'_>)> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += text.get(at..)?.find(['\\', '$', '}'])?;
        let behind = &text[at + 1..];
        match bytes[at] {
            b'\\' if behind.starts_with(['\\', '$', '}']) => {
                return Some((at, at + 2, VariablePiece::Escaped(&behind[..1])));
            }
            b'}' => return Some((at, at + 1, VariablePiece::Close)),
            b'$' if behind.starts_with('{') => {
                let inside = &behind[1..];
                let length =
                    inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
                let (name, rest) = inside.split_at(length);
                let operator = if rest.starts_with(":-") {
                    Some(":-")
                } else if rest.starts_with('-') {
                    Some("-")
                } else {
                    rest.starts_with('}').then_some("")
                };
                let start = at + 2;
                return Some(
                    match operator.filter(|_| name.starts_with(|c: char| c.is_ascii_alphabetic())) {
                        Some(operator) => {
                            (at, start + length + operator.len(), VariablePiece::Variable { name, operator })
                        }
                        None => (at, start, VariablePiece::Unknown),
                    },
                );
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests;
