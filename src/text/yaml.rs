//! YAML as a JSON value, as pnpm's js-yaml reads it.

pub(crate) mod edit;

use std::collections::HashMap;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use saphyr_parser::{Event, Parser};
use serde_json::{Map, Number, Value};

/// Where and why a YAML text is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub(crate) struct YamlError {
    /// 1-based.
    pub(crate) line: usize,
    /// 1-based, in characters.
    pub(crate) column: usize,
    /// The cause.
    pub(crate) message: String,
}

/// How far to the right a line may begin: each level of nesting takes a column at least, and those who read YAML
/// recurse for each level.
const MAX_INDENT: usize = 100;

/// The first line that begins further to the right, be it by spaces or by the marks of lists and keys.
fn too_deep(text: &str) -> Option<YamlError> {
    let marks = |line: &str| line.chars().take_while(|c| matches!(c, ' ' | '\t' | '-' | '?' | ':')).count();
    let line = text.lines().position(|line| marks(line) > MAX_INDENT && !is_rule(line))?;
    let message = format!("nested deeper than {MAX_INDENT} columns");
    Some(YamlError { line: line + 1, column: MAX_INDENT + 1, message })
}

/// A line of dashes, as comments and texts have them.
fn is_rule(line: &str) -> bool {
    line.trim_end().chars().all(|c| c == '-')
}

/// The first document of a text; `null` for an empty one.
///
/// # Errors
/// A text that is not YAML, with its place.
pub(crate) fn parse(text: &str) -> Result<Value, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(error) = too_deep(text) {
        return Err(error);
    }
    let documents = Yaml::load_from_str(text).map_err(|error| YamlError {
        line: error.marker().line(),
        column: error.marker().col() + 1,
        message: error.info().to_owned(),
    })?;
    if documents.len() > 1 {
        return Err(YamlError { line: 1, column: 1, message: "more than one document".to_owned() });
    }
    documents.first().map_or(Ok(Value::Null), to_value)
}

/// More values than any file of settings has, those behind aliases counted as often as they are named.
const MAX_VALUES: usize = 100_000;

/// The same for files that others wrote: one whose aliases grow without end is refused.
///
/// # Errors
/// A text that is not YAML, with its place, or that is too large.
pub(crate) fn bounded(text: &str) -> Result<Value, String> {
    let mut anchors: HashMap<usize, usize> = HashMap::new();
    // The anchor of each open collection, and how many values there were before it.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut count = 0_usize;
    for event in Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        let Ok((event, _)) = event else { break };
        let before = count;
        match event {
            Event::Scalar(_, _, anchor, _) => {
                count += 1;
                anchors.insert(anchor, 1);
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                count += 1;
                open.push((anchor, before));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((anchor, before)) = open.pop() {
                    anchors.insert(anchor, count - before);
                }
            }
            Event::Alias(of) => count += anchors.get(&of).copied().unwrap_or(1),
            _ => {}
        }
        if count > MAX_VALUES {
            return Err(format!("more than {MAX_VALUES} values"));
        }
        if open.len() > MAX_INDENT {
            return Err(format!("nested deeper than {MAX_INDENT} levels"));
        }
    }
    parse(text).map_err(|error| error.to_string())
}

fn to_value(yaml: &Yaml<'_>) -> Result<Value, YamlError> {
    Ok(match yaml {
        Yaml::Value(scalar) => scalar_value(scalar),
        Yaml::Representation(text, ..) => Value::String(text.to_string()),
        Yaml::Sequence(items) => Value::Array(items.iter().map(to_value).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => Value::Object(mapping(entries)?),
        Yaml::Tagged(tag, inner) if tag.is_yaml_core_schema() => to_value(inner)?,
        Yaml::Tagged(tag, _) => {
            return Err(YamlError { line: 1, column: 1, message: format!("unknown tag {tag}") });
        }
        Yaml::Alias(_) | Yaml::BadValue => Value::Null,
    })
}

fn mapping(entries: &saphyr::Mapping<'_>) -> Result<Map<String, Value>, YamlError> {
    let mut map = Map::new();
    for (key, value) in entries {
        let value = to_value(value)?;
        match key_text(&to_value(key)?) {
            // The merge key of YAML 1.1, which js-yaml still reads: what is written out wins.
            Some(key) if key == "<<" => {
                let sources = if let Value::Array(items) = value { items } else { vec![value] };
                for (key, value) in sources.into_iter().filter_map(into_object).flatten() {
                    map.entry(key).or_insert(value);
                }
            }
            Some(key) => {
                map.insert(key, value);
            }
            None => {}
        }
    }
    Ok(map)
}

fn into_object(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(map) = value { Some(map) } else { None }
}

fn scalar_value(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::FloatingPoint(value) => {
            Number::from_f64(value.into_inner()).map_or(Value::Null, Value::Number)
        }
        Scalar::String(text) => Value::String(text.to_string()),
    }
}

fn key_text(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_workspaces_hold() {
        let text =
            "packages:\n  - 'packages/*'\n  - \"!**/x/**\"\ncatalog:\n  ms: ^2.1.3\n  n: 1.10\nflag: yes\n";
        assert_eq!(
            parse(text).unwrap(),
            json!({"packages": ["packages/*", "!**/x/**"], "catalog": {"ms": "^2.1.3", "n": 1.1}, "flag": "yes"})
        );
        assert_eq!(parse("# nothing\n").unwrap(), Value::Null);
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        let text = "base: &b {a: '1', b: '2'}\nmore:\n  <<: *b\n  b: '3'\n";
        assert_eq!(parse(text).unwrap()["more"], json!({"a": "1", "b": "3"}));
    }

    #[test]
    fn an_error_has_its_place() {
        let error = parse("packages:\n  - a\n - b: [\n").unwrap_err();
        assert!(error.line >= 2, "{error}");
    }
}
