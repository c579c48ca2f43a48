//! Which files of the project lie where in an image: what a copy adds, instruction by instruction.

use std::collections::{BTreeMap, BTreeSet};

use super::path;
use super::stage::{Copy, SourcePattern};

/// More files than any image has of those that matter; what is behind them is not followed.
const MAX_FILES: usize = 50_000;

/// Folders that a base image has without being told.
const OF_EVERY_IMAGE: [&str; 13] = [
    "/",
    "/etc",
    "/home",
    "/home/node",
    "/mnt",
    "/opt",
    "/root",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/src",
    "/var",
];

/// A file of the project, by its number.
pub(crate) type FileId = usize;

/// Files of the project in an image or a build context.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageFiles {
    /// By absolute path: the files that may lie there (several where a variable is not known), each with the line of the
    /// instruction that brought it.
    files: BTreeMap<String, BTreeMap<FileId, usize>>,
    /// Folders that are there, besides those that hold one of the files.
    folders: BTreeSet<String>,
}

impl ImageFiles {
    /// A file at an absolute path.
    pub(crate) fn insert(&mut self, path: String, file: FileId, line: usize) {
        if self.files.len() < MAX_FILES {
            self.files.entry(path).or_default().insert(file, line);
        }
    }

    /// The files that may lie at a path, and the lines that brought them.
    pub(crate) fn at<'a>(&'a self, path: &str) -> impl Iterator<Item = (FileId, usize)> + use<'a> {
        self.files.get(path).into_iter().flatten().map(|(file, line)| (*file, *line))
    }

    /// Whether any lies at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// All of them, by path.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, FileId, usize)> {
        self.files
            .iter()
            .flat_map(|(path, files)| files.iter().map(move |(file, line)| (&**path, *file, *line)))
    }

    /// Notes a folder.
    pub(crate) fn make_folder(&mut self, folder: &str) {
        self.folders.insert(folder.to_owned());
    }

    /// Takes a file or a folder away.
    pub(crate) fn remove(&mut self, path: &str) {
        self.files.retain(|file, _| below(path, file).is_none());
        self.folders.retain(|folder| below(path, folder).is_none());
    }

    /// Has what lies at a path as it was before.
    pub(crate) fn put_back(&mut self, path: &str, before: &Self) {
        self.remove(path);
        let there = before.files.iter().filter(|(file, _)| below(path, file).is_some());
        self.files.extend(there.map(|(file, ids)| (file.clone(), ids.clone())));
    }

    fn is_folder(&self, path: &str) -> bool {
        OF_EVERY_IMAGE.contains(&path)
            || self.folders.contains(path)
            || self
                .files
                .range(format!("{path}/")..)
                .next()
                .is_some_and(|(file, _)| below(path, file).is_some())
            || self.folders.range(format!("{path}/")..).next().is_some_and(|file| below(path, file).is_some())
    }

    /// Whether a file of the project lies in a folder, however deep.
    pub(crate) fn holds_any_in(&self, folder: &str) -> bool {
        let start = format!("{}/", folder.trim_end_matches('/'));
        self.files.range(start..).next().is_some_and(|(file, _)| below(folder, file).is_some())
    }

    /// Whether a source of a copy brings any of them.
    pub(crate) fn has_any_of(&self, source: &SourcePattern) -> bool {
        self.candidates(source).any(|(path, _)| {
            let parts: Vec<&str> = path.split('/').skip(1).collect();
            matched(&source.parts, &parts).is_some()
        })
    }

    /// Adds what a copy brings from there: BuildKit's rules for files, folders, globs, `--parents` and `--exclude`
    /// (<https://docs.docker.com/reference/dockerfile/#copy>). A mount is laid over a folder as it is.
    pub(crate) fn copy(&mut self, copy: &Copy, origin: &Self, is_mount: bool) {
        let is_there = self.is_folder(&copy.to);
        let into_folder = !is_mount && (copy.into_folder || is_there);
        let mut brought: BTreeMap<String, BTreeMap<FileId, usize>> = BTreeMap::new();
        let excluded: Vec<SourcePattern> =
            copy.excluded.iter().map(|pattern| SourcePattern::new(pattern, false)).collect();
        for source in &copy.sources {
            for (from, files) in origin.candidates(source) {
                let parts: Vec<&str> = from.split('/').skip(1).collect();
                let Some(used) = matched(&source.parts, &parts) else { continue };
                if excluded
                    .iter()
                    .any(|pattern| matched(&pattern.parts, &parts[used.min(parts.len() - 1)..]).is_some())
                {
                    continue;
                }
                let from = match (copy.keeps_parents, copy.keeps_name && is_there) {
                    (true, _) => source.pivot.min(used),
                    (_, true) if used < parts.len() => used.saturating_sub(1),
                    _ => used,
                };
                let below = parts[from..].join("/");
                let target = match (below.as_str(), into_folder) {
                    ("", true) => path::join(&copy.to, parts.last().copied().unwrap_or_default()),
                    ("", false) => copy.to.clone(),
                    (below, _) => path::join(&copy.to, below),
                };
                let at = brought.entry(target).or_default();
                at.extend(files.keys().map(|file| (*file, copy.line)));
            }
        }
        let is_open = copy.sources.iter().any(|source| source.is_open);
        for (target, files) in brought {
            if self.files.len() >= MAX_FILES {
                break;
            }
            let there = self.files.entry(target).or_default();
            // A later file takes the place of an earlier one; which of several it is may be open.
            if !is_open {
                there.clear();
            }
            there.extend(files);
        }
        if into_folder {
            self.folders.insert(copy.to.clone());
        }
    }

    /// The files that a source may bring: those below its plain parts.
    fn candidates(&self, source: &SourcePattern) -> impl Iterator<Item = (&str, &BTreeMap<FileId, usize>)> {
        let plain: Vec<&str> =
            source.parts.iter().map(String::as_str).take_while(|part| !is_glob(part)).collect();
        let start = if plain.is_empty() { "/".to_owned() } else { format!("/{}", plain.join("/")) };
        let end = start.clone();
        self.files
            .range(start..)
            .take_while(move |(path, _)| path.starts_with(&end))
            .map(|(path, files)| (path.as_str(), files))
    }
}

