//! What the field `exports` of a manifest leads to, and who would be led there.

use std::collections::BTreeSet;

use serde_json::Value;

/// The conditions that consumers set: Node.js for `import` and for `require`, and TypeScript for each, as for Node.js
/// and as for a bundler.
const CONSUMERS: [&[&str]; 6] = [
    &["node", "import", "module-sync", "node-addons", "default"],
    &["node", "require", "module-sync", "node-addons", "default"],
    &["types", "node", "import", "default"],
    &["types", "node", "require", "default"],
    &["types", "import", "default"],
    &["types", "require", "default"],
];

/// No manifest nests conditions as deep as this.
const MAX_DEPTH: usize = 64;

/// A file that `exports` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportTarget {
    /// Where it stands, as `exports["."].import`.
    pub(crate) field: String,
    /// The path, with its `./`.
    pub(crate) file: String,
    /// Whether a consumer of [`CONSUMERS`] may come to it.
    pub(crate) is_consumed: bool,
}

/// The targets of `exports` that `is_there` does not know, in order. Of a list one target that is there is enough.
pub(crate) fn missing(exports: &Value, is_there: &dyn Fn(&str) -> bool) -> Vec<ExportTarget> {
    let mut consumed = BTreeSet::new();
    for conditions in CONSUMERS {
        for (field, target) in entries(exports) {
            resolve(target, field, conditions, &mut consumed, 0);
        }
    }
    let mut missing = Vec::new();
    collect(exports, "exports".to_owned(), is_there, &mut missing, 0);
    for target in &mut missing {
        target.is_consumed = consumed.contains(&target.field);
    }
    missing
}

/// Each subpath, or else the package itself.
fn entries(exports: &Value) -> Vec<(String, &Value)> {
    match exports {
        Value::Object(map) if map.keys().any(|key| key.starts_with('.')) => {
            map.iter().map(|(key, target)| (below("exports", key), target)).collect()
        }
        _ => vec![("exports".to_owned(), exports)],
    }
}

fn below(field: &str, key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("{field}.{key}") } else { format!("{field}[{key:?}]") }
}

/// Notes what a consumer comes to: the first condition that it sets and that leads anywhere. Returns whether one does.
fn resolve(
    target: &Value,
    field: String,
    conditions: &[&str],
    consumed: &mut BTreeSet<String>,
    depth: usize,
) -> bool {
    match target {
        _ if depth > MAX_DEPTH => false,
        Value::Array(targets) => {
            let mut leads = false;
            for (number, target) in targets.iter().enumerate() {
                leads |= resolve(target, format!("{field}[{number}]"), conditions, consumed, depth + 1);
            }
            leads
        }
        Value::Object(map) => map.iter().any(|(key, target)| {
            // `types@>=5.2` is for some versions of TypeScript: the others go on.
            let is_versioned = key.starts_with("types@") && conditions.contains(&"types");
            let leads = (is_versioned || conditions.contains(&key.as_str()))
                && resolve(target, below(&field, key), conditions, consumed, depth + 1);
            leads && !is_versioned
        }),
        _ => {
            consumed.insert(field);
            true
        }
    }
}

fn collect(
    target: &Value,
    field: String,
    is_there: &dyn Fn(&str) -> bool,
    missing: &mut Vec<ExportTarget>,
    depth: usize,
) {
    match target {
        _ if depth > MAX_DEPTH => {}
        Value::String(file) if file.starts_with("./") && !is_there(file) => {
            missing.push(ExportTarget { field, file: file.clone(), is_consumed: false });
        }
        Value::Array(targets) => {
            let mut of_list = Vec::new();
            for (number, target) in targets.iter().enumerate() {
                let before = of_list.len();
                collect(target, format!("{field}[{number}]"), is_there, &mut of_list, depth + 1);
                if of_list.len() == before {
                    return;
                }
            }
            missing.extend(of_list);
        }
        Value::Object(map) => {
            for (key, target) in map {
                collect(target, below(&field, key), is_there, missing, depth + 1);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The fields that lead nowhere where no file is there; those that no consumer comes to in brackets.
    fn fields(exports: &Value) -> String {
        let shown = |target: ExportTarget| {
            let field = target.field.trim_start_matches("exports").to_owned();
            if target.is_consumed { field } else { format!("({field})") }
        };
        missing(exports, &|_| false).into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn consumers_come_to_the_first_condition_that_they_set() {
        for (exports, expected) in [
            (json!("./a"), ""),
            (json!({ "import": "./a", "require": "./b", "default": "./c" }), ".import .require (.default)"),
            (json!({ "node": "./a", "default": "./b" }), ".node .default"),
            (json!({ "default": "./a", "import": "./b" }), ".default (.import)"),
            (json!({ "import": { "types": "./a", "default": "./b" } }), ".import.types .import.default"),
            (json!({ "types@>=5": "./a", "types": "./b" }), "[\"types@>=5\"] .types"),
            (json!({ "module-sync": "./a", "import": "./b" }), "[\"module-sync\"] .import"),
            (json!({ "node": { "browser": "./a" }, "default": "./b" }), "(.node.browser) .default"),
        ] {
            assert_eq!(fields(&exports), expected, "{exports}");
        }
    }

    #[test]
    fn other_conditions_are_nobodys_that_is_meant() {
        for condition in ["development", "source", "@x/source", "bun", "react-native", "browser", "deno"] {
            let exports = json!({ ".": { condition: { "import": "./a" }, "default": "./b" } });
            let shown = fields(&exports);
            assert!(shown.starts_with('(') && shown.ends_with("[\".\"].default"), "{shown}");
        }
    }

    #[test]
    fn a_list_leads_somewhere_if_one_of_it_does() {
        let exports = json!({ ".": ["./a", { "import": "./b" }], "./x": ["./no", "./c"] });
        let found = missing(&exports, &|file| file == "./c");
        let fields: Vec<_> = found.iter().map(|target| (&*target.field, target.is_consumed)).collect();
        assert_eq!(fields, [("exports[\".\"][0]", true), ("exports[\".\"][1].import", true)]);
    }

    proptest! {
        #[test]
        fn no_value_panics(depth in 0_usize..200, key in "[a-z.*@/]{0,6}") {
            let deep = (0..depth).fold(json!("./a"), |inner, _| json!({ &key: [inner] }));
            let _ = missing(&deep, &|_| false);
        }
    }
}
