//! What the judged tree says of itself: its projects, their deps dirs, and what is left out.

use crate::error::Problem;
use crate::npm::{MatchOptions, Minimatch};
use crate::project::{CONFIG_FILE, ConfigError, DEFAULT_DEPS_DIR, UnmetVersion, config};
use crate::rewrite::{Parts, names, percent_decoded, tarball_reference as reference};

/// The projects of a tree. The tree's top is one whether it holds a `docker-prep.toml` or not.
#[derive(Debug)]
pub(crate) struct GuardSettings {
    /// Those above others first.
    projects: Vec<GuardedProject>,
    /// The last part of each deps dir, each once.
    names: Vec<String>,
    /// What the judged tree says otherwise than the settings that are followed.
    changes: Vec<SettingsChange>,
}

/// A folder with a `docker-prep.toml`.
#[derive(Debug)]
pub(crate) struct GuardedProject {
    /// From the tree's top, with a slash at its end; empty for the top.
    root: Vec<u8>,
    /// The folders from the root that a rewrite may point into: every one that somebody names, and the default.
    deps_dirs: Vec<Parts>,
    ignore: Vec<SettingsGlob>,
}

#[derive(Debug)]
struct SettingsGlob {
    negated: bool,
    pattern: Minimatch,
}

/// A `docker-prep.toml` of the judged tree that changes what is judged: it counts from the next commit on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SettingsChange {
    /// From the tree's top.
    pub(crate) path: Vec<u8>,
    /// Whether it changes `guard-ignore`.
    pub(crate) ignore: bool,
    /// Whether it changes `deps-dir`.
    pub(crate) deps_dir: bool,
}

/// Deps dirs that no `docker-prep.toml` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedDepsDirs {
    /// The one that was asked for, by flag or variable.
    pub(crate) asked: Option<String>,
    /// Those of prepared projects.
    pub(crate) prepared: Vec<String>,
}

/// A `docker-prep.toml` with its path from the tree's top.
pub(crate) type SettingsFile<'a> = (&'a [u8], &'a [u8]);

/// Why a `docker-prep.toml` cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadSettings {
    /// From the tree's top.
    pub(crate) path: Vec<u8>,
    /// Why.
    pub(crate) cause: BadSettingsCause,
}

/// Why settings cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadSettingsCause {
    /// A text of a setting means nothing; where one has a line, it begins with it.
    Wrong(Problem),
    /// They are meant for another version of the program.
    Unmet(Box<UnmetVersion>),
}

/// What is done with settings that are meant for another version of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum VersionRule {
    /// They are not followed.
    #[default]
    MustBeMet,
    /// They are followed where this version understands all that they say: those of a commit that others came after.
    UnderstoodIsEnough,
}

impl Default for GuardSettings {
    fn default() -> Self {
        let default = vec![DEFAULT_DEPS_DIR.to_owned()];
        let top = GuardedProject { root: Vec::new(), deps_dirs: vec![default], ignore: Vec::new() };
        Self { projects: vec![top], names: vec![DEFAULT_DEPS_DIR.to_owned()], changes: Vec::new() }
    }
}

