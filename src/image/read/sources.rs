//! Reads the files of a project that matter to its image builds.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use walkdir::{DirEntry, WalkDir};

use super::definitions;
use super::definitions::DefinitionInputs;
use crate::disk;
use crate::image::LOCKFILES;
use crate::image::compose::is_inside;
use crate::image::context::{guesses, missing};
use crate::image::defines_images;
use crate::image::definition::{BuildContext, DockerfileSource};
use crate::image::dockerfile::Dockerfile;
use crate::image::makefile::MAKEFILES;
use crate::image::sources::ImageSources;
use crate::image::workflow::is_workflow;
use crate::npm::WORKSPACE_FILE;
use crate::text::json;

/// How deep below the root files are looked for that git does not track.
const SEARCH_DEPTH: usize = 4;

/// How deep they are looked for where there is no git.
const DEEP: usize = 12;

/// Longer than any Dockerfile, script or manifest, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Files of which only the place matters.
const PLACES: [&str; 6] =
    [".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "bunfig.toml", "lerna.json", WORKSPACE_FILE];

/// What is asked of the reading.
pub(crate) struct SourcesRequest<'a> {
    /// The project's root.
    pub(crate) root: &'a Path,
    /// The deps dir from there.
    pub(crate) deps_dir: &'a str,
    /// Whether it lies in a git repository.
    pub(crate) is_tracked: bool,
    /// The variables that compose reads.
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// The command of `run`.
    pub(crate) command: Option<&'a [OsString]>,
    /// Whether docker is asked what compose files mean.
    pub(crate) use_docker: bool,
    /// Whether every file is told of that is seen, and not only those that matter to image builds.
    pub(crate) lists_files: bool,
}

/// The sources, and what could not be read, as `path: why`.
pub(crate) struct SourcesRead {
    /// What was read.
    pub(crate) sources: ImageSources,
    /// The files near the root, whether they matter to image builds or not, where they are asked for.
    pub(crate) files: BTreeSet<String>,
    /// Those that git tracks, where they are asked for and git tells.
    pub(crate) tracked: Option<BTreeSet<String>>,
    /// Folders and files that could not be read, with the cause.
    pub(crate) unreadable: Vec<(PathBuf, io::Error)>,
}

/// Reads them; `tracked` tells which files git tracks, as `git ls-files -z` at the root does. What cannot be read is told
/// of, and left out.
pub(crate) fn read(request: &SourcesRequest<'_>, tracked: impl FnOnce() -> Option<Vec<u8>>) -> SourcesRead {
    let mut reading =
        Reading { request, sources: ImageSources::default(), files: BTreeSet::new(), unreadable: Vec::new() };
    reading.sources.deps_dir = request.deps_dir.to_owned();
    let mut names = reading.names();
    let is_ours = |name: &&str| {
        matters(name)
            && !name.split('/').any(|part| part == "node_modules")
            && !name.strip_prefix(request.deps_dir).is_some_and(|rest| rest.starts_with('/'))
    };
    let bytes = tracked();
    let tracked = bytes.iter().flat_map(|bytes| bytes.split(|byte| *byte == 0));
    let tracked = tracked.filter_map(|name| str::from_utf8(name).ok()).filter(|name| !name.is_empty());
    names.extend(tracked.clone().filter(is_ours).map(str::to_owned));
    for name in &names {
        reading.take(name);
    }
    reading.scripts(&names);
    reading.define(&names);
    let listed = bytes.as_ref().filter(|_| request.lists_files);
    let tracked = listed.map(|_| tracked.map(str::to_owned).collect());
    let Reading { sources, files, unreadable, .. } = reading;
    SourcesRead { sources, files, tracked, unreadable }
}

struct Reading<'a> {
    request: &'a SourcesRequest<'a>,
    sources: ImageSources,
    files: BTreeSet<String>,
    unreadable: Vec<(PathBuf, io::Error)>,
}

