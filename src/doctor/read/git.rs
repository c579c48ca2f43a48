//! What git and its hooks say of a repository.

use crate::doctor::repository::{Committed, GitFacts, NeverCommitted};
use crate::error::{Error, Result};
use crate::guard::check::{GuardScope, run_in};
use crate::guard::init::{HookText, hook_text};
use crate::guard::what_is_found;
use crate::project::{Project, git};

/// What takes a while to be told.
pub(super) struct Asked {
    hook: Result<HookText>,
    committed: Result<Vec<Committed>>,
}

/// Asks for the hook and the last commit.
pub(super) fn ask(project: &Project) -> Asked {
    Asked { hook: hook_text(project), committed: committed(project) }
}

/// What git says; of a repository without surfaces only where it lies.
pub(super) fn facts(project: &Project, private: &[String], asked: Asked) -> GitFacts {
    let is_top = project.root.join(".git").exists();
    if private.is_empty() {
        return GitFacts { is_top, ..GitFacts::default() };
    }
    let message = |error: Error| error.messages().next().unwrap_or_default().to_owned();
    GitFacts {
        is_top,
        unignored: unignored(project, private),
        hook: Some(asked.hook.map_err(message)),
        committed: Some(asked.committed.map_err(message)),
    }
}

/// What is never to be committed, and that git would take.
fn unignored(project: &Project, private: &[String]) -> Vec<NeverCommitted> {
    let deps_dir = &project.deps_dir;
    let tarball = format!("{deps_dir}/docker-prep.tgz");
    let pattern = format!("{deps_dir}/");
    let mut asked = vec![NeverCommitted { path: tarball, pattern }];
    asked.extend(private.iter().map(|manifest| {
        let pattern = "*.bak".to_owned();
        NeverCommitted { path: format!("{manifest}.bak"), pattern }
    }));
    let mut ask = git::git(&project.root);
    ask.args(["-c", "core.quotePath=false", "check-ignore", "--no-index", "--"]);
    ask.args(asked.iter().map(|one| &one.path));
    let Ok(answer) = ask.output() else { return Vec::new() };
    // 0: some are left out; 1: none.
    if !matches!(answer.status.code(), Some(0 | 1)) {
        return Vec::new();
    }
    let ignored = String::from_utf8_lossy(&answer.stdout);
    asked.retain(|one| !ignored.lines().any(|line| line == one.path));
    asked
}

/// What the last commit holds that the guard lets nobody commit.
fn committed(project: &Project) -> Result<Vec<Committed>> {
    let has_commit = git::git(&project.root).args(["rev-parse", "--quiet", "--verify", "HEAD"]).output();
    if !has_commit.is_ok_and(|answer| answer.status.success()) {
        return Ok(Vec::new());
    }
    let outcome = run_in(&project.root, &GuardScope::Head)?;
    let one = |found: &crate::guard::CommittedFinding| {
        let path = String::from_utf8_lossy(&found.finding.path).into_owned();
        Committed { path, line: found.finding.line, what: what_is_found(&found.finding) }
    };
    Ok(outcome.findings.iter().map(one).collect())
}
