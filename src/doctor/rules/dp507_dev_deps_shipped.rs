//! Development's packages in the image.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::{Copy, CopySource, StageStep};
use crate::image::{BuildInstall, Name};

pub(super) static RULE: Rule = Rule {
    id: "DP507",
    name: "dev-deps-shipped",
    severity: Severity::Note,
    fix: FixClass::Lines,
    seed: "7.2",
    what: "The image takes the node_modules of an install that includes development's packages.",
    why: "Compilers and linters make it larger, and are code that can be attacked.",
    how: "Install with --prod in a stage of its own, prune, or deploy, and copy that.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        let chain = build.final_chain();
        let Some(last) = chain.first() else { continue };
        for step in &build.file.stages[*last].steps {
            let StageStep::Copy(copy) = step else { continue };
            let CopySource::Stage(from) = copy.from else { continue };
            let Some(one) = full_install(repository, build, from, copy) else { continue };
            let place = &one.install.place;
            let spans = vec![
                repository.in_dockerfile(build, copy.line, "node_modules", "shipped"),
                repository.span(
                    &place.file,
                    place.line,
                    one.install.command.manager.as_str(),
                    "installs development's too",
                ),
            ];
            let message = format!("{}: the image takes development's packages along", spans[0].place());
            let line = match one.install.command.manager {
                Name::Pnpm => "RUN pnpm prune --prod",
                Name::Npm => "RUN npm prune --omit=dev",
                Name::Yarn => "RUN yarn install --production --ignore-scripts --prefer-offline",
                Name::Bun => "RUN bun install --production",
            };
            judged.add(
                Finding::new(Severity::Note, spans, message)
                    .lines("write before the COPY, in its stage", [line]),
            );
        }
    }
    judged
}

/// The install of a stage whose node_modules a copy takes as a whole, if nothing has taken development's packages out.
fn full_install<'b>(
    repository: &Repository,
    build: &'b Build,
    from: usize,
    copy: &Copy,
) -> Option<&'b BuildInstall> {
    let chain = build.file.chain(from);
    let of_chain = |one: &&BuildInstall| chain.contains(&one.install.stage);
    let taken = |root: &str| {
        let tree = format!("{}/node_modules", root.trim_end_matches('/'));
        copy.sources.iter().any(|source| !source.is_open && format!("/{}", source.parts.join("/")) == tree)
    };
    let mut installs = build.image.installs.iter().filter(of_chain).filter(|one| taken(&one.install.root));
    let one = installs.next()?;
    let is_production = |one: &BuildInstall| {
        one.install.command.production
            || one.install.variables.get("NODE_ENV").is_some_and(|value| value == "production")
    };
    let has_dev = one.install.manifests.iter().flat_map(|read| read.files.keys()).any(|manifest| {
        let manifest = repository.sources.manifests.get(manifest);
        manifest
            .is_some_and(|manifest| crate::npm::dependencies(manifest, "devDependencies").next().is_some())
    });
    let is_pruned = build.runs().filter(|((stage, _), _)| chain.contains(stage)).any(|(_, run)| {
        run.commands.iter().any(|(_, command)| {
            let has = |word: &str| command.words.iter().any(|one| one == word);
            has("prune")
                || has("deploy")
                || has("focus")
                || has("--production")
                || has("--prod")
                || has("--omit=dev")
                || command.words.first().is_some_and(|program| program == "rm")
                    && command.words.iter().any(|word| word.ends_with("node_modules"))
        })
    });
    let is_full = !is_production(one) && !installs.any(is_production);
    (is_full && has_dev && !is_pruned).then_some(one)
}
