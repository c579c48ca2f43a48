//! Lines of a `.gitignore`.

/// The text with each pattern that it lacks at its end; `None` where it has them all. A later `!pattern` is its
/// owner's will, and counts as there.
pub(crate) fn with(text: Option<&str>, patterns: &[String]) -> Option<String> {
    let text = text.unwrap_or_default();
    let bare = |line: &str| line.trim_end().trim_start_matches('!').trim_matches('/').to_owned();
    let there: Vec<String> = text.lines().map(bare).collect();
    let missing: Vec<&String> = patterns.iter().filter(|pattern| !there.contains(&bare(pattern))).collect();
    if missing.is_empty() {
        return None;
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(end);
    }
    for pattern in missing {
        text.push_str(pattern);
        text.push_str(end);
    }
    Some(text)
}

/// The text without the patterns, where they are its last lines as [`with`] wrote them all; else `None`: elsewhere they
/// are somebody's.
pub(crate) fn without(text: &str, patterns: &[String]) -> Option<String> {
    let mut rest = text;
    for pattern in patterns.iter().rev() {
        rest = rest.strip_suffix('\n')?;
        rest = rest.strip_suffix('\r').unwrap_or(rest).strip_suffix(pattern.as_str())?;
    }
    (rest.is_empty() || rest.ends_with('\n')).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_added_once_and_the_rest_kept() {
        let patterns = [".docker-deps/".to_owned(), "*.bak".to_owned()];
        let add = |text: Option<&str>| with(text, &patterns);
        assert_eq!(add(None).unwrap(), ".docker-deps/\n*.bak\n");
        assert_eq!(add(Some("dist\r\n/.docker-deps")).unwrap(), "dist\r\n/.docker-deps\r\n*.bak\r\n");
        assert_eq!(add(Some(".docker-deps\n# *.bak\n!*.bak\n")), None);
        assert_eq!(add(add(None).as_deref()), None);
        for text in ["", "dist\r\n", "a\n"] {
            assert_eq!(without(&with(Some(text), &patterns).unwrap(), &patterns).as_deref(), Some(text));
        }
        for text in ["", "*.bak\n", "x.docker-deps/\n*.bak\n", "*.bak\n.docker-deps/\n"] {
            assert_eq!(without(text, &patterns), None, "{text}");
        }
    }
}
