//! `--lockfile`: a lockfile for each prepared surface.

use serde_json::{Value, json};

use super::{Event, Report};
use crate::apply::lockfile::{Made, Request, Staged, make};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::model::environment::Environment;
use crate::model::lockfile;
use crate::model::package_manager::Detected;
use crate::model::surface::Surface;
use crate::observe::lockfile::{self as observe, Found};
use crate::observe::project::Project;
use crate::observe::surfaces;
use crate::plan::files::{FileChange, replacement};
use crate::plan::lockfile as plan;
use crate::plan::prepare::Rewritten;

/// A lockfile beside a surface, made or to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Lockfile {
    /// The file from the project's root.
    pub path: String,
    /// The project's lockfile that it begins with.
    pub seeded_from: Option<String>,
    /// What is typed to make it.
    pub command: String,
    /// What was made; `None` in a dry run.
    pub made: Option<Made>,
}

/// What would be made.
///
/// # Errors
/// The project's lockfile cannot be read.
pub(super) fn planned(project: &Project, surface: &Surface, detected: &Detected) -> Result<Lockfile> {
    let found = observe::find(&project.root, &surface.dir, detected.manager.name)?;
    Ok(described(surface, detected, found.as_ref()))
}

/// Makes it. `settings` is the new text of the `pnpm-workspace.yaml` beside the surface, if it gets one.
///
/// # Errors
/// As [`make`].
pub(super) fn made(
    project: &Project,
    rewritten: &Rewritten,
    settings: Option<&str>,
    tarballs: &[Staged],
    environment: &Environment,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<Lockfile> {
    let (surface, detected) = (&rewritten.surface, &rewritten.manager);
    let found = observe::find(&project.root, &surface.dir, detected.manager.name)?;
    let workspace_yaml = match settings {
        Some(text) => Some(text.to_owned()),
        None => observe::workspace_yaml(&project.root, &surface.dir)?,
    };
    let described = described(surface, detected, found.as_ref());
    report(Event::Notice(&format!("making {}: {}", described.path, described.command)));
    let made = make(&Request {
        project: &project.root,
        surface_dir: &surface.dir,
        manifest: &rewritten.text,
        workspace_yaml: workspace_yaml.as_deref(),
        deps_dir: &project.deps_dir,
        tarballs,
        manager: &detected.manager,
        reason: &detected.reason,
        lockfile: found.as_ref(),
        scope: &project.scope,
        environment,
        cancel,
    })?;
    Ok(Lockfile { made: Some(made), ..described })
}

fn described(surface: &Surface, detected: &Detected, found: Option<&Found>) -> Lockfile {
    let beside = found.filter(|found| found.importer.is_empty());
    let name = beside.map_or(lockfile::name(detected.manager.name), Found::file_name);
    Lockfile {
        path: if surface.dir.is_empty() { name.to_owned() } else { format!("{}/{name}", surface.dir) },
        seeded_from: found.map(|found| found.path.clone()),
        command: plan::shown(&detected.manager),
        made: None,
    }
}

impl Lockfile {
    /// What becomes of the file; `None` in a dry run, and where it is that already.
    ///
    /// # Errors
    /// [`Kind::Refused`](crate::error::Kind::Refused) for a file there that cannot be replaced.
    pub(super) fn change(&self, project: &Project, surface: &Surface) -> Result<Option<FileChange>> {
        let Some(made) = &self.made else { return Ok(None) };
        let name = self.path.rsplit('/').next().unwrap_or_default();
        Ok(replacement(&surfaces::beside(project, surface, name)?, made.text.clone()))
    }

    /// As `--json` has it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = json!({"path": self.path, "seededFrom": self.seeded_from});
        match &self.made {
            None => object["command"] = self.command.clone().into(),
            Some(made) => {
                object["packageManager"] = made.manager.clone().into();
                object["thirdParty"] = made.third_party.into();
                object["differences"] = made
                    .differences
                    .iter()
                    .map(|one| json!({"name": one.name, "before": one.before, "after": one.after}))
                    .collect();
            }
        }
        object
    }

    /// As people read it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let seed = self.seeded_from.as_deref().map_or_else(
            || ", with no lockfile to begin with".to_owned(),
            |from| format!(", seeded from {from}"),
        );
        let Some(made) = &self.made else {
            return vec![format!("would make {}{seed}, with: {}", self.path, self.command)];
        };
        let all = made.third_party;
        let other: usize = made.differences.iter().map(|one| one.after.len()).sum();
        let packages = if all == 1 { "package" } else { "packages" };
        let pinned = match (&self.seeded_from, other) {
            (None, _) => format!("{all} third-party {packages}"),
            (Some(_), 0) => format!("{all} third-party {packages} as pinned"),
            (Some(_), _) => {
                format!("{} of {all} third-party {packages} as pinned", all.saturating_sub(other))
            }
        };
        let first = format!("made {} with {}{seed}: {pinned}", self.path, made.manager);
        std::iter::once(first)
            .chain(made.differences.iter().map(|difference| format!("  {difference}")))
            .collect()
    }
}
