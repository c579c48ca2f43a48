//! What the pack list reads of a manifest, with JavaScript's leniency.

use serde_json::{Map, Value};

use crate::npm::js;
use crate::text::{basename, rooted};

/// npm-normalize-package-bin 2.0.0. Nothing where it throws.
pub(super) fn normalize_bin(manifest: &Value) -> Option<Value> {
    let mut out = manifest.clone();
    let Value::Object(map) = &mut out else {
        // `null` has no fields to read; anything else simply has no `bin`.
        return (!manifest.is_null()).then_some(out);
    };
    let bins = match map.get("bin") {
        Some(Value::String(path)) if !path.is_empty() && js::truthy(map.get("name")) => {
            let name = map.get("name").map(js::to_string).unwrap_or_default();
            Some(Map::from_iter([(name, Value::String(path.clone()))]))
        }
        Some(Value::Array(items)) => {
            let mut bins = Map::new();
            for item in items {
                bins.insert(basename(item.as_str()?).to_owned(), item.clone());
            }
            Some(bins)
        }
        Some(Value::Object(bins)) => Some(bins.clone()),
        _ => None,
    };
    let mut clean = Map::new();
    for (key, target) in bins.unwrap_or_default() {
        let key = key.replace(['\\', ':'], "/");
        let base = rooted(basename(&key));
        let Some(target) = target.as_str() else { continue };
        let target = rooted(target).replace('\\', "/");
        if base.len() > 1 && target.len() > 1 {
            clean.insert(base[1..].to_owned(), Value::String(target[1..].to_owned()));
        }
    }
    if clean.is_empty() {
        map.shift_remove("bin");
    } else {
        map.insert("bin".to_owned(), Value::Object(clean));
    }
    Some(out)
}

/// The part of npm-packlist's `mustHaveFilesFromPackage` that depends on the package.
pub(super) fn own_files(manifest: &Value) -> Vec<String> {
    let mut files = Vec::new();
    for field in ["browser", "main"] {
        if let Some(value) = manifest.get(field).filter(|value| js::truthy(Some(value))) {
            files.push(format!("/{}", js::to_string(value)));
        }
    }
    if let Some(bin) = manifest.get("bin") {
        files.extend(js::entries(bin).iter().map(|(_, target)| format!("/{}", js::to_string(target))));
    }
    files
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bin(manifest: &Value) -> Option<Value> {
        normalize_bin(manifest).map(|m| m.get("bin").cloned().unwrap_or_default())
    }

    #[test]
    fn bins_become_a_map_of_clean_paths() {
        assert_eq!(bin(&json!({ "name": "@x/a", "bin": "./../cli.js" })), Some(json!({ "a": "cli.js" })));
        assert_eq!(bin(&json!({ "bin": "cli.js" })), Some(Value::Null), "no name, no command");
        assert_eq!(bin(&json!({ "bin": ["x/a.js"] })), Some(json!({ "a.js": "x/a.js" })));
        assert_eq!(
            bin(&json!({ "bin": { "c:\\d": "a\\b", "..": "x", "n": 1 } })),
            Some(json!({ "d": "a/b" }))
        );
        assert_eq!(bin(&json!({ "bin": [1] })), None, "the original throws");
    }

    #[test]
    fn fields_that_are_no_strings_are_printed_as_javascript_would() {
        let manifest = json!({ "browser": { "a": "b" }, "main": ["x", null], "bin": { "a": "c" } });
        assert_eq!(own_files(&manifest), ["/[object Object]", "/x,", "/c"]);
    }
}
