//! A frozen install of a workspace whose members lie outside of the context.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::{BuildInstall, Name, join};
use crate::text::yaml;

pub(super) static RULE: Rule = Rule {
    id: "DP605",
    name: "lock-beyond-context",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "F2 q6",
    what: "A frozen install reads a pnpm-workspace.yaml with members beside the repository (`../…`), and the lockfile counts on them.",
    why: "No image build has what lies outside of its context: the lockfile does not fit what is there, and a frozen install stops.",
    how: "Build with `docker-prep run --lockfile`, which makes a lockfile of the surface alone, or leave pnpm-workspace.yaml out of the image.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|_, one| found(repository, one))
}

fn found(repository: &Repository, one: &BuildInstall) -> Option<Finding> {
    let install = &one.install;
    if install.command.manager != Name::Pnpm || !install.command.frozen {
        return None;
    }
    let at_root = |name: &str| install.files.get(&join(&install.root, name)).into_iter().flatten();
    let (file, member) =
        at_root("pnpm-workspace.yaml").find_map(|file| Some((file, outside(repository.text(file)?)?)))?;
    let lockfile = at_root("pnpm-lock.yaml").next();
    // One that is made for the image has no such importers.
    let is_flat =
        lockfile.and_then(|lockfile| repository.text(lockfile)).is_some_and(|text| !counts_on(text));
    if is_flat {
        return None;
    }
    let line = repository.line_with(file, &member)?;
    let place = &install.place;
    let spans = vec![
        repository.span(file, line, &member, "lies outside of every context"),
        repository.span(&place.file, place.line, "pnpm", "is frozen"),
    ];
    let message =
        format!("{file}:{line} has members at {member}, which the frozen install in {place} cannot see");
    let lines = ["docker-prep run --lockfile -- docker compose build"];
    Some(
        Finding::new(Severity::Error, spans, message)
            .so("the lockfile does not fit, and the install stops")
            .lines("type", lines),
    )
}

/// The first glob of a workspace that leaves its folder.
fn outside(text: &str) -> Option<String> {
    let value = yaml::parse(text).ok()?;
    let globs = value.get("packages")?.as_array()?;
    globs.iter().filter_map(|glob| glob.as_str()).find(|glob| glob.starts_with("../")).map(str::to_owned)
}

/// Whether a lockfile has importers outside of its folder.
fn counts_on(lockfile: &str) -> bool {
    let importers = lockfile.lines().skip_while(|line| line.trim_end() != "importers:").skip(1);
    let mut own = importers.take_while(|line| line.is_empty() || line.starts_with(' '));
    own.any(|line| {
        line.starts_with("  ")
            && line.trim_start_matches(' ').trim_start_matches(['\'', '"']).starts_with("../")
    })
}
