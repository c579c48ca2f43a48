//! Programs that leave the namespace that they are begun in, or need what it does not give.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::isolated::namespace::NamespaceKind;

/// Why a command cannot be run in a namespace of this kind, as a part of a sentence: because of its program, or of the
/// docker that it would find. `path` is the `PATH` that it has.
pub(in crate::isolated) fn obstacle(
    kind: NamespaceKind,
    program: &OsStr,
    folder: &Path,
    path: Option<&OsStr>,
) -> Option<String> {
    let is_program =
        |found: &PathBuf| found.metadata().is_ok_and(|is| is.is_file() && is.mode() & 0o111 != 0);
    let find = |name: &OsStr| match Path::new(name).components().count() {
        1 => std::env::split_paths(path?).map(|at| folder.join(at).join(name)).find(is_program),
        _ => Some(folder.join(name)),
    };
    let program_path = find(program);
    let is_snap = |found: &PathBuf| {
        // Each of its programs is a link to the one that begins them.
        found.canonicalize().is_ok_and(|real| real.file_name() == Some(OsStr::new("snap")))
    };
    if let Some(found) = program_path.iter().chain(&find(OsStr::new("docker"))).find(|found| is_snap(found)) {
        let found = found.display();
        return Some(format!("{found} is a snap, which has other mounts than whoever begins it"));
    }
    let changes_user = |found: &PathBuf| {
        const SET_USER: u32 = 0o4000;
        let own = geteuid().as_raw();
        found.metadata().is_ok_and(|is| is.mode() & SET_USER != 0 && is.uid() != own)
    };
    if kind == NamespaceKind::UserAndMounts && program_path.as_ref().is_some_and(changes_user) {
        let program = program.display();
        return Some(format!("{program} changes its user, which no program can in a user namespace"));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_snap_has_mounts_of_its_own() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        for folder in ["bin", "snap/bin", "project"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for program in ["bin/snap", "bin/make", "project/docker"] {
            fs::write(at(program), "").unwrap();
            fs::set_permissions(at(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        symlink(at("bin/snap"), at("snap/bin/docker")).unwrap();
        let said = |program: &str, folders: &[&str]| {
            let path = std::env::join_paths(folders.iter().map(|folder| at(folder))).unwrap();
            obstacle(NamespaceKind::Mounts, OsStr::new(program), &at("project"), Some(&path))
        };
        let reason = format!(
            "{} is a snap, which has other mounts than whoever begins it",
            at("snap/bin/docker").display()
        );
        assert_eq!(said("docker", &["bin", "snap/bin"]), Some(reason.clone()));
        assert_eq!(said("make", &["bin", "snap/bin"]), Some(reason));
        assert!(said("../snap/bin/docker", &[]).is_some());
        // Another docker comes first, or none is found.
        assert_eq!(said("make", &["bin", "project", "snap/bin"]), None);
        assert_eq!(said("make", &["bin"]), None);
        assert_eq!(said("none", &[]), None);
        assert_eq!(obstacle(NamespaceKind::Mounts, OsStr::new("make"), &at("project"), None), None);
    }

    #[test]
    fn a_program_that_changes_its_user_gets_nothing_in_a_user_namespace() {
        let temp = tempfile::tempdir().unwrap();
        let sudo = temp.path().join("sudo");
        fs::write(&sudo, "").unwrap();
        fs::set_permissions(&sudo, fs::Permissions::from_mode(0o4755)).unwrap();
        let said = |kind| obstacle(kind, sudo.as_os_str(), Path::new("/"), None);
        // One's own is begun by oneself.
        assert_eq!(said(NamespaceKind::UserAndMounts), None);
        if std::os::unix::fs::chown(&sudo, Some(geteuid().as_raw() + 1), None).is_ok() {
            fs::set_permissions(&sudo, fs::Permissions::from_mode(0o4755)).unwrap();
            let said_of_other = said(NamespaceKind::UserAndMounts).unwrap();
            assert!(said_of_other.ends_with("changes its user, which no program can in a user namespace"));
            assert_eq!(said(NamespaceKind::Mounts), None);
        }
    }
}
