//! A package manager of whatever version is the newest.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::fields;
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::ShellCommand;
use crate::image::{BuildInstall, Name};

pub(super) static RULE: Rule = Rule {
    id: "DP602",
    name: "manager-unpinned",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "F9",
    what: "The Dockerfile installs whatever version of the package manager is the newest, or has corepack choose it without a `packageManager`.",
    why: "A new major reads other settings: pnpm 11 no longer reads `pnpm.overrides`, nor most of .npmrc. A build that worked yesterday installs something else.",
    how: "Name the version, as `pnpm@10.6.5`, in `packageManager` or in the Dockerfile.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for one in build.installs() {
            let Some((line, what)) = unpinned_before(build, one) else { continue };
            // Whether a manifest names the version depends on the context.
            if what == Unpinned::Corepack && build.leaves_installs_open(&mut judged) {
                continue;
            }
            let finding = found(repository, build, one, (line, what));
            finding.into_iter().for_each(|finding| judged.add(finding));
        }
    }
    judged
}

/// What leaves the version of an install's package manager open, and the line.
fn unpinned_before(build: &Build, one: &BuildInstall) -> Option<(usize, Unpinned)> {
    let install = &one.install;
    let name = install.command.manager;
    let at = (install.stage, install.step);
    let mut found = None;
    for (_, run) in build.runs().filter(|(of, _)| *of == at || build.is_before(*of, at)) {
        for (line, command) in &run.commands {
            if let Some(what) = unpinned(command, name) {
                found = Some((*line, what));
            }
            // A later command pins it after all.
            if pins(command, name) {
                found = None;
            }
        }
    }
    found
}

fn found(
    repository: &Repository,
    build: &Build,
    one: &BuildInstall,
    (line, what): (usize, Unpinned),
) -> Option<Finding> {
    let install = &one.install;
    let name = install.command.manager;
    let has_field = fields(repository, one)
        .iter()
        .any(|(_, manager)| manager.name == name && !manager.version.is_empty());
    let has_path = install.files.values().flatten().any(|file| {
        file.ends_with(".yarnrc.yml") && repository.text(file).is_some_and(|text| text.contains("yarnPath"))
    });
    if what == Unpinned::Corepack && (has_field || has_path) {
        return None;
    }
    let span = repository.in_dockerfile(build, line, name.as_str(), "the newest, whatever that is");
    let message = match what {
        Unpinned::Newest => format!("{} installs the newest {}", span.place(), name.as_str()),
        Unpinned::Corepack => format!(
            "{}: corepack chooses {}, as no packageManager names a version",
            span.place(),
            name.as_str()
        ),
    };
    let lines = [
        "in package.json:".to_owned(),
        format!("  \"packageManager\": \"{}@VERSION\"", name.as_str()),
        "in the Dockerfile:".to_owned(),
        format!("  RUN npm install -g {}@VERSION", name.as_str()),
    ];
    Some(
        Finding::new(Severity::Warning, vec![span], message)
            .so("two builds of one commit may differ")
            .lines("write the version that you use", lines),
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unpinned {
    /// The newest of the registry.
    Newest,
    /// Corepack's choice.
    Corepack,
}

/// The packages that a command installs for the whole image.
pub(super) fn global(command: &ShellCommand) -> Vec<&str> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let is_global = words.iter().any(|word| matches!(*word, "-g" | "--global" | "--location=global"));
    match words.as_slice() {
        ["npm" | "pnpm", "install" | "i" | "add", rest @ ..] if is_global => rest.to_vec(),
        ["npm", "-g", "install" | "i", rest @ ..] => rest.to_vec(),
        ["yarn", "global", "add", rest @ ..] => rest.to_vec(),
        ["corepack", "prepare" | "use" | "install", rest @ ..] => rest.to_vec(),
        _ => Vec::new(),
    }
}

fn unpinned(command: &ShellCommand, name: Name) -> Option<Unpinned> {
    let packages = global(command);
    let is_newest = |package: &&str| {
        let version = package.strip_prefix(name.as_str());
        matches!(version, Some("" | "@latest" | "@next" | "@*"))
    };
    let is_corepack = command.words.first().is_some_and(|word| word == "corepack");
    if packages.iter().any(is_newest) {
        return Some(Unpinned::Newest);
    }
    let enables = is_corepack && command.words.get(1).is_some_and(|word| word == "enable");
    // npm is in the image, and corepack leaves it alone.
    (enables && matches!(name, Name::Pnpm | Name::Yarn)).then_some(Unpinned::Corepack)
}

/// Whether a command installs a version that is named.
fn pins(command: &ShellCommand, name: Name) -> bool {
    let named = |package: &&str| {
        let version = package.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('@'));
        version.is_some_and(|version| {
            version.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '^' | '~' | '$'))
        })
    };
    let sets = command.words.windows(2).any(|pair| pair[0] == "set" && pair[1] == "version");
    global(command).iter().any(named) || sets
}
