//! `docker-prep init`: the guard in the repository's pre-commit hook, and what shall not be committed in `.gitignore`.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::guard::hook::Manager;
use crate::guard::read::hooks;
use crate::guard::read::hooks::Hook;
use crate::guard::{gitignore, hook};
use crate::project::{Requested, read as project};
use crate::transaction::file;

/// A file that is changed, or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InitChange {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The path for people: from the project's root where it lies inside.
    pub(crate) name: String,
    /// Its text; `None` where it is new.
    pub(crate) before: Option<String>,
    /// The text that it gets.
    pub(crate) after: String,
    /// Whether it must be executable.
    pub(crate) executable: bool,
}

/// What `init` does; with a dry run, what it would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InitPlan {
    /// Who runs the repository's hooks.
    pub(crate) manager: Manager,
    /// Empty where everything is in place.
    pub(crate) changes: Vec<InitChange>,
    /// What is to be typed so that git calls the manager at all, in a clone where nobody has done that yet.
    pub(crate) install: Option<&'static str>,
}

/// What there is to do; changes nothing. `manager` is the one to use, else it is found out.
///
/// # Errors
/// As [`hooks::find`]; [`ErrorKind::Refused`] for a file that cannot be changed by a program, with what to write there.
pub(crate) fn plan(requested: &Requested, manager: Option<Manager>) -> Result<InitPlan> {
    let project = project::find(requested)?;
    let hook = hooks::find(&project.root, manager)?;
    let root = &project.root;
    let patterns = [format!("{}/", project.deps_dir), "*.bak".to_owned()];
    let calls = change(root, hook.file.clone(), hook.executable, |text| hook.manager.with_guard(text))?;
    let script = match script_of(&hook, calls.as_ref())? {
        Some(path) => change(root, path, true, hook::script)?,
        None => None,
    };
    let ignored = change(root, root.join(".gitignore"), false, |text| Ok(gitignore::with(text, &patterns)))?;
    let changes = [calls, script, ignored];
    let changes = changes.into_iter().flatten().collect();
    Ok(InitPlan { manager: hook.manager, changes, install: install(&hook) })
}

/// The script that lefthook's file names, once it is changed.
fn script_of(hook: &Hook, change: Option<&InitChange>) -> Result<Option<PathBuf>> {
    if hook.manager != Manager::Lefthook {
        return Ok(None);
    }
    let config = match change {
        Some(change) => Some(change.after.clone()),
        None => hooks::text(&hook.file)?,
    };
    let top = hook.file.parent().unwrap_or(&hook.file);
    let names_it = config.filter(|config| hook::names_the_script(config));
    Ok(names_it.map(|config| top.join(hook::script_folder(&config)).join(hook::SCRIPT)))
}

fn change(
    root: &Path,
    path: PathBuf,
    executable: bool,
    edit: impl Fn(Option<&str>) -> Result<Option<String>, String>,
) -> Result<Option<InitChange>> {
    let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
    let before = hooks::text(&path)?;
    let after =
        edit(before.as_deref()).map_err(|why| Error::new(ErrorKind::Refused, format!("{name}: {why}")))?;
    // git passes over a hook that may not be executed, in silence.
    let after = after.or_else(|| before.clone().filter(|_| executable && !hooks::is_executable(&path)));
    Ok(after.map(|after| InitChange { path, name, before, after, executable }))
}

/// What git does not call yet has to be installed by its own program.
fn install(hook: &Hook) -> Option<&'static str> {
    match hook.manager {
        _ if hook.active => None,
        Manager::Husky => Some("npx husky"),
        Manager::Lefthook => Some("lefthook install"),
        Manager::PreCommit => Some("pre-commit install"),
        Manager::Git => None,
    }
}

/// Makes the changes of a plan.
///
/// # Errors
/// [`ErrorKind::Refused`] for a file that has changed since; the disk's.
pub(crate) fn apply(plan: &InitPlan) -> Result<()> {
    for change in &plan.changes {
        if hooks::text(&change.path)? != change.before {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("{}: was changed in this very moment", change.name),
            )
            .hint("type it again: docker-prep init"));
        }
        file::put_text(&change.path, &change.after, change.executable)?;
    }
    Ok(())
}
