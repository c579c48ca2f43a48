//! A file that an install needs and does not get.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::manager::{lockfile_names, manager};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::dockerfile::{Copy, CopySource, StageStep};
use crate::image::{BuildInstall, Name};
use crate::npm::WORKSPACE_FILE;
use crate::text::{basename, path, yaml};

pub(super) static RULE: Rule = Rule {
    id: "DP310",
    name: "install-input-missing",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A4-1",
    what: "A file that the install needs is not copied before it: the lockfile of a frozen one, yarn's own program, a patch, a pnpm-workspace.yaml with overrides.",
    why: "The install stops without it; without the overrides it installs other versions.",
    how: "Copy the file before the install.",
    check,
};

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|build, one| {
        let place = &one.install.place;
        let word = one.install.command.manager.as_str();
        let finding = |(file, wanted_by): (String, &str)| {
            let span = repository.span(&place.file, place.line, word, format!("needs {file}"));
            let message =
                format!("{place}: {file} is not copied before the install, which needs it as {wanted_by}");
            let name = build.in_context(&file).unwrap_or(&file);
            let to = path::parent(name);
            let lines = [format!("COPY {name} ./{to}{}", if to.is_empty() { "" } else { "/" })];
            Finding::new(Severity::Error, vec![span], message).lines("write before it", lines)
        };
        missing(repository, build, one).into_iter().map(finding).collect::<Vec<_>>()
    })
}

/// The files that are there, are needed and do not come, with what they are.
fn missing(repository: &Repository, build: &Build, one: &BuildInstall) -> Vec<(String, &'static str)> {
    let install = &one.install;
    let arrival = Arrival::new(build, one);
    // Where the manifest comes from elsewhere, so may the rest.
    let Some(manifest) = install.manifests.first().and_then(|read| read.files.keys().next()) else {
        return Vec::new();
    };
    if arrival.is_open
        || !arrival.has(build, manifest)
        || install.manifests.iter().any(|read| read.files.len() > 1)
    {
        return Vec::new();
    }
    let dir = path::parent(manifest);
    let mut wanted: Vec<(String, &'static str)> = Vec::new();
    if install.command.frozen {
        let own = lockfile_names(install.command.manager).map(|file| path::child(dir, file));
        let there: Vec<String> = own.filter(|file| repository.has(file)).collect();
        let is_copied = there.iter().any(|file| arrival.has(build, file));
        wanted.extend(there.into_iter().take(1).filter(|_| !is_copied).map(|file| (file, "its lockfile")));
    }
    let version = manager(repository, one);
    let settings = |name: &str| {
        let file = path::child(dir, name);
        let text = repository.text(&file).and_then(|text| yaml::bounded(text).ok())?;
        Some((file, text))
    };
    if version.name == Name::Yarn
        && let Some((_, yaml)) = settings(".yarnrc.yml").filter(|(file, _)| arrival.has(build, file))
        && let Some(program) = yaml.get("yarnPath").and_then(|value| value.as_str())
    {
        wanted.push((path::child(dir, program.trim_start_matches("./")), "yarn itself"));
    }
    if version.name == Name::Pnpm {
        let workspace = settings(WORKSPACE_FILE);
        let has = |key: &str| {
            let value = workspace.as_ref().and_then(|(_, yaml)| yaml.get(key));
            value.and_then(|value| value.as_object()).is_some_and(|map| !map.is_empty())
        };
        if let Some((file, _)) =
            workspace.as_ref().filter(|_| *version.majors.start() >= 10 && has("overrides"))
        {
            wanted.push((file.clone(), "what overrides versions"));
        }
        let of_manifest = repository
            .sources
            .manifests
            .get(manifest)
            .and_then(|manifest| manifest.get("pnpm")?.get("patchedDependencies"));
        let of_workspace = workspace.as_ref().and_then(|(_, yaml)| yaml.get("patchedDependencies"));
        for patches in [of_manifest, of_workspace].into_iter().flatten().filter_map(|value| value.as_object())
        {
            let files = patches.values().filter_map(|file| file.as_str());
            wanted.extend(files.map(|file| (path::child(dir, file.trim_start_matches("./")), "a patch")));
        }
    }
    wanted
        .retain(|(file, _)| repository.has(file) && build.hides(file).is_none() && !arrival.has(build, file));
    wanted.sort();
    wanted.dedup();
    wanted
}

/// What comes into the image before an install.
struct Arrival<'b> {
    copies: Vec<&'b Copy>,
    /// Whether something comes of which it is not known what it brings.
    is_open: bool,
}

impl<'b> Arrival<'b> {
    fn new(build: &'b Build, one: &BuildInstall) -> Self {
        let at = (one.install.stage, one.install.step);
        let mut arrival = Self { copies: Vec::new(), is_open: false };
        for stage in build.file.chain(at.0) {
            for (step, what) in build.file.stages[stage].steps.iter().enumerate() {
                if !build.is_before((stage, step), at) && (stage, step) != at {
                    continue;
                }
                let copies = match what {
                    StageStep::Copy(copy) => std::slice::from_ref(copy),
                    StageStep::Run(run) => run.mounts.as_slice(),
                    StageStep::Folder(_) => &[],
                };
                for copy in copies {
                    let is_known =
                        copy.from == CopySource::Context && copy.sources.iter().all(|source| !source.is_open);
                    if is_known { arrival.copies.push(copy) } else { arrival.is_open = true }
                }
            }
        }
        arrival
    }

    fn has(&self, build: &Build, file: &str) -> bool {
        self.copies.iter().any(|copy| {
            let named = copy
                .sources
                .iter()
                .any(|source| source.parts.last().is_some_and(|part| part == basename(file)));
            build.lands(copy, file).is_some() || named && build.in_context(file).is_none()
        })
    }
}
