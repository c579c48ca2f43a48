//! The release of yarn that a project keeps.

use super::version::Tags;
use super::{Name, PackageManager, version};

/// The key that names a release, and which yarn it is: `yarnPath: .yarn/releases/yarn-4.1.0.cjs` of `.yarnrc.yml`, or
/// `yarn-path ".yarn/releases/yarn-1.22.19.js"` of `.yarnrc`.
pub(crate) fn of_settings(text: &str) -> Option<(&'static str, PackageManager)> {
    let (key, value) = text.lines().find_map(|line| {
        let yaml = line.strip_prefix("yarnPath:").map(|value| ("yarnPath", value));
        yaml.or_else(|| {
            let value = line.strip_prefix("yarn-path")?;
            value.starts_with([' ', '\t', ':']).then_some(("yarn-path", value))
        })
    })?;
    let path = value.trim().trim_matches(['"', '\'']);
    let berry = || path.contains("berry").then(|| "berry".to_owned());
    let manager = version::of_url(path)
        .or_else(berry)
        .and_then(|version| PackageManager::at(Name::Yarn, &version, Tags::Corepack));
    (!path.is_empty()).then(|| (key, manager.unwrap_or(PackageManager::of_any_version(Name::Yarn))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        let read = |text: &str| of_settings(text).map(|(key, manager)| format!("{key} {manager}"));
        let berry = "nodeLinker: node-modules\n\nyarnPath: .yarn/releases/yarn-4.1.0.cjs\n";
        assert_eq!(read(berry).unwrap(), "yarnPath yarn 4.1.0");
        assert_eq!(read("yarnPath: \".yarn/releases/yarn-berry.cjs\"\r\n").unwrap(), "yarnPath yarn berry");
        assert_eq!(
            read("yarn-path \"./.yarn/releases/yarn-1.22.19.js\"\n").unwrap(),
            "yarn-path yarn 1.22.19"
        );
        assert_eq!(read("yarnPath: tools/yarn\n").unwrap(), "yarnPath yarn");
        assert_eq!(read("# yarnPath: x\nnodeLinker: pnp\nyarn-paths x\nyarnPath:\n"), None);
    }
}
