//! `docker-prep init`: the guard in the repository's pre-commit hook, and what shall not be committed in `.gitignore`.

use std::path::{Path, PathBuf};

use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::guard::apply::prove::{self, Proof};
use crate::guard::hook::{Format, HookProgram, Manager};
use crate::guard::read::hooks::Hook;
use crate::guard::read::{hooks, program};
use crate::guard::{gitignore, hook};
use crate::project::{Project, Requested, read as project};
use crate::transaction::file;

/// A file that is changed, made or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InitChange {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The path for people: from the project's root where it lies inside.
    pub(crate) name: String,
    /// Its text; `None` where it is new.
    pub(crate) before: Option<String>,
    /// The text that it gets; `None` where it is removed.
    pub(crate) after: Option<String>,
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
    /// What makes the hook find the program, where it does not.
    pub(crate) how_to_install: Option<String>,
    /// The folder outside of the repository where git looks for hooks, if it does.
    pub(crate) outside: Option<PathBuf>,
    /// Whether other clones get the hook too.
    pub(crate) is_shared: bool,
    /// The work tree's top folder.
    pub(crate) top: PathBuf,
    /// The project's root.
    root: PathBuf,
    /// The deps dir, from the project's root.
    deps_dir: String,
}

/// How a text is changed: `None` where nothing is to be done.
type Edit<'a> = &'a dyn Fn(Option<&str>) -> Result<Option<String>, String>;

/// What there is to do; changes nothing. `manager` is the one to use, else it is found out. With `remove` it is what takes
/// out again what the other way puts there.
///
/// # Errors
/// As [`hooks::find`]; [`ErrorKind::Refused`] for a file that cannot be changed by a program, with what to write there.
pub(crate) fn plan(requested: &Requested, manager: Option<Manager>, remove: bool) -> Result<InitPlan> {
    let project = project::find(requested)?;
    let hook = hooks::find(&project.root, manager)?;
    let root = &project.root;
    let patterns = [format!("{}/", project.deps_dir), "*.bak".to_owned()];
    let program = program_of(&hook.top, &project);
    let edit = |format: Format, text: Option<&str>| match text {
        _ if !remove => format.with_guard(text, &program),
        Some(text) => format.without_guard(text),
        None => Ok(None),
    };
    let ignored: Edit<'_> = &|text| {
        Ok(if remove {
            text.and_then(|text| gitignore::without(text, &patterns))
        } else {
            gitignore::with(text, &patterns)
        })
    };
    let change =
        |path: PathBuf, executable, edit: Edit<'_>| change(root, path, executable && !remove, remove, edit);
    let calls = change(hook.file.clone(), hook.executable, &|text| edit(hook.format, text))?;
    let script = match script_of(&hook, calls.as_ref())? {
        Some(path) => change(path, true, &|text| edit(Format::Script, text))?,
        None => None,
    };
    // Of a manager that was not there yet, or is no more, git's own hook may hold what was written.
    let generated = |text: &str| match calls.as_ref().and_then(|calls| generated(&hook, calls, text)) {
        None if remove => Format::Script.without_guard(text),
        generated => Ok(generated),
    };
    let is_apart = hook.installed != hook.file && (remove || hook.manager == Manager::SimpleGitHooks);
    let generated = if is_apart && hooks::text(&hook.installed).is_ok() {
        change(hook.installed.clone(), false, &|text| text.map_or(Ok(None), generated))?
    } else {
        None
    };
    let ignored = change(root.join(".gitignore"), false, ignored)?;
    let is_written = generated.is_some();
    let changes = [calls, script, generated, ignored].into_iter().flatten().collect();
    Ok(InitPlan {
        manager: hook.manager,
        changes,
        install: hook.install.filter(|_| !is_written),
        how_to_install: how_to_install(&hook.top, &program),
        outside: hook.outside,
        is_shared: hook.is_shared,
        top: hook.top,
        deps_dir: project.deps_dir,
        root: project.root,
    })
}

/// The script that lefthook's file names, before or after its change.
fn script_of(hook: &Hook, change: Option<&InitChange>) -> Result<Option<PathBuf>> {
    let texts = match change {
        Some(change) => [change.before.clone(), change.after.clone()],
        None => [hooks::text(&hook.file)?, None],
    };
    let config = texts.into_iter().flatten().find(|config| hook.format.names_the_script(config));
    Ok(config.map(|config| hook.top.join(hook.format.script_folder(&config)).join(hook::SCRIPT)))
}

/// The hook that a manager generated, as its next install would generate it: where it is the command itself.
fn generated(hook: &Hook, change: &InitChange, text: &str) -> Option<String> {
    if hook.manager != Manager::SimpleGitHooks {
        return None;
    }
    let command = |text: &Option<String>| text.as_deref().and_then(|text| hook.format.command(text));
    let head = text.strip_suffix(command(&change.before)?.as_str())?;
    Some(command(&change.after).map_or_else(String::new, |command| format!("{head}{command}")))
}

