//! The files beside manifests that prepare edits or makes.

use std::path::PathBuf;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::project::{Beside, FileKind, Surface};
use crate::text::diff;
use crate::text::yaml::edit as yaml;

/// The new text of one such file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileChange {
    /// Absolute, inside the project.
    pub(crate) path: PathBuf,
    /// The same from the project's root.
    pub(crate) name: String,
    /// The text as it was read: the plan holds only for that. `None` where there was no such file.
    pub(crate) before: Option<String>,
    /// The text that it gets.
    pub(crate) after: String,
    /// How to take the changes back out of a text that was edited since; `null` for what is replaced as a whole.
    pub(crate) undo: Value,
    /// What it is.
    pub(crate) kind: FileKind,
}

impl FileChange {
    /// The change as `git diff` prints it.
    pub(crate) fn diff(&self) -> String {
        match &self.before {
            Some(before) => diff::unified(&self.name, before, &self.after),
            None => diff::created(&self.name, &self.after),
        }
    }
}

/// A file that gets another text as a whole, as a lockfile does; `None` where it is that text already.
pub(crate) fn replacement(file: &Beside, after: String) -> Option<FileChange> {
    (file.text.as_ref() != Some(&after)).then(|| change(file, after, Value::Null))
}

/// A surface's `pnpm-workspace.yaml` with overrides set and others taken out; `None` where it says all that already.
///
/// # Errors
/// [`ErrorKind::Refused`] for a text that cannot be edited without a change of something else.
pub(crate) fn settings_change(
    settings: &Beside,
    sets: &[(String, String)],
    removes: &[String],
) -> Result<Option<FileChange>> {
    let edited = yaml::apply(settings.text.as_deref(), sets, removes).map_err(|error| {
        Error::new(ErrorKind::Refused, format!("{}: {error}", settings.name)).hint(error.hint)
    })?;
    if edited.undo.is_empty() {
        return Ok(None);
    }
    let undo = serde_json::to_value(&edited.undo).map_err(|error| {
        Error::new(ErrorKind::Refused, format!("{}: cannot be recorded: {error}", settings.name))
    })?;
    Ok(Some(change(settings, edited.text, undo)))
}

fn change(file: &Beside, after: String, undo: Value) -> FileChange {
    FileChange {
        path: file.path.clone(),
        name: file.name.clone(),
        before: file.text.clone(),
        after,
        undo,
        kind: file.kind,
    }
}

/// Refuses a file that is needed in the image and that these Dockerfiles do not copy: what is installed there would be
/// looked up in the registry.
///
/// # Errors
/// [`ErrorKind::Refused`], with a problem for each Dockerfile.
pub(crate) fn refuse_uncopied(surface: &Surface, file: &Beside, dockerfiles: &[String]) -> Result<()> {
    if dockerfiles.is_empty() {
        return Ok(());
    }
    let problem = |dockerfile: &String| {
        Problem::new(format!(
            "{dockerfile}: does not copy {}, where the overrides for {} are written",
            file.name, surface.manifest_name
        ))
        .hint(format!(
            "add this line where it copies {}: COPY {} ./   (or leave --link out)",
            surface.manifest_name, file.name
        ))
    };
    Err(Error::all(ErrorKind::Refused, dockerfiles.iter().map(problem).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: Option<&str>) -> Beside {
        Beside {
            path: "/p/backend/pnpm-workspace.yaml".into(),
            name: "backend/pnpm-workspace.yaml".to_owned(),
            kind: FileKind::Settings,
            text: text.map(str::to_owned),
        }
    }

    fn sets() -> Vec<(String, String)> {
        vec![("@b/x".to_owned(), "file:../.docker-deps/x.tgz".to_owned())]
    }

    #[test]
    fn a_new_file_is_shown_as_new() {
        let made = settings_change(&settings(None), &sets(), &[]).unwrap().unwrap();
        assert_eq!(
            made.diff(),
            "--- /dev/null\n+++ b/backend/pnpm-workspace.yaml\n@@ -0,0 +1,2 @@\n+overrides:\n+  '@b/x': file:../.docker-deps/x.tgz\n"
        );
        assert_eq!(settings_change(&settings(Some(&made.after)), &sets(), &[]), Ok(None));
    }

    #[test]
    fn what_cannot_be_edited_is_named_with_its_line() {
        let error = settings_change(&settings(Some("a: 1\noverrides: [x]\n")), &sets(), &[]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        let text = error.to_string();
        assert!(text.starts_with("backend/pnpm-workspace.yaml: line 2: `overrides` is no map"), "{text}");
        assert!(text.contains("\n  write it plainly"), "{text}");
    }

    #[test]
    fn a_lockfile_that_is_the_same_is_left_alone() {
        assert_eq!(replacement(&settings(Some("a")), "a".to_owned()), None);
        assert!(replacement(&settings(None), "a".to_owned()).is_some());
    }
}
