//! What a compose file gives to the builds of its services (<https://docs.docker.com/reference/compose-file/build/>).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::npm::Lookup;
use crate::text::{path, yaml};

/// The names of compose files, in the order in which compose looks for them; the first that is there counts.
pub(crate) const COMPOSE_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// How deep defaults may stand in each other.
const MAX_DEPTH: usize = 8;

/// Longer than what any value is.
const MAX_VALUE: usize = 1 << 14;

/// The build arguments of the services that build one of these Dockerfiles, which are named by their paths from the
/// folder of the compose file. Where several services give one, the first counts.
///
/// # Errors
/// The text is no compose file: why.
pub(crate) fn build_args(
    text: &str,
    dockerfiles: &[&str],
    lookup: Lookup<'_>,
) -> Result<BTreeMap<String, String>, String> {
    let file = yaml::bounded(text)?;
    let mut args = BTreeMap::new();
    let services = file.get("services").and_then(Value::as_object);
    for build in services.into_iter().flat_map(Map::values).filter_map(|service| service.get("build")) {
        let said = |key: &str, default: &str| {
            let value = build.get(key).and_then(Value::as_str).unwrap_or(default);
            interpolate(value, lookup, 0)
        };
        let context = match build {
            Value::String(context) => interpolate(context, lookup, 0),
            _ => said("context", "."),
        };
        let dockerfile = path::relative(&format!("{context}/{}", said("dockerfile", "Dockerfile")));
        if !dockerfiles.contains(&dockerfile.as_str()) {
            continue;
        }
        for (name, value) in of_build(build) {
            let Some(value) = value else { continue };
            args.entry(name).or_insert_with(|| interpolate(&value, lookup, 0));
        }
    }
    Ok(args)
}

/// What an `.env` beside the compose file sets, which compose takes where the process says nothing
/// (<https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/>); variables in its values
/// are those of `lookup`.
pub(crate) fn dotenv(text: &str, lookup: Lookup<'_>) -> BTreeMap<String, String> {
    let mut set = BTreeMap::new();
    for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let value = value.trim();
        let quoted = ['\'', '"']
            .iter()
            .find_map(|quote| Some((*quote, value.strip_prefix(*quote)?.split_once(*quote)?.0)));
        let value = match quoted {
            Some(('\'', inside)) => inside.to_owned(),
            Some((_, inside)) => interpolate(inside, lookup, 0),
            None if value.starts_with('#') => String::new(),
            None => interpolate(value.split(" #").next().unwrap_or_default().trim(), lookup, 0),
        };
        set.insert(name.trim().to_owned(), value);
    }
    set
}

