//! A hook that is a shell script.

use super::{FOLDERS, HOW_TO_INSTALL};

/// The script with the guard in front of everything else, so that no `exit` of its own comes first; `None` where a
/// line of its own calls it already.
pub(super) fn with_guard(text: Option<&str>, shebang: Option<&str>) -> Result<Option<String>, String> {
    if text.is_some_and(|text| text.lines().any(calls_the_guard)) {
        return Ok(None);
    }
    with_it_in_front(text, shebang).map(Some)
}

/// Whether a line calls the guard whatever else is so, and heeds what it says: not in a branch, a function, a string,
/// nor with `|| true` behind it.
fn calls_the_guard(line: &str) -> bool {
    let call = line.strip_prefix("exec ").or_else(|| line.strip_prefix("npx ")).unwrap_or(line);
    let rest = call.strip_prefix("docker-prep guard").map(str::trim);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("|| exit"))
}

/// The first and the last line of what is written into a script.
const FIRST: &str = "# docker-prep: a rewritten manifest is not committed\n";
const LAST: &str = "docker-prep guard || exit $?\n";

fn with_it_in_front(text: Option<&str>, shebang: Option<&str>) -> Result<String, String> {
    let guard = format!(
        "{FIRST}\
         PATH=\"$PATH:{FOLDERS}\"\n\
         command -v docker-prep >/dev/null 2>&1 || {{\n\
         \techo '{HOW_TO_INSTALL}' >&2\n\
         \texit 1\n\
         }}\n\
         {LAST}"
    );
    let Some(text) = text else {
        return Ok(shebang.map_or_else(|| guard.clone(), |shebang| format!("{shebang}\n{guard}")));
    };
    let (head, rest) = text.split_at(front(text)?);
    let end = if head.is_empty() || head.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{head}{end}{guard}{rest}"))
}

/// The script without what [`with_guard`] wrote, from its first line to its last; `None` where that is not there. What
/// does nothing then is empty.
pub(super) fn without_guard(text: &str) -> Option<String> {
    let begin = text.find(FIRST)?;
    let end = begin + text[begin..].find(LAST)? + LAST.len();
    let rest = [&text[..begin], &text[end..]].concat();
    Some(if rest == "#!/bin/sh\n" { String::new() } else { rest })
}

/// Behind the first line that names the shell, and behind what husky 4 to 8 begin with.
fn front(text: &str) -> Result<usize, String> {
    let mut front = 0;
    if let Some(program) = text.strip_prefix("#!") {
        let line = program.lines().next().unwrap_or_default();
        if !is_shell(line) {
            return Err(format!("it is no shell script ('#!{line}'): have it call `docker-prep guard`"));
        }
        front = line_end(text, 0);
    }
    let sourced = text.match_indices("husky.sh\"").map(|(at, _)| line_end(text, at)).last();
    Ok(sourced.map_or(front, |sourced| sourced.max(front)))
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |end| from + end + 1)
}

fn is_shell(shebang: &str) -> bool {
    shebang
        .split_whitespace()
        .filter_map(|word| word.rsplit('/').next())
        .find(|word| *word != "env" && !word.starts_with('-'))
        .is_some_and(|program| ["sh", "bash", "dash", "zsh", "ksh", "ash"].contains(&program))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> String {
        let whole = with_guard(Some(text), Some("#!/bin/sh")).unwrap().unwrap();
        whole.replace(&with_guard(None, None).unwrap().unwrap(), "<guard>\n")
    }

    #[test]
    fn it_comes_first_but_behind_what_must_come_before() {
        assert_eq!(head(""), "<guard>\n");
        assert_eq!(head("npm test\n"), "<guard>\nnpm test\n");
        assert_eq!(head("#!/bin/sh"), "#!/bin/sh\n<guard>\n");
        assert_eq!(head("#!/usr/bin/env bash\n\nexit 0\n"), "#!/usr/bin/env bash\n<guard>\n\nexit 0\n");
        let old = "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n";
        assert_eq!(head(&format!("{old}\nnpm test\n")), format!("{old}<guard>\n\nnpm test\n"));
    }

    #[test]
    fn only_a_call_that_counts_is_one() {
        for line in ["docker-prep guard", "exec docker-prep guard", "docker-prep guard || exit 1"] {
            assert_eq!(with_guard(Some(&format!("npm test\n{line}\n")), None), Ok(None), "{line}");
        }
        for line in [
            "# docker-prep guard",
            "echo 'docker-prep guard'",
            "docker-prep guard || true",
            "  docker-prep guard",
        ] {
            assert!(matches!(with_guard(Some(line), None), Ok(Some(_))), "{line}");
        }
    }

    #[test]
    fn what_was_written_is_taken_out_again() {
        for text in ["npm test\n", "#!/usr/bin/env bash\n\nexit 0\n", "\n\nx"] {
            let whole = with_guard(Some(text), None).unwrap().unwrap();
            assert_eq!(without_guard(&whole).as_deref(), Some(text));
            assert_eq!(without_guard(text), None);
        }
        let new = with_guard(None, Some("#!/bin/sh")).unwrap().unwrap();
        assert_eq!(without_guard(&new).as_deref(), Some(""));
    }

    #[test]
    fn another_language_is_left_alone() {
        let error = with_guard(Some("#!/usr/bin/env -S node\n1\n"), None).unwrap_err();
        assert!(error.contains("node") && error.contains("docker-prep guard"), "{error}");
    }
}
