//! The pre-commit framework's entry.

use serde_json::{Value, json};

use super::{HookProgram, yaml};

/// The configuration with an entry of the guard; `None` where there is one.
pub(super) fn with_guard(config: &str, program: &HookProgram) -> Result<Option<String>, String> {
    let wanted = repository(config, program);
    let rest = match written(config) {
        Some(written) if written == wanted => return Ok(None),
        Some(written) => yaml::remove_from_list(config, "repos", &written)?,
        None if calls_the_guard(config) => return Ok(None),
        None => None,
    };
    yaml::add_to_list(rest.as_deref().unwrap_or(config), "repos", &wanted).map(Some)
}

/// The configuration without what [`with_guard`] put there; `None` where that is not there.
pub(super) fn without_guard(config: &str) -> Result<Option<String>, String> {
    written(config).map_or(Ok(None), |written| yaml::remove_from_list(config, "repos", &written))
}

/// The entry that was written here, for whatever way to have the program.
fn written(config: &str) -> Option<Value> {
    let value = crate::text::parse(config).ok()?;
    let is_ours = |entry: &&Value| {
        let hooks = entry["hooks"].as_array().map_or(&[][..], Vec::as_slice);
        matches!(hooks, [hook] if hook["id"] == "docker-prep-guard"
            && hook["entry"].as_str().is_some_and(|entry| entry.starts_with("sh -c 'PATH=")))
    };
    value["repos"].as_array()?.iter().find(is_ours).cloned()
}

/// Whether some line that is no comment calls the guard, or names the hook of our own `.pre-commit-hooks.yaml`.
fn calls_the_guard(text: &str) -> bool {
    super::calls_the_guard(text)
        || text.lines().any(|line| !line.trim_start().starts_with('#') && is_published(line))
}

fn is_published(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || "\"',{}".contains(c)).any(|word| word == "docker-prep-guard")
}

/// An entry of `.pre-commit-config.yaml`. Files are not passed: the guard reads the index.
fn repository(config: &str, program: &HookProgram) -> Value {
    let (path, name, missing) = (program.search_path(), program.name(), program.missing());
    let line = format!(
        "PATH=\"{path}\"; command -v {name} >/dev/null || {{ echo \"{missing}\" >&2; exit 1; }}; {}",
        program.call()
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
            let repository = repository(config, &HookProgram::on_path());
            let stages = repository["hooks"][0].get("stages");
            assert_eq!(stages.cloned(), expected.map(|stage| json!([stage])), "{config}");
        }
    }
}