/// What is left of a path below a folder; empty for the folder itself.
pub(crate) fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// How many parts of a path a pattern takes, the rest being below it; `**` takes as few as it can.
fn matched(pattern: &[String], path: &[&str]) -> Option<usize> {
    // How far into the path the pattern may have come.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        for at in (0..=path.len()).filter(|at| reached[*at]) {
            if part == "**" {
                next[at..].fill(true);
                break;
            }
            if path.get(at).is_some_and(|name| matches_name(part, name)) {
                next[at + 1] = true;
            }
        }
        reached = next;
    }
    reached.iter().position(|reached| *reached)
}

fn is_glob(part: &str) -> bool {
    part.contains(['*', '?', '[', '\\'])
}

/// Go's `filepath.Match` for one part of a path: `*`, `?`, `[a-z]`, `[^a]` and `\`; a pattern that is not valid matches
/// itself alone.
pub(crate) fn matches_name(pattern: &str, name: &str) -> bool {
    if !is_glob(pattern) {
        return pattern == name;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // Where the last `*` stands, and how much of the name it takes.
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < name.len() {
        match one(&pattern[at.min(pattern.len())..], name[read]) {
            Some(0) => {
                star = Some((at, read));
                at += 1;
            }
            Some(length) => {
                at += length;
                read += 1;
            }
            None => match star {
                Some((from, taken)) => {
                    at = from + 1;
                    read = taken + 1;
                    star = Some((from, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at.min(pattern.len())..].iter().all(|c| *c == '*')
}

/// How many characters of a pattern match one of the name; 0 for `*`.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match *pattern.first()? {
        '*' => Some(0),
        '?' => Some(1),
        '\\' => (pattern.get(1) == Some(&c)).then_some(2),
        '[' => {
            let end = pattern.iter().skip(2).position(|c| *c == ']')? + 2;
            let inside = &pattern[1..end];
            let (negated, inside) = match inside.split_first() {
                Some(('^' | '!', rest)) => (true, rest),
                _ => (false, inside),
            };
            let mut at = 0;
            let mut found = false;
            while at < inside.len() {
                if inside.get(at + 1) == Some(&'-') && at + 2 < inside.len() {
                    found |= (inside[at]..=inside[at + 2]).contains(&c);
                    at += 3;
                } else {
                    found |= inside[at] == c;
                    at += 1;
                }
            }
            (found != negated).then_some(end + 1)
        }
        plain => (plain == c).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILES: [&str; 5] =
        ["package.json", "web/package.json", "apps/a/package.json", "apps/b/package.json", "deps/x.tgz"];

    /// What `COPY` with these words brings, as `path=file`, sorted.
    fn copied(words: &[&str], change: impl FnOnce(&mut Copy)) -> Vec<String> {
        let (to, sources) = words.split_last().unwrap();
        let mut context = ImageFiles::default();
        for (number, file) in FILES.iter().enumerate() {
            context.insert(format!("/{file}"), number, 0);
        }
        let mut copy = Copy {
            line: 1,
            sources: sources.iter().map(|source| SourcePattern::new(source, false)).collect(),
            to: path::join("/w", to),
            into_folder: to.ends_with('/') || sources.len() > 1,
            ..Copy::default()
        };
        change(&mut copy);
        let mut image = ImageFiles::default();
        image.make_folder("/w");
        image.copy(&copy, &context, false);
        image.all().map(|(path, file, _)| format!("{path}={}", FILES[file])).collect()
    }

    fn plain(words: &[&str]) -> Vec<String> {
        copied(words, |_| {})
    }

    #[test]
    fn files_and_folders() {
        assert_eq!(plain(&["package.json", "./"]), ["/w/package.json=package.json"]);
        assert_eq!(plain(&["web/package.json", "."]), ["/w/package.json=web/package.json"]);
        assert_eq!(plain(&["web/package.json", "x"]), ["/w/x=web/package.json"]);
        assert_eq!(plain(&["web", "x"]), ["/w/x/package.json=web/package.json"]);
        assert_eq!(plain(&["/apps/", "."]).len(), 2);
        assert_eq!(plain(&[".", "/a"]).len(), 5);
        assert_eq!(plain(&["../web", "a/"]), ["/w/a/package.json=web/package.json"]);
        assert_eq!(plain(&["we", "."]), [""; 0]);
    }

    #[test]
    fn globs() {
        assert_eq!(plain(&["package*.json", "./"]), ["/w/package.json=package.json"]);
        assert_eq!(plain(&["apps/*/package.json", "./"]).len(), 2);
        assert_eq!(plain(&["[a-w]*", "x/"]).len(), 5);
        assert_eq!(plain(&["deps*", "d/"]), ["/w/d/x.tgz=deps/x.tgz"]);
        assert_eq!(plain(&["deps/*.tgz", "d/"]), ["/w/d/x.tgz=deps/x.tgz"]);
    }

    #[test]
    fn parents_and_exclusions() {
        let parents = |words: &[&str]| copied(words, |copy| copy.keeps_parents = true);
        assert_eq!(parents(&["apps/a/package.json", "./"]), ["/w/apps/a/package.json=apps/a/package.json"]);
        assert_eq!(parents(&["apps/./*/package.json", "./"])[0], "/w/a/package.json=apps/a/package.json");
        assert_eq!(parents(&["**/package.json", "./"]).len(), 4);
        let without = copied(&["apps", "./"], |copy| copy.excluded = vec!["b".to_owned()]);
        assert_eq!(without, ["/w/a/package.json=apps/a/package.json"]);
    }

    #[test]
    fn a_later_file_takes_the_place() {
        let mut image = ImageFiles::default();
        image.insert("/a/f".to_owned(), 0, 1);
        let mut context = ImageFiles::default();
        context.insert("/g".to_owned(), 1, 0);
        let copy = Copy {
            line: 2,
            sources: vec![SourcePattern::new("g", false)],
            to: "/a/f".to_owned(),
            ..Copy::default()
        };
        image.copy(&copy, &context, false);
        assert_eq!(image.at("/a/f").collect::<Vec<_>>(), [(1, 2)]);
        image.remove("/a");
        assert_eq!(image.all().count(), 0);
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_and_nothing_panics(pattern in "[a-c*?\\[\\]\\\\^-]{0,12}", name in "[a-c]{0,8}") {
            let _ = matches_name(&pattern, &name);
            prop_assert!(matches_name(&name, &name));
            prop_assert!(matches_name("*", &name));
        }
    }
}
