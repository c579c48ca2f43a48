//! What `show` prints.

mod json;
mod mermaid;

use super::args::{ShowArgs, ShowFormat};
use super::lines::Lines;
use super::report::Reporter;
use super::text::count;
use crate::error::Result;
use crate::image::{BuildContext, BuildInstall, DefinitionKind, ImageBuild, Install, Place};
use crate::npm::as_seen_from;
pub(super) use crate::prepare::show::show;
use crate::prepare::{Shown, ShownBuild, ShownInstall, ShownRegistry, ShownSurface};
use crate::project::Requested;

pub(super) fn run(requested: &Requested, args: &ShowArgs, reporter: &Reporter) -> Result<()> {
    let shown = show(requested, None, &|event| reporter.event(event))?;
    if reporter.wants_json() {
        reporter.document(json::document(&shown));
    } else if args.format == ShowFormat::Mermaid {
        reporter.data(&mermaid::flowchart(&shown));
    } else {
        reporter.data(&text(&shown));
    }
    Ok(())
}

/// One build after the other, then the surfaces, then what is not known.
pub(super) fn text(shown: &Shown) -> Lines {
    let mut lines = Facts::default();
    for build in &shown.builds {
        lines.build(build);
    }
    if shown.builds.is_empty() {
        lines.add(0, "", "no image build is seen");
    }
    lines.add(0, "", "surfaces");
    for surface in &shown.surfaces {
        lines.add(1, "", &surface_line(surface));
    }
    for manifest in &shown.uninstalled {
        lines.add(1, "", &format!("{manifest}: no image build is seen to install it"));
    }
    if shown.surfaces.is_empty() && shown.uninstalled.is_empty() {
        lines.add(1, "", "none");
    }
    match &shown.workspace {
        Some(workspace) => lines.add(1, "packages", &as_seen_from(&shown.project, workspace)),
        None => {
            let problems = shown.without_packages.iter();
            problems.for_each(|problem| lines.add(1, "packages", &format!("not known: {}", problem.message)));
        }
    }
    let unread = shown.unread.iter().map(|(place, why)| format!("{place}: {why}"));
    let unknown = shown.unknown.iter().map(|unknown| format!("{}: {}", unknown.place, unknown.why));
    let unknown: Vec<String> = unread.chain(unknown).collect();
    if !unknown.is_empty() {
        lines.add(0, "", "not known");
        unknown.iter().for_each(|line| lines.add(1, "", line));
    }
    lines.0
}

/// A line for each fact, with its name in a column.
#[derive(Default)]
struct Facts(Lines);

impl Facts {
    fn add(&mut self, depth: usize, name: &str, value: &str) {
        let indent = "  ".repeat(depth);
        let name = if name.is_empty() { String::new() } else { format!("{name:<width$} ", width = 10) };
        self.0.add(format!("{indent}{name}{value}"));
    }

    fn build(&mut self, shown: &ShownBuild) {
        let ImageBuild { definition, dockerfile, unbuilt, installs, unknown, .. } = &*shown.build;
        self.add(0, "", &format!("build {}", title(&shown.build)));
        self.add(1, "dockerfile", dockerfile);
        let guess = if definition.is_guess { ", one of several that it may be meant for" } else { "" };
        self.add(1, "context", &format!("{}{guess}", context(&shown.build)));
        if let Some(target) = &definition.target {
            self.add(1, "target", target);
        }
        for (stage, place) in unbuilt {
            self.add(1, "not built", &format!("stage {stage} ({place})"));
        }
        for (one, told) in installs.iter().zip(&shown.installs) {
            self.install(shown, one, told);
        }
        if installs.is_empty() {
            self.add(1, "installs", "nothing that is seen");
        }
        if let Some((place, why)) = unknown {
            self.add(1, "not known", &format!("{place}: {why}"));
        }
    }

