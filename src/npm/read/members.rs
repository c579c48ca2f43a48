//! The package folders that a workspace's globs find, as pnpm's `findPackages` does with tinyglobby.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::manifest_file::MANIFEST_FILES;
use crate::error::{Problem, io_cause};
use crate::npm::minimatch;
use crate::npm::minimatch::{MatchOptions, Minimatch, PatternError};

/// A folder with a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MemberFolder {
    /// From the workspace's root, with `/` between parts; empty for the root.
    pub(crate) relative: String,
    /// Absolute.
    pub(crate) dir: PathBuf,
}

/// pnpm never looks for packages in these (`findWorkspacePackagesNoCheck`).
const NEVER: [&str; 2] = ["node_modules", "bower_components"];

/// The folders below `root` that hold a manifest and that a glob finds and no negated glob takes away, and the
/// root itself; sorted.
///
/// # Errors
/// A glob that is not valid, or a folder that cannot be listed.
pub(crate) fn find(root: &Path, globs: &[String]) -> Result<Vec<MemberFolder>, Problem> {
    let mut search = MemberSearch { found: BTreeMap::new(), seen: HashSet::new() };
    let mut ignored = Vec::new();
    for glob in globs {
        match glob.strip_prefix('!') {
            Some(negated) if !negated.starts_with('(') => {
                ignored.push(compile(&format!("{}/package.json", normal(negated)))?);
            }
            _ => {
                for expanded in minimatch::expand(&normal(glob)).map_err(|error| invalid(glob, error))? {
                    let parts: Vec<&str> =
                        expanded.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
                    search.seen.clear();
                    search.walk(root, &mut Vec::new(), &parts)?;
                }
            }
        }
    }
    search.add(root, &[])?;
    let mut folders: Vec<MemberFolder> = search
        .found
        .into_iter()
        .filter(|(relative, _)| {
            relative.is_empty()
                || !ignored.iter().any(|glob| glob.matches(&format!("{relative}/package.json")))
        })
        .map(|(relative, dir)| MemberFolder { relative, dir })
        .collect();
    folders.sort();
    Ok(folders)
}

fn compile(glob: &str) -> Result<Minimatch, Problem> {
    Minimatch::new(glob, MatchOptions { nonegate: true, ..MatchOptions::default() })
        .map_err(|error| invalid(glob, error))
}

fn invalid(glob: &str, error: PatternError) -> Problem {
    Problem::new(format!("the workspace's glob {glob}: {error}")).hint("correct it in pnpm-workspace.yaml")
}

/// Without `./` before it and `/` behind it.
fn normal(glob: &str) -> String {
    let glob = glob.trim_end_matches('/');
    glob.trim_start_matches("./").to_owned()
}

/// How deep packages are looked for, on a stack that has an end.
const MAX_DEPTH: usize = 200;

struct MemberSearch {
    found: BTreeMap<String, PathBuf>,
    /// The folders that were searched already, with what was left of the glob: several `**` lead to one in many ways.
    seen: HashSet<(String, usize)>,
}

