//! An argument that has each build install anew.

use super::dp303_arg_not_in_stage::refers;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::BuildInstall;

pub(super) static RULE: Rule = Rule {
    id: "DP305",
    name: "arg-busts-install",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A4-2",
    what: "Before the install stands an ARG of the application or of the commit, which nothing refers to by then.",
    why: "Every RUN behind an ARG has its value as a variable: another commit, or another address of an API, installs all packages anew.",
    how: "Move the ARG behind the install, to where it is used.",
    check,
};

/// How names begin that change with each build or each place that it is made for.
const BEGINS: [&str; 6] = ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "NUXT_PUBLIC_", "GIT_", "COMMIT"];

/// What stands behind `BUILD_` in such names.
const OF_BUILDS: [&str; 10] =
    ["DATE", "ID", "SHA", "NUMBER", "TIME", "TIMESTAMP", "COMMIT", "REF", "HASH", "VERSION"];

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for one in build.installs() {
            found(repository, build, one).into_iter().for_each(|finding| judged.add(finding));
        }
    }
    judged
}

fn is_changing(name: &str) -> bool {
    BEGINS.iter().any(|begin| name.starts_with(begin))
        || name.strip_prefix("BUILD_").is_some_and(|rest| OF_BUILDS.contains(&rest))
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let run = build.run_of(one)?;
    let chain = build.file.chain(one.install.stage);
    let stages = chain.iter().filter_map(|stage| build.file.stages.get(*stage));
    let before = |line: usize| line < run.line;
    let is_used = |name: &str, from: usize| {
        let between = build.instructions.iter().filter(|other| (from..=run.line).contains(&other.line));
        between.into_iter().any(|other| {
            other.keyword != "ARG" && refers(&other.script().replace('\'', ""), name)
        })
    };
    let args = stages.flat_map(|stage| &stage.declarations).filter(|arg| {
        !arg.is_env && before(arg.line) && is_changing(&arg.name) && !is_used(&arg.name, arg.line)
    });
    let mut args: Vec<(usize, &str)> = args.map(|arg| (arg.line, arg.name.as_str())).collect();
    args.sort_unstable();
    let (line, name) = args.first()?;
    let more = match args.len() {
        1 => String::new(),
        number => format!(" and {} more", number - 1),
    };
    let span = repository.in_dockerfile(build, *line, name, "nothing needs it before the install");
    let message = format!("{}: {name}{more} before the install in line {} has it run anew with each value", span.place(), run.line + build.above);
    let lines = args.iter().map(|(_, name)| format!("ARG {name}"));
    let finding = Finding::new(Severity::Warning, vec![span], message);
    Some(finding.so("all packages are installed anew").lines("move behind the install", lines))
}
