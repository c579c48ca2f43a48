//! Settings that name a package in scope at a version: where another one is packed they do nothing, and pnpm fails on a patch
//! that it cannot apply (pnpm 8 to 12, seen).

use std::collections::BTreeMap;

use nodejs_semver::{Range, Version};
use serde_json::{Map, Value};

use super::install_target::InstallTarget;
use super::selector;
use crate::error::Problem;
use crate::image::Name;

/// No manager nests overrides deeper.
const MAX_DEPTH: usize = 16;

/// A file that holds settings of an install.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettingsFile<'a> {
    /// Its path from the project's root.
    pub(crate) name: &'a str,
    /// What it says.
    pub(crate) map: &'a Map<String, Value>,
    /// Whether it is a manifest; else it is a `pnpm-workspace.yaml`.
    pub(crate) is_manifest: bool,
    /// Whether the install is sure to read it.
    pub(crate) is_read: bool,
}

/// What is wrong with a file's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StaleEntries {
    /// Entries that do nothing.
    pub(crate) warnings: Vec<Problem>,
    /// Patches on which the install is certain to fail.
    pub(crate) errors: Vec<Problem>,
}

/// Finds the entries that name a package at a version that is not packed; `packed` are the packages' versions.
pub(crate) fn stale_entries(
    file: &SettingsFile<'_>,
    reader: &InstallTarget,
    packed: &BTreeMap<String, String>,
) -> StaleEntries {
    let mut search = StaleSearch { file, packed, found: StaleEntries::default() };
    let majors = &reader.manager.majors;
    match (reader.manager.name, file.is_manifest) {
        (Name::Pnpm, true) if reader.reads_pnpm_field() => {
            if let Some(Value::Object(settings)) = file.map.get("pnpm") {
                search.pnpm(settings, "pnpm.", *majors.end() <= 10);
            }
            search.overrides("resolutions", file.map.get("resolutions"));
        }
        (Name::Pnpm, false) if reader.reads_workspace_overrides() => {
            search.pnpm(file.map, "", *majors.start() >= 10);
        }
        (Name::Pnpm, _) | (_, false) => {}
        (Name::Npm, true) => search.overrides("overrides", file.map.get("overrides")),
        (Name::Yarn, true) => search.resolutions(file.map.get("resolutions")),
        (Name::Bun, true) => {
            search.entries(
                "patchedDependencies",
                file.map.get("patchedDependencies"),
                "the patch is not applied",
            );
            search.overrides("overrides", file.map.get("overrides"));
        }
    }
    search.found
}

struct StaleSearch<'a> {
    file: &'a SettingsFile<'a>,
    packed: &'a BTreeMap<String, String>,
    found: StaleEntries,
}

