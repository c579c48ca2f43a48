//! Which files the guard reads, by their names.

use crate::project::{CONFIG_FILE, EDITED_SUFFIX, TEMP_SUFFIX};

/// What a file is to the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum GuardedFile {
    /// `docker-prep.toml`.
    Settings,
    /// A package's manifest.
    Manifest(Syntax),
    /// `pnpm-workspace.yaml`.
    Workspace,
    /// `.yarnrc.yml`, of yarn 2 and newer.
    Yarnrc,
    /// A lockfile.
    Lockfile(Syntax),
    /// A backup of one of those but the settings, or a text that was about to replace one.
    Backup,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Syntax {
    /// JSON; a lockfile's may be nearly JSON.
    Json,
    /// JSON5.
    Json5,
    /// YAML, or yarn 1's own.
    Yaml,
    /// Bun's former binary form.
    Binary,
}

/// What follows a manifest's name in its backup's.
const BACKUP: &str = ".bak";

/// What a path of the tree is to the guard; in any case, as macOS and Windows read names.
pub(crate) fn file(path: &[u8]) -> Option<GuardedFile> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    // Most names of a repository are ruled out here.
    if !matches!(name.first()?.to_ascii_lowercase(), b'p' | b'n' | b'y' | b'b' | b'd' | b'.')
        || name.len() > 128
    {
        return None;
    }
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    if let Some(file) = known(&name) {
        return Some(file);
    }
    if [BACKUP, TEMP_SUFFIX].iter().any(|suffix| name.strip_suffix(suffix).is_some_and(is_rewritten)) {
        return Some(GuardedFile::Backup);
    }
    name.strip_suffix(EDITED_SUFFIX).and_then(known).filter(|file| {
        matches!(file, GuardedFile::Manifest(_) | GuardedFile::Workspace | GuardedFile::Lockfile(_))
    })
}

fn known(name: &str) -> Option<GuardedFile> {
    Some(match name {
        "package.json" => GuardedFile::Manifest(Syntax::Json),
        "package.json5" => GuardedFile::Manifest(Syntax::Json5),
        "package.yaml" => GuardedFile::Manifest(Syntax::Yaml),
        "pnpm-workspace.yaml" => GuardedFile::Workspace,
        ".yarnrc.yml" => GuardedFile::Yarnrc,
        "package-lock.json" | "npm-shrinkwrap.json" | "bun.lock" => GuardedFile::Lockfile(Syntax::Json),
        "yarn.lock" => GuardedFile::Lockfile(Syntax::Yaml),
        "bun.lockb" => GuardedFile::Lockfile(Syntax::Binary),
        CONFIG_FILE => GuardedFile::Settings,
        // `git-branch-lockfile` puts the branch's name in.
        _ if name.starts_with("pnpm-lock.") && name.ends_with(".yaml") => GuardedFile::Lockfile(Syntax::Yaml),
        _ => return None,
    })
}

/// What the tool rewrites, and so backs up.
fn is_rewritten(name: &str) -> bool {
    matches!(known(name), Some(GuardedFile::Manifest(_) | GuardedFile::Workspace | GuardedFile::Lockfile(_)))
}

/// The path of the file that a backup is of; `None` for the text of an interrupted write, which is always the tool's.
pub(crate) fn backed_up(path: &[u8]) -> Option<&[u8]> {
    let (stem, suffix) = path.split_at(path.len().checked_sub(BACKUP.len())?);
    suffix.eq_ignore_ascii_case(BACKUP.as_bytes()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_files_in_any_folder_and_case() {
        for (path, expected) in [
            ("package.json", Some(GuardedFile::Manifest(Syntax::Json))),
            ("a/b/Package.JSON", Some(GuardedFile::Manifest(Syntax::Json))),
            ("a/package.yaml", Some(GuardedFile::Manifest(Syntax::Yaml))),
            ("a/package.json.edited", Some(GuardedFile::Manifest(Syntax::Json))),
            ("a/package.json.bak", Some(GuardedFile::Backup)),
            ("a/package.json.docker-prep-new", Some(GuardedFile::Backup)),
            ("pnpm-workspace.yaml.bak", Some(GuardedFile::Backup)),
            ("pnpm-lock.yaml", Some(GuardedFile::Lockfile(Syntax::Yaml))),
            ("pnpm-lock.feature!x.yaml", Some(GuardedFile::Lockfile(Syntax::Yaml))),
            ("docker-prep.toml", Some(GuardedFile::Settings)),
            ("a/.yarnrc.yml", Some(GuardedFile::Yarnrc)),
            ("a/.yarnrc.yml.bak", None),
            ("package.json.md", None),
            ("my-package.json", None),
            ("package.json/x", None),
            ("yarn.lock.bak", Some(GuardedFile::Backup)),
            ("a/pnpm-lock.yaml.docker-prep-new", Some(GuardedFile::Backup)),
            ("bun.lock.edited", Some(GuardedFile::Lockfile(Syntax::Json))),
            ("docker-prep.toml.bak", None),
            ("", None),
        ] {
            assert_eq!(file(path.as_bytes()), expected, "{path}");
        }
        assert_eq!(file(b"package\xff.json"), None);
        assert_eq!(backed_up(b"a/package.json.bak"), Some(&b"a/package.json"[..]));
        assert_eq!(backed_up(b"a/package.json.docker-prep-new"), None);
    }
}
