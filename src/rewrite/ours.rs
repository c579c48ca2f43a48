//! Whether anything of a rewrite is in a file's text.

use crate::project::{Beside, FileKind};
use crate::rewrite;
use crate::rewrite::builds;
use crate::text::Document;
use crate::text::yaml::edit as yaml;

/// Whether a text leads to a tarball of ours in one of the deps dirs, be the rest of it as it should be or not.
pub(crate) fn holds_ours(kind: FileKind, bytes: &[u8], deps_dirs: &[String]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    deps_dirs.iter().any(|dir| match kind {
        FileKind::Manifest => match Document::parse(&text) {
            Ok(_) => rewrite::holds_a_tarball(&text, dir),
            Err(_) => text.contains(&format!("{dir}/")),
        },
        FileKind::Settings => settings_hold_ours(&text, dir),
        FileKind::Lockfile => rewrite::names_a_tarball_in(&text, dir),
    })
}

/// Whether an override leads to one of our tarballs, or a rule about scripts is for one. Where the overrides cannot be read, whether anything does.
fn settings_hold_ours(text: &str, deps_dir: &str) -> bool {
    match yaml::read_overrides(text) {
        // Where the image has its tarballs elsewhere, the path does not hold the name of the deps dir.
        Ok(overrides) => {
            overrides.iter().any(|(_, value)| rewrite::names_a_tarball(value)) || builds::allows_ours(text)
        }
        Err(_) => rewrite::names_a_tarball_in(text, deps_dir),
    }
}

/// Whether a text was rewritten by anybody: a manifest leads into the deps dir, to whatever there; of any other file,
/// as [`holds_ours`], since only prepare changes those.
pub(crate) fn points_into(kind: FileKind, bytes: &[u8], deps_dir: &str) -> bool {
    match kind {
        FileKind::Manifest => std::str::from_utf8(bytes)
            .is_ok_and(|manifest| !rewrite::points_into(manifest, deps_dir).is_empty()),
        FileKind::Settings | FileKind::Lockfile => holds_ours(kind, bytes, &[deps_dir.to_owned()]),
    }
}

/// Whether a file beside a manifest is one that prepare wrote, or is made of what it wrote.
pub(crate) fn is_rewritten(file: &Beside, deps_dir: &str) -> bool {
    file.text.as_deref().is_some_and(|text| points_into(file.kind, text.as_bytes(), deps_dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARBALL: &str = "file:../.docker-deps/a-1.0.0-0123456789ab.tgz";

    #[test]
    fn a_manifest_of_the_old_script_leads_into_the_deps_dir_to_no_tarball_of_ours() {
        let dirs = [".docker-deps".to_owned()];
        let manifest = |spec: &str| format!(r#"{{"dependencies": {{"a": "{spec}"}}}}"#).into_bytes();
        for (text, rewritten, ours) in [
            (manifest("^1"), false, false),
            (manifest("file:../.docker-deps/a.tgz"), true, false),
            (manifest(TARBALL), true, true),
            // No JSON any more: any trace counts, for one who must not lose what is ours.
            (b"{ file:../.docker-deps/a.tgz".to_vec(), false, true),
        ] {
            let text = text.as_slice();
            assert_eq!(points_into(FileKind::Manifest, text, &dirs[0]), rewritten);
            assert_eq!(holds_ours(FileKind::Manifest, text, &dirs), ours);
            assert!(!holds_ours(FileKind::Manifest, text, &[]));
        }
    }

    #[test]
    fn settings_are_ours_by_their_overrides_alone() {
        let dirs = [".docker-deps".to_owned()];
        for (text, ours) in [
            (format!("overrides:\n  a: {TARBALL}\n"), true),
            (format!("# {TARBALL}\noverrides:\n  a: ^1\n"), false),
            // Not readable: whatever is named.
            (format!("overrides: [\n# {TARBALL}\n"), true),
        ] {
            assert_eq!(holds_ours(FileKind::Settings, text.as_bytes(), &dirs), ours, "{text}");
        }
        assert!(holds_ours(FileKind::Lockfile, format!("# {TARBALL}").as_bytes(), &dirs));
    }
}
