//! A hook that is a shell script.

use super::HookProgram;

/// The script with the guard in front of everything else, so that no `exit` of its own comes first; `None` where a
/// line of its own calls it already. What was written for another way to have the program is changed where it stands.
pub(super) fn with_guard(
    text: Option<&str>,
    shebang: Option<&str>,
    program: &HookProgram,
) -> Result<Option<String>, String> {
    if let Some(text) = text
        && let Some(written) = written(text)
    {
        let changed = [&text[..written.start], &guard(program), &text[written.end..]].concat();
        return Ok(Some(changed).filter(|changed| changed != text));
    }
    if text.is_some_and(has_guard) {
        return Ok(None);
    }
    with_it_in_front(text, shebang, program).map(Some)
}

/// Whether some line calls the guard whatever else is so.
pub(crate) fn has_guard(text: &str) -> bool {
    text.lines().any(calls_the_guard)
}

/// Whether a line calls the guard whatever else is so, and heeds what it says: not in a branch, a function, a string,
/// nor with `|| true` behind it.
fn calls_the_guard(line: &str) -> bool {
    const BEFORE: [&str; 9] = [
        "",
        "exec ",
        "npx ",
        "npx --no-install ",
        "pnpm exec ",
        "pnpm ",
        "yarn ",
        "bunx ",
        "node_modules/.bin/",
    ];
    BEFORE.iter().any(|before| {
        let call = line.strip_prefix(before).and_then(|line| line.strip_prefix("docker-prep guard"));
        call.map(str::trim).is_some_and(|rest| rest.is_empty() || rest.starts_with("|| exit"))
    })
}

/// The first and the last line of what is written into a script.
const FIRST: &str = "# docker-prep: a rewritten manifest is not committed\n";
const LAST: &str = "docker-prep guard || exit $?\n";

/// What is written.
fn guard(program: &HookProgram) -> String {
    format!(
        "{FIRST}\
         PATH=\"{}\"\n\
         command -v {} >/dev/null 2>&1 || {{\n\
         \techo '{}' >&2\n\
         \texit 1\n\
         }}\n\
         {} || exit $?\n",
        program.search_path(),
        program.name(),
        program.missing(),
        program.call()
    )
}

fn with_it_in_front(
    text: Option<&str>,
    shebang: Option<&str>,
    program: &HookProgram,
) -> Result<String, String> {
    let guard = guard(program);
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
    let written = written(text)?;
    let rest = [&text[..written.start], &text[written.end..]].concat();
    Some(if rest == "#!/bin/sh\n" { String::new() } else { rest })
}

/// Where that stands.
fn written(text: &str) -> Option<std::ops::Range<usize>> {
    let begin = text.find(FIRST)?;
    Some(begin..begin + text[begin..].find(LAST)? + LAST.len())
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
        let program = HookProgram::on_path();
        let whole = with_guard(Some(text), Some("#!/bin/sh"), &program).unwrap().unwrap();
        whole.replace(&guard(&program), "<guard>\n")
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
        let program = HookProgram::on_path();
        for line in [
            "docker-prep guard",
            "exec docker-prep guard",
            "docker-prep guard || exit 1",
            "npx --no-install docker-prep guard",
            "pnpm exec docker-prep guard",
            "node_modules/.bin/docker-prep guard",
        ] {
            assert_eq!(with_guard(Some(&format!("npm test\n{line}\n")), None, &program), Ok(None), "{line}");
        }
        for line in [
            "# docker-prep guard",
            "echo 'docker-prep guard'",
            "docker-prep guard || true",
            "  docker-prep guard",
        ] {
            assert!(matches!(with_guard(Some(line), None, &program), Ok(Some(_))), "{line}");
        }
    }

    #[test]
    fn what_was_written_is_taken_out_again() {
        for text in ["npm test\n", "#!/usr/bin/env bash\n\nexit 0\n", "\n\nx"] {
            for program in HookProgram::of_each_kind() {
                let whole = with_guard(Some(text), None, &program).unwrap().unwrap();
                assert_eq!(with_guard(Some(&whole), None, &program), Ok(None));
                assert_eq!(without_guard(&whole).as_deref(), Some(text));
                // The project has the program otherwise by now.
                for other in HookProgram::of_each_kind().iter().filter(|other| **other != program) {
                    let changed = with_guard(Some(&whole), None, other).unwrap().unwrap();
                    assert_eq!(with_guard(Some(text), None, other).unwrap().unwrap(), changed);
                }
            }
            assert_eq!(without_guard(text), None);
        }
        let new = with_guard(None, Some("#!/bin/sh"), &HookProgram::on_path()).unwrap().unwrap();
        assert_eq!(without_guard(&new).as_deref(), Some(""));
    }

    #[test]
    fn another_language_is_left_alone() {
        let error =
            with_guard(Some("#!/usr/bin/env -S node\n1\n"), None, &HookProgram::on_path()).unwrap_err();
        assert!(error.contains("node") && error.contains("docker-prep guard"), "{error}");
    }
}
