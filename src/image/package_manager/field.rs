//! What a `package.json` says of its package manager.

use serde_json::Value;

use super::version::Tags;
use super::{Detected, Name, PackageManager, version};
use crate::error::Problem;
use crate::npm::Manifest;

/// How much of a value that means nothing is shown.
const SHOWN: usize = 60;

/// `packageManager`, then `devEngines.packageManager`, as far as they are there, and what is wrong with them. `name`
/// is the manifest's path, for messages.
pub(crate) fn named(name: &str, manifest: &Manifest) -> (Vec<Detected>, Vec<Problem>) {
    let mut found = Vec::new();
    let mut warnings = Vec::new();
    let mut take = |field: &str, value: Option<&Value>, read: fn(&Value) -> Option<PackageManager>| {
        let Some(value) = value.filter(|value| !value.is_null()) else { return };
        match read(value) {
            Some(manager) => found.push(Detected { manager, reason: format!("{name}: {field}") }),
            None => warnings.push(
                Problem::new(format!(
                    "{name}: {field} is {}, which names none of pnpm, npm, yarn and bun: ignored",
                    shown(value)
                ))
                .hint("write it as in \"packageManager\": \"pnpm@10.6.5\", or take it out"),
            ),
        }
    };
    take("packageManager", manifest.0.get("packageManager"), package_manager);
    let engines = manifest.0.get("devEngines").and_then(Value::as_object);
    let engine = engines.and_then(|engines| engines.get("packageManager"));
    take("devEngines.packageManager", engine, dev_engine);
    (found, warnings)
}

/// `pnpm@10.6.5+sha512.…`, or `yarn@https://…/yarn-4.1.0.tgz` (corepack's `parseSpec`).
fn package_manager(value: &Value) -> Option<PackageManager> {
    let text = value.as_str()?.trim();
    let (name, version) = text.split_once('@').unwrap_or((text, ""));
    let name = Name::parse(name)?;
    if version.contains("://") {
        let version = version::of_url(version);
        return version.map_or_else(
            || Some(PackageManager::of_any_version(name)),
            |version| PackageManager::at(name, &version, Tags::Corepack),
        );
    }
    let version = version.split('+').next().unwrap_or_default();
    at(name, version)
}

/// One engine or several: the first that is one of ours (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#devengines>).
fn dev_engine(value: &Value) -> Option<PackageManager> {
    let one = |engine: &Value| {
        let name = Name::parse(engine.get("name")?.as_str()?)?;
        let version = engine.get("version").and_then(Value::as_str).unwrap_or_default();
        at(name, version.trim())
    };
    match value {
        Value::Array(engines) => engines.iter().find_map(one),
        engine => one(engine),
    }
}

fn at(name: Name, version: &str) -> Option<PackageManager> {
    if version.is_empty() {
        return Some(PackageManager::of_any_version(name));
    }
    PackageManager::at(name, version, Tags::Corepack)
}

/// A value on one line, cut where it is long.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(manifest: Value) -> (Vec<String>, Vec<String>) {
        let Value::Object(map) = manifest else { unreachable!("an object is written") };
        let (found, warnings) = named("web/package.json", &Manifest(map));
        (
            found.iter().map(|found| format!("{} <- {}", found.manager, found.reason)).collect(),
            warnings.into_iter().map(|warning| warning.message).collect(),
        )
    }

    #[track_caller]
    fn says(field: Value, expected: &str) {
        let (found, warnings) = read(json!({"packageManager": field}));
        assert_eq!(found, [format!("{expected} <- web/package.json: packageManager")]);
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn the_field_in_its_forms() {
        says(json!("pnpm@10.6.5"), "pnpm 10.6.5");
        says(json!("pnpm@10.6.5+sha512.cdf928fca20832cd59ec53826492b7dc"), "pnpm 10.6.5");
        says(json!("yarn@https://x.example/-/cli-dist-4.1.0.tgz#sha224.9a"), "yarn 4.1.0");
        says(json!("yarn@https://x.example/yarn.js"), "yarn");
        says(json!("npm@^11"), "npm ^11");
        says(json!(" bun@1.2.3 "), "bun 1.2.3");
        says(json!("npm"), "npm");
    }

    #[test]
    fn dev_engines_in_its_forms() {
        let engine = |value: Value| read(json!({"devEngines": {"packageManager": value}}));
        let reason = "web/package.json: devEngines.packageManager";
        let one = json!({"name": "pnpm", "version": ">=9 <11", "onFail": "warn"});
        assert_eq!(engine(one).0, [format!("pnpm >=9 <11 <- {reason}")]);
        assert_eq!(engine(json!({"name": "bun"})).0, [format!("bun <- {reason}")]);
        let several = json!([{"name": "deno"}, 5, {"name": "yarn", "version": "4.x"}, {"name": "npm"}]);
        assert_eq!(engine(several).0, [format!("yarn 4.x <- {reason}")]);
    }

    #[test]
    fn both_are_told() {
        let engines = json!({"packageManager": {"name": "npm", "version": "^11"}});
        let (found, _) = read(json!({"packageManager": "pnpm@9.0.0", "devEngines": engines}));
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("pnpm 9.0.0"), "{found:?}");
    }

    #[test]
    fn a_value_that_means_nothing_is_a_warning() {
        for value in [
            json!(5),
            json!("deno@2"),
            json!("pnpm@lates"),
            json!({"name": "pnpm"}),
            json!("pnpm@10.6.5\u{1b}[2J"),
            json!(["pnpm@9"]),
            json!(""),
            json!("@"),
        ] {
            let (found, warnings) = read(json!({"packageManager": value}));
            assert_eq!(found, [""; 0], "{value}");
            assert!(warnings[0].starts_with("web/package.json: packageManager is "), "{warnings:?}");
            assert!(!warnings[0].contains('\u{1b}'), "{warnings:?}");
        }
        let (_, warnings) = read(json!({"packageManager": "é".repeat(10_000)}));
        assert!(warnings[0].len() < 300 && warnings[0].contains('…'), "{warnings:?}");
        let (found, warnings) = read(json!({"devEngines": {"packageManager": "pnpm"}}));
        assert_eq!((found.len(), warnings.len()), (0, 1));
        assert_eq!(read(json!({"packageManager": null, "devEngines": 7})), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,40}", version in "[0-9a-z@.+*^<>=|~ -]{0,20}") {
            let engines = json!({"packageManager": [{"name": "pnpm", "version": text.clone()}, text.clone()]});
            let _ = read(json!({"packageManager": text, "devEngines": engines}));
            let _ = read(json!({"packageManager": format!("pnpm@{version}")}));
        }
    }
}
