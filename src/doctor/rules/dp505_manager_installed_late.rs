//! A package manager that is installed behind files of the project.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::{Copy, ShellCommand};

pub(super) static RULE: Rule = Rule {
    id: "DP505",
    name: "manager-installed-late",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F9 A1-1",
    what: "The package manager is installed behind a COPY of the project's files.",
    why: "Each change of those files fetches the package manager again.",
    how: "Install it before the first COPY from the context.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for (at, run) in build.runs() {
            let Some((line, command)) = run.commands.iter().find(|(_, command)| is_manager(command)) else {
                continue;
            };
            let mut copies = build.context_copies().filter(|copy| build.is_before(copy.at, at));
            let Some(copy) = copies.find(|copy| !is_for_registry(copy.copy)) else { continue };
            let spans = vec![
                repository.in_dockerfile(build, *line, &command.words[0], "fetched again with each change"),
                repository.in_dockerfile(build, copy.copy.line, "", "of these files"),
            ];
            let message =
                format!("{}: the package manager is fetched behind files of the project", spans[0].place());
            judged.add(
                Finding::new(Severity::Warning, spans, message)
                    .lines("move before the COPY", [text_of(build, run.line)]),
            );
        }
    }
    judged
}

/// `npm install -g pnpm`, `corepack prepare pnpm@10`: with a name, so that no file of the project says which.
fn is_manager(command: &ShellCommand) -> bool {
    let words: Vec<&str> =
        command.words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let is_name = |word: &&str| {
        let name = word.split('@').next().unwrap_or_default();
        ["pnpm", "yarn", "npm", "bun", "corepack"].contains(&name) && !word.contains('$')
    };
    let is_global = command.words.iter().any(|word| word == "-g" || word == "--global");
    match words.as_slice() {
        ["corepack", "prepare", rest @ ..] => rest.iter().any(is_name),
        ["npm", "install" | "i" | "add", rest @ ..] if is_global => rest.iter().any(is_name),
        _ => false,
    }
}

/// Whether a copy brings only what is needed to reach a registry.
fn is_for_registry(copy: &Copy) -> bool {
    let is_one = |name: &str| {
        name.starts_with(".npmrc")
            || name.starts_with(".yarnrc")
            || [".crt", ".pem", ".cer"].iter().any(|end| name.ends_with(end))
    };
    let all = copy.sources.iter().map(|source| source.parts.last().map_or("", String::as_str));
    !copy.sources.is_empty() && all.into_iter().all(is_one)
}

fn text_of(build: &Build, line: usize) -> String {
    let instruction = build.instructions.iter().find(|instruction| instruction.line == line);
    instruction
        .map(|one| format!("RUN {}", one.text.split_whitespace().collect::<Vec<_>>().join(" ")))
        .unwrap_or_default()
}
