//! A token that an argument or a variable of the image holds.

use std::collections::BTreeSet;

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::instructions::is_left_out;
use crate::doctor::npmrc::{in_play, is_secret};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::npm::npmrc::expand;

pub(super) static RULE: Rule = Rule {
    id: "DP701",
    name: "token-in-arg",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A2-2",
    what: "A registry's token comes as an ARG or stands in an ENV.",
    why: "The history of the image, its cache and its provenance show arguments and variables to everybody who has the image.",
    how: "Mount it as a secret in the RUN that needs it.",
    check,
};

/// What tokens of registries are called.
const TOKENS: [&str; 8] = [
    "NPM_TOKEN",
    "NODE_AUTH_TOKEN",
    "NPM_AUTH_TOKEN",
    "NPM_AUTH",
    "YARN_NPM_AUTH_TOKEN",
    "GITEA_NPM_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
];

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        let text = repository.text(&build.image.dockerfile).unwrap_or_default();
        let read = read_as_tokens(repository, build);
        let stages = build.file.stages.iter().enumerate().filter(|(number, _)| build.makes(*number));
        for declaration in stages.flat_map(|(_, stage)| &stage.declarations) {
            let name = declaration.name.as_str();
            let is_token = TOKENS.contains(&name) || read.contains(name);
            let is_empty = declaration.is_env && declaration.value.as_deref() == Some("");
            let line = declaration.line + build.above;
            if !is_token || is_empty || is_left_out(text, line, "SecretsUsedInArgOrEnv", "DL3064") {
                continue;
            }
            let word = if declaration.is_env { "ENV" } else { "ARG" };
            let span = repository.in_dockerfile(build, declaration.line, name, "in the image's history");
            let message =
                format!("{}: the {word} {name} shows a token to everybody who has the image", span.place());
            let id = name.to_ascii_lowercase();
            let lines = [format!("RUN --mount=type=secret,id={id},env={name} …")];
            judged.add(Finding::new(Severity::Error, vec![span], message).lines("write instead", lines));
        }
    }
    judged
}

/// The variables that the settings of an install read as what proves who asks.
fn read_as_tokens(repository: &Repository, build: &Build) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for one in &build.image.installs {
        for file in in_play(repository, &one.install) {
            let tokens = file.entries.iter().filter(|entry| is_secret(&entry.key));
            found.extend(
                tokens.filter_map(|entry| entry.text()).flat_map(|text| expand(&text, &|_| None).unset),
            );
        }
    }
    found
}
