//! A lockfile for a prepared surface, made and proven by its own package manager in temporary folders. Nothing of the
//! project is changed.

#![expect(clippy::disallowed_methods, reason = "has a lockfile made in a temporary folder")]

mod layout;
mod program;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::layout::LockfileFolder;
use self::program::{CallOutcome, Program};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Hint, Result};
use crate::image::{Name, PackageManager};
use crate::lockfile;
use crate::lockfile::plan::{making, proving};
use crate::lockfile::read::FoundLockfile;
use crate::lockfile::{Difference, Pins};
use crate::npm::Scope;
use crate::project::Environment;
use crate::rewrite::InstallLayout;

/// How much of what a package manager said is shown where it fails.
const LAST_LINES: usize = 20;

/// What a lockfile is made for, and of.
#[derive(Clone, Copy)]
pub(crate) struct LockfileRequest<'a> {
    /// The project's root.
    pub(crate) project: &'a Path,
    /// The surface's folder from there, empty for the root.
    pub(crate) surface_dir: &'a str,
    /// The prepared manifest.
    pub(crate) manifest: &'a str,
    /// The `pnpm-workspace.yaml` beside it, as it is while prepared.
    pub(crate) workspace_yaml: Option<&'a str>,
    /// Where it and the deps dir lie in the image.
    pub(crate) layout: &'a InstallLayout,
    /// What the manifest needs of the deps dir.
    pub(crate) tarballs: &'a [LockfileTarball],
    /// Who will install it.
    pub(crate) manager: &'a PackageManager,
    /// Why that one.
    pub(crate) reason: &'a str,
    /// The lockfile that pins the project's versions.
    pub(crate) lockfile: Option<&'a FoundLockfile>,
    /// More packages of which none may come from a registry.
    pub(crate) scope: &'a Scope,
    /// The variables that the caller has, for what is said of its `PATH`.
    pub(crate) environment: &'a Environment,
    /// The flag that asks for it, for messages.
    pub(crate) flag: &'static str,
    /// Ends it.
    pub(crate) cancel: &'a CancelToken,
}

/// A tarball for the deps dir, there or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockfileTarball {
    /// The package.
    pub(crate) name: String,
    /// The tarball's name in the deps dir.
    pub(crate) filename: String,
    /// Where its bytes are now.
    pub(crate) path: PathBuf,
}

/// A lockfile that was made, and proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MadeLockfile {
    /// Its name; it belongs beside the manifest.
    pub(crate) file_name: String,
    /// What it says.
    pub(crate) text: String,
    /// Who made it.
    pub(crate) manager: String,
    /// The lockfile that it began with, from the project's root.
    pub(crate) seeded_from: Option<String>,
    /// How many versions of packages that are not ours it pins.
    pub(crate) third_party: usize,
    /// Those that the project's lockfile does not have.
    pub(crate) differences: Vec<Difference>,
}

/// Makes it, and proves it with a frozen install that knows no cache and no store.
///
/// # Errors
/// [`ErrorKind::Environment`]: the package manager is not there, is another version, or fails, with the last that it said.
/// [`ErrorKind::Refused`]: the project's lockfile cannot be used. [`ErrorKind::Packing`]: what was made does not fit.
pub(crate) fn make(request: &LockfileRequest<'_>) -> Result<MadeLockfile> {
    begun(request, true)
}

/// Makes it and proves nothing: what it pins is wanted, and not the file.
///
/// # Errors
/// As [`make`].
pub(crate) fn resolve(request: &LockfileRequest<'_>) -> Result<MadeLockfile> {
    begun(request, false)
}

fn begun(request: &LockfileRequest<'_>, is_proven: bool) -> Result<MadeLockfile> {
    let packed: BTreeSet<&str> = request.tarballs.iter().map(|tarball| tarball.name.as_str()).collect();
    // A scope of everything is meant for the workspace's packages.
    let scope = Some(request.scope).filter(|scope| !scope.is_everything());
    let ours = |name: &str| packed.contains(name) || scope.is_some_and(|scope| scope.contains(name));
    let (seed, before) = begin(request, &ours)?;
    let layout = LockfileFolder::new(request)?;
    let work = LockfileWork {
        request,
        program: Program::find(request, &layout)?,
        file_name: match request.lockfile {
            Some(found) if found.importer.is_empty() => found.file_name(),
            _ => lockfile::name(request.manager.name),
        },
        ours: &ours,
    };
    let text = work.made(&layout, seed.as_deref())?;
    drop(layout);
    if is_proven {
        work.prove(&text)?;
    }
    let after = work.read(&text, lockfile::pins)?;
    Ok(MadeLockfile {
        file_name: work.file_name.to_owned(),
        third_party: after.values().map(BTreeSet::len).sum(),
        differences: before.map(|before| lockfile::differences(&before, &after)).unwrap_or_default(),
        manager: work.program.to_string(),
        seeded_from: request.lockfile.map(|found| found.path.clone()),
        text,
    })
}

