//! The commands that put findings right, ready to be copied into a shell.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, FindingKind, GuardSettings};
use crate::text::quoted;

/// From where the commands are typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Here {
    /// The folder that `-C` named.
    pub(crate) dir: Option<Vec<u8>>,
    /// That folder, or the current one, from the tree's top, with a slash at its end; empty for the top.
    pub(crate) prefix: Vec<u8>,
}

/// What is known of the files besides what was found in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remedies {
    /// Whether a project of the repository is prepared: then restoring knows what its files were.
    pub(crate) is_prepared: bool,
    /// The files beside which a backup lies.
    pub(crate) backed_up: BTreeSet<Vec<u8>>,
    /// The newest commit in which a file is clean under its present name.
    pub(crate) clean: BTreeMap<Vec<u8>, String>,
}

/// A command that puts findings right, ready to be copied into a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepairCommand {
    /// All of it but the paths.
    pub(crate) words: String,
    /// The paths that it ends with, each as a shell takes it; none where it takes none.
    pub(crate) paths: Vec<String>,
}

impl RepairCommand {
    /// The whole command.
    pub(crate) fn whole(&self) -> String {
        let words = std::iter::once(&self.words).chain(&self.paths);
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Whether it restores a project.
    pub(crate) fn is_restore(&self) -> bool {
        self.paths.is_empty() && self.words.ends_with(" restore")
    }

    /// Whether it takes files from a commit.
    pub(crate) fn is_checkout(&self) -> bool {
        self.words.contains(" checkout ")
    }
}

/// Commands in the order in which they are to be typed.
pub(crate) fn commands(
    settings: &GuardSettings,
    findings: &[&Finding],
    remedies: &Remedies,
    here: &Here,
) -> Vec<RepairCommand> {
    let (mut restore, mut strip) = (BTreeSet::new(), BTreeSet::new());
    let mut checkout: BTreeMap<&str, BTreeSet<Vec<u8>>> = BTreeMap::new();
    let (mut add, mut remove) = (BTreeSet::new(), BTreeSet::new());
    for finding in findings {
        let path = &finding.path;
        let root = settings.project(path).root().to_vec();
        let is_restorable = remedies.is_prepared || remedies.backed_up.contains(path);
        let clean = remedies.clean.get(path);
        match (finding.kind, clean) {
            (FindingKind::Backup, _) => drop(remove.insert(path.clone())),
            (FindingKind::DepsDir, _) => drop(remove.insert(settings.deps_dir_above(path))),
            (_, Some(commit)) if !is_restorable => {
                checkout.entry(commit).or_default().insert(path.clone());
            }
            (FindingKind::Link, None) if !is_restorable => drop(remove.insert(path.clone())),
            (
                FindingKind::Manifest | FindingKind::Workspace | FindingKind::Lockfile | FindingKind::Link,
                _,
            ) => {
                add.insert(path.clone());
                if !is_restorable {
                    strip.insert(root.clone());
                }
            }
        }
        if is_restorable {
            restore.insert(root);
        }
    }
    let git = match &here.dir {
        Some(dir) => format!("git -C {}", quoted(dir)),
        None => "git".to_owned(),
    };
    let program = |roots: &BTreeSet<Vec<u8>>, word: &str| {
        let command = |root: &Vec<u8>| RepairCommand { words: here.program(root, word), paths: Vec::new() };
        roots.iter().map(command).collect::<Vec<_>>()
    };
    let with_paths = |words: String, paths: &BTreeSet<Vec<u8>>| {
        let paths: Vec<String> = paths.iter().map(|path| quoted(&here.pathspec(path))).collect();
        (!paths.is_empty()).then_some(RepairCommand { words, paths })
    };
    let mut commands = program(&restore, "restore");
    commands.extend(program(&strip, "--strip-overrides"));
    commands.extend(
        checkout
            .iter()
            .filter_map(|(commit, paths)| with_paths(format!("{git} checkout {commit} --"), paths)),
    );
    commands.extend(with_paths(format!("{git} add --"), &add));
    commands.extend(with_paths(format!("{git} rm -r -q --cached --"), &remove));
    commands
}

impl Here {
    /// The program with a word, in the project of a root.
    fn program(&self, root: &[u8], word: &str) -> String {
        let inside = self.prefix.starts_with(root);
        let up = if inside { 0 } else { self.prefix.iter().filter(|byte| **byte == b'/').count() };
        let below = if inside { &[][..] } else { root.strip_suffix(b"/").unwrap_or(root) };
        let mut place = self.dir.clone().unwrap_or_default();
        if !place.is_empty() && !inside {
            place.push(b'/');
        }
        place.extend("../".repeat(up).bytes().chain(below.iter().copied()));
        if place.is_empty() {
            format!("docker-prep {word}")
        } else {
            format!("docker-prep -C {} {word}", quoted(&place))
        }
    }

