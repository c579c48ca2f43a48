//! Versions, ranges and tags of package managers.

use std::ops::RangeInclusive;

use nodejs_semver::{Range, Version};

use super::Name;

/// Who looks a tag up: the same word may mean another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    /// corepack and people: `yarn@latest` is the newest yarn there is.
    Corepack,
    /// npm's registry: `yarn@latest` is 1.22, and only `berry` is newer.
    Registry,
}

/// Longer than any version, range or tag.
const MAX_LENGTH: usize = 128;

/// Higher than any major version that is asked for.
const MAX_MAJOR: u64 = 99;

/// The newest of each that is known: a tag for the newest means this one or a later one. pnpm 12 and npm 12 are out,
/// and what holds for 11 holds for them.
fn newest(name: Name) -> RangeInclusive<u64> {
    match name {
        Name::Pnpm | Name::Npm => 11..=u64::MAX,
        Name::Yarn => 4..=u64::MAX,
        Name::Bun => 1..=u64::MAX,
    }
}

/// The major versions that a version, range or tag may stand for; `None` where it is none of them.
pub(super) fn majors(name: Name, version: &str, tags: Tags) -> Option<RangeInclusive<u64>> {
    if version.is_empty() || version.len() > MAX_LENGTH {
        return None;
    }
    if is_range(version)
        && let Ok(exact) = Version::parse(version)
    {
        return Some(exact.major()..=exact.major());
    }
    if is_range(version)
        && let Ok(range) = Range::parse(version)
    {
        return majors_of_range(&range);
    }
    majors_of_tag(name, version, tags)
}

/// Whether each part is a comparison: the parser of ranges takes much that is none for any version.
fn is_range(version: &str) -> bool {
    let is_comparison = |part: &str| {
        let version = part.trim_start_matches(['<', '>', '=', '^', '~']);
        let digits = version.strip_prefix(['v', 'V']).unwrap_or(version);
        digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*'))
            && digits.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '-' | '+'))
    };
    let is_operator = |part: &str| matches!(part, "<" | ">" | "<=" | ">=" | "=" | "^" | "~" | "-");
    let mut parts = version.split("||").flat_map(str::split_whitespace).peekable();
    parts.peek().is_some() && parts.all(|part| is_comparison(part) || is_operator(part))
}

fn majors_of_range(range: &Range) -> Option<RangeInclusive<u64>> {
    let allows = |text: String| Range::parse(text).is_ok_and(|other| range.allows_any(&other));
    let lowest = (0..=MAX_MAJOR).find(|&major| allows(one_major(major)));
    let open = allows(format!(">={}.0.0", MAX_MAJOR + 1));
    match lowest {
        Some(lowest) if open => Some(lowest..=u64::MAX),
        Some(lowest) => {
            let highest = (lowest..=MAX_MAJOR).rev().find(|&major| allows(one_major(major)));
            Some(lowest..=highest.unwrap_or(lowest))
        }
        None => open.then_some(MAX_MAJOR + 1..=u64::MAX),
    }
}

fn one_major(major: u64) -> String {
    format!(">={major}.0.0 <{}.0.0-0", major + 1)
}

fn majors_of_tag(name: Name, tag: &str, tags: Tags) -> Option<RangeInclusive<u64>> {
    match (name, tag) {
        (Name::Yarn, "classic" | "legacy") => Some(1..=1),
        (Name::Yarn, "berry") => Some(2..=u64::MAX),
        (Name::Yarn, "latest" | "next" | "rc" | "beta") if tags == Tags::Registry => Some(1..=1),
        (_, "latest" | "next" | "stable" | "canary" | "rc" | "beta" | "alpha") => Some(newest(name)),
        // pnpm and npm publish `latest-10`, `next-11` and the like.
        _ => {
            let (word, major) = tag.rsplit_once('-')?;
            let known = matches!(word, "latest" | "next" | "rc" | "beta" | "alpha");
            let major = major.parse().ok().filter(|_| known)?;
            Some(major..=major)
        }
    }
}

/// Whether two versions or ranges leave none that is both; where one of them is a tag or unknown, that is not known.
pub(super) fn exclude_each_other(a: &str, b: &str) -> bool {
    match (Version::parse(a), Version::parse(b)) {
        (Ok(a), Ok(b)) => a != b,
        (Ok(exact), Err(_)) => is_range(b) && Range::parse(b).is_ok_and(|b| !holds(&b, &exact)),
        (Err(_), Ok(exact)) => is_range(a) && Range::parse(a).is_ok_and(|a| !holds(&a, &exact)),
        (Err(_), Err(_)) => {
            is_range(a)
                && is_range(b)
                && matches!((Range::parse(a), Range::parse(b)), (Ok(a), Ok(b)) if !a.allows_any(&b))
        }
    }
}

