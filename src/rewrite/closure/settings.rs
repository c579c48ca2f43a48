//! Packages in scope that a surface's settings bring in: overrides that put one in the place of another package
//! (`foo` becomes `npm:@bytelyst/b@1`), and what `pnpm.packageExtensions` add to others.

use serde_json::{Map, Value};

use crate::npm::{Manifest, Scope, specifier};
use crate::rewrite::install_target::{InstallTarget, OverrideField};
use crate::rewrite::selector;

/// Those of a manifest: the keys from the root on, and the package.
pub(super) fn named(
    manifest: &Manifest,
    reader: &InstallTarget,
    scope: &Scope,
) -> Vec<(Vec<String>, String)> {
    let mut named = Vec::new();
    for place in reader.places() {
        let path: Vec<String> = place.path().iter().map(|key| (*key).to_owned()).collect();
        if let Some(Value::Object(overrides)) = find(manifest, &path) {
            let mut search = SettingsSearch { reader, place: *place, scope, path, named: &mut named };
            search.overrides(overrides, None);
        }
    }
    if reader.reads_pnpm_field() {
        extensions(manifest, scope, &mut named);
    }
    named
}

/// Those of a `pnpm-workspace.yaml`, by selector.
pub(super) fn named_by_workspace(reader: &InstallTarget, scope: &Scope) -> Vec<(String, String)> {
    if !reader.reads_workspace_overrides() {
        return Vec::new();
    }
    let overrides = reader.workspace_overrides.iter();
    overrides
        .filter_map(|(key, value)| {
            let target = selector::target(key).filter(|target| !scope.contains(target));
            target.and_then(|_| in_its_place(value, scope)).map(|package| (key.clone(), package))
        })
        .collect()
}

struct SettingsSearch<'a> {
    reader: &'a InstallTarget,
    place: OverrideField,
    scope: &'a Scope,
    path: Vec<String>,
    named: &'a mut Vec<(Vec<String>, String)>,
}

impl SettingsSearch<'_> {
    /// npm's and bun's may stand inside one another, where `.` is for the package that is named above.
    fn overrides(&mut self, overrides: &Map<String, Value>, above: Option<&str>) {
        for (key, value) in overrides {
            let target = match above.filter(|_| key == ".") {
                Some(above) => Some(above.to_owned()),
                None => self.reader.target(self.place, key),
            };
            self.path.push(key.clone());
            match value {
                Value::String(value) => {
                    let other = target.is_some_and(|target| !self.scope.contains(&target));
                    if let Some(package) = in_its_place(value, self.scope).filter(|_| other) {
                        self.named.push((self.path.clone(), package));
                    }
                }
                Value::Object(inner) if self.place == OverrideField::Overrides => {
                    self.overrides(inner, target.as_deref());
                }
                _ => {}
            }
            self.path.pop();
        }
    }
}

/// Only an alias names a package of its own; anything else is a version of what is overridden.
fn in_its_place(value: &str, scope: &Scope) -> Option<String> {
    let package = value.starts_with("npm:").then(|| specifier::parse("", value).name)?;
    scope.contains(&package).then_some(package)
}

fn extensions(manifest: &Manifest, scope: &Scope, named: &mut Vec<(Vec<String>, String)>) {
    let place = ["pnpm", "packageExtensions"];
    let Some(Value::Object(extensions)) = find(manifest, &place) else { return };
    for (selector, extension) in extensions {
        for field in ["dependencies", "optionalDependencies"] {
            let Some(Value::Object(dependencies)) = extension.get(field) else { continue };
            for (key, spec) in dependencies {
                let package = specifier::parse(key, spec.as_str().unwrap_or_default()).name;
                if scope.contains(&package) {
                    let path = place.iter().copied().chain([selector, field, key]);
                    named.push((path.map(str::to_owned).collect(), package));
                }
            }
        }
    }
}

fn find<'m, S: AsRef<str>>(manifest: &'m Manifest, path: &[S]) -> Option<&'m Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(manifest.0.get(first.as_ref())?, |value, key| value.get(key.as_ref()))
}
