//! What the variables of settings stand for.

use std::collections::BTreeMap;

/// What the names of npm's variables begin with, in any case.
const PREFIX: &str = "npm_config_";

/// Where variables get their values. It has no `Debug`: what a process has is not to be shown.
#[derive(Clone, Default)]
pub(crate) struct Variables {
    /// The process's own.
    pub(crate) process: BTreeMap<String, String>,
    /// What the image builds set by then: `ARG` with what compose gives for it, and `ENV`.
    pub(crate) build: BTreeMap<String, String>,
    /// Whether a build is known: then the process's own are not seen there.
    pub(crate) is_of_build: bool,
    /// Whether names mean the same in any case, as on Windows.
    pub(crate) ignores_case: bool,
}

impl Variables {
    /// The value of a variable, which may be empty: the process's own, else that of the build.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let own = || {
            let same = |(known, _): &(&String, &String)| known.eq_ignore_ascii_case(name);
            self.process.iter().find(same).filter(|_| self.ignores_case).map(|(_, value)| value)
        };
        let built = || self.build.get(name);
        self.process.get(name).or_else(own).or_else(built).cloned()
    }

    /// The value of a variable where the settings are read: in the build, if that is known.
    pub(crate) fn in_settings(&self, name: &str) -> Option<String> {
        if self.is_of_build { self.build.get(name).cloned() } else { self.get(name) }
    }

    /// The value of the first of some variables that has one, as proxies' have it: in lower case, then in upper case.
    pub(crate) fn in_either_case(&self, name: &str) -> Option<String> {
        [name.to_ascii_lowercase(), name.to_ascii_uppercase()]
            .iter()
            .find_map(|name| self.get(name).filter(|value| !value.is_empty()))
    }

    /// The variable `npm_config_<key>`, in any case, with its name: `strict-ssl` is that of
    /// `NPM_CONFIG_STRICT_SSL`. One that is empty says nothing (`@npmcli/config`, `loadEnv`).
    pub(crate) fn npm_config(&self, key: &str) -> Option<(String, String)> {
        [&self.process, &self.build].into_iter().find_map(|layer| npm_config(layer, key))
    }

    /// The same of the process alone.
    pub(crate) fn npm_config_of_process(&self, key: &str) -> Option<String> {
        npm_config(&self.process, key).map(|(_, value)| value)
    }
}

fn npm_config(layer: &BTreeMap<String, String>, key: &str) -> Option<(String, String)> {
    let is_same = |(name, value): &(&String, &String)| {
        let prefix = name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
        let rest = name.get(PREFIX.len()..).filter(|rest| prefix && rest.len() == key.len());
        let same = |(a, b): (u8, u8)| a.eq_ignore_ascii_case(&b) || a == b'_' && b == b'-';
        !value.is_empty() && rest.is_some_and(|rest| rest.bytes().zip(key.bytes()).all(same))
    };
    layer.iter().rfind(is_same).map(|(name, value)| (name.clone(), value.clone()))
}

#[cfg(test)]
pub(super) fn of(process: &[(&str, &str)]) -> Variables {
    let process = process.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Variables { process, ..Variables::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_comes_first() {
        let map = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let mut variables = Variables {
            process: map("A", ""),
            build: map("B", "env"),
            is_of_build: false,
            ignores_case: false,
        };
        assert_eq!(variables.get("A").as_deref(), Some(""));
        assert_eq!(variables.get("B").as_deref(), Some("env"));
        assert_eq!(variables.get("a"), None);
        variables.ignores_case = true;
        assert_eq!(variables.get("a").as_deref(), Some(""));
    }

    #[test]
    fn settings_in_any_case() {
        let variables = of(&[("NPM_Config_Strict_SSL", "false"), ("npm_config_ca", ""), ("é", "x")]);
        assert_eq!(variables.npm_config("strict-ssl").unwrap().1, "false");
        assert_eq!(variables.npm_config("ca"), None);
        assert_eq!(variables.npm_config("strict"), None);
        assert_eq!(
            of(&[("HTTP_PROXY", "x"), ("http_proxy", "")]).in_either_case("http_proxy").as_deref(),
            Some("x")
        );
    }
}
