//! Unified diffs, as `git diff` prints them.

use similar::TextDiff;

use super::shown;

/// The change of one file from `old` to `new`; empty where there is none.
pub(crate) fn unified(path: &str, old: &str, new: &str) -> String {
    labelled([&format!("a/{path}"), &format!("b/{path}")], old, new)
}

/// The change that makes a file.
pub(crate) fn created(path: &str, new: &str) -> String {
    labelled(["/dev/null", &format!("b/{path}")], "", new)
}

/// The same, with labels that are no paths. A label is one line, whatever stands in it.
pub(crate) fn labelled([before, after]: [&str; 2], old: &str, new: &str) -> String {
    let [before, after] = [shown(before), shown(after)];
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(&before, &after).to_string()
}