fn holds(range: &Range, exact: &Version) -> bool {
    range.satisfies_with_prerelease(exact, true)
}

/// Whether it names one version.
pub(super) fn is_exact(version: &str) -> bool {
    Version::parse(version).is_ok()
}

/// The version that the address of an archive names, as `cli-dist-4.1.0.tgz` does.
pub(super) fn of_url(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let file = path.rsplit('/').next()?;
    let stem = ["tgz", "tar.gz", "js", "cjs", "mjs"]
        .iter()
        .find_map(|extension| file.strip_suffix(extension)?.strip_suffix('.'))
        .unwrap_or(file);
    let version = stem.match_indices('-').map(|(dash, _)| &stem[dash + 1..]).find(|rest| is_exact(rest))?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pnpm(version: &str) -> Option<RangeInclusive<u64>> {
        majors(Name::Pnpm, version, Tags::Corepack)
    }

    #[test]
    fn versions_ranges_and_tags() {
        assert_eq!(pnpm("10.6.5"), Some(10..=10));
        assert_eq!(pnpm("v10.6.5"), Some(10..=10));
        assert_eq!(pnpm("11.0.0-rc.1"), Some(11..=11));
        assert_eq!(pnpm("10"), Some(10..=10));
        assert_eq!(pnpm("10.x"), Some(10..=10));
        assert_eq!(pnpm("^9"), Some(9..=9));
        assert_eq!(pnpm("^9 || ^11"), Some(9..=11));
        assert_eq!(pnpm(">=9"), Some(9..=u64::MAX));
        assert_eq!(pnpm(">=9 <11.0.0"), Some(9..=10));
        assert_eq!(pnpm("<=8"), Some(0..=8));
        assert_eq!(pnpm("*"), Some(0..=u64::MAX));
        assert_eq!(pnpm("latest"), Some(11..=u64::MAX));
        assert_eq!(pnpm("latest-10"), Some(10..=10));
        assert_eq!(pnpm("next-11"), Some(11..=11));
        for wrong in [
            "",
            "lates",
            "ten",
            "10.6.5\u{1b}[2J",
            "1;2",
            "latest-ten",
            "@10",
            "${X}",
            "workspace:*",
            "10 ten",
        ] {
            assert_eq!(pnpm(wrong), None, "{wrong}");
        }
        assert_eq!(pnpm(&"9".repeat(5000)), None);
    }

    #[test]
    fn a_tag_of_yarn_depends_on_who_looks_it_up() {
        let yarn = |tag, tags| majors(Name::Yarn, tag, tags);
        assert_eq!(yarn("latest", Tags::Registry), Some(1..=1));
        assert_eq!(yarn("latest", Tags::Corepack), Some(4..=u64::MAX));
        assert_eq!(yarn("stable", Tags::Corepack), Some(4..=u64::MAX));
        assert_eq!(yarn("berry", Tags::Registry), Some(2..=u64::MAX));
        assert_eq!(yarn("classic", Tags::Corepack), Some(1..=1));
    }

    #[test]
    fn what_cannot_both_be() {
        assert!(exclude_each_other("10.6.5", "10.34.9"));
        assert!(exclude_each_other(">=10.20", "10.6.5"));
        assert!(exclude_each_other("^9", ">=10"));
        assert!(!exclude_each_other("10.6.5", "10"));
        assert!(!exclude_each_other("10.6.5", "latest"));
        assert!(!exclude_each_other("", "10.6.5"));
        assert!(!exclude_each_other(">=9", "^10 || ^11"));
    }

    #[test]
    fn the_version_in_an_address() {
        let registry = "https://registry.example/@yarnpkg/cli-dist/-/cli-dist-4.1.0.tgz#sha224.953c8233";
        assert_eq!(of_url(registry).as_deref(), Some("4.1.0"));
        assert_eq!(of_url("https://x.example/pnpm-10.0.0-rc.1.tgz").as_deref(), Some("10.0.0-rc.1"));
        assert_eq!(of_url(".yarn/releases/yarn-4.1.0.cjs").as_deref(), Some("4.1.0"));
        assert_eq!(of_url("https://x.example/yarn.js"), None);
        assert_eq!(of_url(""), None);
    }
}
