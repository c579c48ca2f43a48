//! A build argument for a registry that nothing reads.

use std::collections::BTreeSet;

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::instructions::{of_stages, reference};
use crate::doctor::npmrc::in_play;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP302",
    name: "registry-arg-inert",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F6 7.2",
    what: "A stage declares an argument that chooses a registry, or tarballs, and nothing in it reads that.",
    why: "Who passes it believes that it does something; and each new value builds the stage anew.",
    how: "Copy the .npmrc that reads it before the install, or take the argument out.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    let read = read_by_settings(repository);
    for build in &repository.builds {
        for (stage, declaration) in build.args() {
            let name = &declaration.name;
            let is_one = read.contains(name.as_str()) || name.contains("TARBALLS");
            if !is_one
                || is_read(build, stage, declaration.line, name)
                || has_settings(repository, build, stage, name)
            {
                continue;
            }
            let span = repository.in_dockerfile(build, declaration.line, name, "declared");
            let message = format!("{}: nothing in this stage reads the argument {name}", span.place());
            let finding = Finding::new(Severity::Warning, vec![span], message);
            let lines = if read.contains(name.as_str()) {
                vec!["COPY .npmrc.docker ./.npmrc".to_owned()]
            } else {
                vec![format!("(take out: ARG {name})")]
            };
            judged.add(
                finding.so("whatever is passed for it changes nothing but the cache").lines("write", lines),
            );
        }
    }
    judged
}

/// The variables that registry settings of the repository read.
fn read_by_settings(repository: &Repository) -> BTreeSet<&str> {
    let texts = repository.texts.iter().filter(|(path, _)| basename(path).starts_with(".npmrc"));
    let mut found = BTreeSet::new();
    for (_, text) in texts {
        for (at, _) in text.match_indices("${") {
            let name = text[at + 2..].split(['}', ':', '-', '?']).next().unwrap_or_default();
            found.insert(name);
        }
    }
    found
}

/// Whether an instruction behind it, of its stage or of one that begins with that, refers to it.
fn is_read(build: &Build, stage: usize, line: usize, name: &str) -> bool {
    of_stages(build).any(|(of, instruction)| {
        let is_behind = of == stage && instruction.line > line;
        let text = instruction.script();
        is_behind && (reference(&text, name).is_some() || instruction.keyword == "RUN" && text.contains(name))
    })
}

/// Whether an install of the stage reads settings that read the variable, or that are not known.
fn has_settings(repository: &Repository, build: &Build, stage: usize, name: &str) -> bool {
    build.image.installs.iter().filter(|one| build.file.chain(one.install.stage).contains(&stage)).any(
        |one| {
            let install = &one.install;
            let reads = |text: &str| text.contains(&format!("${{{name}"));
            let files = in_play(repository, install);
            files.iter().any(|file| repository.text(&file.file).is_some_and(reads))
                || install.files.iter().any(|(at, files)| {
                    at.ends_with("rc.yml") && files.iter().any(|file| repository.text(file).is_none_or(reads))
                })
        },
    )
}
