//! An argument of before the first stage that a stage uses.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::instructions::{Reference, of_stages, reference};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::RunStep;

pub(super) static RULE: Rule = Rule {
    id: "DP303",
    name: "arg-not-in-stage",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A4-2",
    what: "A RUN uses an ARG that stands before the first FROM and is not declared again in its stage.",
    why: "Such an argument counts for FROM lines alone: in the stage it is empty, whatever is passed.",
    how: "Declare it again, without a value, behind the stage's FROM.",
    check,
};

/// What images of Node.js and Bun set by themselves.
const OF_IMAGES: [&str; 6] = ["NODE_VERSION", "YARN_VERSION", "BUN_VERSION", "PATH", "HOME", "LANG"];

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for global in build.file.global_args.iter().filter(|one| !OF_IMAGES.contains(&one.name.as_str())) {
            let name = global.name.as_str();
            let is_use = |(stage, instruction): &(usize, &crate::image::dockerfile::Instruction)| {
                instruction.keyword == "RUN"
                    && reference(&instruction.script(), name) == Some(Reference::Plain)
                    && run_at(build, *stage, instruction.line).is_some_and(|run| is_unset(run, name))
            };
            let Some((_, used)) = of_stages(build).find(is_use) else { continue };
            let spans = vec![
                repository.in_dockerfile(build, used.line, name, "empty here"),
                repository.in_dockerfile(build, global.line, name, "counts for FROM alone"),
            ];
            let message = format!("{}: {name} is empty in this stage", spans[0].place());
            let finding = Finding::new(Severity::Error, spans, message);
            judged.add(
                finding
                    .so("the command gets nothing for it")
                    .lines("write behind FROM", [format!("ARG {name}")]),
            );
        }
    }
    judged
}

fn run_at(build: &Build, stage: usize, line: usize) -> Option<&RunStep> {
    build.runs().find(|((of, _), run)| *of == stage && run.line == line).map(|(_, run)| run)
}

fn is_unset(run: &RunStep, name: &str) -> bool {
    !run.variables.contains_key(name) && !run.args.contains(name) && !run.set_in_build.contains(name)
}