    fn install(&mut self, shown: &ShownBuild, one: &BuildInstall, told: &ShownInstall) {
        let Install { place, root, manifests, deps_dirs, is_built, .. } = &one.install;
        let dockerfile = &shown.build.dockerfile;
        let in_stage = if *is_built { "" } else { ", in a stage that is not built" };
        let manager = manager(&shown.build, one);
        self.add(1, "install", &format!("{place}: {manager} in {root}{in_stage}"));
        for read in manifests {
            for (file, line) in &read.files {
                self.add(2, "manifest", &format!("{file} -> {} ({dockerfile}:{line})", read.dir));
            }
        }
        if manifests.is_empty() {
            self.add(2, "manifest", "none of the project's is seen there");
        }
        for (dir, line) in deps_dirs {
            self.add(2, "deps dir", &format!("{dir} ({dockerfile}:{line})"));
        }
        if deps_dirs.is_empty() {
            let why = match &shown.hiding {
                Some((place, pattern)) => format!("is not there: {place} leaves it out ({pattern})"),
                None => format!("is not there: nothing before {place} copies it"),
            };
            self.add(2, "deps dir", &why);
        }
        for (path, file) in &told.lockfiles {
            self.add(2, "lockfile", &format!("{file} -> {path}"));
        }
        for (path, file) in &told.usable.settings {
            self.add(2, "settings", &format!("{file} -> {path}"));
        }
        for made in &told.usable.made {
            self.add(2, "settings", &format!("{made}, made in the build: what it says is not known"));
        }
        for registry in &told.registries {
            self.add(2, "registry", &registry_line(registry));
        }
        let variables: Vec<&str> = told.usable.variables.iter().map(String::as_str).collect();
        for (name, names) in
            [("secrets", told.usable.secrets.join(", ")), ("variables", variables.join(", "))]
        {
            if !names.is_empty() {
                self.add(2, name, &names);
            }
        }
    }
}

/// Who defines a build.
fn title(build: &ImageBuild) -> String {
    let defined = match build.definition.kind {
        DefinitionKind::Nothing => format!("{}, which nothing names", build.dockerfile),
        _ => build.named_by(),
    };
    if build.counts { defined } else { format!("{defined}, which the command does not build") }
}

fn context(build: &ImageBuild) -> String {
    match &build.definition.context {
        BuildContext::Project(dir) if dir.is_empty() => ".".to_owned(),
        BuildContext::Project(dir) => dir.clone(),
        BuildContext::Elsewhere(what) => format!("{what}, which is no folder of the project"),
    }
}

/// The package manager of an install, with each line that tells of it.
fn manager(build: &ImageBuild, one: &BuildInstall) -> String {
    let Some(named) = &one.told.named else {
        return "the package manager whose lockfile it finds".to_owned();
    };
    let in_image = one.told.in_image.iter();
    let version = in_image.filter(|other| other.manager.name == named.manager.name);
    let version = version.take(usize::from(named.manager.version.is_empty()));
    let told = std::iter::once(named).chain(version);
    let told = told.map(|told| format!("{} ({})", told.manager, Place::line(&build.dockerfile, told.line)));
    told.collect::<Vec<_>>().join(", ")
}

fn registry_line(registry: &ShownRegistry) -> String {
    let token = match &registry.token {
        Some(Ok(held)) => format!("; token: {held}"),
        Some(Err(unset)) => format!("; no token: {unset}"),
        None => String::new(),
    };
    match &registry.named_by {
        Ok(named_by) => format!("{named_by}{token}"),
        Err(problem) => format!("not known: {}", problem.message),
    }
}

fn surface_line(surface: &ShownSurface) -> String {
    let ShownSurface { manifest, detected, builds, lockfiles, packages, .. } = surface;
    let mut parts = vec![format!("{} ({})", detected.manager, detected.reason)];
    if !lockfiles.is_empty() {
        parts.push(lockfiles.join(", "));
    }
    if builds.is_empty() {
        parts.push("no image build is seen to install it".to_owned());
    }
    parts.extend(packages.as_ref().map(|packages| format!("needs {}", count(packages.len(), "package"))));
    format!("{manifest}: {}", parts.join("; "))
}
