//! A layer that holds the installed packages once more.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::{Copy, CopySource, ShellCommand, StageStep};
use crate::text::path;

pub(super) static RULE: Rule = Rule {
    id: "DP506",
    name: "tree-stored-twice",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A2",
    what: "A RUN of its own changes the owner or the mode of everything that was installed.",
    why: "A layer holds each file that it changes anything of: the image has all packages twice.",
    how: "Give files their owner as they come: COPY --chown, or change it in the RUN that installs.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for (at, run) in build.runs().filter(|((stage, _), _)| build.is_shipped(*stage)) {
            let changing =
                run.commands.iter().filter_map(|(line, command)| Some((*line, command, changed(command)?)));
            for (line, command, paths) in changing {
                let Some((stored, tree)) =
                    trees(build, at).find(|(_, tree)| paths.iter().any(|path| holds(path, tree)))
                else {
                    continue;
                };
                let spans = vec![
                    repository.in_dockerfile(build, line, &command.words[0], "stores all of it once more"),
                    repository.in_dockerfile(build, stored, "", format!("brings {tree}")),
                ];
                let message = format!("{}: the image holds {tree} twice", spans[0].place());
                let owner = command.words.iter().skip(1).find(|word| !word.starts_with('-'));
                let owner = owner.map_or("node:node", String::as_str);
                let hint = if command.words[0] == "chmod" {
                    "COPY --chmod=… …".to_owned()
                } else {
                    format!("COPY --chown={owner} …")
                };
                judged.add(Finding::new(Severity::Warning, spans, message).lines("write instead", [hint]));
            }
        }
    }
    judged
}

/// The folders below which a command changes all files.
fn changed(command: &ShellCommand) -> Option<Vec<String>> {
    let (program, arguments) = command.words.split_first()?;
    let is_recursive = arguments.iter().any(|word| {
        word == "--recursive" || word.starts_with('-') && !word.starts_with("--") && word.contains('R')
    });
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    if !matches!(program.as_str(), "chown" | "chmod" | "chgrp") || !is_recursive {
        return None;
    }
    words.next()?;
    Some(words.map(|word| command.path(word)).collect())
}

/// The folders of installed packages that layers before an instruction hold, with the lines that brought them.
fn trees(build: &Build, at: (usize, usize)) -> impl Iterator<Item = (usize, String)> {
    let installs = build.image.installs.iter().map(|one| &one.install);
    let own = installs.clone().filter(move |install| {
        let of = (install.stage, install.step);
        install.is_built && build.is_before(of, at)
    });
    let own = own.map(|install| {
        (build.line_of(install), format!("{}/node_modules", install.root.trim_end_matches('/')))
    });
    let chain = build.final_chain();
    let copies = chain.into_iter().flat_map(move |stage| {
        let steps = build.file.stages[stage].steps.iter().enumerate();
        steps.filter_map(move |(step, one)| match one {
            StageStep::Copy(copy) if build.is_before((stage, step), at) => Some(copy),
            _ => None,
        })
    });
    let copied = copies.filter_map(move |copy: &Copy| {
        let CopySource::Stage(from) = copy.from else { return None };
        let of_stage = build.file.chain(from);
        let mut installs = installs.clone().filter(|install| of_stage.contains(&install.stage));
        installs.find_map(|install| {
            let tree = format!("{}/node_modules", install.root.trim_end_matches('/'));
            let taken =
                copy.sources.iter().any(|source| holds(&format!("/{}", source.parts.join("/")), &tree));
            taken.then(|| {
                (
                    copy.line,
                    format!(
                        "{}/node_modules",
                        copy.to.trim_end_matches('/').trim_end_matches("/node_modules")
                    ),
                )
            })
        })
    });
    own.chain(copied)
}

/// Whether a folder is another one, or one above it.
fn holds(folder: &str, tree: &str) -> bool {
    let folder = folder.trim_end_matches("/*").trim_end_matches('/');
    folder == tree
        || folder.is_empty()
        || path::below(folder.trim_start_matches('/'), tree.trim_start_matches('/')).is_some()
}