impl Reading<'_> {
    /// The files that matter by their names: those near the root, and those that git tracks.
    fn names(&mut self) -> BTreeSet<String> {
        let root = self.request.root;
        let depth = if self.request.is_tracked { SEARCH_DEPTH } else { DEEP };
        let mut names = BTreeSet::new();
        let walk = WalkDir::new(root).max_depth(depth).into_iter();
        for entry in walk.filter_entry(|entry| worth_entering(self.request, entry)) {
            match entry {
                Ok(entry) if entry.depth() > 0 && !entry.file_type().is_dir() => {
                    // Of a name that matters nowhere the path need not be made.
                    let is_wanted = entry.file_name().to_str().is_some_and(may_matter);
                    if !is_wanted && !self.request.lists_files {
                        continue;
                    }
                    let Some(name) = relative(root, entry.path()) else { continue };
                    if is_wanted && matters(&name) {
                        names.insert(name.clone());
                    }
                    if self.request.lists_files {
                        self.files.insert(name);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let place = error.path().unwrap_or(root).to_path_buf();
                    let cause =
                        error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of symbolic links"));
                    self.unreadable.push((place, cause));
                }
            }
        }
        names
    }

    /// Takes a file by its name.
    fn take(&mut self, name: &str) {
        let base = basename(name);
        if base == "package.json" {
            let text = self.text(name);
            let manifest = text.and_then(|text| json::parse_object(&text).ok()).unwrap_or_default();
            if self.request.root.join(name).exists() {
                self.sources.manifests.insert(name.to_owned(), manifest);
            }
        } else if is_dockerignore(base) {
            let text = self.text(name);
            self.sources.ignores.extend(text.map(|text| (name.to_owned(), text)));
        } else if is_dockerfile(base) {
            let text = self.text(name);
            self.sources.dockerfiles.extend(text.map(|text| (name.to_owned(), text)));
        } else if base == WORKSPACE_FILE || base == "lerna.json" || MAKEFILES.contains(&base) {
            let text = self.text(name);
            self.sources.texts.extend(text.map(|text| (name.to_owned(), text)));
        } else if is_place(base) || LOCKFILES.iter().any(|(lockfile, _)| *lockfile == base) {
            self.sources.places.insert(name.to_owned());
        }
    }

    /// Takes the scripts that a Dockerfile names.
    fn scripts(&mut self, names: &BTreeSet<String>) {
        let named = |name: &&String| {
            name.ends_with(".sh")
                && self.sources.dockerfiles.values().any(|text| text.contains(basename(name)))
        };
        let scripts: Vec<String> = names.iter().filter(named).cloned().collect();
        for name in scripts {
            let text = self.text(&name);
            self.sources.texts.extend(text.map(|text| (name, text)));
        }
    }

    /// Reads what defines builds, the Dockerfiles that are named there, and guesses the contexts of those that nobody
    /// names.
    fn define(&mut self, names: &BTreeSet<String>) {
        let SourcesRequest { root, environment, command, .. } = self.request;
        let files: Vec<String> = names.iter().filter(|name| defines_builds(name)).cloned().collect();
        let mut definitions = definitions::read(DefinitionInputs {
            root,
            environment,
            files: &files,
            // It runs at the project's root.
            command: command.map(|words| (words, "")),
            use_docker: self.request.use_docker,
        });
        let commanded = definitions.command.iter().flat_map(|command| command.builds.values());
        let commanded: BTreeSet<usize> = commanded.copied().collect();
        let named = definitions.builds.iter().enumerate().filter_map(|(at, build)| match &build.dockerfile {
            DockerfileSource::Project(name) => Some(name.clone()),
            // What the command builds by a file outside of the project matters as well.
            DockerfileSource::Elsewhere(name) if commanded.contains(&at) && !is_inside(name) => {
                Some(name.clone())
            }
            _ => None,
        });
        let named: BTreeSet<String> = named.collect();
        for name in &named {
            if !self.sources.dockerfiles.contains_key(name) {
                let text = self.text(name);
                self.sources.dockerfiles.extend(text.map(|text| (name.clone(), text)));
            }
        }
        let mut guessed = Vec::new();
        for (name, text) in self.sources.dockerfiles.iter().filter(|(name, _)| !named.contains(*name)) {
            guessed.extend(guesses(name, text, self.request.deps_dir, |path| self.exists(path)));
        }
        definitions.builds.extend(guessed);
        let mut lacking = BTreeSet::new();
        for build in &definitions.builds {
            let (BuildContext::Project(dir), Some(text)) =
                (&build.context, self.sources.dockerfile_of(build))
            else {
                continue;
            };
            let file = Dockerfile::parse_with(text, &build.known_args());
            let missing = missing(&file, dir, self.request.deps_dir, |path| self.exists(path));
            lacking.extend(missing.into_iter().map(|source| (dir.clone(), source)));
        }
        self.sources.missing = lacking;
        self.sources.definitions = definitions;
    }

    fn exists(&self, path: &str) -> bool {
        self.request.root.join(path).symlink_metadata().is_ok()
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let path = self.request.root.join(name);
        match content(&path) {
            Ok(text) => text,
            Err(error) => {
                self.unreadable.push((path, error));
                None
            }
        }
    }
}