impl GuardSettings {
    /// Those of a tree that is judged by its own `docker-prep.toml`s.
    ///
    /// # Errors
    /// As [`GuardSettings::since`].
    pub(crate) fn read(files: &[SettingsFile<'_>], deps_dir: Option<&str>) -> Result<Self, BadSettings> {
        let named = NamedDepsDirs { asked: deps_dir.map(str::to_owned), prepared: Vec::new() };
        Self::since(files, files, &named, VersionRule::MustBeMet)
    }

    /// Those of a tree with the files `judged`, of which nothing is left out but what `base` leaves out: what comes
    /// with a rewrite cannot hide it. A deps dir that either of them names is one.
    ///
    /// # Errors
    /// [`BadSettings`] of the first judged file that cannot be followed. One that another leaves out is not read.
    pub(crate) fn since(
        base: &[SettingsFile<'_>],
        judged: &[SettingsFile<'_>],
        named: &NamedDepsDirs,
        rule: VersionRule,
    ) -> Result<Self, BadSettings> {
        let depth = |path: &[u8]| path.iter().filter(|byte| **byte == b'/').count();
        let mut paths: Vec<&[u8]> = base.iter().chain(judged).map(|(path, _)| *path).collect();
        paths.sort_by_key(|path| (depth(path), *path));
        paths.dedup();
        let mut this = Self { projects: Vec::new(), names: Vec::new(), changes: Vec::new() };
        for path in paths {
            if this.leaves_out(path) {
                continue;
            }
            let of = |files: &[SettingsFile<'_>], rule| {
                let bytes = files.iter().find(|(of, _)| *of == path).map_or(&[][..], |(_, bytes)| *bytes);
                ProjectSettings::read(bytes, rule)
            };
            // What repairs a broken file is not stopped by it, and what asks for another version not by what asked before.
            let before = of(base, VersionRule::UnderstoodIsEnough).unwrap_or_default();
            let now = of(judged, rule).map_err(|cause| BadSettings { path: path.to_vec(), cause })?;
            let (ignore, deps_dir) = (before.ignore != now.ignore, before.deps_dir != now.deps_dir);
            if ignore || deps_dir {
                this.changes.push(SettingsChange { path: path.to_vec(), ignore, deps_dir });
            }
            let root = path[..path.len() - CONFIG_FILE.len()].to_vec();
            let project =
                GuardedProject::new(root, &before, [&now, &before], named).map_err(BadSettings::of_call)?;
            this.projects.push(project);
        }
        if this.projects.first().is_none_or(|project| !project.root.is_empty()) {
            let none = ProjectSettings::default();
            let top = GuardedProject::new(Vec::new(), &none, [&none, &none], named)
                .map_err(BadSettings::of_call)?;
            this.projects.insert(0, top);
        }
        let last = this.projects.iter().flat_map(|project| &project.deps_dirs).filter_map(|dir| dir.last());
        this.names = last.cloned().collect();
        this.names.sort();
        this.names.dedup();
        Ok(this)
    }

    /// What the judged tree says otherwise than the settings that are followed.
    pub(crate) fn changes(&self) -> &[SettingsChange] {
        &self.changes
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
        self.projects.iter().any(place) || is_in_default(path, is_file)
    }

    /// The deps dir that holds a path: the shortest way up to it that is in one.
    pub(crate) fn deps_dir_above(&self, path: &[u8]) -> Vec<u8> {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        ends.map(|end| &path[..end]).find(|above| self.in_deps_dir(above, false)).unwrap_or(path).to_vec()
    }

    /// Whether a path that a file names leads into a deps dir: into one of the projects that it lies in, from wherever
    /// it is meant, or into another one's, from the file's own folder.
    pub(crate) fn leads_into_deps_dir(&self, file: &[u8], path: &Parts) -> bool {
        let own =
            self.around(file).any(|wanted| path.windows(wanted.len()).any(|window| same(window, wanted)));
        own || {
            let folder = String::from_utf8_lossy(file);
            let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            let place = reference::parts(&format!("{folder}/{}", path.join("/")));
            self.projects.iter().any(|project| {
                let root = reference::parts(&String::from_utf8_lossy(&project.root));
                project.deps_dirs.iter().any(|dir| {
                    let deps_dir: Parts = root.iter().chain(dir).cloned().collect();
                    place.get(..deps_dir.len()).is_some_and(|start| same(start, &deps_dir))
                })
            })
        }
    }

    /// The deps dirs of the projects that a file lies in, the innermost first: settings that are new in a folder take
    /// nothing away from those above.
    fn around(&self, file: &[u8]) -> impl Iterator<Item = &Parts> {
        let above = self.projects.iter().rev().filter(move |project| file.starts_with(&project.root));
        above.flat_map(|project| &project.deps_dirs)
    }

    /// How messages call the deps dir that a text of a file leads into; nothing where it is known by the tarball's name
    /// alone.
    pub(crate) fn deps_dir_in(&self, file: &[u8], text: &str) -> String {
        let decoded = percent_decoded(text);
        let is_named = |dir: &&Parts| {
            dir.last().is_some_and(|name| crate::guard::contains(decoded.as_bytes(), name.as_bytes()))
        };
        let others = self.projects.iter().flat_map(|project| &project.deps_dirs);
        self.around(file).chain(others).find(is_named).map(|dir| dir.join("/")).unwrap_or_default()
    }

    /// The last part of each deps dir: a text that holds none of them, however it is written, leads into none.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// What one `docker-prep.toml` says to the guard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ProjectSettings {
    deps_dir: Option<Parts>,
    ignore: Vec<String>,
}

impl BadSettings {
    /// What was asked for by flag or variable.
    fn of_call(why: String) -> Self {
        Self { path: Vec::new(), cause: BadSettingsCause::wrong(why) }
    }
}

impl BadSettingsCause {
    fn wrong(why: impl Into<String>) -> Self {
        Self::Wrong(Problem::new(why))
    }
}

impl ProjectSettings {
    fn read(bytes: &[u8], rule: VersionRule) -> Result<Self, BadSettingsCause> {
        let text = std::str::from_utf8(bytes).map_err(|_| BadSettingsCause::wrong("it is not UTF-8"))?;
        let config = match (config::parse(text), rule) {
            (Ok(config), _) => config,
            (Err(ConfigError::Unmet(unmet)), VersionRule::UnderstoodIsEnough) if unmet.is_understood => {
                unmet.readable
            }
            (Err(ConfigError::Unmet(unmet)), _) => return Err(BadSettingsCause::Unmet(unmet)),
            (Err(ConfigError::Wrong(problems)), _) => {
                let first = problems.into_iter().next();
                return Err(BadSettingsCause::Wrong(first.unwrap_or_else(|| Problem::new("it is no TOML"))));
            }
        };
        let of_key = |key: &str, at: usize| {
            let place = config.prefix(key, at);
            move |why: String| BadSettingsCause::wrong(format!("{place}{why}"))
        };
        let deps_dir =
            config.deps_dir.as_deref().map(parts_of_deps_dir).transpose().map_err(of_key("deps-dir", 0))?;
        for (at, glob) in config.guard_ignore.iter().enumerate() {
            SettingsGlob::new(glob).map_err(of_key("guard-ignore", at))?;
        }
        Ok(Self { deps_dir, ignore: config.guard_ignore })
    }
}

fn parts_of_deps_dir(deps_dir: &str) -> Result<Parts, String> {
    let parts = reference::parts(deps_dir);
    if deps_dir.starts_with('/') || parts.first().is_none_or(|first| first == "..") {
        return Err(format!("the deps dir `{deps_dir}` is no folder inside the project"));
    }
    Ok(parts)
}

impl GuardedProject {
    fn new(
        root: Vec<u8>,
        followed: &ProjectSettings,
        naming: [&ProjectSettings; 2],
        named: &NamedDepsDirs,
    ) -> Result<Self, String> {
        let mut deps_dirs: Vec<Parts> = Vec::new();
        let asked = named.asked.as_deref().map(parts_of_deps_dir).transpose()?;
        // A state that names no folder of the project is none that prepare wrote.
        let prepared = named.prepared.iter().filter_map(|dir| parts_of_deps_dir(dir).ok());
        let said = naming.into_iter().filter_map(|settings| settings.deps_dir.clone());
        let default = vec![DEFAULT_DEPS_DIR.to_owned()];
        for dir in asked.into_iter().chain(said).chain(prepared).chain([default]) {
            if !deps_dirs.contains(&dir) {
                deps_dirs.push(dir);
            }
        }
        let ignore = followed.ignore.iter().map(|glob| SettingsGlob::new(glob)).collect::<Result<_, _>>()?;
        Ok(Self { root, deps_dirs, ignore })
    }

    /// The root from the tree's top, with a slash at its end; empty for the top.
    pub(crate) fn root(&self) -> &[u8] {
        &self.root
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
        self.deps_dirs.iter().any(|dir| {
            let mut parts = below.split(|byte| *byte == b'/');
            dir.iter().all(|wanted| parts.next().is_some_and(|part| is(part, wanted)))
        })
    }
}

/// The default name says whose folder it is, at any depth and whatever settings name another: a run with other settings
/// may have left it.
fn is_in_default(path: &[u8], is_file: bool) -> bool {
    let mut parts = path.split(|byte| *byte == b'/').rev();
    let last = parts.next().is_some_and(|last| !is_file && is(last, DEFAULT_DEPS_DIR));
    last || parts.any(|part| is(part, DEFAULT_DEPS_DIR))
}

impl SettingsGlob {
    fn new(glob: &str) -> Result<Self, String> {
        let (negated, glob) = glob.strip_prefix('!').map_or((false, glob), |glob| (true, glob));
        let from_root = glob.strip_prefix("./").unwrap_or(glob).trim_start_matches('/').trim_end_matches('/');
        let options = MatchOptions { dot: true, nonegate: true, nocomment: true, ..MatchOptions::default() };
        let pattern = Minimatch::new(from_root, options).map_err(|error| format!("`{glob}`: {error}"))?;
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
            [".docker-deps/x", ".Docker-Deps/x/y", "web/.docker-deps/x", "web/build/deps/x", ".docker-deps"]
        {
            assert!(settings.in_deps_dir(inside.as_bytes(), true), "{inside}");
        }
        for outside in [".docker-deps.md", "a/.docker-deps", "build/deps/x", "web/deps/x"] {
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
            assert!(
                error.path == b"a/docker-prep.toml" && format!("{:?}", error.cause).contains(cause),
                "{error:?}"
            );
        }
    }

    #[test]
    fn another_version_is_required_of_what_is_judged_and_not_of_what_was() {
        let toml = &b"docker-prep.toml"[..];
        let (other, newer) =
            ("required-version = '>=99'\nguard-ignore = ['x']\n", "required-version = '>=99'\nx = 1\n");
        let since = |base: &str, judged: &str, rule| {
            let (base, judged) = ([(toml, base.as_bytes())], [(toml, judged.as_bytes())]);
            GuardSettings::since(&base, &judged, &NamedDepsDirs::default(), rule)
        };
        let unmet = |found: Result<GuardSettings, BadSettings>| {
            matches!(found, Err(BadSettings { cause: BadSettingsCause::Unmet(_), .. }))
        };
        assert!(unmet(since(other, other, VersionRule::MustBeMet)));
        assert!(
            unmet(since("", newer, VersionRule::MustBeMet))
                && unmet(since("", newer, VersionRule::UnderstoodIsEnough))
        );
        assert!(since(other, other, VersionRule::UnderstoodIsEnough).unwrap().leaves_out(b"x"));
        assert!(since(other, "", VersionRule::MustBeMet).unwrap().leaves_out(b"x"));
    }

    #[test]
    fn what_comes_with_a_rewrite_hides_nothing() {
        let (old, new) = ("deps-dir = 'a'\nguard-ignore = ['x']", "deps-dir = 'b'\nguard-ignore = ['**']");
        let toml = b"docker-prep.toml";
        let since = |base: &str, judged: &str| {
            let (base, judged) = ([(&toml[..], base.as_bytes())], [(&toml[..], judged.as_bytes())]);
            GuardSettings::since(&base, &judged, &NamedDepsDirs::default(), VersionRule::MustBeMet).unwrap()
        };
        let settings = since(old, new);
        assert!(settings.leaves_out(b"x/package.json") && !settings.leaves_out(b"package.json"));
        for dir in ["a", "b", ".docker-deps"] {
            assert!(settings.in_deps_dir(format!("{dir}/t").as_bytes(), true), "{dir}");
        }
        let change = SettingsChange { path: toml.to_vec(), ignore: true, deps_dir: true };
        assert_eq!(settings.changes(), [change]);
        assert_eq!(since(old, old).changes(), []);
        assert!(since("broken [", new).changes().len() == 1, "what repairs it is followed");
        // Moved: what is new follows nothing, and what is gone still counts.
        let (base, judged) = ([(&toml[..], old.as_bytes())], [(&b"c/docker-prep.toml"[..], new.as_bytes())]);
        let named = NamedDepsDirs { asked: None, prepared: vec!["p/q".to_owned(), "../r".to_owned()] };
        let moved = GuardSettings::since(&base, &judged, &named, VersionRule::MustBeMet).unwrap();
        assert!(moved.leaves_out(b"x/y") && !moved.leaves_out(b"c/package.json"));
        assert_eq!(moved.changes().len(), 2);
        assert!(moved.in_deps_dir(b"p/q/t.tgz", true) && moved.in_deps_dir(b"a/t.tgz", true));
        assert!(moved.leads_into_deps_dir(b"c/package.json", &reference::parts("../a/t.tgz")));
    }
}
