//! Matrices and expressions of workflows, as far as their values stand in the file.

use std::collections::BTreeMap;

use crate::image::compose::tree::Node;

/// More combinations than any matrix is run with.
const MAX_COMBINATIONS: usize = 256;

/// Values by the names that expressions have for them, as `matrix.app` and `env.TAG`.
pub(super) type Values = BTreeMap<String, String>;

/// The combinations of a matrix whose values stand in the file; none where it has no others.
pub(super) fn combinations(matrix: &Node) -> Vec<Values> {
    let mut all = vec![Values::new()];
    for axis in matrix.entries().iter().filter(|axis| axis.key != "include" && axis.key != "exclude") {
        let values: Vec<Values> = axis.value.items().iter().map(|value| flat(&axis.key, value)).collect();
        if values.is_empty() {
            continue;
        }
        let with = |combination: &Values| {
            let with = |value: &Values| {
                combination.iter().chain(value).map(|(a, b)| (a.clone(), b.clone())).collect()
            };
            values.iter().map(with).collect::<Vec<Values>>()
        };
        all = all.iter().flat_map(with).take(MAX_COMBINATIONS).collect();
    }
    let items = |key: &str| matrix.get(key).map(Node::items).unwrap_or_default();
    let values = |item: &Node| -> Values {
        item.entries().iter().flat_map(|entry| flat(&entry.key, &entry.value)).collect()
    };
    for excluded in items("exclude").iter().map(values) {
        all.retain(|combination| !excluded.iter().all(|(name, value)| combination.get(name) == Some(value)));
    }
    let axes = all.clone();
    for included in items("include").iter().map(values) {
        // It is added to those combinations of the axes that it does not contradict, or else is one of its own.
        let fits =
            |of: &Values| included.iter().all(|(name, value)| of.get(name).is_none_or(|own| own == value));
        let fitting: Vec<usize> =
            (0..axes.len()).filter(|at| !axes[*at].is_empty() && fits(&axes[*at])).collect();
        for at in &fitting {
            all[*at].extend(included.clone());
        }
        if fitting.is_empty() && all.len() < MAX_COMBINATIONS {
            all.push(included);
        }
    }
    all.retain(|combination| !combination.is_empty());
    all
}

/// A value of a matrix by the names of its parts.
fn flat(name: &str, value: &Node) -> Values {
    let mut found = Values::new();
    if let Some(text) = value.text() {
        found.insert(format!("matrix.{name}"), text.to_owned());
    }
    for entry in value.entries() {
        if let Some(text) = entry.value.text() {
            found.insert(format!("matrix.{name}.{}", entry.key), text.to_owned());
        }
    }
    found
}

/// A text with those expressions filled in that only name a value which is known.
pub(super) fn filled(text: &str, values: &Values) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${{") {
        done.push_str(before);
        let Some((expression, after)) = behind.split_once("}}") else {
            done.push_str("${{");
            rest = behind;
            continue;
        };
        let name = expression.trim();
        match values.get(name) {
            Some(value) => done.push_str(value),
            None => done.push_str(&format!("${{{{ {name} }}}}")),
        }
        rest = after;
    }
    done.push_str(rest);
    done
}
