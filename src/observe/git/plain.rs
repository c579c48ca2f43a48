//! A repository that is so plain that git need not be asked where it lies: what git would say is known. Two processes
//! are saved, which take longer than all else where nothing has changed.

use std::env;
use std::fs;
use std::path::Path;

use super::Repository;

/// What changes how git looks for a repository, besides what [`super::git`] takes away.
const VARIABLES: [&str; 7] = [
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_TEST_ASSUME_DIFFERENT_OWNER",
];

/// The repository whose work tree holds a folder (absolute, links followed), where there is nothing about it that git
/// would take into account besides where its `.git` lies; git is to be asked about any other.
pub(super) fn repository(dir: &Path) -> Option<Repository> {
    if VARIABLES.iter().any(|name| env::var_os(name).is_some()) {
        return None;
    }
    let toplevel = dir.ancestors().find(|ancestor| ancestor.join(".git").symlink_metadata().is_ok())?;
    let git_dir = toplevel.join(".git");
    // In a bare repository, or in the git directory itself, git finds that.
    let is_inside_one = |folder: &Path| folder.join("HEAD").symlink_metadata().is_ok();
    if dir.ancestors().take_while(|folder| folder.starts_with(toplevel)).any(is_inside_one) {
        return None;
    }
    let is_plain = is_ours_and_beside(dir, toplevel, &git_dir)
        && has_head(&git_dir)
        && is_folder(&git_dir.join("objects"))
        && is_folder(&git_dir.join("refs"))
        && git_dir.join("commondir").symlink_metadata().is_err()
        && fs::read_to_string(git_dir.join("config")).is_ok_and(|text| says_nothing_of_places(&text));
    is_plain.then(|| Repository { toplevel: toplevel.to_owned(), state_dir: git_dir.join("docker-prep") })
}

fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// git refuses a repository that belongs to another user, and does not look beyond a file system's edge.
#[cfg(unix)]
fn is_ours_and_beside(dir: &Path, toplevel: &Path, git_dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::geteuid().as_raw();
    let looked = |path: &Path| path.symlink_metadata().ok().filter(std::fs::Metadata::is_dir);
    let (Some(dir), Some(top), Some(git)) = (looked(dir), looked(toplevel), looked(git_dir)) else {
        return false;
    };
    user == top.uid() && user == git.uid() && dir.dev() == top.dev()
}

#[cfg(not(unix))]
fn is_ours_and_beside(_: &Path, _: &Path, _: &Path) -> bool {
    false
}

/// A branch, or the digits of a commit.
fn has_head(git_dir: &Path) -> bool {
    let path = git_dir.join("HEAD");
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let is_digits = line.len() == 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    line.strip_prefix("ref: refs/heads/").is_some_and(|branch| !branch.is_empty()) || is_digits
}

/// Whether a configuration is valid, of the first version, and names no work tree, no extension and no other file: each
/// line must be one of the kind that `git init`, `clone`, `remote` and `branch` write.
fn says_nothing_of_places(text: &str) -> bool {
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let Some(header) = header.strip_suffix(']') else { return false };
            let name = header.split([' ', '.']).next().unwrap_or_default().to_ascii_lowercase();
            let is_known = ["core", "remote", "branch", "user", "pull", "push", "commit", "gc"];
            if !is_known.contains(&name.as_str()) || header.contains(['\\', ']']) {
                return false;
            }
            section = name;
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { return false };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return false;
        }
        if value.contains(['"', '\\', '#', ';']) {
            return false;
        }
        let is_known = match (section.as_str(), key.as_str()) {
            ("", _) => false,
            ("core", "repositoryformatversion") => value == "0",
            ("core", "bare") => value == "false",
            ("core", "filemode" | "logallrefupdates" | "ignorecase" | "precomposeunicode" | "symlinks") => {
                matches!(value, "true" | "false")
            }
            ("core", "hookspath" | "autocrlf" | "eol" | "editor") => true,
            ("core", _) => false,
            _ => true,
        };
        if !is_known {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const INIT: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n";

    #[test]
    fn what_git_writes_says_nothing_of_places() {
        assert!(says_nothing_of_places(INIT));
        assert!(says_nothing_of_places(&format!(
            "{INIT}[remote \"origin\"]\n\turl = git@host:x/y.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[user]\n\tname = A B\n"
        )));
    }

    #[test]
    fn all_else_is_asked_of_git() {
        for more in [
            "\tworktree = ../x\n",
            "\tbare = true\n",
            "\tbare\n",
            "[include]\n\tpath = x\n",
            "[includeIf \"gitdir:x\"]\n\tpath = x\n",
            "[extensions]\n\tworktreeConfig = true\n",
            "[core] worktree = x\n",
            "\trepositoryformatversion = 1\n",
            "\tfilemode = maybe\n",
            "\teditor = a \\\n\tworktree = x\n",
            "\teditor = \"a\n\tb\"\n",
            "[safe]\n\tbareRepository = explicit\n",
            "nonsense\n",
        ] {
            assert!(!says_nothing_of_places(&format!("{INIT}{more}")), "{more}");
        }
        assert!(!says_nothing_of_places("bare = false\n"));
    }

    #[cfg(unix)]
    mod beside_git {
        use std::process::Command;

        use super::*;
        use crate::observe::git;

        fn run(dir: &Path, args: &[&str]) {
            let mut git = git::git(dir);
            git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
            let done: std::process::Output = git.args(args).output().unwrap();
            assert!(done.status.success(), "{done:?}");
        }

        fn by_git(dir: &Path) -> Option<Repository> {
            let toplevel = git::rev_parse(dir, &["--show-toplevel"]).ok()?;
            let state_dir = git::rev_parse(dir, &["--absolute-git-dir"]).ok()?.join("docker-prep");
            Some(Repository { toplevel, state_dir })
        }

        /// What is known without asking is what git says.
        #[track_caller]
        fn agrees(dir: &Path, is_plain: bool) {
            let known = repository(dir);
            assert_eq!(known.is_some(), is_plain, "{}", dir.display());
            if let Some(known) = known {
                assert_eq!(Some(known), by_git(dir));
            }
        }

        #[test]
        fn what_is_known_is_what_git_says() {
            let home = tempfile::tempdir().unwrap();
            let home = home.path().canonicalize().unwrap();
            let top = home.join("a b");
            fs::create_dir_all(top.join("deep/er")).unwrap();
            run(&top, &["init", "--quiet"]);
            let identity = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"];
            run(&top, &[&identity[..], &["commit", "--quiet", "--allow-empty", "-m", "x"]].concat());
            agrees(&top, true);
            agrees(&top.join("deep/er"), true);
            run(&top, &["checkout", "--quiet", "--detach"]);
            agrees(&top, true);
            // Each of these is git's to judge.
            run(&top, &["worktree", "add", "--quiet", "../linked"]);
            agrees(&home.join("linked"), false);
            agrees(&top.join(".git"), false);
            run(&top, &["init", "--quiet", "--bare", "deep/bare"]);
            agrees(&top.join("deep/bare"), false);
            run(&top, &["config", "core.worktree", "../deep"]);
            agrees(&top, false);
            run(&top, &["config", "--unset", "core.worktree"]);
            agrees(&top, true);
            fs::write(top.join(".git/HEAD"), "garbage").unwrap();
            agrees(&top, false);
            let moved = Command::new("mv").args([".git", "elsewhere"]).current_dir(&top).status().unwrap();
            assert!(moved.success());
            std::os::unix::fs::symlink("elsewhere", top.join(".git")).unwrap();
            agrees(&top, false);
        }
    }
}
