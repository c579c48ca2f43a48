//! The flags of package managers.

use crate::image::package_manager::Name;

/// What a flag says of a setting: `--x`, `--x=true`, `--no-x`.
pub(super) fn says(flag: &str, value: Option<&str>, setting: &str) -> Option<bool> {
    let value = value != Some("false");
    if flag == setting { Some(value) } else { (flag.strip_prefix("no-")? == setting).then_some(!value) }
}

/// Flags without their dashes and with the value that they have, and all other words.
pub(crate) type Sorted<'a> = (Vec<(&'a str, Option<&'a str>)>, Vec<&'a str>);

/// Tells flags from words; flags that `take` names have the next word as their value.
pub(crate) fn sort<'a>(arguments: &'a [String], take: &[&str]) -> Sorted<'a> {
    let mut sorted: Sorted<'a> = Default::default();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            sorted.1.extend(rest.by_ref().map(String::as_str));
        } else if let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))
            && !flag.is_empty()
        {
            let (flag, value) = match flag.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None if take.contains(&flag) => (flag, rest.next().map(String::as_str)),
                None => (flag, None),
            };
            sorted.0.push((flag, value));
        } else {
            sorted.1.push(word);
        }
    }
    sorted
}

/// The flags whose value is the next word.
pub(crate) fn flags_with_values(manager: Name) -> &'static [&'static str] {
    match manager {
        Name::Pnpm => &[
            "C",
            "dir",
            "prefix",
            "filter",
            "F",
            "filter-prod",
            "store-dir",
            "changed-files-ignore-pattern",
            "test-pattern",
            "virtual-store-dir",
            "modules-dir",
            "reporter",
            "loglevel",
            "network-concurrency",
            "child-concurrency",
            "workspace-concurrency",
            "registry",
            "node-linker",
            "package-import-method",
            "lockfile-dir",
            "cpu",
            "os",
            "libc",
            "fetch-timeout",
            "fetch-retries",
            "hoist-pattern",
            "public-hoist-pattern",
            "userconfig",
            "cache-dir",
            "state-dir",
        ],
        Name::Npm => &[
            "prefix",
            "C",
            "w",
            "workspace",
            "registry",
            "omit",
            "only",
            "include",
            "cache",
            "loglevel",
            "fetch-timeout",
            "fetch-retries",
            "userconfig",
            "maxsockets",
            "install-strategy",
            "cpu",
            "os",
            "libc",
            "location",
            "before",
            "tag",
        ],
        Name::Yarn => &[
            "cwd",
            "network-timeout",
            "network-concurrency",
            "mutex",
            "cache-folder",
            "modules-folder",
            "registry",
            "global-folder",
            "prefix",
            "use-yarnrc",
            "mode",
        ],
        Name::Bun => &[
            "cwd",
            "registry",
            "backend",
            "cache-dir",
            "c",
            "config",
            "filter",
            "omit",
            "linker",
            "cpu",
            "os",
        ],
    }
}

/// The values of a flag, in order.
pub(super) fn values<'a>(sorted: &Sorted<'a>, names: &[&str]) -> Vec<&'a str> {
    sorted.0.iter().filter(|(flag, _)| names.contains(flag)).filter_map(|(_, value)| *value).collect()
}

/// Whether a flag is there, and does not say no.
pub(super) fn has(sorted: &Sorted<'_>, names: &[&str]) -> bool {
    sorted.0.iter().any(|(flag, value)| names.contains(flag) && *value != Some("false"))
}
