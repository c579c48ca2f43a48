//! The pre-commit framework's entry.

use serde_json::{Value, json};

use super::{FOLDERS, HOW_TO_INSTALL};

/// Whether some line that is no comment calls the guard, or names the hook of our own `.pre-commit-hooks.yaml`.
pub(super) fn calls_the_guard(text: &str) -> bool {
    super::calls_the_guard(text)
        || text.lines().any(|line| !line.trim_start().starts_with('#') && is_published(line))
}

fn is_published(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || "\"',{}".contains(c)).any(|word| word == "docker-prep-guard")
}

/// An entry of `.pre-commit-config.yaml`. Files are not passed: the guard reads the index.
pub(super) fn repository(config: &str) -> Value {
    let line = format!(
        "PATH=\"$PATH:{FOLDERS}\"; command -v docker-prep >/dev/null || {{ echo \"{HOW_TO_INSTALL}\" >&2; exit 1; }}; \
         docker-prep guard"
    );
    let mut hook = json!({
        "id": "docker-prep-guard",
        "name": "docker-prep guard",
        "entry": format!("sh -c '{line}'"),
        "language": "system",
        "always_run": true,
        "pass_filenames": false,
    });
    if let Some(stage) = stage(config) {
        hook["stages"] = json!([stage]);
    }
    json!({ "repo": "local", "hooks": [hook] })
}

/// The stage to be named where those of `default_stages` are others: `pre-commit`, which versions before 3.2 call
/// `commit`.
fn stage(config: &str) -> Option<&'static str> {
    let value = crate::text::parse(config).unwrap_or_default();
    let stages: Vec<&str> = value["default_stages"].as_array()?.iter().filter_map(Value::as_str).collect();
    if stages.iter().any(|stage| ["commit", "pre-commit"].contains(stage)) {
        return None;
    }
    let is_new = stages.iter().any(|stage| stage.starts_with("pre-"));
    Some(if is_new { "pre-commit" } else { "commit" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_at_a_commit_whatever_the_default_is() {
        for (config, expected) in [
            ("", None),
            ("default_stages: [commit, push]\n", None),
            ("default_stages: [pre-commit]\n", None),
            ("default_stages: [push]\n", Some("commit")),
            ("default_stages: [pre-push]\n", Some("pre-commit")),
            ("default_stages: [manual]\n", Some("commit")),
        ] {
            let repository = repository(config);
            let stages = repository["hooks"][0].get("stages");
            assert_eq!(stages.cloned(), expected.map(|stage| json!([stage])), "{config}");
        }
    }
}
