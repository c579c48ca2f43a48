//! The package managers' own rules, written down a second time.

use serde_json::{Map, Value};

use crate::image::Name;
use crate::rewrite::install_target::InstallTarget;
use crate::rewrite::override_style::OverrideStyle;
use crate::rewrite::sample::reader;

/// Every package manager with every way that it knows.
pub(super) fn every_reader() -> impl Iterator<Item = InstallTarget> {
    [
        (Name::Pnpm, 8..=8, OverrideStyle::PnpmOverrides),
        (Name::Pnpm, 10..=10, OverrideStyle::PnpmOverrides),
        (Name::Pnpm, 11..=11, OverrideStyle::WorkspaceOverrides),
        (Name::Pnpm, 8..=10, OverrideStyle::Tarballs),
        (Name::Pnpm, 12..=12, OverrideStyle::Tarballs),
        (Name::Pnpm, 0..=u64::MAX, OverrideStyle::Tarballs),
        (Name::Npm, 10..=10, OverrideStyle::NpmOverrides),
        (Name::Npm, 11..=11, OverrideStyle::Tarballs),
        (Name::Yarn, 1..=1, OverrideStyle::Resolutions),
        (Name::Yarn, 4..=4, OverrideStyle::Resolutions),
        (Name::Bun, 1..=1, OverrideStyle::BunOverrides),
        (Name::Bun, 1..=1, OverrideStyle::Tarballs),
    ]
    .into_iter()
    .map(|(name, majors, way)| reader(name, majors, way))
}

/// pnpm's `getOptionsFromRootManifest` and `createVersionReferencesReplacer`: its map of overrides.
pub(super) fn pnpm_overrides(manifest: &Map<String, Value>) -> Map<String, Value> {
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut direct = object(manifest.get("devDependencies"));
    direct.extend(object(manifest.get("dependencies")));
    direct.extend(object(manifest.get("optionalDependencies")));
    let mut overrides = object(manifest.get("resolutions"));
    overrides.extend(object(manifest.get("pnpm").and_then(|pnpm| pnpm.get("overrides"))));
    for value in overrides.values_mut() {
        let name = value.as_str().and_then(|value| value.strip_prefix('$'));
        if let Some(found) = name.and_then(|name| direct.get(name)).filter(|found| found.as_str() != Some(""))
        {
            *value = found.clone();
        }
    }
    overrides
}

/// Arborist's `OverrideSet`: what the last name of a chain of dependencies is told, if anything. A rule with a range
/// either meets every dependency or none.
pub(super) fn npm_rule(rules: &Map<String, Value>, chain: &[&str], takes_ranges: bool) -> Option<String> {
    // Rules from the outermost on.
    let mut open: Vec<&Map<String, Value>> = vec![rules];
    let mut told = None;
    for name in chain {
        let found = open.iter().enumerate().rev().find_map(|(depth, rules)| {
            let rule = rules.iter().find(|(key, _)| {
                let range = key.strip_prefix(name);
                range == Some("") || takes_ranges && range.is_some_and(|range| range.starts_with('@'))
            })?;
            Some((depth, rule))
        });
        told = None;
        if let Some((depth, (key, value))) = found {
            open.truncate(depth + 1);
            told = match value {
                Value::Object(inner) => {
                    open.push(inner);
                    // An object without `.` stands for any version, or for the key's range: the registry.
                    let range = key[name.len()..].trim_start_matches('@');
                    let own = inner.get(".").and_then(Value::as_str).unwrap_or(range);
                    Some(if own.is_empty() { "*" } else { own }.to_owned())
                }
                other => other.as_str().map(str::to_owned),
            };
        }
    }
    told
}

/// What yarn 4 tells a dependency: the first resolution that matches counts. Globs are yarn 1's, for which the first
/// counts too.
pub(super) fn yarn_rule(map: &Map<String, Value>, parent: &str, name: &str) -> Option<String> {
    let without_range = |part: &str| match part.rfind('@') {
        Some(at) if at > 0 => part[..at].to_owned(),
        _ => part.to_owned(),
    };
    let found = map.iter().find(|(key, _)| {
        let mut parts: Vec<String> = Vec::new();
        for part in key.split('/') {
            match parts.last_mut() {
                Some(last) if last.starts_with('@') && !last.contains('/') => {
                    *last = format!("{last}/{part}")
                }
                _ => parts.push(part.to_owned()),
            }
        }
        let (target, above) =
            parts.split_last().map_or((String::new(), &[][..]), |(last, above)| (without_range(last), above));
        let above_matches = match above.last().map(|above| without_range(above)) {
            None => true,
            Some(above) => above == "**" || above == parent,
        };
        target == name && above_matches
    });
    found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
}
