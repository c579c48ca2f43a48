//! A package's manifest as a value.

use serde_json::{Map, Value};

use super::js;

/// The parsed content of a `package.json` (or `package.json5`, `package.yaml`): a JSON object whose keys keep
/// their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Manifest(pub(crate) Map<String, Value>);

/// The fields of a manifest that name packages to install.
pub(crate) const DEPENDENCY_FIELDS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

impl Manifest {
    /// The `name`, where it is a string.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.get("name").and_then(Value::as_str).filter(|name| !name.is_empty())
    }

    /// The `version` as pnpm prints it: any non-empty string, or a number.
    pub(crate) fn version(&self) -> Option<String> {
        match self.0.get("version")? {
            Value::String(version) if !version.is_empty() => Some(version.clone()),
            Value::Number(number) if number.as_f64() != Some(0.0) => number.as_f64().map(js::number),
            _ => None,
        }
    }

    /// Whether `private` is `true`.
    pub(crate) fn is_private(&self) -> bool {
        self.0.get("private") == Some(&Value::Bool(true))
    }

    /// The entries of one dependency field that are strings, in order.
    pub(crate) fn dependencies(&self, field: &str) -> impl Iterator<Item = (&str, &str)> {
        dependencies(&self.0, field)
    }
}

/// The entries of one dependency field of a manifest that are strings, in order.
pub(crate) fn dependencies<'a>(
    manifest: &'a Map<String, Value>,
    field: &str,
) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    let field = manifest.get(field).and_then(Value::as_object).into_iter().flatten();
    field.filter_map(|(name, spec)| Some((name.as_str(), spec.as_str()?)))
}