/// The seed, and what the project's lockfile pins.
fn begin(
    request: &LockfileRequest<'_>,
    ours: &dyn Fn(&str) -> bool,
) -> Result<(Option<String>, Option<Pins>)> {
    let Some(found) = request.lockfile else { return Ok((None, None)) };
    let name = request.manager.name;
    let read = || {
        let pins = lockfile::pins(name, &found.text, ours)?;
        Ok((Some(lockfile::seed(name, &found.text, &found.importer, ours)?), Some(pins)))
    };
    read().map_err(|why: String| {
        Error::new(ErrorKind::Refused, format!("{}: the lockfile cannot be used: {why}", found.path)).hint(
            format!("bring it up to date with {} install, or leave out {}", name.as_str(), request.flag),
        )
    })
}

/// Everything that is the same in each call.
struct LockfileWork<'a> {
    request: &'a LockfileRequest<'a>,
    program: Program,
    file_name: &'a str,
    ours: &'a dyn Fn(&str) -> bool,
}

impl LockfileWork<'_> {
    /// Has it made, of a seed where there is one.
    fn made(&self, layout: &LockfileFolder, seed: Option<&str>) -> Result<String> {
        match seed {
            Some(seed) => layout.put(self.file_name, seed.as_bytes())?,
            // Without one yarn takes a folder above for its project, be it the one of all temporary folders.
            None if self.file_name == "yarn.lock" && self.program.major > 1 => {
                layout.put(self.file_name, b"")?;
            }
            None => {}
        }
        let mut text = self.tried(layout)?;
        if let Some(seed) = seed {
            let mend =
                |name, text: &str, ours: &dyn Fn(&str) -> bool| lockfile::mended(name, text, seed, ours);
            if let Some(mended) = self.read(&text, mend)? {
                layout.put(self.file_name, mended.as_bytes())?;
                text = self.tried(layout)?;
            }
        }
        let strays = self.read(&text, lockfile::strays)?;
        if !strays.is_empty() {
            let strays = strays.into_iter().collect::<Vec<_>>().join(", ");
            return Err(self.unusable(&format!("takes from a registry what was packed: {strays}")));
        }
        if text.contains(&*layout.root().to_string_lossy()) {
            return Err(self.unusable("names the folder that it was made in"));
        }
        Ok(text)
    }

    fn tried(&self, layout: &LockfileFolder) -> Result<String> {
        let (label, program) = (self.label(), &self.program);
        let words = making(self.request.manager.name, program.major);
        let outcome = program.run(words, layout, self.request.cancel)?;
        if !outcome.well {
            let message = format!("{label}: {program} could not make a lockfile: {outcome}");
            return Err(self.failure(ErrorKind::Environment, message, &outcome));
        }
        let made = layout.read(self.file_name)?.ok_or_else(|| {
            Error::new(ErrorKind::Environment, format!("{label}: {program} made no {}", self.file_name))
                .hint("see whether a setting turns lockfiles off, as lockfile=false in .npmrc does")
        })?;
        String::from_utf8(made).map_err(|_| self.unusable("is no text"))
    }

    /// A frozen install in another folder, with nothing of the first.
    fn prove(&self, text: &str) -> Result<()> {
        let layout = LockfileFolder::new(self.request)?;
        layout.put(self.file_name, text.as_bytes())?;
        for words in proving(self.request.manager.name, self.program.major) {
            let outcome = self.program.run(words, &layout, self.request.cancel)?;
            if !outcome.well {
                let (label, program) = (self.label(), &self.program);
                let message = format!("{label}: the lockfile that {program} made fails it: {outcome}");
                return Err(self.failure(ErrorKind::Packing, message, &outcome));
            }
            if layout.read(self.file_name)?.as_deref() != Some(text.as_bytes()) {
                return Err(self.unusable(&format!("is another after `{outcome}`")));
            }
        }
        Ok(())
    }

    /// Reads a lockfile that was made.
    fn read<T>(
        &self,
        text: &str,
        read: impl FnOnce(Name, &str, &dyn Fn(&str) -> bool) -> std::result::Result<T, String>,
    ) -> Result<T> {
        read(self.request.manager.name, text, self.ours)
            .map_err(|why| self.unusable(&format!("cannot be read: {why}")))
    }

    fn unusable(&self, why: &str) -> Error {
        let message = format!("{}: the lockfile that {} made {why}", self.label(), self.program);
        Error::new(ErrorKind::Packing, message)
            .hint(format!("to do without one, leave out {}", self.request.flag))
    }

    /// With the end of what was said.
    fn failure(&self, kind: ErrorKind, message: String, outcome: &CallOutcome) -> Error {
        let lines: Vec<&str> = outcome.said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|line| (*line).to_owned());
        let instead = format!("to do without a lockfile, leave out {}", self.request.flag);
        Error::new(kind, message).hint(Hint::lines(last.chain([instead])))
    }

    /// The surface, for messages.
    fn label(&self) -> &str {
        label(self.request.surface_dir)
    }
}

fn label(surface_dir: &str) -> &str {
    if surface_dir.is_empty() { "." } else { surface_dir }
}
