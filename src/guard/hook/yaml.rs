//! One entry more in a YAML file, whose every other byte stays as it is.

use serde_json::Value;

use crate::text::yaml;

/// Adds `key: {field: value}` to the map at two keys, which are made where they are missing.
pub(super) fn add_to_map(
    text: &str,
    [outer, inner]: [&str; 2],
    key: &str,
    (field, value): (&str, &str),
) -> Result<String, String> {
    let entry = [format!("{key}:"), format!("  {field}: {value}")];
    let mut expected = value_of(text)?;
    *[outer, inner, key, field].into_iter().fold(&mut expected, child) = value.into();
    let lines = BlockLines::of(text);
    let added = match lines.key(outer, 0..lines.len(), 0) {
        None => {
            let mut block = vec![format!("{outer}:"), format!("  {inner}:")];
            block.extend(entry.iter().map(|line| format!("    {line}")));
            lines.insert(lines.len(), 0, &block)
        }
        Some(at) => {
            let block = lines.block(at);
            let indent = lines.indent_of_first(&block).unwrap_or(2);
            match lines.key(inner, block.clone(), indent) {
                None => {
                    let mut more = vec![format!("{inner}:")];
                    more.extend(entry.iter().map(|line| format!("  {line}")));
                    lines.insert(at + 1, indent, &more)
                }
                Some(at) => {
                    let deeper = lines.indent_of_first(&lines.block(at)).unwrap_or(indent + 2);
                    lines.insert(at + 1, deeper, &entry)
                }
            }
        }
    };
    only_if(added, &expected).ok_or_else(|| by_hand(&format!("{outer}.{inner}"), &entry))
}

/// Takes out the map that [`add_to_map`] added, and the maps around it that are empty then; `None` where it is not there.
pub(super) fn remove_from_map(text: &str, path: [&str; 3]) -> Result<Option<String>, String> {
    let [outer, inner, key] = path;
    let mut expected = value_of(text)?;
    if expected[outer][inner].get(key).is_none() {
        return Ok(None);
    }
    let lines = BlockLines::of(text);
    let mut cut = lines.key(outer, 0..lines.len(), 0).and_then(|outer| {
        let block = lines.block(outer);
        let inner = lines.key(inner, block.clone(), lines.indent_of_first(&block)?)?;
        let block = lines.block(inner);
        let key = lines.key(key, block.clone(), lines.indent_of_first(&block)?)?;
        Some([outer, inner, key])
    });
    let mut depth = 2;
    take_out(&mut expected, &path);
    while depth > 0 && at_path(&expected, &path[..depth]).is_some_and(is_empty_object) {
        take_out(&mut expected, &path[..depth]);
        depth -= 1;
    }
    if expected.as_object().is_some_and(serde_json::Map::is_empty) {
        expected = Value::Null;
    }
    let removed = cut.take().map(|at| lines.without(at[depth]..lines.block(at[depth]).end));
    removed.and_then(|removed| only_if(removed, &expected)).map(Some).ok_or_else(|| {
        format!(
            "it is written in a way that is not changed by a program: take `{}` out by hand",
            path.join(".")
        )
    })
}

/// Takes out an item that [`add_to_list`] added, and the list where it is empty then; `None` where it is not there.
pub(super) fn remove_from_list(text: &str, key: &str, item: &Value) -> Result<Option<String>, String> {
    let mut expected = value_of(text)?;
    let Some(items) = expected.get_mut(key).and_then(Value::as_array_mut) else { return Ok(None) };
    let Some(at) = items.iter().position(|found| found == item) else { return Ok(None) };
    items.remove(at);
    let is_last = items.is_empty();
    if is_last {
        take_out(&mut expected, &[key]);
    }
    if expected.as_object().is_some_and(serde_json::Map::is_empty) {
        expected = Value::Null;
    }
    let entry = item_lines(item);
    let lines = BlockLines::of(text);
    let removed = lines.find(&entry).map(|found| {
        let from =
            if is_last { lines.key(key, 0..found.start, 0).unwrap_or(found.start) } else { found.start };
        lines.without(from..found.end)
    });
    removed.and_then(|removed| only_if(removed, &expected)).map(Some).ok_or_else(|| {
        format!(
            "it is written in a way that is not changed by a program: take out of `{key}` by hand:\n{}",
            entry.join("\n")
        )
    })
}

