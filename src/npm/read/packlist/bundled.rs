//! Which folders of `node_modules` are packed along: npm-bundled 2.0.1.

use std::collections::HashSet;

use serde_json::Value;

use super::{Walk, manifest};
use crate::error::Problem;
use crate::npm::js;
use crate::npm::manifest::Manifest;
use crate::text::path;

/// More packages than any `node_modules` holds: links that lead in circles multiply.
const MOST: usize = 50_000;

struct BundledNode {
    parent: Option<usize>,
    /// `""` or `node_modules/<name>…`.
    path: String,
    modules: HashSet<String>,
    seen: HashSet<String>,
}

/// The names below the package's own `node_modules` that are bundled, with all that these depend on. The
/// manifests read on the way are kept, as the original keeps them.
pub(super) fn find(walk: &Walk<'_>, published: &Manifest) -> Result<Vec<String>, Problem> {
    let manifest = &published.0;
    let Some(list) = ["bundleDependencies", "bundledDependencies"]
        .into_iter()
        .find_map(|field| manifest.get(field).filter(|value| js::truthy(Some(value))))
    else {
        return Ok(Vec::new());
    };
    let wanted = match list {
        Value::Array(names) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        Value::Bool(true) => dependencies(&Value::Object(manifest.clone())),
        other => keys(Some(other)),
    };
    let mut result: Vec<String> = Vec::new();
    let mut nodes = vec![BundledNode {
        parent: None,
        path: String::new(),
        modules: HashSet::new(),
        seen: HashSet::new(),
    }];
    let mut queue: Vec<(usize, String)> = Vec::new();
    enter(walk, &mut nodes, 0, wanted, &mut queue);
    while let Some((at, name)) = queue.pop() {
        let mut holder = Some(at);
        while let Some(node) = holder.filter(|&node| !nodes[node].modules.contains(&name)) {
            holder = nodes[node].parent;
        }
        let Some(holder) = holder else { continue };
        if !nodes[holder].seen.insert(name.clone()) {
            continue;
        }
        if nodes.len() >= MOST {
            return Err(walk.fail("follow", "node_modules", "its bundled packages lead in circles"));
        }
        if holder == 0 {
            let path = path::normalize(&name);
            result.push(path);
        }
        let folder = &nodes[holder].path;
        let path = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let path = format!("{path}node_modules/{name}");
        let manifest = read(walk, &path);
        nodes.push(BundledNode {
            parent: Some(holder),
            path: path.clone(),
            modules: HashSet::new(),
            seen: HashSet::new(),
        });
        if let Some(manifest) = manifest {
            let wanted = dependencies(&manifest);
            walk.manifests.borrow_mut().insert(path, manifest);
            let node = nodes.len() - 1;
            enter(walk, &mut nodes, node, wanted, &mut queue);
        }
    }
    Ok(result)
}

fn enter(
    walk: &Walk<'_>,
    nodes: &mut [BundledNode],
    at: usize,
    wanted: Vec<String>,
    queue: &mut Vec<(usize, String)>,
) {
    if wanted.is_empty() {
        return;
    }
    let folder = &nodes[at].path;
    let folder = if folder.is_empty() { "node_modules".to_owned() } else { format!("{folder}/node_modules") };
    nodes[at].modules = modules(walk, &folder);
    queue.extend(wanted.into_iter().map(|name| (at, name)));
}

fn read(walk: &Walk<'_>, folder: &str) -> Option<Value> {
    let text = walk.read_text(&format!("{folder}/package.json")).ok()?;
    manifest::normalize_bin(&serde_json::from_str(&text).ok()?)
}

fn dependencies(manifest: &Value) -> Vec<String> {
    ["dependencies", "optionalDependencies"].into_iter().flat_map(|field| keys(manifest.get(field))).collect()
}

/// `Object.keys(value || {})`.
fn keys(value: Option<&Value>) -> Vec<String> {
    value.map(js::entries).unwrap_or_default().into_iter().map(|(key, _)| key).collect()
}

/// `readdirNodeModules`: a scope stands for its packages, or for itself where it has none.
fn modules(walk: &Walk<'_>, folder: &str) -> HashSet<String> {
    let Ok(children) = walk.tree.list(folder) else { return HashSet::new() };
    let mut names = HashSet::new();
    for child in children.iter() {
        if !child.name.starts_with('@') {
            names.insert(child.name.clone());
            continue;
        }
        match walk.tree.list(&format!("{folder}/{}", child.name)) {
            Ok(packages) if !packages.is_empty() => {
                names.extend(packages.iter().map(|package| format!("{}/{}", child.name, package.name)));
            }
            _ => {
                names.insert(child.name.clone());
            }
        }
    }
    names
}
