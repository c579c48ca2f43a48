//! What a compose file gives to the builds of its services (<https://docs.docker.com/reference/compose-file/build/>).

#[cfg(test)]
mod cases;
mod definitions;
mod dotenv;
mod extends;
mod include;
mod interpolate;
mod merge;
mod model;
mod paths;
mod resolved;
mod scalar;
mod sets;
pub(crate) mod tree;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use self::definitions::{
    ComposeService, ComposeServices, ComposeSet, load, of_dockerfile, of_folder,
};
pub(crate) use self::dotenv::dotenv;
use self::interpolate::expand;
pub(crate) use self::model::{FileText, Sources};
pub(crate) use self::paths::{is_inside, is_remote, join, parent};
pub(crate) use self::resolved::take_resolved;
pub(crate) use self::sets::{
    built_services, default_set, env_file, found_from, is_compose_file, looked_for, looked_for_from,
    of_files, other_sets, over_default,
};
use crate::npm::Lookup;
use crate::text::{path, yaml};

/// The names of compose files, in the order in which compose looks for them; the first that is there counts.
pub(crate) const COMPOSE_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

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
            expand(value, lookup).text
        };
        let context = match build {
            Value::String(context) => expand(context, lookup).text,
            _ => said("context", "."),
        };
        let dockerfile = path::relative(&format!("{context}/{}", said("dockerfile", "Dockerfile")));
        if !dockerfiles.contains(&dockerfile.as_str()) {
            continue;
        }
        for (name, value) in of_build(build) {
            let Some(value) = value else { continue };
            args.entry(name).or_insert_with(|| expand(&value, lookup).text);
        }
    }
    Ok(args)
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
    fn nothing_grows_without_end() {
        let laughs: String = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1)).collect();
        assert!(build_args(&format!("a0: &a0 [x]\n{laughs}"), &[], &lookup).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[$\\{\\}:?+a-zé-]{0,60}") {
            let _ = build_args(&format!("services: {{a: {{build: \"{text}\"}}}}"), &[&text], &lookup);
        }
    }
}
