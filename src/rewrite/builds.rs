//! `allowBuilds` of a `pnpm-workspace.yaml`: whose scripts pnpm runs from 11 on. It knows a tarball by its whole path, and
//! so not by the name that stands there.

use serde_json::{Map, Value};

use super::names_a_tarball;
use crate::text::yaml;

const FIELD: &str = "allowBuilds";

/// A package that comes from a tarball.
pub(crate) struct TarballBuild<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// As the manifests name it: `file:../.docker-deps/…`.
    pub(crate) specifier: &'a str,
}

/// The text in which each rule for a package is there for its tarballs too; `None` where no rule is for any of them.
///
/// # Errors
/// A map that is not written in lines, and so cannot be added to.
pub(crate) fn allowing(text: &str, tarballs: &[TarballBuild<'_>]) -> Result<Option<String>, String> {
    let Ok(Value::Object(mut whole)) = yaml::parse(text) else { return Ok(None) };
    let Some(Value::Object(rules)) = whole.get(FIELD) else { return Ok(None) };
    let more = more(rules, tarballs);
    if more.is_empty() {
        return Ok(None);
    }
    let mut rules = rules.clone();
    rules.extend(more.clone());
    whole.insert(FIELD.to_owned(), Value::Object(rules));
    let written = || {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let at = lines.iter().position(|line| line.trim_end() == format!("{FIELD}:"))?;
        let first = lines.get(at + 1..)?.iter().find(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        })?;
        let indent: String = first.chars().take_while(|c| *c == ' ').collect();
        let end = if lines[at].ends_with("\r\n") { "\r\n" } else { "\n" };
        let added =
            more.iter().map(|(key, value)| format!("{indent}{}: {value}{end}", Value::from(key.as_str())));
        Some(lines[..=at].concat() + &added.collect::<String>() + &lines[at + 1..].concat())
    };
    let is_meant = |text: &String| yaml::parse(text).is_ok_and(|value| value == Value::Object(whole.clone()));
    written()
        .filter(is_meant)
        .map(Some)
        .ok_or_else(|| format!("`{FIELD}` is not written with a line for each package"))
}

/// Whether a rule is for a tarball of ours.
pub(super) fn allows_ours(text: &str) -> bool {
    let whole = yaml::parse(text).unwrap_or_default();
    let rules = whole.get(FIELD).and_then(Value::as_object);
    rules.is_some_and(|rules| rules.keys().any(|key| names_a_tarball(key)))
}

/// The rules for tarballs: of a package at a version that goes before that of a package.
fn more(rules: &Map<String, Value>, tarballs: &[TarballBuild<'_>]) -> Map<String, Value> {
    let mut more = Map::new();
    for TarballBuild { name, version, specifier } in tarballs {
        let of_version = rules.iter().find(|(key, _)| {
            let versions = key.strip_prefix(*name).and_then(|rest| rest.strip_prefix('@'));
            versions.is_some_and(|versions| versions.split("||").any(|one| one.trim() == *version))
        });
        if let Some(value) = of_version.map(|(_, value)| value).or_else(|| rules.get(*name)) {
            more.insert(format!("{name}@{specifier}"), value.clone());
        }
    }
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Result<Option<String>, String> {
        let tarball = |name, version, specifier| TarballBuild { name, version, specifier };
        allowing(
            text,
            &[
                tarball("a", "1.0.0", "file:../a-1.tgz"),
                tarball("a", "2.0.0", "file:../a-2.tgz"),
                tarball("@s/b", "1.0.0", "file:../b.tgz"),
            ],
        )
    }

    #[test]
    fn rules_for_packages_are_rules_for_their_tarballs() {
        let text = "x: 1\nallowBuilds:\n  # why\n  a: true\n  a@2.0.0 || 3.0.0: false\n  other: true\ny: 2\n";
        let after = "x: 1\nallowBuilds:\n  \"a@file:../a-1.tgz\": true\n  \"a@file:../a-2.tgz\": false\n  # why\n  a: true\n  a@2.0.0 || 3.0.0: false\n  other: true\ny: 2\n";
        assert_eq!(made(text), Ok(Some(after.to_owned())));
        assert_eq!(
            made("allowBuilds:\n  '@s/b': true"),
            Ok(Some("allowBuilds:\n  \"@s/b@file:../b.tgz\": true\n  '@s/b': true".to_owned()))
        );
        for none in ["", "x: 1\n", "allowBuilds:\n  other: true\n", "allowBuilds: {}\n", "a: [\n"] {
            assert_eq!(made(none), Ok(None), "{none}");
        }
    }

    #[test]
    fn what_cannot_be_added_to_is_said() {
        assert!(made("allowBuilds: {a: true}\n").is_err());
    }
}
