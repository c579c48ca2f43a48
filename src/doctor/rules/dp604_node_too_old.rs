//! A package manager that does not run on the image's Node.js.

use super::dp603_corepack_absent::node_version;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::manager;
use crate::doctor::repository::Repository;
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::{Name, PackageManager};

pub(super) static RULE: Rule = Rule {
    id: "DP604",
    name: "node-too-old",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "",
    what: "The image's Node.js is older than the package manager runs on.",
    why: "pnpm 11 wants 22.13, npm 12 wants 22.22.2, 24.15 or 26: it stops before it installs anything.",
    how: "Take a newer base image, or an older package manager.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for one in build.installs() {
            let Some(node) = node_version(build, one.install.stage) else { continue };
            let version = manager(repository, one);
            // What the image has itself runs on it.
            let is_named = one.told.named.as_ref().is_some_and(|named| !named.manager.version.is_empty())
                || !version.version.is_empty();
            let Some(needs) = needs(&version, &node).filter(|_| is_named) else { continue };
            let stage =
                build.file.chain(one.install.stage).last().and_then(|stage| build.file.stages.get(*stage));
            let Some(stage) = stage else { continue };
            let from = repository.in_dockerfile(build, stage.line, &node, format!("Node.js {node}"));
            let place = &one.install.place;
            let runs = repository.span(
                &place.file,
                place.line,
                version.name.as_str(),
                format!("{version} wants {needs}"),
            );
            let message =
                format!("{}: {version} does not run on Node.js {node}: it wants {needs}", from.place());
            let lines = [format!("FROM node:{}", if version.name == Name::Npm { "24" } else { "22" })];
            let finding = Finding::new(Severity::Error, vec![from, runs], message);
            judged.add(finding.so("it stops before it installs anything").lines("write", lines));
        }
    }
    judged
}

/// What a package manager wants of Node.js, where a version is older than that (`engines` of pnpm 11 and npm 12).
fn needs(manager: &PackageManager, node: &str) -> Option<&'static str> {
    let mut parts = node.split('.').map(|part| part.parse::<u64>().ok());
    let major = parts.next()??;
    // A tag without them is the newest of its major.
    let minor = parts.next().flatten().unwrap_or(u64::MAX);
    let patch = parts.next().flatten().unwrap_or(u64::MAX);
    let is = |wanted: u64| *manager.majors.start() == wanted && *manager.majors.end() == wanted;
    match manager.name {
        Name::Pnpm if is(11) && (major, minor) < (22, 13) => Some("22.13 or later"),
        Name::Npm if is(12) => {
            let fits = major >= 26 || major == 24 && minor >= 15 || major == 22 && (minor, patch) >= (22, 2);
            (!fits).then_some("22.22.2, 24.15 or 26")
        }
        _ => None,
    }
}
