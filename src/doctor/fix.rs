//! What `--fix` does to files: from findings to texts.

use std::collections::{BTreeMap, BTreeSet};

use super::examine::Found;
use super::finding::{Edit, EditKind, Fix, Safety};
use super::npmrc::masked;
use crate::text::diff;

/// A file that a fix changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FixedFile {
    /// From the repository's root.
    pub(crate) path: String,
    /// Its text as it was read; `None` where it is new.
    pub(crate) before: Option<String>,
    /// Its text then.
    pub(crate) after: String,
}

impl FixedFile {
    /// The change as `git diff` prints it.
    pub(crate) fn diff(&self) -> String {
        let diff = match &self.before {
            Some(before) => diff::unified(&self.path, before, &self.after),
            None => diff::created(&self.path, &self.after),
        };
        diff.split_inclusive('\n').map(shown).collect()
    }
}

/// A line of a diff without what proves who asks a registry.
fn shown(line: &str) -> String {
    let bare = line.trim_end_matches(['\n', '\r']);
    format!("{}{}", masked(bare), &line[bare.len()..])
}

/// What a fix does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FixPlan {
    /// By their paths.
    pub(crate) files: Vec<FixedFile>,
    /// How many findings it mends.
    pub(crate) findings: usize,
}

/// The plan for all findings that may be mended; `text` knows the files.
pub(crate) fn plan<'a>(found: &[Found], unsafe_too: bool, text: impl Fn(&str) -> Option<&'a str>) -> FixPlan {
    let mut by_file: BTreeMap<&str, BTreeSet<&EditKind>> = BTreeMap::new();
    let mut findings = 0;
    for found in found {
        let Fix::Edits { safety, edits } = &found.finding.fix else { continue };
        if *safety == Safety::Unsafe && !unsafe_too {
            continue;
        }
        findings += 1;
        for Edit { path, kind } in edits {
            by_file.entry(path).or_default().insert(kind);
        }
    }
    let fixed = by_file.into_iter().filter_map(|(path, kinds)| {
        let before = text(path);
        let after = edited(before.unwrap_or_default(), &kinds);
        let file = FixedFile { path: path.to_owned(), before: before.map(str::to_owned), after };
        (file.before.as_deref() != Some(&*file.after)).then_some(file)
    });
    FixPlan { files: fixed.collect(), findings }
}

/// A text with its edits made. Its line ends stay what they are; a line is changed once.
fn edited(text: &str, kinds: &BTreeSet<&EditKind>) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = String::with_capacity(text.len() + 64);
    let with_end = |out: &mut String| {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(end);
        }
    };
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let number = at + 1;
        let bare = line.trim_end_matches(['\n', '\r']);
        let replaced = kinds.iter().find_map(|kind| match kind {
            EditKind::Replace(of, text) if *of == number => Some(text),
            _ => None,
        });
        let is_removed = kinds.iter().any(|kind| matches!(kind, EditKind::Remove(of) if *of == number));
        match replaced {
            Some(text) => {
                out.push_str(text);
                out.push_str(&line[bare.len()..]);
            }
            None if is_removed => {}
            None => out.push_str(line),
        }
        for kind in kinds {
            if let EditKind::Insert(of, lines) = kind
                && *of == number
            {
                with_end(&mut out);
                for line in lines {
                    out.push_str(line);
                    out.push_str(end);
                }
            }
        }
    }
    let mut there: BTreeSet<String> = out.lines().map(|line| line.trim().to_owned()).collect();
    for kind in kinds {
        let EditKind::Append(lines) = kind else { continue };
        for line in lines {
            if there.insert(line.trim().to_owned()) {
                with_end(&mut out);
                out.push_str(line);
                out.push_str(end);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, kinds: &[EditKind]) -> String {
        edited(text, &kinds.iter().collect())
    }

    #[test]
    fn line_ends_stay_what_they_are() {
        let append = EditKind::Append(vec!["x".to_owned(), "a".to_owned()]);
        assert_eq!(after("a\r\nb", std::slice::from_ref(&append)), "a\r\nb\r\nx\r\n");
        assert_eq!(after("", std::slice::from_ref(&append)), "x\na\n");
        let kinds = [
            EditKind::Remove(1),
            EditKind::Replace(2, "B".to_owned()),
            EditKind::Insert(3, vec!["d".to_owned()]),
        ];
        assert_eq!(after("a\nb\r\nc", &kinds), "B\r\nc\r\nd\r\n");
    }
}
