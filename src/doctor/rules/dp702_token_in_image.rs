//! A token that a layer of the image holds.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::npmrc::is_secret;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::RunStep;
use crate::npm::npmrc;
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP702",
    name: "token-in-image",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A2-2",
    what: "A layer of the shipped image holds a file with a token.",
    why: "Who has the image has the token: a later RUN that deletes the file leaves it in the layer below.",
    how: "Mount the settings, or the token that they read, as a secret.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        copied(repository, build, &mut judged);
        written(repository, build, &mut judged);
    }
    judged
}

/// A copy brings settings with a token that stands there as it is.
fn copied(repository: &Repository, build: &Build, judged: &mut Judged) {
    for one in build.context_copies().filter(|one| build.is_shipped(one.at.0)) {
        let settings = repository.texts.iter().filter(|(path, _)| basename(path).starts_with(".npmrc"));
        for (path, text) in settings {
            let is_taken = build.hides(path).is_none() && build.lands(one.copy, path).is_some();
            let literal = npmrc::parse(text).into_iter().find(|entry| {
                is_secret(&entry.key)
                    && entry.text().is_some_and(|value| !value.is_empty() && !value.contains("${"))
            });
            let Some(literal) = literal.filter(|_| is_taken) else { continue };
            let spans = vec![
                repository.in_dockerfile(build, one.copy.line, basename(path), "in a layer of the image"),
                repository.span(path, literal.line, "", "a token"),
            ];
            let message = format!("{}: the image holds the token of {path}", spans[0].place());
            let lines = ["RUN --mount=type=secret,id=npmrc,target=/root/.npmrc …".to_owned()];
            judged.add(Finding::new(Severity::Error, spans, message).lines("write instead", lines));
        }
    }
}

/// A command writes a token, and does not take it away in the same layer.
fn written(repository: &Repository, build: &Build, judged: &mut Judged) {
    for (_, run) in build.runs().filter(|((stage, _), _)| build.is_shipped(*stage)) {
        let Some((line, file)) = token_file(run) else { continue };
        let is_removed = run.commands.iter().any(|(_, command)| {
            command.words.first().is_some_and(|program| program == "rm" || program == "shred")
                && command.words.iter().any(|word| command.path(word) == file)
        });
        if is_removed {
            continue;
        }
        let span = repository.in_dockerfile(build, line, "_authToken", format!("written to {file}"));
        let message = format!("{}: the image holds the token that is written to {file}", span.place());
        let lines = ["RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN …".to_owned()];
        judged.add(Finding::new(Severity::Error, vec![span], message).lines("write instead", lines));
    }
}

/// The file that a token is written to, and the line; not one that is a mount, or whose token is read when it is used.
fn token_file(run: &RunStep) -> Option<(usize, String)> {
    run.commands.iter().find_map(|(line, command)| {
        let text = command.words.join(" ");
        if !text.contains("_authToken") {
            return None;
        }
        let is_set = command.words.iter().any(|word| word == "set");
        let file = match command.writes.first() {
            Some(to) => command.path(&to.path),
            None if is_set
                && command
                    .words
                    .first()
                    .is_some_and(|program| matches!(program.as_str(), "npm" | "pnpm" | "yarn")) =>
            {
                let home = run.variables.get("HOME").cloned().unwrap_or_else(|| "/root".to_owned());
                format!("{home}/.npmrc")
            }
            None => return None,
        };
        let is_mounted = run.secrets.iter().any(|secret| secret.target == file)
            || run.mounts.iter().any(|mount| mount.to == file);
        // `'${NPM_TOKEN}'` in single quotes is written as it stands.
        let is_late =
            text.contains("${") && !run.args.iter().any(|name| text.contains(&format!("${{{name}}}")));
        (!is_mounted && !is_late).then_some((*line, file))
    })
}
