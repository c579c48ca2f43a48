//! Packages of development in the shipped image.

use super::dp506_tree_stored_twice::copies_before;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::CopySource;

pub(super) static RULE: Rule = Rule {
    id: "DP507",
    name: "dev-deps-shipped",
    severity: Severity::Note,
    fix: FixClass::Lines,
    seed: "7.2",
    what: "The shipped stage copies the node_modules of an install that has the packages of development, too.",
    why: "Compilers, linters and test runners are pushed, pulled and scanned with the image, and nothing in it needs them.",
    how: "Prune them in the stage that builds, or `pnpm deploy --prod` a folder to copy.",
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
    let last = *build.final_chain().first()?;
    let copies: Vec<_> = copies_before(build, (last, usize::MAX)).collect();
    copies.into_iter().find_map(|copy| {
        let CopySource::Stage(from) = copy.from else { return None };
        let is_tree = copy.sources.iter().any(|source| source.parts.last().is_some_and(|part| part == "node_modules"));
        let chain = build.file.chain(from);
        let one = build.installs().find(|one| chain.contains(&one.install.stage)).filter(|_| is_tree)?;
        let is_production = one.install.command.production
            || one.install.variables.get("NODE_ENV").is_some_and(|value| value == "production");
        let runs = build.runs().filter(|(at, _)| chain.contains(&at.0));
        let words = |word: &str| {
            matches!(word, "prune" | "deploy" | "--production" | "--prod" | "-P" | "--omit=dev" | "--omit" | "focus" | "autoclean")
                || word.contains("prune")
        };
        let is_pruned =
            runs.flat_map(|(_, run)| &run.commands).any(|(_, command)| command.words.iter().any(|word| words(word)));
        if is_production || is_pruned {
            return None;
        }
        let manager = one.install.command.manager;
        let span = repository.in_dockerfile(build, copy.line, "node_modules", "with the packages of development");
        let installs = &one.install.place;
        let made = repository.span(&installs.file, installs.line, manager.as_str(), "installs all of them");
        let message = format!("{} ships the packages of development, too", span.place());
        let lines = [match manager {
            crate::image::Name::Npm => "RUN npm prune --omit=dev",
            crate::image::Name::Pnpm => "RUN pnpm prune --prod",
            crate::image::Name::Yarn => "RUN yarn install --production --ignore-scripts",
            crate::image::Name::Bun => "RUN rm -rf node_modules && bun install --production",
        }];
        let finding = Finding::new(Severity::Note, vec![span, made], message);
        Some(finding.so("the image is larger than it has to be").lines("write in the stage that builds, behind the build", lines))
    })
}