/// The begin of a regular file as text; `None` for what is none, such as a pipe, which would not end.
fn content(path: &Path) -> io::Result<Option<String>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    }
    let bytes = disk::begin(path, MAX_FILE)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether a file matters, by its path.
fn matters(name: &str) -> bool {
    let base = basename(name);
    may_matter(base) && (matters_anywhere(base) || defines_builds(name))
}

/// Whether a file may matter, by its name alone.
fn may_matter(base: &str) -> bool {
    matters_anywhere(base) || defines_images(base) || base.ends_with(".yml") || base.ends_with(".yaml")
}

/// Whether a file matters in whichever folder it lies, by its name alone.
fn matters_anywhere(base: &str) -> bool {
    base == "package.json"
        || is_place(base)
        || LOCKFILES.iter().any(|(lockfile, _)| *lockfile == base)
        || base.ends_with(".sh")
        || MAKEFILES.contains(&base)
        || is_dockerfile(base)
        || is_dockerignore(base)
}

/// Whether only the place of a file matters, by its name.
fn is_place(base: &str) -> bool {
    PLACES.contains(&base) || base.contains("npmrc")
}

/// Whether it may define builds, by its name.
fn defines_builds(name: &str) -> bool {
    defines_images(name)
        || is_workflow(name)
        || name == "package.json"
        || MAKEFILES.contains(&name)
        || !name.contains('/') && name.ends_with(".sh")
}

fn is_dockerignore(base: &str) -> bool {
    base.ends_with(".dockerignore")
}

/// Whether a person would take it for a Dockerfile, by its name.
fn is_dockerfile(base: &str) -> bool {
    /// What is written in another language about Dockerfiles.
    const OTHERS: [&str; 17] = [
        "md", "mdx", "txt", "rst", "ts", "tsx", "js", "mjs", "cjs", "py", "go", "rs", "rb", "java", "json",
        "yml", "yaml",
    ];
    /// Whatever the case of its letters.
    const NAMES: [&str; 2] = ["dockerfile", "containerfile"];
    let is_begin_or_end = |name: &str| {
        let end = base.len().saturating_sub(name.len());
        let parts = [base.get(..name.len()), base.get(end..)];
        parts.into_iter().flatten().any(|part| part.eq_ignore_ascii_case(name))
    };
    // Most names need no copy.
    if !NAMES.into_iter().any(is_begin_or_end) {
        return false;
    }
    let base = base.to_ascii_lowercase();
    let is_other = base.rsplit_once('.').is_some_and(|(_, extension)| OTHERS.contains(&extension));
    let named = |name: &str| {
        base.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
            || base.strip_suffix(name).is_some_and(|start| start.ends_with(['.', '-', '_']))
    };
    !is_other && !is_dockerignore(&base) && NAMES.into_iter().any(named)
}

/// Not into dependencies, hidden folders, the deps dir, or repositories inside the project.
fn worth_entering(request: &SourcesRequest<'_>, entry: &DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_dir() {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    !name.starts_with('.')
        && name != "node_modules"
        && entry.path() != request.root.join(request.deps_dir)
        && !entry.path().join(".git").exists()
}

fn basename(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// A path below the root with `/` between parts; `None` where it is not UTF-8.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/"))
}