    /// A path from the top as git takes it here, whatever it looks like.
    fn pathspec(&self, path: &[u8]) -> Vec<u8> {
        let odd = path.starts_with(b":") || path.iter().any(|byte| b"*?[\\".contains(byte));
        let magic: &[u8] = match (odd, self.prefix.is_empty()) {
            (true, _) => b":(top,literal)",
            (false, false) => b":/",
            (false, true) => b"",
        };
        [magic, path].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(path: &[u8], kind: FindingKind) -> Finding {
        Finding { path: path.to_vec(), line: 1, kind, key: String::new(), value: String::new() }
    }

    fn told(here: &Here, findings: &[Finding]) -> Vec<String> {
        told_of(&Remedies { is_prepared: true, ..Remedies::default() }, here, findings)
    }

    fn told_of(remedies: &Remedies, here: &Here, findings: &[Finding]) -> Vec<String> {
        let settings = GuardSettings::read(&[(b"web/docker-prep.toml", b"deps-dir = 'd'")], None).unwrap();
        let commands = commands(&settings, &findings.iter().collect::<Vec<_>>(), remedies, here);
        commands.iter().map(RepairCommand::whole).collect()
    }

    #[test]
    fn commands_fit_what_is_known() {
        let findings = [
            finding(b"api/package.json", FindingKind::Manifest),
            finding(b"job/package.json", FindingKind::Manifest),
            finding(b"web/package.json", FindingKind::Manifest),
            finding(b"vendored", FindingKind::Link),
            finding(b".docker-deps/y", FindingKind::DepsDir),
        ];
        let mut remedies = Remedies::default();
        remedies.clean.insert(b"api/package.json".to_vec(), "HEAD".to_owned());
        remedies.clean.insert(b"web/package.json".to_vec(), "HEAD".to_owned());
        remedies.backed_up.insert(b"web/package.json".to_vec());
        assert_eq!(
            told_of(&remedies, &Here::default(), &findings),
            [
                "docker-prep -C web restore",
                "docker-prep --strip-overrides",
                "git checkout HEAD -- api/package.json",
                "git add -- job/package.json web/package.json",
                "git rm -r -q --cached -- .docker-deps vendored",
            ]
        );
    }

    #[test]
    fn commands_fit_where_they_are_typed() {
        let findings = [
            finding(b"api/package.json", FindingKind::Manifest),
            finding(b"api/[x]/package.json", FindingKind::Manifest),
            finding(b"api/package.json.bak", FindingKind::Backup),
            finding(b".docker-deps/a/x", FindingKind::DepsDir),
            finding(b".docker-deps/y", FindingKind::DepsDir),
            finding(b"web/d/y", FindingKind::DepsDir),
        ];
        assert_eq!(
            told(&Here::default(), &findings),
            [
                "docker-prep restore",
                "docker-prep -C web restore",
                "git add -- ':(top,literal)api/[x]/package.json' api/package.json",
                "git rm -r -q --cached -- .docker-deps api/package.json.bak web/d",
            ]
        );
        let here = Here { dir: None, prefix: b"api/src/".to_vec() };
        assert_eq!(
            told(&here, &findings[5..]),
            ["docker-prep -C ../../web restore", "git rm -r -q --cached -- :/web/d",]
        );
        let here = Here { dir: Some(b"../p q".to_vec()), prefix: Vec::new() };
        assert_eq!(
            told(&here, &findings[..1]),
            ["docker-prep -C '../p q' restore", "git -C '../p q' add -- api/package.json",]
        );
    }
}