fn at_path<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn is_empty_object(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn take_out(value: &mut Value, path: &[&str]) {
    let Some((last, path)) = path.split_last() else { return };
    let parent = path.iter().try_fold(value, |value, key| value.get_mut(*key));
    if let Some(parent) = parent.and_then(Value::as_object_mut) {
        parent.shift_remove(*last);
    }
}

fn by_hand(place: &str, entry: &[String]) -> String {
    format!(
        "it is written in a way that is not changed by a program: add to `{place}` by hand:\n{}",
        entry.join("\n")
    )
}

/// Adds an item, in front, to the list at a key of the top.
pub(super) fn add_to_list(text: &str, key: &str, item: &Value) -> Result<String, String> {
    let entry = item_lines(item);
    let mut expected = value_of(text)?;
    let lines = BlockLines::of(text);
    let added = match lines.key(key, 0..lines.len(), 0) {
        None if expected.get(key).is_none() && (expected.is_null() || expected.is_object()) => {
            *child(&mut expected, key) = Value::Array(vec![item.clone()]);
            let mut block = vec![format!("{key}:")];
            block.extend(entry.iter().cloned());
            Some(lines.insert(lines.len(), 0, &block))
        }
        None if expected[key].as_array().is_some_and(Vec::is_empty) => {
            *child(&mut expected, key) = Value::Array(vec![item.clone()]);
            lines.fill(key, &entry)
        }
        Some(at) if expected[key].is_null() => {
            *child(&mut expected, key) = Value::Array(vec![item.clone()]);
            Some(lines.insert(at + 1, 0, &entry))
        }
        at => {
            match child(&mut expected, key) {
                Value::Array(items) => items.insert(0, item.clone()),
                other => *other = Value::Array(vec![item.clone()]),
            }
            at.and_then(|at| lines.insert_item(at, &entry))
        }
    };
    added.and_then(|added| only_if(added, &expected)).ok_or_else(|| by_hand(key, &entry))
}

/// The value at a key, in an object that is made where there was none: it then is not what the text says, which shows.
fn child<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    &mut value[key]
}

/// An object in block style, also those of its lists; all else as JSON, which is YAML.
fn item_lines(item: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, value) in item.as_object().into_iter().flatten() {
        match value {
            Value::Array(items) if items.iter().all(Value::is_object) => {
                lines.push(format!("{key}:"));
                lines.extend(items.iter().flat_map(item_lines).map(|line| format!("  {line}")));
            }
            scalar => lines.push(format!("{key}: {scalar}")),
        }
    }
    let first = |(i, line): (usize, String)| if i == 0 { format!("- {line}") } else { format!("  {line}") };
    lines.into_iter().enumerate().map(first).collect()
}

/// The text, if it says what was meant: the one check that covers every way to write YAML.
fn only_if(text: String, expected: &Value) -> Option<String> {
    (yaml::parse(&text).ok()? == *expected).then_some(text)
}

fn value_of(text: &str) -> Result<Value, String> {
    yaml::parse(text).map_err(|error| error.to_string())
}

/// The lines of a block-style text.
struct BlockLines<'a> {
    lines: Vec<&'a str>,
    end: &'static str,
}

impl<'a> BlockLines<'a> {
    fn of(text: &'a str) -> Self {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { lines: text.split_inclusive('\n').collect(), end }
    }

    fn len(&self) -> usize {
        self.lines.len()
    }

    /// The line of `key:` at an indent, with nothing but a comment behind it.
    fn key(&self, key: &str, within: std::ops::Range<usize>, indent: usize) -> Option<usize> {
        within.into_iter().find(|&i| {
            indent_of(self.lines[i]) == Some(indent)
                && self.lines[i]
                    .trim()
                    .strip_prefix(key)
                    .and_then(|rest| rest.strip_prefix(':'))
                    .is_some_and(|rest| rest.trim_start().is_empty() || rest.trim_start().starts_with('#'))
        })
    }

    /// The lines that belong to the key at a line.
    fn block(&self, at: usize) -> std::ops::Range<usize> {
        let own = indent_of(self.lines[at]).unwrap_or(0);
        let is_out = |line: &&str| indent_of(line).is_some_and(|indent| indent <= own);
        let length = self.lines[at + 1..].iter().position(is_out);
        at + 1..length.map_or(self.len(), |length| at + 1 + length)
    }

    fn indent_of_first(&self, block: &std::ops::Range<usize>) -> Option<usize> {
        self.lines[block.clone()].iter().find_map(|line| indent_of(line))
    }

    /// Puts an item in front of the list of the key at a line; its items may stand as far left as the key.
    fn insert_item(&self, at: usize, entry: &[String]) -> Option<String> {
        let first = self.lines[at + 1..].iter().find(|line| indent_of(line).is_some())?;
        let is_item = first.trim_start().starts_with("- ");
        is_item.then(|| self.insert(at + 1, indent_of(first).unwrap_or(0), entry))
    }

    /// Gives a key of the top with an empty list its first item.
    fn fill(&self, key: &str, entry: &[String]) -> Option<String> {
        let empty = format!("{key}: []");
        let at = self.lines.iter().position(|line| line.trim_end() == empty)?;
        let rest = Self { lines: [&self.lines[..at], &self.lines[at + 1..]].concat(), end: self.end };
        Some(rest.insert(at, 0, &[&[format!("{key}:")], entry].concat()))
    }

    /// Where lines stand, whatever their indent.
    fn find(&self, entry: &[String]) -> Option<std::ops::Range<usize>> {
        let trimmed: Vec<&str> = entry.iter().map(|line| line.trim()).collect();
        let same = |lines: &[&str]| lines.iter().zip(&trimmed).all(|(line, wanted)| line.trim() == *wanted);
        let at = self.lines.windows(entry.len()).position(same)?;
        Some(at..at + entry.len())
    }