fn change(
    root: &Path,
    path: PathBuf,
    executable: bool,
    remove: bool,
    edit: Edit<'_>,
) -> Result<Option<InitChange>> {
    let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
    let before = hooks::text(&path)?;
    let after = edit(before.as_deref()).map_err(|why| {
        let mut why = why.lines();
        let first = why.next().unwrap_or_default();
        let then = format!(
            "once that is done, type it again: docker-prep init{}",
            if remove { " --remove" } else { "" }
        );
        let hint = Hint::lines(why.chain([&*then]));
        Error::new(ErrorKind::Refused, format!("{name}: {first}")).hint(hint)
    })?;
    // git passes over a hook that may not be executed, in silence.
    let after = after.or_else(|| before.clone().filter(|_| executable && !hooks::is_executable(&path)));
    Ok(after.map(|after| {
        let after = Some(after).filter(|after| !(remove && after.is_empty()));
        InitChange { path, name, before, after, executable }
    }))
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
        put(plan, change, change.after.as_deref())?;
    }
    Ok(())
}

fn put(plan: &InitPlan, change: &InitChange, text: Option<&str>) -> Result<()> {
    if let Some(text) = text {
        return file::put_text(&change.path, text, change.executable);
    }
    file::remove(&change.path)?;
    let folders = change.path.ancestors().skip(1).take_while(|folder| **folder != plan.top);
    for folder in folders.filter(|folder| folder.starts_with(&plan.top) && !folder.ends_with(".git/hooks")) {
        if !file::remove_empty_folder(folder)? {
            break;
        }
    }
    Ok(())
}

const UNPROVED: &str = "nothing was changed: have the hook run docker-prep guard before all else, and heed its exit code; \
                        then type: docker-prep init";

/// Makes the changes, then has the hook prove that it blocks a rewrite: else they are taken back. Where git does not call
/// the manager yet there is nothing to be proved, and they stay.
///
/// # Errors
/// As [`apply`] and [`prove::prove`]; [`ErrorKind::Refused`] where the hook does not protect.
pub(crate) fn protect(plan: &InitPlan, cancel: &CancelToken) -> Result<()> {
    apply(plan)?;
    if plan.install.is_some() {
        return Ok(());
    }
    let proof = prove::prove(&plan.root, &plan.deps_dir, cancel);
    let error = match proof {
        Ok(Proof::Blocked) => return Ok(()),
        Ok(Proof::Unblocked(why)) => Error::new(ErrorKind::Refused, why).hint(UNPROVED),
        Err(error) => error,
    };
    for change in plan.changes.iter().rev() {
        put(plan, change, change.before.as_deref())?;
    }
    Err(error)
}

/// Whether a commit of a rewrite is blocked in this clone, by trying; and what makes hooks find the program, where they do
/// not.
///
/// # Errors
/// As [`prove::prove`].
pub(crate) fn check(requested: &Requested, cancel: &CancelToken) -> Result<(Proof, Option<String>)> {
    let project = project::find(requested)?;
    let proof = prove::prove(&project.root, &project.deps_dir, cancel)?;
    let top = hooks::place(&project.root)?.top;
    let program = program_of(&top, &project);
    Ok((proof, how_to_install(&top, &program)))
}

/// The pre-commit hook of a project, as its text says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HookText {
    /// The file for people: from the project's root where it lies inside.
    pub(crate) name: String,
    /// What it says, if it is there.
    pub(crate) text: Option<String>,
    /// Whether it calls the guard.
    pub(crate) calls_guard: bool,
}

/// Reads the project's hook; it is not run.
///
/// # Errors
/// As [`hooks::find`].
pub(crate) fn hook_text(project: &Project) -> Result<HookText> {
    let hook = hooks::find(&project.root, None)?;
    let program = program_of(&hook.top, project);
    let text = hooks::text(&hook.file)?;
    let calls_guard = match &text {
        Some(text) => hook.format.with_guard(Some(text), &program) == Ok(None) || hook::has_guard(text),
        None => false,
    };
    let name = hook.file.strip_prefix(&project.root).unwrap_or(&hook.file).display().to_string();
    Ok(HookText { name, text, calls_guard })
}

/// How the project has the program.
fn program_of(top: &Path, project: &Project) -> HookProgram {
    program::of_repository(top, &project.root, project.config.package_manager.as_ref())
}

/// What makes hooks find it, where they do not.
fn how_to_install(top: &Path, program: &HookProgram) -> Option<String> {
    (!prove::is_found(top, program)).then(|| program.how_to_install())
}