/// `args` as a map or a list; one without a value is the process's own.
fn of_build(build: &Value) -> Vec<(String, Option<String>)> {
    match build.get("args") {
        Some(Value::Object(map)) => {
            let value = |value: &Value| match value {
                Value::Null | Value::Array(_) | Value::Object(_) => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            map.iter().map(|(name, one)| (name.clone(), value(one))).collect()
        }
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(|item| match item.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (item.to_owned(), None),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:+instead}`, `${VAR+instead}`, `${VAR:?why}`,
/// `${VAR?why}` and `$$`
/// (<https://docs.docker.com/reference/compose-file/interpolation/>); what is not set is empty.
fn interpolate(text: &str, lookup: Lookup<'_>, depth: usize) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        done.push_str(&rest[..start]);
        let behind = &rest[start + 1..];
        let (value, length) = if behind.starts_with('$') {
            ("$".to_owned(), 1)
        } else if let Some(inside) = braced(behind) {
            (reference(inside, lookup, depth), inside.len() + 2)
        } else {
            let length = name_length(behind);
            let value =
                if length == 0 { "$".to_owned() } else { lookup(&behind[..length]).unwrap_or_default() };
            (value, length)
        };
        done.push_str(&value);
        if done.len() > MAX_VALUE {
            return String::new();
        }
        rest = &behind[length..];
    }
    done.push_str(rest);
    done
}

fn reference(inside: &str, lookup: Lookup<'_>, depth: usize) -> String {
    let (name, operator) = inside.split_at(name_length(inside));
    let value = lookup(name);
    let given = value.clone().filter(|value| !value.is_empty());
    let expand =
        |text: &str| if depth < MAX_DEPTH { interpolate(text, lookup, depth + 1) } else { String::new() };
    if let Some(default) = operator.strip_prefix(":-") {
        return given.unwrap_or_else(|| expand(default));
    }
    if let Some(default) = operator.strip_prefix('-') {
        return value.unwrap_or_else(|| expand(default));
    }
    if let Some(instead) = operator.strip_prefix(":+") {
        return given.map(|_| expand(instead)).unwrap_or_default();
    }
    if let Some(instead) = operator.strip_prefix('+') {
        return value.map(|_| expand(instead)).unwrap_or_default();
    }
    value.unwrap_or_default()
}

/// What stands between the brackets at the begin of a text.
fn braced(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    let mut depth = 0_usize;
    for (at, byte) in inside.bytes().take(MAX_VALUE).enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return inside.get(..at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "SET" => Some("set".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    fn args(text: &str) -> Vec<String> {
        let found = build_args(text, &["backend/Dockerfile", "docker/web.Dockerfile"], &lookup).unwrap();
        found.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn arguments_of_the_builds() {
        let map = "services:\n  a:\n    build:\n      context: ./backend\n      args: {HOST: host.docker.internal, PORT: 3300, NONE: }\n  b:\n    build: {context: ., dockerfile: other, args: [X=1]}\n";
        assert_eq!(args(map), ["HOST=host.docker.internal", "PORT=3300"]);
        let list = "services:\n  a:\n    build:\n      dockerfile: docker/web.Dockerfile\n      args:\n      - A=${SET}\n      - B\n      - C=x=${NO:-${SET}/y}\n";
        assert_eq!(args(list), ["A=set", "C=x=set/y"]);
        assert_eq!(args("services: {a: {build: backend}}"), [""; 0]);
        assert_eq!(
            args("x: &x {A: '1'}\nservices: {a: {build: {context: web/../backend, args: {<<: *x, B: '2'}}}}"),
            ["A=1", "B=2"]
        );
        assert_eq!(args(""), [""; 0]);
        assert!(build_args("a: [", &[], &lookup).is_err());
    }

    #[test]
    fn variables_as_compose_has_them() {
        for (text, expected) in [
            ("$SET-$NO.${SET}", "set-.set"),
            ("${EMPTY:-a}${EMPTY-b}${NO-c}", "ac"),
            ("${SET:+d}${EMPTY:+e}${EMPTY+f}", "df"),
            ("${SET:?g}${NO?h}", "set"),
            ("$$SET ${", "$SET ${"),
        ] {
            assert_eq!(interpolate(text, &lookup, 0), expected, "{text}");
        }
    }

    #[test]
    fn variables_beside_the_compose_file() {
        let text =
            "\u{feff}A=1\n# B=2\r\nexport C = 'x $SET # y' z\nD=\"${SET} y\"\nE=a#b # c\nF=\nG\nH= # d\n";
        let found: Vec<_> =
            dotenv(text, &lookup).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["A=1", "C=x $SET # y", "D=set y", "E=a#b", "F=", "H="]);
    }

    #[test]
    fn nothing_grows_without_end() {
        let deep = format!("{}x{}", "${NO:-".repeat(1000), "}".repeat(1000));
        assert!(interpolate(&deep, &lookup, 0).len() <= MAX_VALUE);
        let laughs: String = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect();
        assert!(build_args(&format!("a0: &a0 [x]\n{laughs}"), &[], &lookup).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[$\\{\\}:?+a-zé-]{0,60}") {
            let _ = interpolate(&text, &lookup, 0);
            let _ = dotenv(&format!("{text}={text}"), &lookup);
            let _ = build_args(&format!("services: {{a: {{build: \"{text}\"}}}}"), &[&text], &lookup);
        }
    }
}
