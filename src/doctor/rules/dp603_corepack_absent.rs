//! Corepack in an image that has none.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::repository as image_name;

pub(super) static RULE: Rule = Rule {
    id: "DP603",
    name: "corepack-absent",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A1",
    what: "A stage on a node image from 25 on runs corepack, and nothing has installed it.",
    why: "Node.js ships no corepack from 25 on: the command is not found.",
    how: "Install it before, as `npm install -g corepack`, or install the package manager itself.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        for (at, run) in build.runs() {
            let is_corepack = |words: &[String]| words.first().is_some_and(|word| word == "corepack");
            let Some((line, _)) = run.commands.iter().find(|(_, command)| is_corepack(&command.words)) else {
                continue;
            };
            let Some(major) = node_major(build, at.0) else { continue };
            if major < 25 || is_installed(build, at) {
                continue;
            }
            let span = repository.in_dockerfile(build, *line, "corepack", "is not in the image");
            let message = format!("{}: corepack is not in node:{major}", span.place());
            let finding = Finding::new(Severity::Error, vec![span], message);
            judged.add(
                finding
                    .so("the command is not found")
                    .lines("write before", ["RUN npm install -g corepack@latest"]),
            );
            break;
        }
    }
    judged
}

/// The major version of Node.js that a stage's image has by its tag.
pub(super) fn node_version(build: &Build, stage: usize) -> Option<String> {
    let image = build.file.image(stage);
    let name = image_name(image);
    let is_node = ["node", "library/node", "docker.io/node", "docker.io/library/node"].contains(&name);
    let tag = image.split('@').next()?.strip_prefix(name)?.strip_prefix(':')?;
    let version = tag.split('-').next()?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    (is_node && is_version).then(|| version.to_owned())
}

fn node_major(build: &Build, stage: usize) -> Option<u64> {
    node_version(build, stage)?.split('.').next()?.parse().ok()
}

/// Whether corepack is installed by then, in the same instruction or before.
fn is_installed(build: &Build, at: (usize, usize)) -> bool {
    let all = build.runs().filter(|(of, _)| *of == at || build.is_before(*of, at));
    all.into_iter().flat_map(|(_, run)| &run.commands).any(|(_, command)| {
        let mut words = command.words.iter();
        let program = words.next().map_or("", String::as_str);
        matches!(program, "npm" | "pnpm" | "yarn" | "apk" | "apt-get" | "bun")
            && words.any(|word| word == "corepack" || word.starts_with("corepack@"))
    })
}
