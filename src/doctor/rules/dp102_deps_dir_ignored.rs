//! The deps dir that a Dockerfile copies is not in the build's context.

use crate::doctor::finding::{Edit, EditKind, Finding, Judged, Safety};
use crate::doctor::repository::{Build, ContextCopy, Repository};
use crate::doctor::rule::{FixClass, Rule, Severity};
use crate::image::Place;
use crate::text::basename;

pub(super) static RULE: Rule = Rule {
    id: "DP102",
    name: "deps-dir-ignored",
    severity: Severity::Error,
    fix: FixClass::Safe,
    seed: "A5-3 A6-3",
    what: "The Dockerfile copies the deps dir, and a pattern of the .dockerignore hides its tarballs.",
    why: "COPY with a wildcard then copies nothing, without a word, and the install of a prepared build fails: the tarballs that the manifests name are not there.",
    how: "Add `!.docker-deps` and `!.docker-deps/**` at the end of the file.",
    check,
};

fn check(repository: &Repository) -> Judged {
    let mut judged = Judged::default();
    for build in &repository.builds {
        let Some(copy) = copy_of_deps_dir(repository, build) else { continue };
        if let Some((path, why)) = build.open_context() {
            judged.leave_open(path, why);
            continue;
        }
        let Some(Place { file, line, .. }) = build.image.hides_deps_dir.clone() else { continue };
        let dir = &repository.deps_dir;
        let Some(dir) = build.in_context(dir) else { continue };
        let dockerfile = &build.image.dockerfile;
        let copied = repository.in_dockerfile(build, copy.copy.line, dir, "copies nothing");
        let message = format!(
            "{file}:{line} hides {dir}/*.tgz, which {dockerfile}:{} copies: it copies nothing, without a word",
            copied.line
        );
        let spans = vec![repository.span(&file, line, "", format!("hides {dir}/*.tgz")), copied];
        let lines = vec![format!("!{dir}"), format!("!{dir}/**")];
        let edit = Edit { path: file, kind: EditKind::Append(lines) };
        let finding = Finding::new(Severity::Error, spans, message)
            .so("a prepared build finds no tarball, and its install fails")
            .edits(Safety::Safe, vec![edit]);
        judged.add(finding);
    }
    judged
}

/// The copy that names the deps dir.
pub(super) fn copy_of_deps_dir<'a>(repository: &Repository, build: &'a Build) -> Option<ContextCopy<'a>> {
    let dir = &repository.deps_dir;
    let name = basename(dir).to_owned();
    build.context_copies().find(|one| {
        let mut parts = one.copy.sources.iter().flat_map(|source| &source.parts);
        parts.any(|part| part.trim_end_matches('*') == name)
    })
}
