//! The lockfile that an install needs is not in the build's context.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety};
use crate::doctor::manager::lockfile_names;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::{BuildInstall, Dockerignore, Place};
use crate::text::path;

pub(super) static RULE: Rule = Rule {
    id: "DP101",
    name: "lockfile-ignored",
    severity: Severity::Error,
    fix: FixClass::Safe,
    seed: "F1 A0-2 A6-2",
    what: "A pattern of the .dockerignore hides the lockfile of the package manager that installs.",
    why: "A frozen install fails without it. Any other one looks up the newest versions in each build, so that two builds of one commit differ.",
    how: "Take the line out, or add `!pnpm-lock.yaml` at the end of the file.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|build, one| found(repository, build, one))
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let install = &one.install;
    let command = &install.command;
    let root = install.manifests.first().into_iter().flat_map(|read| read.files.keys());
    let dirs: Vec<&str> = root.map(|manifest| path::parent(manifest)).chain(build.context()).collect();
    let names: Vec<&str> = lockfile_names(command.manager).collect();
    let mut hidden = None;
    for dir in dirs {
        for lockfile in names.iter().map(|name| path::child(dir, name)) {
            if !repository.has(&lockfile) || build.in_context(&lockfile).is_none() {
                continue;
            }
            match build.hides(&lockfile) {
                // Another one of them is there.
                None => return None,
                Some(place) => hidden = hidden.or(Some((lockfile, place))),
            }
        }
    }
    let (lockfile, Place { file, line, .. }) = hidden?;
    let severity = match (command.frozen, command.no_lockfile) {
        (true, _) => Severity::Error,
        (_, true) => Severity::Note,
        _ => Severity::Warning,
    };
    let place = &install.place;
    let needs = match severity {
        Severity::Error => format!("needs {lockfile}"),
        Severity::Warning => format!("would go by {lockfile}"),
        Severity::Note => "says that it goes by no lockfile".to_owned(),
    };
    let spans = vec![
        repository.span(&file, line, "", format!("hides {lockfile}")),
        repository.span(&place.file, place.line, command.manager.as_str(), needs.clone()),
    ];
    let message = match severity {
        Severity::Note => format!("{file}:{line} hides {lockfile}"),
        _ => {
            let verb = needs.trim_end_matches(lockfile.as_str()).trim_end();
            format!("{file}:{line} hides {lockfile}, which {place} {verb}")
        }
    };
    let so = match severity {
        Severity::Error => "the build fails: a frozen install stops without its lockfile",
        Severity::Warning => "each build looks up the newest versions anew",
        Severity::Note => "no install can go by the lockfile until it is in the context",
    };
    let edits = shown(repository, build, &lockfile)?;
    Some(Finding::new(severity, spans, message).so(so).edits(Safety::Safe, edits))
}

/// What has the context hold a file: lines that name just it go, and where that is not enough, a last one shows it.
fn shown(repository: &Repository, build: &Build, file: &str) -> Option<Vec<Edit>> {
    let ignore_file = build.image.ignore_file.as_deref()?;
    let text = repository.text(ignore_file)?;
    let path = build.in_context(file)?;
    let is_literal = |line: &str| line.trim().trim_start_matches("./").trim_start_matches('/') == path;
    let kept: Vec<&str> = text.lines().filter(|line| !is_literal(line)).collect();
    let edit = |kind| Edit { path: ignore_file.to_owned(), kind };
    let lines = text.lines().enumerate().filter(|(_, line)| is_literal(line));
    let mut edits: Vec<Edit> = lines.map(|(at, _)| edit(EditKind::Remove(at + 1))).collect();
    let is_hidden = |text: &str| Dockerignore::parse(text).is_ok_and(|rules| rules.ignores(path).is_some());
    if is_hidden(&kept.join("\n")) {
        edits.push(edit(EditKind::Append(vec![format!("!{path}")])));
    }
    Some(edits)
}
