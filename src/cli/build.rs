//! What is said of packages that `--build` looked at.

use std::time::Duration;

use serde_json::{Value, json};

use super::text::seconds;
use crate::build::{BuildState, BuiltPackage};

pub(super) fn line(built: &BuiltPackage) -> String {
    let name = &built.name;
    match built.state {
        BuildState::Built => self::built(name, Some(built.took)),
        BuildState::Unchanged => self::built(name, None),
        BuildState::Planned => format!("would build {name}"),
    }
}

/// A package that was built, or had been built before.
pub(super) fn built(name: &str, took: Option<Duration>) -> String {
    match took {
        Some(took) => format!("built {name} ({})", seconds(took)),
        None => format!("built before: {name}"),
    }
}

pub(super) fn to_json(built: &BuiltPackage) -> Value {
    let state = match built.state {
        BuildState::Built => "built",
        BuildState::Unchanged => "unchanged",
        BuildState::Planned => "planned",
    };
    let seconds = (built.took.as_secs_f64() * 1000.0).round() / 1000.0;
    json!({"name": built.name, "state": state, "seconds": seconds})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let built =
            |state| BuiltPackage { name: "@x/a".to_owned(), state, took: Duration::from_millis(1234) };
        assert_eq!(line(&built(BuildState::Built)), "built @x/a (1.2 s)");
        assert_eq!(line(&built(BuildState::Unchanged)), "built before: @x/a");
        assert_eq!(
            to_json(&built(BuildState::Built)),
            json!({"name": "@x/a", "state": "built", "seconds": 1.234})
        );
    }
}
