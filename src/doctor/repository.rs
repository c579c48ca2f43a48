//! A repository as it was read: what the rules judge.

mod build;
mod spans;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub(crate) use self::build::{Build, ContextCopy};
use super::finding::{Finding, Judged};
use super::settings::Chosen;
use crate::guard::init::HookText;
use crate::image::{BuildInstall, ImageSources, Install, Picture};
use crate::npm::Scope;
use crate::project::depends_on_scope;

/// A repository: its image builds, and the files that have to do with them. All paths are from its root, with `/`
/// between parts.
pub(crate) struct Repository {
    /// Where it lies.
    pub(crate) root: PathBuf,
    /// The folder's name.
    pub(crate) name: String,
    /// The deps dir.
    pub(crate) deps_dir: String,
    /// The packages that come from the private registry.
    pub(crate) scope: Scope,
    /// The image builds.
    pub(crate) picture: Picture,
    /// What the picture was drawn from.
    pub(crate) sources: ImageSources,
    /// The builds with their Dockerfiles taken apart, in the picture's order.
    pub(crate) builds: Vec<Build>,
    /// Every file that is seen: those near the root, and those that git tracks.
    pub(crate) files: BTreeSet<String>,
    /// Those that git tracks; `None` where there is no git.
    pub(crate) tracked: Option<BTreeSet<String>>,
    /// Files that the picture needs only the place of, with their texts.
    pub(crate) texts: BTreeMap<String, String>,
    /// Registry settings of the repositories beside this one: the path, and the text.
    pub(crate) siblings: Vec<(String, String)>,
    /// What git and its hooks say.
    pub(crate) git: Option<GitFacts>,
    /// `[doctor]`, with the words of the call.
    pub(crate) chosen: Chosen,
    /// Globs on files that the guard leaves out.
    pub(crate) guard_ignore: Vec<String>,
    /// Why this version of the program is none of those, where it is so.
    pub(crate) unmet: Option<String>,
    /// The versions of the program that the repository asks for.
    pub(crate) pin: Option<String>,
}

/// What git and its hooks say of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GitFacts {
    /// Whether the project's root is the work tree's top.
    pub(crate) is_top: bool,
    /// What is never to be committed, and that git does not leave out.
    pub(crate) unignored: Vec<NeverCommitted>,
    /// The hook, or why it cannot be told.
    pub(crate) hook: Option<Result<HookText, String>>,
    /// What the last commit holds that the guard lets nobody commit, or why it cannot be told.
    pub(crate) committed: Option<Result<Vec<Committed>, String>>,
}

/// What the last commit holds that nobody may commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Committed {
    /// From the work tree's top.
    pub(crate) path: String,
    /// From 1 on.
    pub(crate) line: usize,
    /// What it is, in a few words.
    pub(crate) what: String,
}

/// What is never to be committed and not left out by git.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NeverCommitted {
    /// From the repository's root.
    pub(crate) path: String,
    /// The line of a `.gitignore` that leaves it out.
    pub(crate) pattern: String,
}

impl Repository {
    /// The text of a file, where it was read.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let of_sources = |texts: &'_ BTreeMap<String, String>| texts.contains_key(path);
        let ImageSources { texts, dockerfiles, ignores, .. } = &self.sources;
        let all = [dockerfiles, ignores, &self.texts, texts];
        all.into_iter().find(|texts| of_sources(texts))?.get(path).map(String::as_str)
    }

    /// A line of a file, from 1 on, without its end.
    pub(crate) fn line(&self, path: &str, line: usize) -> Option<&str> {
        self.text(path)?.lines().nth(line.checked_sub(1)?)
    }

    /// The first line of a file that holds these words.
    pub(crate) fn line_with(&self, path: &str, words: &str) -> Option<usize> {
        self.text(path)?.lines().position(|line| line.contains(words)).map(|at| at + 1)
    }

    /// Puts a question to each install of each build.
    pub(crate) fn judge_installs<F: IntoIterator<Item = Finding>>(
        &self,
        found: impl Fn(&Build, &BuildInstall) -> F,
    ) -> Judged {
        let mut judged = Judged::default();
        for build in &self.builds {
            build.installs().flat_map(|one| found(build, one)).for_each(|finding| judged.add(finding));
        }
        judged
    }

    /// The same, but that a build is left open of which it is not known what lies where its installs look.
    pub(crate) fn judge_known_installs<F: IntoIterator<Item = Finding>>(
        &self,
        found: impl Fn(&Build, &BuildInstall) -> F,
    ) -> Judged {
        let mut judged = Judged::default();
        for build in &self.builds {
            if !build.leaves_installs_open(&mut judged) {
                build.installs().flat_map(|one| found(build, one)).for_each(|finding| judged.add(finding));
            }
        }
        judged
    }

    /// Whether git tracks a file; what it tracks is not known without git.
    pub(crate) fn is_tracked(&self, path: &str) -> bool {
        self.tracked.as_ref().is_some_and(|tracked| tracked.contains(path))
    }

    /// Whether a file is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// The folders that hold a manifest.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &str> {
        self.sources.manifests.keys().map(|manifest| crate::text::path::parent(manifest))
    }

    /// The manifests that an install reads and that depend on packages of the private registry.
    pub(crate) fn private_manifests<'a>(&'a self, install: &'a Install) -> impl Iterator<Item = &'a str> {
        let names = install.manifests.iter().flat_map(|read| read.files.keys().map(String::as_str));
        names.filter(|name| {
            let manifest = self.sources.manifests.get(*name);
            manifest.is_some_and(|manifest| depends_on_scope(manifest, &self.scope))
        })
    }

    /// The packages of the private registry that an install's manifests name, each once.
    pub(crate) fn private_packages<'a>(&'a self, install: &'a Install) -> BTreeSet<&'a str> {
        let manifests = self.private_manifests(install).filter_map(|name| self.sources.manifests.get(name));
        let fields = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
        let names = manifests.flat_map(move |manifest| {
            fields.into_iter().flat_map(move |field| crate::npm::dependencies(manifest, field))
        });
        names.map(|(name, _)| name).filter(|name| self.scope.contains(name)).collect()
    }
}
