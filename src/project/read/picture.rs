//! The picture of the project's image builds.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use super::surfaces::depends_on_scope;
use super::{Project, git};
use crate::error::{Problem, io_cause};
use crate::image::defines_images;
use crate::image::read::sources::{SourcesRead, SourcesRequest, read};
use crate::image::{ImageSources, LOCKFILES, Picture};
use crate::npm::WORKSPACE_FILE;
use crate::project::environment::Environment;
use crate::report::{Event, Notice, Report, warn};
use crate::text::path;

/// The picture, and what it was drawn from.
pub(crate) struct ProjectPicture {
    /// The image builds.
    pub(crate) picture: Picture,
    /// What was read.
    pub(crate) sources: ImageSources,
    /// Folders and files that could not be read, with the cause.
    pub(crate) unreadable: Vec<(PathBuf, io::Error)>,
    /// All files that were seen, where they were asked for: those near the root, and those that git tracks.
    pub(crate) files: BTreeSet<String>,
    /// Those that git tracks, where they were asked for and git tells.
    pub(crate) tracked: Option<BTreeSet<String>>,
}

impl ProjectPicture {
    /// Reads the project, and draws the picture of its image builds; those that a command builds are marked.
    pub(crate) fn read(project: &Project, environment: &Environment, command: Option<&[OsString]>) -> Self {
        Self::read_with(project, environment, command, false)
    }

    /// The same without asking docker, and with all files that are seen.
    pub(crate) fn read_with_files(project: &Project, environment: &Environment) -> Self {
        Self::read_with(project, environment, None, true)
    }

    fn read_with(
        project: &Project,
        environment: &Environment,
        command: Option<&[OsString]>,
        lists_files: bool,
    ) -> Self {
        // git lists its files while the folders are walked.
        let mut listing =
            project.is_in_git.then(|| git::start(git::git(&project.root).args(["ls-files", "-z"])));
        let tracked = || listing.take()?.and_then(git::Running::answer).ok();
        let (root, deps_dir) = (project.root.as_path(), project.deps_dir.as_str());
        let environment = &environment.texts();
        let request = SourcesRequest {
            root,
            deps_dir,
            is_tracked: project.is_in_git,
            environment,
            command,
            use_docker: !lists_files,
            lists_files,
        };
        let SourcesRead { mut sources, files, tracked, unreadable } = read(&request, tracked);
        let folders =
            sources.manifests.iter().filter(|(_, manifest)| depends_on_scope(manifest, &project.scope));
        let beside = folders.flat_map(|(manifest, _)| {
            let dir = path::parent(manifest);
            LOCKFILES
                .iter()
                .map(|(name, _)| *name)
                .chain([WORKSPACE_FILE])
                .map(move |name| path::child(dir, name))
        });
        let is_there = |name: &String| sources.places.contains(name) || sources.texts.contains_key(name);
        sources.hypothetical = beside.filter(|name| !is_there(name)).collect::<BTreeSet<_>>();
        Self { picture: Picture::draw(&sources), sources, unreadable, files, tracked }
    }

    /// Tells what could not be read of what defines image builds; of scripts only to who wants to know, since many call
    /// docker with what only they know.
    pub(crate) fn tell_unknown(&self, report: Report<'_>) {
        let mut warnings = Vec::new();
        for unknown in &self.picture.unknown {
            let message = format!("{}: {}", unknown.place, unknown.why);
            if defines_images(&unknown.place.file) {
                warnings.push(Problem::new(message));
            } else {
                report(Event::Notice(Notice::ImageBuild { message: &message }));
            }
        }
        warn(report, &warnings);
    }

    /// The manifests that depend on packages in scope and that no image build installs.
    pub(crate) fn uninstalled(&self, project: &Project) -> Vec<String> {
        let installed = self.picture.manifests();
        let all = self.sources.manifests.iter();
        let depending = all.filter(|(_, manifest)| depends_on_scope(manifest, &project.scope));
        depending.map(|(name, _)| name.clone()).filter(|name| !installed.contains(name.as_str())).collect()
    }

    /// Dockerfiles that tell nothing of a package manager.
    pub(crate) fn unreadable_dockerfiles(&self, project: &Project) -> Vec<Problem> {
        let files = self.unreadable.iter().filter(|(path, _)| path.is_file());
        let problem = |(path, error): &(PathBuf, io::Error)| {
            let name = path.strip_prefix(&project.root).unwrap_or(path).display();
            Problem::new(format!("{name}: not read for a package manager: {}", io_cause(error)))
                .hint("make it readable, or name the package manager, as in --package-manager pnpm@10.6.5")
        };
        files.filter(|(path, _)| !path.ends_with("package.json")).map(problem).collect()
    }
}
