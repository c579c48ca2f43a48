//! What the judged tree says of itself: its projects, their deps dirs, and what is left out.

use crate::npm::{MatchOptions, Minimatch};
use crate::project::{CONFIG_FILE, DEFAULT_DEPS_DIR, config};
use crate::rewrite::{Parts, names, tarball_reference as reference};

/// The projects of a tree. The tree's top is one whether it holds a `docker-prep.toml` or not.
#[derive(Debug)]
pub(crate) struct GuardSettings {
    /// Those above others first.
    projects: Vec<GuardedProject>,
}

/// A folder with a `docker-prep.toml`.
#[derive(Debug)]
pub(crate) struct GuardedProject {
    /// From the tree's top, with a slash at its end; empty for the top.
    root: Vec<u8>,
    /// The deps dir from the root.
    deps_dir: Parts,
    ignore: Vec<SettingsGlob>,
}

#[derive(Debug)]
struct SettingsGlob {
    negated: bool,
    pattern: Minimatch,
}

/// Why a `docker-prep.toml` cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadSettings {
    /// From the tree's top.
    pub(crate) path: Vec<u8>,
    /// With line and column where it has some.
    pub(crate) cause: String,
}

impl Default for GuardSettings {
    fn default() -> Self {
        let deps_dir = vec![DEFAULT_DEPS_DIR.to_owned()];
        Self { projects: vec![GuardedProject { root: Vec::new(), deps_dir, ignore: Vec::new() }] }
    }
}

impl GuardSettings {
    /// Reads each `docker-prep.toml` of a tree, given with its path. A deps dir that was asked for goes before theirs.
    ///
    /// # Errors
    /// [`BadSettings`] of the first that cannot be followed. One that another leaves out is not read.
    pub(crate) fn read(files: &[(&[u8], &[u8])], deps_dir: Option<&str>) -> Result<Self, BadSettings> {
        let mut files = files.to_vec();
        files.sort_by_key(|(path, _)| path.iter().filter(|byte| **byte == b'/').count());
        let mut this = Self { projects: Vec::new() };
        for (path, bytes) in files {
            if this.leaves_out(path) {
                continue;
            }
            let root = path[..path.len() - CONFIG_FILE.len()].to_vec();
            let project = GuardedProject::read(root, bytes, deps_dir)
                .map_err(|cause| BadSettings { path: path.to_vec(), cause })?;
            this.projects.push(project);
        }
        if this.projects.first().is_none_or(|project| !project.root.is_empty()) {
            let top = GuardedProject::read(Vec::new(), b"", deps_dir)
                .map_err(|cause| BadSettings { path: Vec::new(), cause })?;
            this.projects.insert(0, top);
        }
        Ok(this)
    }

    /// The project that a path belongs to.
    pub(crate) fn project(&self, path: &[u8]) -> &GuardedProject {
        let inside = self.projects.iter().rev().find(|project| path.starts_with(&project.root));
        inside.unwrap_or(&self.projects[0])
    }

    /// Whether a glob of `guard-ignore` leaves a path out: of its own project or of one above, by its own name or by a
    /// folder's that it lies in. The last one that matches decides.
    pub(crate) fn leaves_out(&self, path: &[u8]) -> bool {
        self.projects.iter().any(|project| {
            path.strip_prefix(project.root.as_slice()).is_some_and(|below| project.leaves_out(below))
        })
    }

    /// Whether a path of the tree is in a deps dir, or is one that is no folder.
    pub(crate) fn in_deps_dir(&self, path: &[u8], is_file: bool) -> bool {
        if !self.names().any(|name| crate::guard::contains(path, name.as_bytes())) {
            return false;
        }
        let place = |project: &GuardedProject| {
            path.strip_prefix(project.root.as_slice()).is_some_and(|below| project.holds(below))
        };
        self.projects.iter().any(place) || self.project(path).holds_default(path, is_file)
    }

    /// The deps dir that holds a path: the shortest way up to it that is in one.
    pub(crate) fn deps_dir_above(&self, path: &[u8]) -> Vec<u8> {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        ends.map(|end| &path[..end]).find(|above| self.in_deps_dir(above, false)).unwrap_or(path).to_vec()
    }

    /// Whether a path that a file names leads into a deps dir: into its project's, from wherever it is meant, or into
    /// another one's, from the file's own folder.
    pub(crate) fn leads_into_deps_dir(&self, file: &[u8], path: &Parts) -> bool {
        let wanted = &self.project(file).deps_dir;
        let own = path.windows(wanted.len()).any(|window| same(window, wanted));
        own || {
            let folder = String::from_utf8_lossy(file);
            let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            let place = reference::parts(&format!("{folder}/{}", path.join("/")));
            self.projects.iter().any(|project| {
                let root = String::from_utf8_lossy(&project.root);
                let deps_dir: Parts =
                    reference::parts(&root).into_iter().chain(project.deps_dir.iter().cloned()).collect();
                place.get(..deps_dir.len()).is_some_and(|start| same(start, &deps_dir))
            })
        }
    }

    /// The last part of each deps dir: a text that holds none of them, however it is written, leads into none.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.projects.iter().filter_map(|project| project.deps_dir.last()).map(String::as_str)
    }
}

