//! lefthook's configuration as TOML: a table more at its end.

use toml::{Table, Value};

const ENTRY: &str = "[pre-commit.scripts.docker-prep]\nrunner = \"sh\"\n";

/// The text with the entry at its end.
pub(super) fn add(text: &str) -> Result<String, String> {
    let by_hand = |why: &str| format!("{why}: add to `pre-commit.scripts` by hand:\n{ENTRY}");
    let before: Table = toml::from_str(text).map_err(|error| by_hand(error.message()))?;
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let added = format!("{text}{gap}{ENTRY}");
    let mut after: Table = toml::from_str(&added).map_err(|error| by_hand(error.message()))?;
    take_out(&mut after, &["pre-commit", "scripts", super::SCRIPT]);
    let mut expected = before;
    take_out(&mut expected, &["pre-commit", "scripts", super::SCRIPT]);
    if after == expected { Ok(added) } else { Err(by_hand("it would say something else then")) }
}

/// The text without the entry; `None` where it is not there as it was written.
pub(super) fn remove(text: &str) -> Option<String> {
    let at = text.find(ENTRY)?;
    let before = &text[..at];
    let before = before.strip_suffix("\n\n").map_or(before, |before| &text[..before.len() + 1]);
    Some([before, &text[at + ENTRY.len()..]].concat())
}

/// Takes out a key, and the tables around it that are empty then.
fn take_out(table: &mut Table, path: &[&str]) {
    let Some((first, rest)) = path.split_first() else { return };
    if let (Some(Value::Table(inner)), false) = (table.get_mut(*first), rest.is_empty()) {
        take_out(inner, rest);
        if !inner.is_empty() {
            return;
        }
    }
    table.remove(*first);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_added_where_that_says_what_is_meant() {
        for text in ["", "[pre-push.commands.a]\nrun = \"x\"\n", "[pre-commit]\nparallel = true\n"] {
            let added = add(text).unwrap();
            assert!(added.ends_with(ENTRY));
            assert_eq!(remove(&added).as_deref(), Some(text));
            assert_eq!(remove(text), None);
        }
        for text in ["pre-commit = {}\n", "[", "[pre-commit]\nscripts = 1\n"] {
            assert!(add(text).unwrap_err().contains("by hand:\n[pre-commit"), "{text}");
        }
    }
}
