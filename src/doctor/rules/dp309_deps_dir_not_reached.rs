//! Tarballs that an install does not find.

use super::dp102_deps_dir_ignored::copy_of_deps_dir;
use crate::doctor::finding::{Finding, Judged};
use crate::doctor::repository::{Build, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::{BuildInstall, join};
use crate::text::{basename, path};

pub(super) static RULE: Rule = Rule {
    id: "DP309",
    name: "deps-dir-not-reached",
    severity: Severity::Error,
    fix: FixClass::Lines,
    seed: "A5",
    what: "The Dockerfile copies the deps dir behind the install that needs it, into another stage, or to where a `file:` of the manifest does not lead.",
    why: "The install of a prepared build then stops: a tarball that the manifest names is not there.",
    how: "Copy the deps dir before the install, to the same place from the manifest as in the project.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in repository.builds.iter().filter(|build| build.context().is_some()) {
        for one in build.installs() {
            found(repository, build, one).into_iter().for_each(|finding| judged.add(finding));
        }
    }
    judged
}

fn found(repository: &Repository, build: &Build, one: &BuildInstall) -> Option<Finding> {
    let install = &one.install;
    let manifest = repository.private_manifests(install).next()?;
    // What hides it is another matter.
    if build.image.hides_deps_dir.is_some() {
        return None;
    }
    let copy = copy_of_deps_dir(repository, build)?;
    let dir = &repository.deps_dir;
    let place = &install.place;
    let needs =
        repository.span(&place.file, place.line, install.command.manager.as_str(), "needs the tarballs");
    let name = basename(dir);
    let line = copy.copy.line;
    let copied = |label: &str| repository.in_dockerfile(build, line, name, label);
    if install.deps_dirs.is_empty() {
        let is_same = copy.at.0 == install.stage;
        let label = if is_same { "comes too late" } else { "lies in another stage" };
        let copied = copied(label);
        let message = format!("{} copies {dir}, and the install in {place} does not see it", copied.place());
        let lines = [format!("COPY {dir}* {}/", at_home(repository, install_dir(one)?, manifest))];
        return Some(
            Finding::new(Severity::Error, vec![copied, needs], message)
                .so("the install of a prepared build finds no tarball")
                .lines("write before the install", lines),
        );
    }
    // prepare names them by where they lie; the old script and what is left of it do so by the project alone.
    let text = repository.text(manifest).unwrap_or_default();
    let is_old = repository.files.iter().any(|file| file.ends_with("docker-prep.sh"));
    let is_left = text.contains("\"file:") && text.contains(&format!("{dir}/"));
    let expected = at_home(repository, install_dir(one)?, manifest);
    if !(is_old || is_left) || install.deps_dirs.contains_key(&expected) {
        return None;
    }
    let to = install.deps_dirs.keys().next()?;
    let copied = copied("copied to another place");
    let message =
        format!("{} copies {dir} to {to}, and the manifest looks for it in {expected}", copied.place());
    Some(
        Finding::new(Severity::Error, vec![copied, needs], message)
            .so("the install of a prepared build finds no tarball")
            .lines("write", [format!("COPY {dir}* {expected}/")]),
    )
}

/// The folder of the first private manifest in the image.
fn install_dir(one: &BuildInstall) -> Option<&str> {
    one.install.manifests.first().map(|read| read.dir.as_str())
}

/// Where the deps dir lies in the image if it lies from a manifest as in the project.
fn at_home(repository: &Repository, dir: &str, manifest: &str) -> String {
    let up = path::parent(manifest).split('/').filter(|part| !part.is_empty()).count();
    join(dir, &format!("{}{}", "../".repeat(up), repository.deps_dir))
}
