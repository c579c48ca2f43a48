//! An install that goes by no lockfile.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::lockfile_names;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::{BuildInstall, Name};
use crate::text::{basename, path};

pub(super) static RULE: Rule = Rule {
    id: "DP606",
    name: "not-locked",
    severity: Severity::Note,
    fix: FixClass::Nothing,
    seed: "A3",
    what: "An install goes by no lockfile: it is told so, there is none where it looks, or it is `npm install`, which may change it.",
    why: "Two builds of one commit may install different versions.",
    how: "Copy the lockfile before the install, and install frozen: `--frozen-lockfile`, `npm ci`, `--immutable`.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|build, one| found(repository, build, one))
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let install = &one.install;
    let command = &install.command;
    let has_one =
        install.files.keys().any(|at| lockfile_names(command.manager).any(|name| basename(at) == name));
    let place = &install.place;
    let why = if command.no_lockfile {
        "goes by no lockfile: a flag says so".to_owned()
    } else if !has_one {
        // Without manifests nothing is known of what else lies there.
        if install.manifests.is_empty() || command.frozen && is_hidden(repository, build, one) {
            return None;
        }
        let name = lockfile_names(command.manager).next().unwrap_or("lockfile");
        format!("goes by no lockfile: no {name} lies where it looks")
    } else if command.manager == Name::Npm && !command.frozen {
        "is `npm install`, which may change the lockfile: `npm ci` goes by it".to_owned()
    } else {
        return None;
    };
    let span = repository.span(&place.file, place.line, command.manager.as_str(), "not locked");
    Some(Finding::new(Severity::Note, vec![span], format!("{place} {why}")))
}

/// Whether the lockfile is there, and only hidden: another rule tells of that.
fn is_hidden(repository: &Repository, build: &Build, one: &BuildInstall) -> bool {
    let manifests = one.install.manifests.iter().flat_map(|read| read.files.keys());
    let dirs: Vec<&str> = manifests.map(|file| path::parent(file)).chain(build.context()).collect();
    lockfile_names(one.install.command.manager).any(|name| {
        dirs.iter().any(|dir| {
            let file = path::child(dir, name);
            repository.has(&file) && build.hides(&file).is_some()
        })
    })
}
