//! Sources that are copied before the install.

use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, ContextCopy, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::BuildInstall;
use crate::text::{basename, path};

pub(super) static RULE: Rule = Rule {
    id: "DP504",
    name: "sources-before-install",
    severity: Severity::Warning,
    fix: FixClass::Lines,
    seed: "A4-1",
    what: "The sources of what is installed are copied before the install.",
    why: "Each change of a source file has all packages installed anew.",
    how: "Copy manifests, lockfile and settings first, install, and copy the rest behind that.",
    check,
};

/// How sources end.
const SOURCES: [&str; 14] =
    ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro", "css", "scss", "html"];

fn check(repository: &Repository) -> Judged {
    repository.judge_known_installs(|build, one| found(repository, build, one))
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let install = &one.install;
    let manifests: Vec<&str> =
        install.manifests.iter().flat_map(|read| read.files.keys().map(String::as_str)).collect();
    let before =
        build.context_copies().filter(|copy| build.is_before(copy.at, (install.stage, install.step)));
    let (copy, source) =
        before.into_iter().find_map(|copy| Some((copy, source_of(repository, build, copy, &manifests)?)))?;
    let place = &install.place;
    let line = copy.copy.line;
    let spans = vec![
        repository.in_dockerfile(build, line, "", format!("takes {source}")),
        repository.span(&place.file, place.line, install.command.manager.as_str(), "runs anew with it"),
    ];
    let message =
        format!("{}: each change of a source has {place} install everything anew", spans[0].place());
    let names = manifests.iter().filter_map(|manifest| build.in_context(manifest)).take(3);
    let copies = names.map(|name| format!("COPY {name} {}", folder_of(name)));
    let lines = copies.chain([format!("(the install of line {})", place.line), "COPY . .".to_owned()]);
    Some(Finding::new(Severity::Warning, spans, message).lines("write", lines))
}

fn folder_of(name: &str) -> String {
    match path::parent(name) {
        "" => "./".to_owned(),
        folder => format!("./{folder}/"),
    }
}

/// A source of a package whose folder, or one above it, a copy takes as a whole, with the manifest.
fn source_of<'r>(
    repository: &'r Repository,
    build: &Build,
    one: ContextCopy<'_>,
    manifests: &[&str],
) -> Option<&'r str> {
    let whole = manifests.iter().filter(|manifest| {
        let is_named = one
            .copy
            .sources
            .iter()
            .any(|source| source.parts.last().is_some_and(|part| part.contains("package")));
        !is_named && build.lands(one.copy, manifest).is_some()
    });
    let folders: Vec<&str> = whole.map(|manifest| path::parent(manifest)).collect();
    repository.files.iter().map(String::as_str).find(|file| {
        let in_one = |folder: &&str| folder.is_empty() || path::below(folder, file).is_some();
        folders.iter().any(in_one)
            && is_source(file)
            && build.hides(file).is_none()
            && build.lands(one.copy, file).is_some()
    })
}

/// Whether a file is a source of a program, and no settings of a tool.
fn is_source(file: &str) -> bool {
    let name = basename(file);
    let is_one = name.rsplit_once('.').is_some_and(|(_, extension)| SOURCES.contains(&extension));
    is_one
        && !name.contains(".config.")
        && !name.starts_with('.')
        && !file.split('/').any(|part| part == "node_modules" || part == ".yarn" || part == "patches")
}
