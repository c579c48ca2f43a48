//! A tree that is in the image twice.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::layers::below;
use crate::image::dockerfile::{Copy, CopySource, StageStep};

pub(super) static RULE: Rule = Rule {
    id: "DP506",
    name: "tree-stored-twice",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "",
    what: "A RUN of its own changes owner or mode of all installed packages in the shipped image.",
    why: "A layer holds each file that it changes as a whole: the packages are stored, pushed and pulled twice.",
    how: "Give the owner where the files come in: `COPY --chown`, or in the RUN that installs.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        found(repository, build).into_iter().for_each(|finding| judged.add(finding));
    }
    judged
}

fn found(repository: &Repository, build: &Build) -> Option<Finding> {
    build.runs().filter(|(at, _)| build.is_shipped(at.0)).find_map(|(at, run)| {
        let (line, command) = run.commands.iter().find(|(_, command)| {
            let program = command.words.first().map_or("", String::as_str);
            let flags = command.words.iter().any(|word| word.starts_with('-') && (word.contains('R') || word == "--recursive"));
            matches!(program, "chown" | "chmod") && flags
        })?;
        // What is changed in the layer that makes it is there once.
        if build.image.installs.iter().any(|one| (one.install.stage, one.install.step) == at) {
            return None;
        }
        let words = command.words.iter().skip(1).filter(|word| !word.starts_with('-')).skip(1);
        let paths: Vec<String> = words.filter(|word| !word.contains('$')).map(|word| command.path(word)).collect();
        let trees = trees(build, at);
        let path = paths.iter().find(|path| trees.iter().any(|tree| below(path, tree).is_some()))?;
        let program = command.words.first()?;
        let span = repository.in_dockerfile(build, *line, program, "stores all of it once more");
        let message = format!("{}: {program} -R {path} stores the installed packages a second time", span.place());
        let lines = ["COPY --chown=USER:GROUP --from=… …"];
        let finding = Finding::new(Severity::Warning, vec![span], message);
        Some(finding.so("the image has them twice").lines("write in its place", lines))
    })
}

/// The `node_modules` that lie in the image before an instruction.
fn trees(build: &Build, at: (usize, usize)) -> Vec<String> {
    let installs = build.image.installs.iter().filter(|one| {
        one.install.is_built && build.is_before((one.install.stage, one.install.step), at)
    });
    let own = installs.map(|one| format!("{}/node_modules", one.install.root.trim_end_matches('/')));
    let copied = copies_before(build, at).filter_map(|copy| {
        let has = copy.sources.iter().any(|source| source.parts.last().is_some_and(|part| part == "node_modules"));
        (has && copy.from != CopySource::Context).then(|| copy.to.clone())
    });
    own.chain(copied).collect()
}

/// The copies that stand before an instruction in its chain.
pub(super) fn copies_before(build: &Build, at: (usize, usize)) -> impl Iterator<Item = &Copy> {
    let stages = build.file.stages.iter().enumerate();
    stages.flat_map(|(stage, one)| one.steps.iter().enumerate().map(move |(step, one)| ((stage, step), one))).filter_map(
        move |(of, step)| match step {
            StageStep::Copy(copy) if build.is_before(of, at) => Some(copy),
            _ => None,
        },
    )
}
