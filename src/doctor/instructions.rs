//! A Dockerfile instruction by instruction: what a rule asks that the stages do not tell.

use super::repository::Build;
use crate::image::dockerfile::Instruction;

/// The instructions of the stages that a build makes, each with the number of its stage.
pub(super) fn of_stages(build: &Build) -> impl Iterator<Item = (usize, &Instruction)> {
    let mut stages = 0_usize;
    let all = build.instructions.iter().filter_map(move |instruction| {
        stages += usize::from(instruction.keyword == "FROM");
        Some((stages.checked_sub(1)?, instruction))
    });
    all.filter(|(stage, _)| build.makes(*stage))
}

/// How a text refers to a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// `$NAME`, `${NAME}`.
    Plain,
    /// `${NAME:-x}` and the like: it need not be set.
    Guarded,
}

/// How a text refers to a variable, if it does; the plainest way counts.
pub(super) fn reference(text: &str, name: &str) -> Option<Reference> {
    let mut found = None;
    for (at, _) in text.match_indices('$') {
        let is_escaped = at > 0 && matches!(text.as_bytes()[at - 1], b'\\' | b'$');
        let rest = &text[at + 1..];
        let (rest, is_braced) = rest.strip_prefix('{').map_or((rest, false), |rest| (rest, true));
        let Some(behind) = rest.strip_prefix(name).filter(|_| !is_escaped) else { continue };
        let next = behind.chars().next();
        if next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        match next {
            Some('}') if is_braced => return Some(Reference::Plain),
            _ if is_braced => found = Some(Reference::Guarded),
            _ => return Some(Reference::Plain),
        }
    }
    found
}

/// Whether the line above an instruction, or the head of the file, has a generic linter leave something out.
pub(super) fn is_left_out(text: &str, line: usize, check: &str, hadolint: &str) -> bool {
    let is_in_head = text.lines().take_while(|line| line.trim_start().starts_with('#')).any(|line| {
        let words = line.trim_start_matches('#').trim();
        words.strip_prefix("check=").is_some_and(|value| {
            let skip = value.split(';').find_map(|part| part.trim().strip_prefix("skip="));
            skip.is_some_and(|list| {
                list.split(',').any(|one| matches!(one.trim(), "all") || one.trim() == check)
            })
        })
    });
    let above = line.checked_sub(2).and_then(|above| text.lines().nth(above)).unwrap_or_default();
    let above = above.trim().trim_start_matches('#').trim();
    let is_above = above.strip_prefix("hadolint").is_some_and(|rest| {
        rest.trim()
            .trim_start_matches("global")
            .trim()
            .strip_prefix("ignore=")
            .is_some_and(|list| list.split(',').any(|one| one.trim() == hadolint))
    });
    is_in_head || is_above
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_longer_names_and_from_text() {
        for (text, expected) in [
            ("echo $A", Some(Reference::Plain)),
            ("echo \"${A}b\"", Some(Reference::Plain)),
            ("echo ${A:-x}", Some(Reference::Guarded)),
            ("echo ${A:-x} $A", Some(Reference::Plain)),
            ("echo $AB ${AB} A \\$A $$A", None),
        ] {
            assert_eq!(reference(text, "A"), expected, "{text}");
        }
    }

    #[test]
    fn what_other_linters_are_told_to_leave_out() {
        let left_out = |text: &str, line| is_left_out(text, line, "SecretsUsedInArgOrEnv", "DL3064");
        assert!(left_out("# check=skip=SecretsUsedInArgOrEnv;error=true\nFROM x\nARG NPM_TOKEN\n", 3));
        assert!(left_out("# syntax=x\n# check=skip=all\nFROM x\nARG NPM_TOKEN\n", 4));
        assert!(left_out("FROM x\n# hadolint ignore=DL3008,DL3064\nARG NPM_TOKEN\n", 3));
        assert!(!left_out("FROM x\n# hadolint ignore=DL3008\nARG NPM_TOKEN\n", 3));
        assert!(!left_out("FROM x\n# check=skip=SecretsUsedInArgOrEnv\nARG NPM_TOKEN\n", 3));
    }
}