impl GuardedProject {
    fn read(root: Vec<u8>, bytes: &[u8], deps_dir: Option<&str>) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let config = config::parse(text.strip_prefix('\u{feff}').unwrap_or(text))?;
        let deps_dir = deps_dir.or(config.deps_dir.as_deref()).unwrap_or(DEFAULT_DEPS_DIR);
        let parts = reference::parts(deps_dir);
        if deps_dir.starts_with('/') || parts.first().is_none_or(|first| first == "..") {
            return Err(format!("the deps dir `{deps_dir}` is no folder inside the project"));
        }
        let ignore =
            config.guard_ignore.iter().map(|glob| SettingsGlob::new(glob)).collect::<Result<_, _>>()?;
        Ok(Self { root, deps_dir: parts, ignore })
    }

    /// The root from the tree's top, with a slash at its end; empty for the top.
    pub(crate) fn root(&self) -> &[u8] {
        &self.root
    }

    /// The deps dir from the root.
    pub(crate) fn deps_dir(&self) -> String {
        self.deps_dir.join("/")
    }

    fn leaves_out(&self, below: &[u8]) -> bool {
        if self.ignore.is_empty() {
            return false;
        }
        let path = String::from_utf8_lossy(below);
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let places: Vec<&str> = ends.map(|end| &path[..end]).collect();
        let hit = |glob: &&SettingsGlob| places.iter().any(|place| glob.pattern.matches(place));
        self.ignore.iter().rev().find(hit).is_some_and(|glob| !glob.negated)
    }

    fn holds(&self, below: &[u8]) -> bool {
        let mut parts = below.split(|byte| *byte == b'/');
        self.deps_dir.iter().all(|wanted| parts.next().is_some_and(|part| is(part, wanted)))
    }

    /// The default name says whose folder it is, at any depth: a run with other settings may have left it.
    fn holds_default(&self, path: &[u8], is_file: bool) -> bool {
        if self.deps_dir != [DEFAULT_DEPS_DIR] {
            return false;
        }
        let mut parts = path.split(|byte| *byte == b'/').rev();
        let last = parts.next().is_some_and(|last| !is_file && is(last, DEFAULT_DEPS_DIR));
        last || parts.any(|part| is(part, DEFAULT_DEPS_DIR))
    }
}

impl SettingsGlob {
    fn new(glob: &str) -> Result<Self, String> {
        let (negated, glob) = glob.strip_prefix('!').map_or((false, glob), |glob| (true, glob));
        let from_root = glob.strip_prefix("./").unwrap_or(glob).trim_start_matches('/').trim_end_matches('/');
        let options = MatchOptions { dot: true, nonegate: true, nocomment: true, ..MatchOptions::default() };
        let pattern =
            Minimatch::new(from_root, options).map_err(|error| format!("guard-ignore: `{glob}`: {error}"))?;
        Ok(Self { negated, pattern })
    }
}

fn is(part: &[u8], name: &str) -> bool {
    part.eq_ignore_ascii_case(name.as_bytes())
}

/// Only the last part of a path may carry something more.
fn same(parts: &[String], wanted: &[String]) -> bool {
    parts.iter().zip(wanted).all(|(part, wanted)| names(part, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(files: &[(&str, &str)]) -> GuardSettings {
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_bytes(), text.as_bytes())).collect();
        GuardSettings::read(&files, None).unwrap()
    }

    #[test]
    fn globs_are_meant_from_the_project() {
        let settings = settings(&[
            ("docker-prep.toml", "guard-ignore = ['fixtures/**', 'a/*/x', '!a/b/x', 'whole/', '/top']"),
            ("sub/docker-prep.toml", "guard-ignore = ['own']"),
            ("fixtures/docker-prep.toml", "broken ["),
        ]);
        for out in ["fixtures/a/b", "fixtures/.a", "a/c/x", "a/c/x/y", "whole/a/b", "top", "sub/own/x"] {
            assert!(settings.leaves_out(out.as_bytes()), "{out}");
        }
        for kept in ["fixtures2/a", "b/fixtures/a", "a/b/x", "a/c/d/x", "own/x", "package.json"] {
            assert!(!settings.leaves_out(kept.as_bytes()), "{kept}");
        }
    }

    #[test]
    fn each_project_has_its_deps_dir() {
        let settings = settings(&[("web/docker-prep.toml", "deps-dir = 'build/deps'")]);
        for inside in
            [".docker-deps/x", ".Docker-Deps/x/y", "a/.docker-deps/x", "web/build/deps/x", ".docker-deps"]
        {
            assert!(settings.in_deps_dir(inside.as_bytes(), true), "{inside}");
        }
        for outside in
            [".docker-deps.md", "a/.docker-deps", "web/.docker-deps/x", "build/deps/x", "web/deps/x"]
        {
            assert!(!settings.in_deps_dir(outside.as_bytes(), true), "{outside}");
        }
        assert!(settings.in_deps_dir(b"a/.docker-deps", false), "a link");
        let leads =
            |file: &str, path: &str| settings.leads_into_deps_dir(file.as_bytes(), &reference::parts(path));
        assert!(leads("web/a/package.json", "../build/deps/x"));
        assert!(leads("web/build/package.json", "deps/x"));
        assert!(leads("api/package.json", "../web/build/deps/x"));
        assert!(leads("api/package.json", "../../../.docker-deps"));
        assert!(!leads("web/package.json", "src/deps/x"));
        assert!(!leads("api/package.json", "build/deps/x"));
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        for (text, cause) in [
            ("x = 1", "line 1"),
            ("deps-dir = '../x'", "no folder"),
            ("deps-dir = '/x'", "no folder"),
            ("guard-ignore = ['{1..2..0}']", "guard-ignore"),
        ] {
            let error = GuardSettings::read(&[(b"a/docker-prep.toml", text.as_bytes())], None).unwrap_err();
            assert!(error.path == b"a/docker-prep.toml" && error.cause.contains(cause), "{error:?}");
        }
    }
}
