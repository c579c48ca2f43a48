//! What still points into the deps dir once a project is restored.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Problem, Result};
use crate::guard::{FindingKind, GuardSettings, file as guarded, judge};
use crate::project::{Beside, CONFIG_FILE, Project};
use crate::transaction::{all_manifests, tree};

/// Looks for manifests and settings that would not work without the deps dir, whoever wrote them.
///
/// # Errors
/// [`ErrorKind::Refused`], with each of them, its first line, and what to type.
pub(crate) fn refuse_left(project: &Project, deps_dirs: &BTreeSet<String>) -> Result<()> {
    let settings: Vec<GuardSettings> = deps_dirs.iter().filter_map(|dir| settings_of(project, dir)).collect();
    let problems: Vec<Problem> = all_manifests(project)
        .iter()
        .filter(|file| !settings.iter().any(|settings| settings.leaves_out(file.name.as_bytes())))
        .filter_map(|file| problem(project, file, &settings))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::all(ErrorKind::Refused, problems)) }
}

/// The guard's settings, as the project's own say: what the guard leaves out is somebody's example.
fn settings_of(project: &Project, deps_dir: &str) -> Option<GuardSettings> {
    let globs = serde_json::to_string(&project.config.guard_ignore).ok()?;
    let text = format!("guard-ignore = {globs}\n");
    GuardSettings::read(&[(CONFIG_FILE.as_bytes(), text.as_bytes())], Some(deps_dir)).ok()
}

fn problem(project: &Project, file: &Beside, settings: &[GuardSettings]) -> Option<Problem> {
    let path = file.name.as_bytes();
    let text = file.text.as_deref().unwrap_or_default();
    let kind = guarded(path)?;
    let mut lines: Vec<usize> = settings
        .iter()
        .flat_map(|settings| judge(settings, kind, path, text.as_bytes()))
        .filter(|finding| matches!(finding.kind, FindingKind::Manifest | FindingKind::Workspace))
        .map(|finding| finding.line)
        .collect();
    lines.sort_unstable();
    lines.dedup();
    let (line, dir) = (lines.first()?, &project.deps_dir);
    let more = if lines.len() > 1 { format!(", and {} lines more", lines.len() - 1) } else { String::new() };
    Some(
        Problem::new(format!(
            "{}:{line}: points into {dir}/{more}, and nothing is known of its original",
            file.name
        ))
        .hint(tree::remedy(project, &file.name, file.kind)),
    )
}
