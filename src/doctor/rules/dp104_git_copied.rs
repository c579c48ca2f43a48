//! The history comes into the image, and with it each commit builds anew.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::doctor::rules::dp103_host_modules_copied::keyword;
use crate::doctor::rules::dp108_ignore_file_missing::with_ignore_file;

pub(super) static RULE: Rule = Rule {
    id: "DP104",
    name: "git-copied",
    severity: Severity::Warning,
    fix: FixClass::Safe,
    seed: "A6-1",
    what: "The context is copied as a whole, .git is in it, and nothing in the Dockerfile asks git.",
    why: "Each commit, fetch and switch of a branch changes .git, so that the layer and all behind it are built anew; and the history is in the image.",
    how: "Add `.git` to the .dockerignore.",
    check,
};

fn check(repository: &Repository) -> Judged {
    with_ignore_file(repository, found)
}

pub(super) fn found(repository: &Repository, build: &Build) -> Option<Finding> {
    let is_there = repository.git.as_ref().is_some_and(|git| git.is_top);
    if !is_there || build.context() != Some("") || asks_git(repository, build) {
        return None;
    }
    let head = ".git/HEAD";
    // Somebody means it to be there.
    let text = build.image.ignore_file.as_deref().and_then(|file| repository.text(file));
    if text.is_some_and(|text| {
        text.lines().any(|line| matches!(line.trim(), "!.git" | "!.git/" | "!/.git" | "!.git/**"))
    }) {
        return None;
    }
    if build.hides(head).is_some() {
        return None;
    }
    let one = build
        .context_copies()
        .find(|one| build.takes_context(one.copy) && build.lands(one.copy, head).is_some())?;
    let span = repository.in_dockerfile(build, one.copy.line, "", "takes .git along");
    let message = format!("{}: {} takes .git along", span.place(), keyword(build, one.copy.line));
    let kind = EditKind::Append(vec![".git".to_owned()]);
    let edits = vec![Edit { path: build.ignore_path()?, kind }];
    let finding = Finding::new(Severity::Warning, vec![span], message).so("each commit builds anew");
    Some(finding.edits(Safety::Safe, edits))
}

/// Whether anything that the build runs may ask git: a command of it, or a script of a manifest.
fn asks_git(repository: &Repository, build: &Build) -> bool {
    let is_git = |text: &str| {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')));
        let mut words = words.filter(|word| !word.is_empty()).peekable();
        let mut found = false;
        while let Some(word) = words.next() {
            found |= word == "git" && words.peek().is_some_and(|next| !matches!(*next, "clone" | "config"));
        }
        found
    };
    let commands = build.runs().flat_map(|(_, run)| &run.commands);
    let by_command = commands.into_iter().any(|(_, command)| {
        command.words.first().is_some_and(|word| word == "git")
            && command.words.get(1).is_none_or(|word| !matches!(word.as_str(), "clone" | "config"))
    });
    let runs = build.instructions.iter().filter(|one| one.keyword == "RUN");
    let by_text =
        runs.into_iter().any(|one| one.script().contains("$(git ") || one.script().contains("`git "));
    let mut scripts = build.image.copied.iter().filter_map(|file| repository.sources.manifests.get(file));
    let by_script = scripts.any(|manifest| {
        let scripts = manifest.get("scripts").and_then(|scripts| scripts.as_object());
        let build = scripts.into_iter().flatten().filter(|(name, _)| name.contains("build"));
        build.into_iter().any(|(_, text)| text.as_str().is_some_and(is_git))
    });
    by_command || by_text || by_script
}
