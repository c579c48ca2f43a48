//! The arrows of the house: imports run downward only, and only some folders may change the disk or print.

use std::fs;
use std::path::{Path, PathBuf};

/// Each folder of `src`, and what it may import from the crate.
const MAY_IMPORT: [(&str, &[&str]); 6] = [
    ("model", &["model", "error"]),
    ("observe", &["observe", "model", "error"]),
    ("plan", &["plan", "model", "error"]),
    ("apply", &["apply", "observe", "plan", "model", "cancel", "error"]),
    ("command", &["command", "apply", "observe", "plan", "model", "cancel", "error"]),
    ("cli", &["cli", "command", "model", "cancel", "error"]),
];

/// What changes the disk in the standard library and in our dependencies.
const CHANGES_THE_DISK: [&str; 16] = [
    "fs::write",
    "fs::rename",
    "fs::remove",
    "fs::create_dir",
    "fs::hard_link",
    "fs::copy",
    "fs::set_permissions",
    "File::create",
    "OpenOptions",
    "NamedTempFile",
    "tempfile::",
    "set_times",
    "set_len",
    "fs::symlink(",
    "try_lock",
    "sync_all",
];

#[test]
fn imports_run_downward_only() {
    let mut wrong = Vec::new();
    for (folder, may) in MAY_IMPORT {
        for (path, text) in sources(folder) {
            for (number, line) in text.lines().enumerate() {
                for found in line.split("crate::").skip(1) {
                    let target: String =
                        found.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let is_module = target.starts_with(char::is_lowercase);
                    if is_module && !may.contains(&target.as_str()) {
                        wrong.push(format!("{}:{}: {folder} imports {target}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_apply_changes_the_disk() {
    never(&["model", "observe", "plan", "command", "cli"], &CHANGES_THE_DISK);
}

#[test]
fn only_git_is_asked_and_only_apply_runs_a_command() {
    never(&["model", "plan", "command", "cli"], &["Command::new", "spawn()"]);
    let asks = |path: &Path| path.file_name().is_some_and(|name| name == "git.rs");
    let starts = |text: &str| program(text).contains("Command::new");
    let wrong: Vec<_> =
        sources("observe").into_iter().filter(|(path, text)| starts(text) && !asks(path)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn model_and_plan_do_no_io() {
    never(&["model", "plan"], &["std::fs", "std::env", "std::process", "std::io"]);
}

#[test]
fn only_the_cli_prints() {
    let prints = ["println!", "print!", "io::stdout()", "io::stderr()"];
    never(&["model", "observe", "plan", "apply", "command"], &prints);
}

/// No line of the program in these folders holds any of these words.
#[track_caller]
fn never(folders: &[&str], words: &[&str]) {
    let mut wrong = Vec::new();
    for (path, text) in folders.iter().flat_map(|folder| sources(folder)) {
        for (number, line) in program(&text).lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file without its unit tests, which may do anything.
fn program(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let found: Vec<_> = walkdir::WalkDir::new(&root)
        .into_iter()
        .map(|entry| entry.expect("a readable tree").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| path.file_stem().is_some_and(|stem| stem != "tests"))
        .map(|path| (path.clone(), fs::read_to_string(&path).expect("a readable file")))
        .collect();
    assert!(!found.is_empty(), "{}: no sources", root.display());
    found
}
