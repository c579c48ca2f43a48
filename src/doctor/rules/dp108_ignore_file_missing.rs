//! No file says what the context leaves out, and something comes along that should not.

use super::{dp103_host_modules_copied, dp104_git_copied, dp105_env_copied};
use crate::doctor::finding::{Edit, EditKind, Finding, Fix, Judged, Safety};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "DP108",
    name: "ignore-file-missing",
    severity: Severity::Warning,
    fix: FixClass::Safe,
    seed: "A6-1",
    what: "No .dockerignore applies to a build that copies folders with node_modules, .git or .env files in them.",
    why: "All of it is sent to the builder, changes layers that it has nothing to do with, and comes into the image.",
    how: "Write a .dockerignore with `**/node_modules`, `.git`, `**/.env` and what else no image needs.",
    check,
};

/// The findings of a rule of which a `.dockerignore` is the cure.
type FindIn = fn(&Repository, &Build) -> Option<Finding>;

/// Those that are one finding where there is no such file.
const FOLDED: [FindIn; 3] =
    [dp103_host_modules_copied::found, dp104_git_copied::found, dp105_env_copied::found];

fn check(repository: &Repository) -> Judged {
    let mut judged = open_contexts(repository);
    for build in repository.builds.iter().filter(|build| is_without_file(repository, build)) {
        let all: Vec<Finding> = FOLDED.iter().filter_map(|found| found(repository, build)).collect();
        let (Some(file), Some(first)) = (build.ignore_path(), all.first()) else { continue };
        let what = all.iter().flat_map(|finding| &finding.spans).map(|span| {
            let taken = span.label.strip_prefix("takes ").and_then(|rest| rest.strip_suffix(" along"));
            taken.unwrap_or(&span.label)
        });
        let what: Vec<&str> = what.collect();
        let context = build.context().filter(|context| !context.is_empty()).unwrap_or(".");
        let message = format!(
            "{}: there is no .dockerignore for the context {context}, and {} comes along",
            first.place(),
            what.join(", ")
        );
        let lines = all.iter().filter_map(|finding| match &finding.fix {
            Fix::Edits { edits, .. } => Some(edits),
            _ => None,
        });
        let kinds = lines.flatten().map(|edit| edit.kind.clone());
        let edits = kinds.map(|kind| match kind {
            EditKind::Append(lines) => Edit { path: file.clone(), kind: EditKind::Append(lines) },
            kind => Edit { path: file.clone(), kind },
        });
        let finding = Finding::new(Severity::Warning, first.spans.clone(), message);
        judged.add(finding.edits(Safety::Safe, edits.collect()));
    }
    judged
}

/// What a rule finds in the builds to which a `.dockerignore` applies; the others are DP108's.
pub(super) fn with_ignore_file(repository: &Repository, found: FindIn) -> Judged {
    let mut judged = open_contexts(repository);
    for build in repository.builds.iter().filter(|build| build.ignore.is_some()) {
        found(repository, build).into_iter().for_each(|finding| judged.add(finding));
    }
    judged
}

/// The builds that copy from a context which is not known, or to which a file applies that is not valid.
pub(super) fn open_contexts(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in repository.builds.iter().filter(|build| build.context_copies().next().is_some()) {
        let open = build.open_context().or_else(|| {
            let file = build.ignore_path().filter(|_| build.ignore.is_none() && build.context().is_some())?;
            let own = format!("{}.dockerignore", build.image.dockerfile);
            let file = [own, file].into_iter().find(|file| repository.text(file).is_some())?;
            Some((file, "it holds a pattern that is not valid".to_owned()))
        });
        open.into_iter().for_each(|(path, why)| judged.leave_open(path, why));
    }
    judged
}

/// Whether a build's context is known, and no file says what it leaves out.
fn is_without_file(repository: &Repository, build: &Build) -> bool {
    let own = format!("{}.dockerignore", build.image.dockerfile);
    let files = build.ignore_path().into_iter().chain([own]);
    build.context().is_some()
        && build.ignore.is_none()
        && files.into_iter().all(|file| repository.text(&file).is_none())
}
