//! Which program runs a repository's hooks, and which file says what they do.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::{Error, ErrorKind, Result};
use crate::guard::hook::Manager;
use crate::project::git;
use crate::transaction::mode_of;

/// The names that lefthook reads; in the first two, an entry can be added.
const LEFTHOOK: [&str; 4] = ["lefthook.yml", ".lefthook.yml", "lefthook.yaml", ".lefthook.yaml"];
const LEFTHOOK_OTHERS: [&str; 4] = ["lefthook.toml", ".lefthook.toml", "lefthook.json", ".lefthook.json"];
const PRE_COMMIT: &str = ".pre-commit-config.yaml";

/// A hook's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    /// Who runs it.
    pub(crate) manager: Manager,
    /// The file that says what it does, whether it is there or not.
    pub(crate) file: PathBuf,
    /// Whether git wants it to be executable.
    pub(crate) executable: bool,
    /// Whether git calls it already: else its manager has to be installed first.
    pub(crate) active: bool,
}

/// Whether a file may be executed; always so where files have no such mode.
pub(crate) fn is_executable(path: &Path) -> bool {
    cfg!(not(unix)) || path.metadata().is_ok_and(|metadata| mode_of(&metadata) & 0o111 != 0)
}

/// The text of a file, if there is one.
///
/// # Errors
/// [`ErrorKind::Refused`]: it is no regular file, or no text.
pub(crate) fn text(path: &Path) -> Result<Option<String>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::new(ErrorKind::Refused, format!("{}: is no regular file", path.display()))
                .hint("put a file there, or call `docker-prep guard` where it leads"));
        }
        _ => {}
    }
    fs::read_to_string(path).map(Some).map_err(|error| {
        Error::io(ErrorKind::Refused, "read", path, &error).hint("make it a readable text file")
    })
}

/// The hook of a work tree: the manager that was asked for, else the one that the repository uses.
///
/// # Errors
/// [`ErrorKind::Environment`] where git cannot be asked; [`ErrorKind::Usage`] where several managers are set up, and git calls
/// none of them; [`ErrorKind::Refused`] where the hooks are kept outside of the repository.
pub(crate) fn find(dir: &Path, asked: Option<Manager>) -> Result<Hook> {
    let Some(place) = git::hooks(dir)? else {
        return Err(Error::new(ErrorKind::Environment, format!("{}: no git repository", dir.display()))
            .hint("type: git init"));
    };
    let installed = fs::read_to_string(place.hooks.join("pre-commit")).unwrap_or_default();
    let by_husky = place.hooks.ends_with(".husky/_");
    // Up to version 8, git calls its files themselves.
    let by_old_husky = place.hooks.ends_with(".husky");
    let manager = match asked {
        Some(manager) => manager,
        None if by_husky || by_old_husky => Manager::Husky,
        None if installed.contains("lefthook") && lefthook(&place.top).is_some() => Manager::Lefthook,
        None if installed.contains("pre-commit.com") => Manager::PreCommit,
        None => the_one_set_up(&place.top)?,
    };
    let (file, active) = match manager {
        Manager::Husky => {
            let folder = match &place.hooks {
                hooks if by_old_husky => hooks.clone(),
                hooks if by_husky => hooks.parent().unwrap_or(hooks).to_path_buf(),
                _ => place.top.join(".husky"),
            };
            (folder.join("pre-commit"), by_husky || by_old_husky)
        }
        Manager::Lefthook => {
            let file = lefthook(&place.top).unwrap_or_else(|| place.top.join(LEFTHOOK[0]));
            (file, installed.contains("lefthook"))
        }
        Manager::PreCommit => (place.top.join(PRE_COMMIT), installed.contains("pre-commit.com")),
        Manager::Git => {
            if !place.hooks.starts_with(&place.top) && !place.hooks.starts_with(&place.common) {
                let message = format!(
                    "{}: core.hooksPath leads there, and every repository that uses it would get the hook",
                    place.hooks.display()
                );
                return Err(Error::new(ErrorKind::Refused, message)
                    .hint("have a pre-commit hook there call: docker-prep guard"));
            }
            (place.hooks.join("pre-commit"), true)
        }
    };
    let executable = manager == Manager::Git || manager == Manager::Husky && by_old_husky;
    Ok(Hook { manager, file, executable, active })
}

fn the_one_set_up(top: &Path) -> Result<Manager> {
    let set_up: Vec<Manager> = [
        (Manager::Husky, top.join(".husky").is_dir() || uses_husky(top)),
        (Manager::Lefthook, lefthook(top).is_some()),
        (Manager::PreCommit, top.join(PRE_COMMIT).is_file()),
    ]
    .into_iter()
    .filter_map(|(manager, there)| there.then_some(manager))
    .collect();
    match set_up[..] {
        [] => Ok(Manager::Git),
        [manager] => Ok(manager),
        _ => {
            let names: Vec<&str> = set_up.iter().map(|manager| manager.name()).collect();
            Err(Error::new(ErrorKind::Usage, format!("{}: uses {}", top.display(), names.join(" and ")))
                .hint(format!("say which one shall call the guard: docker-prep init --hook {}", names[0])))
        }
    }
}

fn lefthook(top: &Path) -> Option<PathBuf> {
    LEFTHOOK.iter().chain(&LEFTHOOK_OTHERS).map(|name| top.join(name)).find(|path| path.is_file())
}

/// Before its first install there is only the manifest's word for it.
fn uses_husky(top: &Path) -> bool {
    let manifest = fs::read_to_string(top.join("package.json")).ok();
    let value: Option<serde_json::Value> = manifest.and_then(|text| serde_json::from_str(&text).ok());
    value.is_some_and(|value| !value["devDependencies"]["husky"].is_null())
}