impl StaleSearch<'_> {
    /// The settings of pnpm, whichever file they stand in; `is_certain`: it reads them there at each of its versions.
    fn pnpm(&mut self, settings: &Map<String, Value>, place: &str, is_certain: bool) {
        let patches = settings.get("patchedDependencies");
        let is_allowed = ["allowUnusedPatches", "allowNonAppliedPatches"]
            .iter()
            .any(|key| settings.get(*key) == Some(&Value::Bool(true)));
        let patches_place = format!("{place}patchedDependencies");
        if is_certain && self.file.is_read && !is_allowed {
            for (key, version) in self.stale(patches) {
                let message = format!(
                    "{}: {patches_place}: {key}: the packed version is {version}: pnpm fails on a patch that is not applied",
                    self.file.name
                );
                self.found.errors.push(Problem::new(message).hint(format!(
                    "make the patch anew for {version}, or have pnpm go on without it: allowUnusedPatches (before pnpm 10.7: allowNonAppliedPatches)"
                )));
            }
        } else {
            self.entries(&patches_place, patches, "the patch is not applied");
        }
        let extensions = settings.get("packageExtensions");
        self.entries(&format!("{place}packageExtensions"), extensions, "the extension does not apply");
        self.overrides(&format!("{place}overrides"), settings.get("overrides"));
    }

    fn entries(&mut self, place: &str, entries: Option<&Value>, what: &str) {
        for (key, version) in self.stale(entries) {
            self.warn(place, &key, &version, what);
        }
    }

    fn warn(&mut self, place: &str, key: &str, version: &str, what: &str) {
        let name = self.file.name;
        let message = format!("{name}: {place}: {key}: the packed version is {version}: {what}");
        self.found.warnings.push(Problem::new(message));
    }

    /// The keys of an object that name a version which is not the packed one, with that.
    fn stale(&self, entries: Option<&Value>) -> Vec<(String, String)> {
        let keys = entries.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        keys.filter_map(|key| Some((key.clone(), self.stale_version(key)?))).collect()
    }

    fn stale_version(&self, key: &str) -> Option<String> {
        selector::with_ranges(key).into_iter().find_map(|(name, range)| {
            let packed = self.packed.get(name)?;
            let range = Range::parse(range?.trim_start_matches("npm:")).ok()?;
            let version = Version::parse(packed).ok()?;
            (!version.satisfies(&range)).then(|| packed.clone())
        })
    }

    /// Overrides may stand inside one another for npm.
    fn overrides(&mut self, place: &str, overrides: Option<&Value>) {
        let mut open = vec![(place.to_owned(), overrides, 0)];
        while let Some((place, overrides, depth)) = open.pop() {
            self.entries(&place, overrides, "the override does not apply");
            if let Some(Value::Object(map)) = overrides.filter(|_| depth < MAX_DEPTH) {
                open.extend(
                    map.iter().map(|(key, inner)| (format!("{place}.{key}"), Some(inner), depth + 1)),
                );
            }
        }
    }

    /// yarn 4 keeps its patches here; a packed package comes from a file, which no patch is for.
    fn resolutions(&mut self, resolutions: Option<&Value>) {
        for (key, value) in resolutions.and_then(Value::as_object).into_iter().flatten() {
            let packed = self.packed.get(selector::before_range(key)).cloned();
            if let (Some(version), true) =
                (packed, value.as_str().is_some_and(|value| value.starts_with("patch:")))
            {
                self.warn("resolutions", key, &version, "the patch is not applied");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::image::PackageManager;
    use crate::rewrite::OverrideStyle;

    fn found(manager: (Name, u64), is_manifest: bool, settings: Value) -> (String, String) {
        let (name, major) = manager;
        let manager = PackageManager { name, version: major.to_string(), majors: major..=major };
        let way = OverrideStyle::PnpmOverrides;
        let reader =
            InstallTarget { manager, way, workspace_overrides: Vec::new(), overrides_at_root: false };
        let map = settings.as_object().cloned().unwrap();
        let file = SettingsFile { name: "f", map: &map, is_manifest, is_read: true };
        let packed = [("@x/a".to_owned(), "1.4.2".to_owned())].into();
        let StaleEntries { warnings, errors } = stale_entries(&file, &reader, &packed);
        let shown = |problems: Vec<Problem>| {
            let entry = |problem: Problem| {
                let message = problem.message.trim_start_matches("f: ").to_owned();
                message.split(": the packed version is 1.4.2").next().unwrap().to_owned()
            };
            problems.into_iter().map(entry).collect::<Vec<_>>().join(" | ")
        };
        (shown(warnings), shown(errors))
    }

    fn both(warnings: &str, errors: &str) -> (String, String) {
        (warnings.to_owned(), errors.to_owned())
    }

    #[test]
    fn a_patch_for_another_version_fails_in_pnpm() {
        let patches = |key: &str| json!({ "patchedDependencies": { key: "p", "b@1": "p" } });
        let in_manifest = |key: &str| json!({ "pnpm": patches(key) });
        let stale = both("", "pnpm.patchedDependencies: @x/a@1.4.1");
        for major in [8, 9, 10] {
            assert_eq!(found((Name::Pnpm, major), true, in_manifest("@x/a@1.4.1")), stale);
        }
        assert_eq!(found((Name::Pnpm, 11), true, in_manifest("@x/a@1.4.1")), both("", ""), "not read there");
        for key in ["@x/a@1.4.2", "@x/a", "@x/b@1.0.0"] {
            assert_eq!(found((Name::Pnpm, 10), true, in_manifest(key)), both("", ""), "{key}");
        }
        let stale = both("", "patchedDependencies: @x/a@1.4.1");
        assert_eq!(found((Name::Pnpm, 11), false, patches("@x/a@1.4.1")), stale);
        let mut allowed = patches("@x/a@1.4.1");
        allowed["allowUnusedPatches"] = true.into();
        assert_eq!(found((Name::Pnpm, 11), false, allowed), both("patchedDependencies: @x/a@1.4.1", ""));
    }

    #[test]
    fn extensions_and_overrides_for_another_version_do_nothing() {
        let settings = json!({
            "packageExtensions": { "@x/a@^2": {}, "@x/a@1": {}, "@x/a": {} },
            "overrides": { "@x/a@1.4.1>ms": "1", "b@1>@x/a@<1.4": "1", "@x/a>ms": "1", "b>@x/a@1": "1" },
        });
        let expected =
            "pnpm.packageExtensions: @x/a@^2 | pnpm.overrides: @x/a@1.4.1>ms | pnpm.overrides: b@1>@x/a@<1.4";
        let in_manifest = json!({ "pnpm": settings, "resolutions": {} });
        assert_eq!(found((Name::Pnpm, 10), true, in_manifest), both(expected, ""));
        let nested = json!({ "overrides": { "b": { "@x/a@1.4.1": { "ms": "1" } } } });
        assert_eq!(found((Name::Npm, 11), true, nested), both("overrides.b: @x/a@1.4.1", ""));
    }

    #[test]
    fn patches_of_yarn_and_bun() {
        let yarn = json!({ "resolutions": { "@x/a@npm:1.4.2": "patch:@x/a@npm%3A1.4.2#x", "@x/a": "1" } });
        assert_eq!(found((Name::Yarn, 4), true, yarn), both("resolutions: @x/a@npm:1.4.2", ""));
        let bun = json!({ "patchedDependencies": { "@x/a@1.4.1": "p", "@x/a@1.4.2": "p" } });
        assert_eq!(found((Name::Bun, 1), true, bun), both("patchedDependencies: @x/a@1.4.1", ""));
    }
}