    fn without(&self, cut: std::ops::Range<usize>) -> String {
        [self.lines[..cut.start].concat(), self.lines[cut.end..].concat()].concat()
    }

    fn insert(&self, at: usize, indent: usize, block: &[String]) -> String {
        let mut text: String = self.lines[..at].concat();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(self.end);
        }
        for line in block {
            text.push_str(&format!("{:indent$}{line}{}", "", self.end));
        }
        text.push_str(&self.lines[at..].concat());
        text
    }
}

/// Of a line that is neither empty nor a comment.
fn indent_of(line: &str) -> Option<usize> {
    let content = line.trim_start_matches(' ');
    let counts = !content.trim().is_empty() && !content.starts_with('#');
    counts.then(|| line.len() - content.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lefthook(text: &str) -> Result<String, String> {
        add_to_map(text, ["pre-commit", "scripts"], "docker-prep", ("runner", "sh"))
    }

    #[test]
    fn lefthook_in_every_block_style() {
        let entry = "docker-prep:\n      runner: sh\n";
        assert_eq!(lefthook("").unwrap(), format!("pre-commit:\n  scripts:\n    {entry}"));
        assert_eq!(
            lefthook("# ours\npre-push:\n  parallel: true").unwrap(),
            format!("# ours\npre-push:\n  parallel: true\npre-commit:\n  scripts:\n    {entry}")
        );
        assert_eq!(
            lefthook("pre-commit: # all\n  parallel: true\n\npost-merge:\n").unwrap(),
            format!("pre-commit: # all\n  scripts:\n    {entry}  parallel: true\n\npost-merge:\n")
        );
        assert_eq!(
            lefthook(
                "pre-commit:\n    scripts:\n        # first\n        lint:\n            runner: x # y\n"
            )
            .unwrap(),
            "pre-commit:\n    scripts:\n        docker-prep:\n          runner: sh\n        # first\n        lint:\n            runner: x # y\n"
        );
        assert_eq!(
            lefthook("pre-commit:\r\n  jobs:\r\n  - name: a\r\n    run: b\r\n").unwrap(),
            "pre-commit:\r\n  scripts:\r\n    docker-prep:\r\n      runner: sh\r\n  jobs:\r\n  - name: a\r\n    run: b\r\n"
        );
    }

    #[test]
    fn the_framework_gets_a_local_repository() {
        let item = serde_json::json!({"repo": "local", "hooks": [{"id": "g", "always_run": true}]});
        let entry = "- repo: \"local\"\n  hooks:\n    - id: \"g\"\n      always_run: true\n";
        assert_eq!(add_to_list("", "repos", &item).unwrap(), format!("repos:\n{entry}"));
        assert_eq!(
            add_to_list("# c\nrepos:\n- repo: x\n  hooks: []\n", "repos", &item).unwrap(),
            format!("# c\nrepos:\n{entry}- repo: x\n  hooks: []\n")
        );
        for empty in ["repos: []\n", "repos:\n"] {
            assert_eq!(add_to_list(empty, "repos", &item).unwrap(), format!("repos:\n{entry}"));
        }
        let error = add_to_list("repos: [{}]\n", "repos", &item).unwrap_err();
        assert!(error.contains("by hand:\n- repo: \"local\""), "{error}");
    }

    #[test]
    fn what_was_added_is_taken_out_again() {
        let item = serde_json::json!({"repo": "local", "hooks": [{"id": "g", "stages": ["commit"]}]});
        for text in
            ["", "# ours\nother:\n  parallel: true\n", "pre-commit: # all\n  parallel: true\n\npost-merge:\n"]
        {
            let path = ["pre-commit", "scripts", "docker-prep"];
            assert_eq!(remove_from_map(&lefthook(text).unwrap(), path), Ok(Some(text.to_owned())), "{text}");
            assert_eq!(remove_from_map(text, path), Ok(None));
        }
        for text in ["", "# c\nrepos:\n- repo: x\n  hooks: []\n", "fail_fast: true\nrepos:\n  - {repo: x}\n"]
        {
            let added = add_to_list(text, "repos", &item).unwrap();
            assert_eq!(remove_from_list(&added, "repos", &item), Ok(Some(text.to_owned())), "{text}");
            assert_eq!(remove_from_list(text, "repos", &item), Ok(None));
        }
    }

    #[test]
    fn what_cannot_be_told_is_left_to_the_owner() {
        for text in [
            "pre-commit: x\n",
            "x\n",
            "pre-commit: {scripts: {}}\n",
            "pre-commit: &a\n  scripts: {}\n",
            "- a\n",
        ] {
            let error = lefthook(text).unwrap_err();
            assert!(error.contains("by hand"), "{error}");
        }
        assert!(lefthook("a: [").unwrap_err().starts_with("line "));
    }
}
