//! What `prepare` will do, as a value: shown, promised, carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::build::BuiltPackage;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::image::ImageBuild;
use crate::lockfile::SurfaceLockfile;
use crate::npm::{Scope, Tarball};
use crate::project::Project;
use crate::rewrite::{FileChange, Rewritten};
use crate::source::Decision;
use crate::transaction::FileRewrite;

/// What `prepare` will do; with a dry run, what it would do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PreparePlan {
    /// The project's root.
    pub(crate) project: PathBuf,
    /// The workspace's root, where packages come from one.
    pub(crate) workspace: Option<PathBuf>,
    /// The deps dir from the project's root.
    pub(crate) deps_dir: String,
    /// The packages that the tool is responsible for.
    pub(crate) scope: Scope,
    /// Where packages come from; where that is the registry, there is nothing else in it.
    pub(crate) source: Decision,
    /// By package name; a package has several where surfaces have different package managers.
    pub(crate) tarballs: Vec<Tarball>,
    /// The file names of those that are packages of others.
    pub(crate) third_parties: BTreeSet<String>,
    /// What is known of those, by the manifest of the surface.
    pub(crate) resolved: BTreeMap<String, ResolvedSurface>,
    /// By surface.
    pub(crate) rewrites: Vec<Rewritten>,
    /// The image builds that install each rewritten surface, by its manifest.
    pub(crate) builds: BTreeMap<String, Vec<Arc<ImageBuild>>>,
    /// The file names of the tarballs that each rewritten surface needs, by its manifest.
    pub(crate) needs: BTreeMap<String, BTreeSet<String>>,
    /// The lockfiles that were asked for, by the surface's folder.
    pub(crate) lockfiles: BTreeMap<String, SurfaceLockfile>,
    /// What `--build` did about each package that has a build script, or would do.
    pub(crate) built: Option<Vec<BuiltPackage>>,
    /// What is edited or made beside the manifests.
    pub(crate) files: Vec<FileChange>,
    /// Why the images that would then be built are certain to be wrong: nothing is prepared.
    pub(crate) refusals: Vec<Problem>,
    /// File names of tarballs that lie in the deps dir already.
    pub(crate) there: BTreeSet<String>,
    /// File names of our tarballs in the deps dir that do not belong there any more.
    pub(crate) stale: Vec<String>,
}

/// The packages of others that a surface takes from the deps dir.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResolvedSurface {
    /// How many.
    pub(crate) packages: usize,
    /// Who said so, as `pnpm 10.6.5`.
    pub(crate) manager: String,
    /// The lockfile that pins them, from the project's root.
    pub(crate) seeded_from: Option<String>,
    /// Versions that it does not have, as `name@version`.
    pub(crate) unpinned: Vec<String>,
}

impl PreparePlan {
    /// The tarballs of packages in scope.
    pub(crate) fn own_tarballs(&self) -> Vec<Tarball> {
        let is_own = |tarball: &&Tarball| !self.third_parties.contains(&tarball.filename);
        self.tarballs.iter().filter(is_own).cloned().collect()
    }

    /// Nothing is packed and nothing rewritten.
    pub(super) fn untouched(project: &Project, source: Decision) -> Self {
        Self {
            project: project.root.clone(),
            workspace: None,
            deps_dir: project.deps_dir.clone(),
            scope: project.scope.clone(),
            source,
            tarballs: Vec::new(),
            third_parties: BTreeSet::new(),
            resolved: BTreeMap::new(),
            rewrites: Vec::new(),
            builds: BTreeMap::new(),
            needs: BTreeMap::new(),
            files: Vec::new(),
            lockfiles: BTreeMap::new(),
            built: None,
            refusals: Vec::new(),
            there: BTreeSet::new(),
            stale: Vec::new(),
        }
    }

    pub(super) fn filenames(&self) -> BTreeSet<String> {
        self.tarballs.iter().map(|tarball| tarball.filename.clone()).collect()
    }

    /// The changes of manifests and of the files beside them, as `git diff` prints them.
    pub(crate) fn diff(&self) -> String {
        let manifests = self.rewrites.iter().map(Rewritten::diff);
        manifests.chain(self.files.iter().map(FileChange::diff)).collect()
    }

    /// Refuses to write anything else than what was promised.
    pub(super) fn refuse_unless(&self, promised: Option<&Self>) -> Result<()> {
        let Some(promised) = promised else { return Ok(()) };
        let (now, then) = (self.writes(), promised.writes());
        let paths: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
        let changed = paths.into_iter().filter(|path| now.get(*path) != then.get(*path));
        let problem = |path| Problem::new(format!("{path}: would not be written as it was planned any more"));
        let problems: Vec<Problem> = changed.map(problem).collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::all(ErrorKind::Refused, problems)
            .hint("a manifest or a package has changed since it was planned: plan it anew"))
    }

    /// What is written, by its path from the project's root: the text that it takes the place of, and its own or, of a
    /// tarball, its digest.
    fn writes(&self) -> BTreeMap<String, (Option<&str>, &str)> {
        let manifests = self.rewrites.iter().map(|rewritten| {
            let Rewritten { surface, text, .. } = rewritten;
            (surface.manifest_name.clone(), (Some(&*surface.text), &**text))
        });
        let files = self.files.iter().map(|file| (file.name.clone(), (file.before.as_deref(), &*file.after)));
        let tarballs = self.tarballs.iter().map(|tarball| {
            (format!("{}/{}", self.deps_dir, tarball.filename), (None, tarball.sha256.as_str()))
        });
        manifests.chain(files).chain(tarballs).collect()
    }

    /// What it takes to carry it out.
    pub(super) fn changes(&self) -> Result<Vec<FileRewrite>> {
        let manifests = self.rewrites.iter().map(|rewritten| {
            let undo = serde_json::to_value(&rewritten.undo).map_err(|error| {
                Error::new(
                    ErrorKind::Refused,
                    format!("{}: cannot be recorded: {error}", rewritten.surface.manifest_name),
                )
            })?;
            Ok(FileRewrite {
                path: rewritten.surface.manifest_path.clone(),
                original: Some(rewritten.surface.text.clone().into_bytes()),
                rewritten: rewritten.text.clone().into_bytes(),
                undo,
            })
        });
        let files = self.files.iter().map(|file| {
            Ok(FileRewrite {
                path: file.path.clone(),
                original: file.before.clone().map(String::into_bytes),
                rewritten: file.after.clone().into_bytes(),
                undo: file.undo.clone(),
            })
        });
        manifests.chain(files).collect()
    }
}
