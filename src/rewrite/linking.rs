//! Packed manifests that name each other.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::closure::Needs;
use super::layout::{InstallLayout, relative_path};
use super::override_style::OverrideStyle;
use crate::image::{Name, PackageManager};
use crate::npm::{Manifest, Scope, SpecifierKind, specifier};
use crate::rewrite::link::Linking;
use crate::rewrite::tarball_reference as reference;

/// How the tarballs of a surface name each other; `None` where they do not.
pub(crate) fn linking(
    way: OverrideStyle,
    manager: &PackageManager,
    layout: &InstallLayout,
    needs: &Needs,
) -> Option<Linking> {
    if way != OverrideStyle::Tarballs {
        return None;
    }
    let is_npm = manager.name == Name::Npm;
    let meant = |spec: &String| match (is_npm, local_path(spec)) {
        (true, Some(path)) => {
            let path = reference::parts(&format!("{}/{path}", layout.surface)).join("/");
            format!("file:{}", relative_path(&layout.deps_dir, &path))
        }
        _ => spec.clone(),
    };
    let elsewhere = needs.shared_local.iter();
    Some(Linking {
        base: match (manager.name, layout.path(), layout.path_from_root()) {
            (Name::Npm, ..) => "file:".to_owned(),
            (Name::Bun, _, path) | (_, path, _) if path.is_empty() => "file:".to_owned(),
            (Name::Bun, _, path) | (_, path, _) => format!("file:{path}/"),
        },
        elsewhere: elsewhere.filter_map(|name| Some((name.clone(), meant(needs.local.get(name)?)))).collect(),
        drops_optional_peers: is_npm && *manager.majors.start() <= 10,
    })
}

/// The path of a specifier that npm reads from the folder of the manifest: `file:../x` or `../x`, and no absolute one.
fn local_path(spec: &str) -> Option<&str> {
    let SpecifierKind::Local(_) = specifier::parse("", spec).kind else { return None };
    let path = spec.strip_prefix("file:").unwrap_or(spec);
    let is_absolute = path.starts_with(['/', '~']) || path.contains(':');
    (!is_absolute).then_some(path)
}

/// The fields by which a tarball brings others in. Its `devDependencies` are ignored by everyone, and `file:` in
/// `peerDependencies` is an error of pnpm 10.
const FIELDS: [&str; 2] = ["dependencies", "optionalDependencies"];
const PEERS: &str = "peerDependencies";
const PEERS_META: &str = "peerDependenciesMeta";

/// The packages that a published manifest brings in, under whatever key.
pub(crate) fn brought_in(manifest: &Manifest) -> impl Iterator<Item = String> {
    FIELDS.into_iter().flat_map(|field| manifest.dependencies(field)).map(|(key, spec)| package(key, spec))
}

fn package(key: &str, spec: &str) -> String {
    specifier::parse(key, spec).name
}

/// The manifest of a tarball that names others: `file` says which file has a package. Nothing else of it changes.
pub(crate) fn linked(
    manifest: &Manifest,
    linking: &Linking,
    scope: &Scope,
    file: impl Fn(&str) -> Option<String>,
) -> Manifest {
    let mut linked = manifest.clone();
    for field in FIELDS {
        let Some(Value::Object(entries)) = linked.0.get_mut(field) else { continue };
        for (key, value) in entries.iter_mut() {
            let Some(spec) = value.as_str() else { continue };
            let package = package(key, spec);
            let elsewhere = || linking.elsewhere.get(&package).cloned();
            if let Some(link) = file(&package).map(|file| linking.base.clone() + &file).or_else(elsewhere) {
                *value = Value::String(link);
            }
        }
    }
    if linking.drops_optional_peers {
        drop_optional_peers(&mut linked.0, scope);
    }
    linked
}

/// Takes the optional peers in scope out, and what that leaves empty.
fn drop_optional_peers(manifest: &mut Map<String, Value>, scope: &Scope) {
    let Some(Value::Object(meta)) = manifest.get(PEERS_META) else { return };
    let peers = manifest.get(PEERS).and_then(Value::as_object);
    let spec = |key: &str| peers.and_then(|peers| peers.get(key)).and_then(Value::as_str).unwrap_or_default();
    let is_in_scope = |key: &str| scope.contains(key) || scope.contains(&package(key, spec(key)));
    let is_optional = |peer: &Value| peer.get("optional") == Some(&Value::Bool(true));
    let dropped: Vec<String> = meta
        .iter()
        .filter(|(key, peer)| is_optional(peer) && is_in_scope(key))
        .map(|(key, _)| key.clone())
        .collect();
    for field in [PEERS, PEERS_META] {
        let Some(Value::Object(entries)) = manifest.get_mut(field) else { continue };
        let before = entries.len();
        entries.retain(|key, _| !dropped.contains(key));
        if entries.is_empty() && before > 0 {
            manifest.shift_remove(field);
        }
    }
}