impl MemberSearch {
    fn walk(&mut self, dir: &Path, at: &mut Vec<String>, parts: &[&str]) -> Result<(), Problem> {
        let Some((&part, rest)) = parts.split_first() else {
            return self.add(dir, at);
        };
        if part == "**" {
            if !self.seen.insert((at.join("/"), parts.len())) {
                return Ok(());
            }
            self.walk(dir, at, rest)?;
            for (name, sub) in self.subfolders(dir)? {
                if !name.starts_with('.') {
                    self.enter(&sub, name, at, parts)?;
                }
            }
            return Ok(());
        }
        if !part.contains(['*', '?', '[', '(', '\\', '!', '+', '@'])
            || part.starts_with('@') && !part.contains(['*', '?', '[', '('])
        {
            let sub = dir.join(part);
            return if sub.is_dir() { self.enter(&sub, part.to_owned(), at, rest) } else { Ok(()) };
        }
        let glob = compile(part)?;
        for (name, sub) in self.subfolders(dir)? {
            if glob.matches(&name) {
                self.enter(&sub, name, at, rest)?;
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        dir: &Path,
        name: String,
        at: &mut Vec<String>,
        parts: &[&str],
    ) -> Result<(), Problem> {
        if NEVER.contains(&name.as_str()) {
            return Ok(());
        }
        if at.len() >= MAX_DEPTH {
            let place = dir.display();
            return Err(Problem::new(format!(
                "{place}: lies more than {MAX_DEPTH} folders below the workspace"
            ))
            .hint("make its globs in pnpm-workspace.yaml stop before it"));
        }
        at.push(name);
        let result = self.walk(dir, at, parts);
        at.pop();
        result
    }

    fn add(&mut self, dir: &Path, at: &[String]) -> Result<(), Problem> {
        for name in MANIFEST_FILES {
            match dir.join(name).metadata() {
                // A pipe is told of when it is read.
                Ok(metadata) if !metadata.is_dir() => {
                    // A path through `..` is kept as it was written; the folder is the real one.
                    let outside = at.first().is_some_and(|part| part == "..");
                    let real = if outside { dir.canonicalize().ok() } else { None };
                    self.found.insert(at.join("/"), real.unwrap_or_else(|| dir.to_path_buf()));
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    return Err(Problem::new(format!(
                        "{}: cannot be read: {}",
                        dir.display(),
                        io_cause(&error)
                    ))
                    .hint("make the folder readable, or take it out of the workspace"));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The folders in a folder; links to folders count, but not links that lead back up.
    fn subfolders(&self, dir: &Path) -> Result<Vec<(String, PathBuf)>, Problem> {
        let unlistable = |error: &io::Error| {
            Problem::new(format!("{}: cannot be listed: {}", dir.display(), io_cause(error)))
                .hint("make the folder readable, or take it out of the workspace")
        };
        let mut folders = Vec::new();
        for entry in fs::read_dir(dir).map_err(|error| unlistable(&error))? {
            let entry = entry.map_err(|error| unlistable(&error))?;
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            let leads_up = || path.canonicalize().is_ok_and(|real| dir.starts_with(real));
            if (kind.is_dir() || kind.is_symlink() && path.is_dir() && !leads_up())
                && let Ok(name) = entry.file_name().into_string()
            {
                folders.push((name, path));
            }
        }
        folders.sort();
        Ok(folders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(folders: &[&str]) -> tempfile::TempDir {
        let temp = tempfile::tempdir().unwrap();
        for folder in folders {
            fs::create_dir_all(temp.path().join(folder)).unwrap();
            fs::write(temp.path().join(folder).join("package.json"), "{}").unwrap();
        }
        temp
    }

    fn found(folders: &[&str], globs: &[&str]) -> Vec<String> {
        let temp = tree(folders);
        let globs: Vec<String> = globs.iter().map(|&glob| glob.to_owned()).collect();
        find(temp.path(), &globs).unwrap().into_iter().map(|folder| folder.relative).collect()
    }

    #[test]
    fn one_level_and_every_level() {
        let folders = ["packages/a", "packages/a/test/b", "packages/.hidden", "packages/node_modules/c", "x"];
        assert_eq!(found(&folders, &["packages/*"]), ["packages/a"]);
        assert_eq!(found(&folders, &["./packages/**/"]), ["packages/a", "packages/a/test/b"]);
        assert_eq!(found(&folders, &["packages/.hidden", "x"]), ["packages/.hidden", "x"]);
    }

    #[test]
    fn negations_and_braces() {
        let folders = ["packages/a", "packages/a/test/b", "apps/web", "docs"];
        assert_eq!(found(&folders, &["{packages,apps}/**", "!**/test/**"]), ["apps/web", "packages/a"]);
        assert_eq!(found(&folders, &["*", "!docs"]), [""; 0]);
    }

    #[test]
    fn the_root_is_always_a_member() {
        let temp = tree(&["packages/a", ""]);
        let folders = find(temp.path(), &["packages/*".to_owned()]).unwrap();
        assert_eq!(
            folders.iter().map(|folder| folder.relative.as_str()).collect::<Vec<_>>(),
            ["", "packages/a"]
        );
        assert_eq!(folders[0].dir, temp.path());
    }

    #[test]
    fn parents_are_reached() {
        let temp = tree(&["plat/packages/a", "notes/backend"]);
        let globs = ["backend".to_owned(), "../plat/packages/*".to_owned()];
        let folders = find(&temp.path().join("notes"), &globs).unwrap();
        let relatives: Vec<_> = folders.iter().map(|folder| folder.relative.as_str()).collect();
        assert_eq!(relatives, ["../plat/packages/a", "backend"]);
    }
}
