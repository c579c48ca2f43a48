//! Which program runs a repository's hooks, and which file says what they do.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::guard::hook::{self, Format, Manager};
use crate::project::git;
use crate::transaction::mode_of;

/// A hook's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    /// Who runs it.
    pub(crate) manager: Manager,
    /// The file that says what it does, whether it is there or not.
    pub(crate) file: PathBuf,
    /// How that says it.
    pub(crate) format: Format,
    /// Whether git wants it to be executable.
    pub(crate) executable: bool,
    /// The file that git runs, whether it is there or not.
    pub(crate) installed: PathBuf,
    /// What has git call the manager, where git does not do so yet.
    pub(crate) install: Option<&'static str>,
    /// The folder outside of the repository where git looks for hooks, if it does.
    pub(crate) outside: Option<PathBuf>,
    /// The work tree's top folder.
    pub(crate) top: PathBuf,
    /// Whether others get the hook with a clone or a pull.
    pub(crate) is_shared: bool,
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
    disk::read_text(path).map(Some).map_err(|error| {
        Error::io(ErrorKind::Refused, "read", path, &error).hint("make it a readable text file")
    })
}

/// Where git keeps the hooks of the repository whose work tree holds a folder.
///
/// # Errors
/// [`ErrorKind::Environment`] where git cannot be asked, or there is no repository.
pub(crate) fn place(dir: &Path) -> Result<git::Hooks> {
    git::hooks(dir)?.ok_or_else(|| {
        Error::new(ErrorKind::Environment, format!("{}: no git repository", dir.display()))
            .hint("type: git init")
    })
}

/// The hook of a work tree: the manager that was asked for, else the one that the repository uses.
///
/// # Errors
/// [`ErrorKind::Environment`] where git cannot be asked; [`ErrorKind::Usage`] where several managers are set up, and git calls
/// none of them; [`ErrorKind::Refused`] where the hooks are kept outside of the repository, or a tool writes them of
/// which nothing is known.
pub(crate) fn find(dir: &Path, asked: Option<Manager>) -> Result<Hook> {
    let place = place(dir)?;
    let installed = place.hooks.join("pre-commit");
    let generated = disk::read_text(&installed).unwrap_or_default();
    let by_husky = place.hooks.ends_with(".husky/_");
    // From version 5 to 8, git calls its files themselves.
    let calls_files = place.hooks.ends_with(".husky");
    let at_work = Manager::of_hook(&generated);
    let manager = match asked {
        Some(manager) => manager,
        None if by_husky || calls_files => Manager::Husky,
        None => match at_work.filter(|manager| configuration(&place.top, *manager).is_some()) {
            Some(manager) => manager,
            None => the_one_set_up(&place.top)?,
        },
    };
    let owner = manager.owner();
    let (name, format) = configuration(&place.top, manager).unwrap_or(owner.usual);
    let file = match manager {
        Manager::Husky if calls_files => place.hooks.join("pre-commit"),
        Manager::Husky if by_husky => place.hooks.parent().unwrap_or(&place.hooks).join("pre-commit"),
        Manager::Git => installed.clone(),
        _ => place.top.join(name),
    };
    let is_inside = place.hooks.starts_with(&place.top) && !place.hooks.starts_with(&place.common);
    if manager == Manager::Git {
        refuse(&place, &generated, at_work)?;
    }
    let is_active = match manager {
        Manager::Git => true,
        Manager::Husky => by_husky || calls_files,
        // Its generated hook is the command itself.
        Manager::SimpleGitHooks => generated.contains("docker-prep guard"),
        _ => at_work == Some(manager),
    };
    let is_sourced =
        manager == Manager::Husky && text(&file)?.is_some_and(|text| text.contains("_/husky.sh"));
    let install = match manager {
        Manager::Husky if is_sourced => "npx husky install",
        Manager::Lefthook if packages(&place.top).iter().any(|used| used == "lefthook") => {
            "npx lefthook install"
        }
        _ => owner.install,
    };
    Ok(Hook {
        manager,
        file,
        format,
        executable: manager == Manager::Git || calls_files || is_sourced,
        installed,
        install: (!is_active).then_some(install),
        outside: is_outside(&place).then_some(place.hooks),
        top: place.top,
        is_shared: manager != Manager::Git || is_inside,
    })
}

/// Whether `core.hooksPath`, at whatever level, leads out of the repository.
fn is_outside(place: &git::Hooks) -> bool {
    !place.hooks.starts_with(&place.top) && !place.hooks.starts_with(&place.common)
}

/// What git runs itself must be ours to write.
fn refuse(place: &git::Hooks, generated: &str, at_work: Option<Manager>) -> Result<()> {
    if is_outside(place) {
        let message = format!(
            "{}: core.hooksPath leads there, and every repository that uses it would get the hook",
            place.hooks.display()
        );
        return Err(Error::new(ErrorKind::Refused, message)
            .hint("have a pre-commit hook there call: docker-prep guard"));
    }
    let generator = at_work.map(Manager::name).or_else(|| hook::generator(generated));
    let calls_it = hook::has_guard(generated);
    match generator {
        Some(generator) if !calls_it => {
            let message = format!(
                "{}: is written by {generator}, which would write over it, and has no settings here that are known",
                place.hooks.join("pre-commit").display()
            );
            Err(Error::new(ErrorKind::Refused, message)
                .hint("have its settings call in the pre-commit hook, before all else: docker-prep guard"))
        }
        _ => Ok(()),
    }
}

fn the_one_set_up(top: &Path) -> Result<Manager> {
    let packages = packages(top);
    let is_set_up = |manager: &Manager| {
        configuration(top, *manager).is_some()
            || manager.owner().package.is_some_and(|package| packages.iter().any(|used| used == package))
    };
    let mut set_up: Vec<Manager> = Manager::ALL.into_iter().filter(is_set_up).collect();
    // The package says no more than the settings do.
    if set_up.contains(&Manager::OldHusky) && !top.join(".husky").is_dir() {
        set_up.retain(|manager| *manager != Manager::Husky);
    }
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

/// The file that a manager reads, if there is one; of those that hold other things too, only with its key.
fn configuration(top: &Path, manager: Manager) -> Option<(&'static str, Format)> {
    let owner = manager.owner();
    let has_its_key = |format: Format| match format {
        Format::Command(keys) | Format::PlainCommand(keys) => {
            let manifest = manifest(top);
            let around = keys.split_last().map_or(&[][..], |(_, around)| around);
            around.iter().try_fold(&manifest, |value, key| value.get(key)).is_some_and(Value::is_object)
        }
        _ => true,
    };
    if manager == Manager::Husky {
        return top.join(".husky").is_dir().then_some(owner.usual);
    }
    let is_there = |(name, format): &&(&'static str, Format)| {
        top.join(name).is_file() && (*name != "package.json" || has_its_key(*format))
    };
    owner.files.iter().find(is_there).copied()
}

fn manifest(top: &Path) -> Value {
    let text = disk::read_text(&top.join("package.json")).ok();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Before the first install there is only the manifest's word for a manager.
fn packages(top: &Path) -> Vec<String> {
    let manifest = manifest(top);
    let fields = ["devDependencies", "dependencies"].map(|field| manifest[field].as_object());
    fields.into_iter().flatten().flat_map(|field| field.keys().cloned()).collect()
}
