//! The selectors of overrides: `name`, `name@range`, `parent>name`, `parent@range>name@range`.

/// The package whose place an override takes, as pnpm 10.6.5 reads its selector (config/parse-overrides,
/// `parsePkgAndParentSelector`); `None` where pnpm would refuse it (ERR_PNPM_INVALID_SELECTOR).
pub(crate) fn target(selector: &str) -> Option<&str> {
    parts(selector).map(|(_, target)| target)
}

/// The package in whose dependencies it does so, where the selector names one, and that package.
pub(crate) fn parts(selector: &str) -> Option<(Option<&str>, &str)> {
    match delimiter(selector) {
        Some(at) => Some((Some(name(&selector[..at])?), name(&selector[at + 1..])?)),
        None => Some((None, name(selector)?)),
    }
}

/// The packages that it names, each with its range, where it has one.
pub(super) fn with_ranges<'a>(selector: &'a str) -> Vec<(&'a str, Option<&'a str>)> {
    let parts = match delimiter(selector) {
        Some(at) => vec![&selector[..at], &selector[at + 1..]],
        None => vec![selector],
    };
    let with_range = |part: &'a str| {
        let name = before_range(part);
        (name, part[name.len()..].strip_prefix('@').filter(|range| !range.is_empty()))
    };
    parts.into_iter().map(with_range).collect()
}

/// parse-wanted-dependency, and so npm-package-arg: what stands before the first `@` that is not the first character.
pub(crate) fn before_range(key: &str) -> &str {
    let at = key.char_indices().skip(1).find(|(_, character)| *character == '@');
    &key[..at.map_or(key.len(), |(at, _)| at)]
}

/// `DELIMITER_REGEX`, `/[^ |@]>/`: the first `>` that belongs to no range.
fn delimiter(selector: &str) -> Option<usize> {
    selector.match_indices('>').map(|(at, _)| at).find(|at| {
        let before = selector[..*at].chars().next_back();
        before.is_some_and(|before| !matches!(before, ' ' | '|' | '@'))
    })
}

fn name(selector: &str) -> Option<&str> {
    Some(before_range(selector)).filter(|name| is_name(name))
}

/// validate-npm-package-name's `validForOldPackages`.
fn is_name(name: &str) -> bool {
    let url_safe = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c))
    };
    let shape = match name.strip_prefix('@').and_then(|scoped| scoped.split_once('/')) {
        Some((scope, rest)) => url_safe(scope) && url_safe(rest),
        None => url_safe(name),
    };
    let forbidden = ["node_modules", "favicon.ico"].iter().any(|word| name.eq_ignore_ascii_case(word));
    shape && !name.starts_with(['.', '_']) && !forbidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_belong_to_their_packages() {
        for (selector, expected) in [
            ("@b/c", vec![("@b/c", None)]),
            ("@b/c@1", vec![("@b/c", Some("1"))]),
            ("a@>1>@b/c@<2", vec![("a", Some(">1")), ("@b/c", Some("<2"))]),
            ("a@", vec![("a", None)]),
            ("é@ü", vec![("é", Some("ü"))]),
            ("", vec![("", None)]),
        ] {
            assert_eq!(with_ranges(selector), expected, "{selector}");
        }
    }

    #[test]
    fn a_selector_means_what_pnpm_takes_it_for() {
        // What pnpm 10.6.5's own parser answers.
        let cases = [
            ("@b/c", Some("@b/c")),
            ("@b/c@1", Some("@b/c")),
            ("@b/c@>=2", Some("@b/c")),
            ("@b/c@npm:x", Some("@b/c")),
            ("a>@b/c", Some("@b/c")),
            ("a@1>@b/c@^2", Some("@b/c")),
            ("a@1>@b/c@", Some("@b/c")),
            ("@b/c>foo", Some("foo")),
            ("a@>1>b", Some("b")),
            ("a@>=1 <3>b@<2", Some("b")),
            ("@b/c@>1 || >3>d", Some("d")),
            ("a@1||2>b", Some("b")),
            ("a>b@1>c", Some("b")),
            ("a@ 1>b", Some("b")),
            ("a@1 >b", Some("a")),
            ("a@", Some("a")),
            ("@b/*", Some("@b/*")),
            ("A>b", Some("b")),
            ("a>b>c", None),
            ("**/@b/c", None),
            ("a/b", None),
            ("a >b", None),
            ("a> b", None),
            (">a", None),
            ("é>b", None),
            ("a>é", None),
            ("", None),
        ];
        for (selector, expected) in cases {
            assert_eq!(target(selector), expected, "{selector}");
        }
    }
}
