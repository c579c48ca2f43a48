//! A build that lacks its tools.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::{CommandEffect, effect};
use crate::image::{BuildInstall, Name};
use crate::npm::dependencies;

pub(super) static RULE: Rule = Rule {
    id: "DP609",
    name: "production-before-build",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A4",
    what: "NODE_ENV=production is set before the install of a stage that then builds with a tool of devDependencies.",
    why: "npm, pnpm and yarn 1 leave development's packages out then, and the build does not find its tool.",
    how: "Set NODE_ENV=production behind the install, or in the last stage alone.",
    check,
};

/// The commands of build tools, and the packages that bring them.
const TOOLS: [(&str, &str); 14] = [
    ("tsc", "typescript"),
    ("vite", "vite"),
    ("next", "next"),
    ("webpack", "webpack"),
    ("rollup", "rollup"),
    ("tsup", "tsup"),
    ("esbuild", "esbuild"),
    ("nest", "@nestjs/cli"),
    ("ng", "@angular/cli"),
    ("turbo", "turbo"),
    ("nx", "nx"),
    ("parcel", "parcel"),
    ("swc", "@swc/cli"),
    ("babel", "@babel/cli"),
];

fn check(repository: &Repository) -> Judged {
    repository.judge_installs(|build, one| found(repository, build, one))
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let install = &one.install;
    let run = build.run_of(one)?;
    let is_production = install.variables.get("NODE_ENV").is_some_and(|value| value == "production");
    let takes_all = run.commands.iter().flat_map(|(_, command)| &command.words).any(|word| {
        matches!(word.as_str(), "--include=dev" | "--production=false" | "--prod=false" | "--dev" | "-D")
    });
    let by_shell = run
        .commands
        .iter()
        .any(|(_, command)| command.variable("NODE_ENV").is_some_and(|value| value != "production"));
    let heeds = match install.command.manager {
        Name::Npm | Name::Pnpm => true,
        Name::Yarn => one.told.named.as_ref().is_some_and(|named| *named.manager.majors.end() == 1),
        Name::Bun => false,
    };
    if !is_production || takes_all || by_shell || !heeds || install.command.production {
        return None;
    }
    let manifest_name = install.manifests.first()?.files.keys().next()?;
    let manifest = repository.sources.manifests.get(manifest_name)?;
    let has = |field: &str, package: &str| dependencies(manifest, field).any(|(name, _)| name == package);
    let (line, tool, package) = build
        .runs()
        .filter(|((stage, step), _)| *stage == install.stage && *step >= install.step)
        .find_map(|(_, run)| {
            run.commands.iter().find_map(|(line, command)| {
                let Some(CommandEffect::RunScript(script)) = effect(*line, command) else { return None };
                let text = manifest.get("scripts")?.get(script.name.as_str())?.as_str()?;
                let words = text.split(|c: char| c.is_whitespace() || c == '&' || c == ';');
                let (tool, package) =
                    words.into_iter().find_map(|word| TOOLS.iter().find(|(tool, _)| *tool == word))?;
                (has("devDependencies", package) && !has("dependencies", package))
                    .then_some((*line, *tool, *package))
            })
        })?;
    let set = build
        .instructions
        .iter()
        .find(|instruction| instruction.keyword == "ENV" && instruction.text.contains("NODE_ENV"));
    let mut spans = vec![
        repository.in_dockerfile(build, line, "", format!("wants {tool}")),
        repository.span(
            &install.place.file,
            install.place.line,
            install.command.manager.as_str(),
            "leaves devDependencies out",
        ),
    ];
    spans.extend(set.map(|set| repository.in_dockerfile(build, set.line, "NODE_ENV", "because of this")));
    let message =
        format!("{}: {tool} is not there, as {package} is a development's package", spans[0].place());
    Some(
        Finding::new(Severity::Warning, spans, message)
            .lines("write behind the install", ["ENV NODE_ENV=production"]),
    )
}
