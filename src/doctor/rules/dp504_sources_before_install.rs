//! Sources that are copied before the install.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::BuildInstall;
use crate::text::path;

pub(super) static RULE: Rule = Rule {
    id: "DP504",
    name: "sources-before-install",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A4-1",
    what: "Before the install a COPY takes the folder that holds the sources of what is installed.",
    why: "Each change of a source changes the layer below the install, which is then run anew.",
    how: "Copy manifests, lockfile and settings first, install, and copy the rest behind it.",
    check,
};

/// The ends of files that people change every day.
const SOURCES: [&str; 12] =
    [".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".vue", ".svelte", ".css", ".scss", ".html"];

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        if build.leaves_installs_open(&mut judged) {
            continue;
        }
        for one in build.installs() {
            found(repository, build, one).into_iter().for_each(|finding| judged.add(finding));
        }
    }
    judged
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let install = &one.install;
    let manifest = install.manifests.first()?.files.keys().next()?;
    let dir = path::parent(manifest);
    let at = (install.stage, install.step);
    let probe = path::child(dir, "docker-prep/no such file");
    let copies = build.context_copies().filter(|copy| build.is_before(copy.at, at));
    let copy = copies.into_iter().find(|copy| build.lands(copy.copy, &probe).is_some())?;
    let begin = if dir.is_empty() { String::new() } else { format!("{dir}/") };
    let source = repository.files.range(begin.clone()..).take_while(|file| file.starts_with(&begin)).find(|file| {
        SOURCES.iter().any(|end| file.ends_with(end)) && build.hides(file).is_none() && build.lands(copy.copy, file).is_some()
    })?;
    let line = copy.copy.line;
    let span = repository.in_dockerfile(build, line, "", format!("takes {source} along"));
    let message = format!("{} copies sources before the install in line {}", span.place(), install.place.line);
    let folder = build.in_context(dir).filter(|dir| !dir.is_empty()).map(|dir| format!("{dir}/")).unwrap_or_default();
    let lock = crate::image::LOCKFILES.iter().find(|(name, of)| {
        *of == install.command.manager && repository.has(&path::child(dir, name))
    });
    let lock = lock.map(|(name, _)| format!(" {folder}{name}")).unwrap_or_default();
    let lines = [
        format!("COPY {folder}package.json{lock} ./"),
        "# the install".to_owned(),
        repository.line(&build.image.dockerfile, line + build.above).unwrap_or_default().trim().to_owned(),
    ];
    let finding = Finding::new(Severity::Warning, vec![span], message);
    Some(finding.so("each change of a source installs anew").lines("write in this order", lines))
}
