//! What a lockfile tells of the package manager that wrote it.

use super::{Name, PackageManager};

/// The lockfiles that there are, and who writes them; of one package manager the one that it prefers comes first.
pub(crate) const LOCKFILES: [(&str, Name); 6] = [
    ("pnpm-lock.yaml", Name::Pnpm),
    ("npm-shrinkwrap.json", Name::Npm),
    ("package-lock.json", Name::Npm),
    ("yarn.lock", Name::Yarn),
    ("bun.lock", Name::Bun),
    ("bun.lockb", Name::Bun),
];

/// As much of a lockfile as it takes to tell its version, in bytes.
pub(crate) const HEAD: u64 = 64 * 1024;

/// Who wrote a lockfile, by its file name and its first lines, and the version of the format as it stands there.
pub(crate) fn written_by(file_name: &str, head: &str) -> Option<(PackageManager, Option<String>)> {
    let (_, name) = LOCKFILES.into_iter().find(|(known, _)| *known == file_name)?;
    let (format, versions) = match name {
        Name::Pnpm => of_pnpm(head),
        Name::Npm => of_npm(head),
        Name::Yarn => of_yarn(head),
        Name::Bun => None,
    }
    .unzip();
    let manager = match versions.flatten() {
        Some((version, majors)) => PackageManager { name, version: version.to_owned(), majors },
        None => PackageManager::of_any_version(name),
    };
    Some((manager, format))
}

/// A range of versions, and its majors.
type Versions = Option<(&'static str, std::ops::RangeInclusive<u64>)>;

/// `lockfileVersion: '9.0'`, or `lockfileVersion: 5.4`, a number, up to pnpm 7.
fn of_pnpm(head: &str) -> Option<(String, Versions)> {
    let value = head.lines().find_map(|line| line.strip_prefix("lockfileVersion:"))?;
    let format = plain(value.trim().trim_matches(['\'', '"']))?;
    let versions = match format.split(['.', '-']).next()? {
        "5" => Some(("5 - 7", 5..=7)),
        "6" => Some(("8", 8..=8)),
        "9" => Some((">=9", 9..=u64::MAX)),
        _ => None,
    };
    Some((format, versions))
}

/// `"lockfileVersion": 3`.
fn of_npm(head: &str) -> Option<(String, Versions)> {
    let (_, rest) = head.split_once("\"lockfileVersion\"")?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let format: String = value.chars().take_while(char::is_ascii_digit).collect();
    let versions = match format.as_str() {
        "1" => Some(("<=6", 0..=6)),
        "2" | "3" => Some((">=7", 7..=u64::MAX)),
        _ => None,
    };
    Some((plain(&format)?, versions))
}

/// `# yarn lockfile v1`, or `__metadata:` with the format's version: 4 in yarn 2, up to 6 in yarn 3, 8 in yarn 4.0 and
/// 10 in yarn 4.18.
fn of_yarn(head: &str) -> Option<(String, Versions)> {
    if head.lines().any(|line| line.trim_end() == "# yarn lockfile v1") {
        return Some(("v1".to_owned(), Some(("1", 1..=1))));
    }
    let metadata = head.lines().skip_while(|line| line.trim_end() != "__metadata:").skip(1);
    let value = metadata
        .take_while(|line| line.starts_with(char::is_whitespace))
        .find_map(|line| line.trim_start().strip_prefix("version:"))?;
    let format = plain(value.trim())?;
    let versions = match format.parse::<u64>() {
        Ok(7..) => Some((">=4", 4..=u64::MAX)),
        Ok(_) => Some(("2 - 3", 2..=3)),
        Err(_) => None,
    };
    Some((format, versions))
}

/// What can be shown as a version.
fn plain(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    (!text.is_empty() && text.len() <= 32 && text.chars().all(is_plain)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn says(file: &str, head: &str, manager: &str, majors: std::ops::RangeInclusive<u64>, format: &str) {
        let (found, version) = written_by(file, head).unwrap();
        assert_eq!((found.to_string().as_str(), found.majors), (manager, majors), "{head}");
        assert_eq!(version.as_deref().unwrap_or_default(), format);
    }

    #[test]
    fn pnpm() {
        says("pnpm-lock.yaml", "lockfileVersion: 5.4\n", "pnpm 5 - 7", 5..=7, "5.4");
        says(
            "pnpm-lock.yaml",
            "lockfileVersion: 5.4-inlineSpecifiers\n",
            "pnpm 5 - 7",
            5..=7,
            "5.4-inlineSpecifiers",
        );
        says("pnpm-lock.yaml", "lockfileVersion: '6.0'\r\n\r\nsettings:\r\n", "pnpm 8", 8..=8, "6.0");
        says("pnpm-lock.yaml", "lockfileVersion: '6.1'\n", "pnpm 8", 8..=8, "6.1");
        says("pnpm-lock.yaml", "---\nlockfileVersion: '9.0'\n", "pnpm >=9", 9..=u64::MAX, "9.0");
        says("pnpm-lock.yaml", "lockfileVersion: '70'\n", "pnpm", 0..=u64::MAX, "70");
        says("pnpm-lock.yaml", "<<<<<<< HEAD\n", "pnpm", 0..=u64::MAX, "");
        says("pnpm-lock.yaml", "lockfileVersion: \u{1b}[2J\n", "pnpm", 0..=u64::MAX, "");
    }

    #[test]
    fn npm() {
        says("package-lock.json", "{\n  \"name\": \"x\",\n  \"lockfileVersion\": 1,", "npm <=6", 0..=6, "1");
        says("package-lock.json", "{\"lockfileVersion\":2}", "npm >=7", 7..=u64::MAX, "2");
        says("npm-shrinkwrap.json", "{\"lockfileVersion\" : 3}", "npm >=7", 7..=u64::MAX, "3");
        says("package-lock.json", "{\"lockfileVersion\": \"x\"}", "npm", 0..=u64::MAX, "");
        says("package-lock.json", "", "npm", 0..=u64::MAX, "");
    }

    #[test]
    fn yarn_and_bun() {
        let classic =
            "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n\n";
        says("yarn.lock", classic, "yarn 1", 1..=1, "v1");
        let berry = |version: u64| {
            format!("# Manual\n\n__metadata:\n  cacheKey: 10c0\n  version: {version}\n\n\"x@1\":\n")
        };
        says("yarn.lock", &berry(4), "yarn 2 - 3", 2..=3, "4");
        says("yarn.lock", &berry(6), "yarn 2 - 3", 2..=3, "6");
        says("yarn.lock", &berry(8), "yarn >=4", 4..=u64::MAX, "8");
        says("yarn.lock", &berry(10), "yarn >=4", 4..=u64::MAX, "10");
        says("yarn.lock", "", "yarn", 0..=u64::MAX, "");
        says("bun.lock", "{\n  \"lockfileVersion\": 1,\n", "bun", 0..=u64::MAX, "");
        says("bun.lockb", "\u{fffd}", "bun", 0..=u64::MAX, "");
        assert_eq!(written_by("Cargo.lock", ""), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(head in "(lockfileVersion:|\"lockfileVersion\"|__metadata:\n|  version:)?.{0,30}") {
            for (name, _) in LOCKFILES {
                let _ = written_by(name, &head);
            }
        }
    }
}
