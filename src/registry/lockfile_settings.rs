//! What settings of a package manager say of where packages come from, out of files that say other things too: what
//! holds for a whole project, though only the surface's own settings reach its image.

use serde_json::{Map, Value};

use crate::npm::npmrc;
use crate::text::yaml;

const YARNRC_KEYS: [&str; 13] = [
    "npmRegistryServer",
    "npmScopes",
    "npmRegistries",
    "npmAuthToken",
    "npmAuthIdent",
    "npmAlwaysAuth",
    "unsafeHttpWhitelist",
    "httpProxy",
    "httpsProxy",
    "httpsCaFilePath",
    "enableStrictSsl",
    "networkSettings",
    "yarnPath",
];

/// The lines of an `.npmrc` that name a registry, a way to it or who asks there.
pub(crate) fn of_npmrc(text: &str) -> String {
    let names = |line: &&str| {
        let key = line.split('=').next().unwrap_or_default().trim();
        npmrc::leads_to_a_registry(key.strip_suffix("[]").unwrap_or(key))
    };
    text.lines().filter(names).fold(String::new(), |kept, line| format!("{kept}{line}\n"))
}

/// The same of a `.yarnrc.yml`. The program that it names, `yarnPath`, is meant from `folder`.
///
/// # Errors
/// It is not YAML.
pub(crate) fn of_yarnrc(text: &str, folder: &str) -> Result<String, String> {
    // What the reader says of it may quote a value.
    let not_yaml = |error: yaml::YamlError| format!("line {}: is not YAML", error.line);
    let Value::Object(settings) = yaml::parse(text).map_err(not_yaml)? else {
        return Ok(String::new());
    };
    let mut kept: Map<String, Value> =
        settings.into_iter().filter(|(key, _)| YARNRC_KEYS.contains(&key.as_str())).collect();
    if let Some(Value::String(path)) = kept.get_mut("yarnPath")
        && !path.starts_with('/')
    {
        *path = format!("{folder}/{path}");
    }
    // JSON is YAML.
    Ok(format!("{}\n", Value::Object(kept)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leads_to_a_registry_is_taken() {
        let npmrc = "registry=https://r.example/\n; a comment\n@acme:registry = https://a.example/\nnode-linker=hoisted\n//a.example/:_authToken=${TOKEN}\nauto-install-peers=false\n";
        assert_eq!(
            of_npmrc(npmrc),
            "registry=https://r.example/\n@acme:registry = https://a.example/\n//a.example/:_authToken=${TOKEN}\n"
        );
        let yarnrc = "nodeLinker: pnp\nyarnPath: .yarn/releases/yarn.cjs\nnpmScopes:\n  acme:\n    npmAuthToken: '${TOKEN}'\n";
        assert_eq!(
            of_yarnrc(yarnrc, "/project").unwrap(),
            "{\"yarnPath\":\"/project/.yarn/releases/yarn.cjs\",\"npmScopes\":{\"acme\":{\"npmAuthToken\":\"${TOKEN}\"}}}\n"
        );
        assert_eq!(of_yarnrc("# nothing\n", "/project").unwrap(), "");
        let problem = of_yarnrc("npmAuthToken: !<s3cr3t> x", "/project").unwrap_err();
        assert_eq!(problem, "line 1: is not YAML");
    }
}
