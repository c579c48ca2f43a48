//! `bunfig.toml`, as bun 1.4 was seen to read it: it comes before every `.npmrc`, its credentials are for the registry
//! that they stand with, and a value that is `$NAME` as a whole is that variable
//! (<https://bun.com/docs/runtime/bunfig#install-registry>).

use toml::{Table, Value};

use super::setting::{Setting, SettingsFile};
use crate::error::Problem;
use crate::npm::{Expanded, Lookup};

/// What stands with a registry, and the key of an `.npmrc` for it.
const FIELDS: [(&str, &str); 4] =
    [("url", "registry"), ("token", "_authToken"), ("username", "username"), ("password", "_password")];

/// The settings that lead to a registry, with the keys that an `.npmrc` has for them; credentials are those of
/// `@scope:_authToken` or `registry:_authToken`.
///
/// # Errors
/// It is not TOML.
pub(crate) fn parse(name: &str, text: &str, lookup: Lookup<'_>) -> Result<SettingsFile, Problem> {
    let table: Table =
        text.strip_prefix('\u{feff}').unwrap_or(text).parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            // What toml says of it may quote the line.
            Problem::new(format!("{name}: line {}: is not TOML", before.matches('\n').count() + 1))
                .hint("correct it there")
        })?;
    let mut file =
        BunfigReader { file: SettingsFile { name: name.to_owned(), settings: Vec::new() }, lookup };
    let Some(install) = table.get("install").and_then(Value::as_table) else { return Ok(file.file) };
    if let Some(registry) = install.get("registry") {
        file.registry("install.registry", "registry", registry);
    }
    for (scope, registry) in install.get("scopes").and_then(Value::as_table).into_iter().flatten() {
        let bare = scope.strip_prefix('@').unwrap_or(scope);
        file.registry(&format!("install.scopes.{scope}"), &format!("@{bare}"), registry);
    }
    for key in ["ca", "cafile"] {
        let texts: Vec<&str> = match install.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            value => value.and_then(Value::as_str).into_iter().collect(),
        };
        if !texts.is_empty() {
            file.add(&format!("install.{key}"), key.to_owned(), &texts);
        }
    }
    Ok(file.file)
}

struct BunfigReader<'a> {
    file: SettingsFile,
    lookup: Lookup<'a>,
}

impl BunfigReader<'_> {
    fn registry(&mut self, written: &str, prefix: &str, value: &Value) {
        let key = |field: &str| match (prefix, field) {
            ("registry", "registry") => field.to_owned(),
            _ => format!("{prefix}:{field}"),
        };
        match value {
            Value::String(url) => self.add(written, key("registry"), &[url]),
            Value::Table(table) => {
                for (field, name) in FIELDS {
                    if let Some(text) = table.get(field).and_then(Value::as_str) {
                        self.add(&format!("{written}.{field}"), key(name), &[text]);
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, written: &str, key: String, texts: &[&str]) {
        let values = texts.iter().map(|text| self.expanded(text)).collect();
        self.file.settings.push(Setting {
            file: self.file.name.clone(),
            line: String::new(),
            written: written.to_owned(),
            key: Expanded { text: key, ..Expanded::default() },
            values,
        });
    }

    fn expanded(&self, text: &str) -> Expanded {
        let Some(name) = text.strip_prefix('$').filter(|name| !name.is_empty()) else {
            return Expanded { text: text.to_owned(), ..Expanded::default() };
        };
        let value = (self.lookup)(name);
        let unset = if value.is_none() { vec![name.to_owned()] } else { Vec::new() };
        Expanded {
            text: value.unwrap_or_default(),
            variables: vec![name.to_owned()],
            unset,
            is_too_long: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Name, PackageManager};
    use crate::registry::npm::Npm;

    fn asks(text: &str) -> String {
        let lookup = |name: &str| (name == "T").then(|| "t0k".to_owned());
        let file = parse("bunfig.toml", text, &lookup).unwrap();
        let npm = Npm::new(&PackageManager::of_any_version(Name::Bun), vec![file]);
        let found = npm.registry("@a/b").unwrap().unwrap();
        let credential = found.asks.credential;
        let who = credential.map(|one| format!("{} < {}", one.authorization.0, one.named_by));
        format!("{} {}", found.url.exposed(), who.or(found.asks.unset).unwrap_or_default())
    }

    #[test]
    fn registries_and_their_credentials() {
        assert_eq!(asks("[install.scopes]\na = 'http://h/x'\n"), "http://h/x/ ");
        assert_eq!(
            asks(
                "[install.scopes]\n'@a' = {url = 'http://h/', token = '$T'}\nb = {url = 'http://h/', token = 'other'}\n"
            ),
            "http://h/ Bearer t0k < bunfig.toml: install.scopes.@a.token (${T})"
        );
        assert_eq!(
            asks("[install]\nregistry = {url = 'http://h/', username = 'u', password = 'p'}\n"),
            "http://h/ Basic dTpw < bunfig.toml: install.registry.password"
        );
        assert_eq!(
            asks("[install]\nregistry = 'http://:tok@h/'\n"),
            "http://h/ Bearer tok < bunfig.toml: install.registry"
        );
        assert_eq!(
            asks("[install.scopes]\na = {url = 'http://h/', token = '$NO'}\n"),
            "http://h/ bunfig.toml: install.scopes.a.token: ${NO} is not set"
        );
        assert_eq!(
            asks("[install.scopes]\na = {url = 'http://h/', token = 'x${T}'}\n"),
            "http://h/ Bearer x${T} < bunfig.toml: install.scopes.a.token"
        );
    }

    #[test]
    fn what_is_not_toml_is_not_quoted() {
        let problem = parse("bunfig.toml", "[install]\nregistry = s3cr\n", &|_| None).unwrap_err();
        assert_eq!(problem.message, "bunfig.toml: line 2: is not TOML");
    }
}
