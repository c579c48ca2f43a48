//! Settings of the installs that name a package at a version which is not the packed one.

use std::collections::BTreeMap;

use super::observed::Needed;
use crate::error::{Error, ErrorKind, Result, each_once};
use crate::npm::{manifest_file, workspace_file};
use crate::project::{MANIFEST, Project, SETTINGS, Surface};
use crate::report::{Report, warn};
use crate::rewrite::{MemberIndex, SettingsFile, StaleEntries, stale_entries};

/// Says which entries do nothing, and refuses patches on which an install is certain to fail; with `is_strict` any.
///
/// # Errors
/// [`ErrorKind::Refused`] for such a patch.
pub(super) fn check(project: &Project, needed: &Needed, is_strict: bool, report: Report<'_>) -> Result<()> {
    let Some(workspace) = &needed.workspace else { return Ok(()) };
    let index = MemberIndex::new(workspace);
    let (mut warnings, mut errors) = (Vec::new(), Vec::new());
    let of_surfaces = needed.surfaces.iter().zip(&needed.closure.surfaces).zip(&needed.installs);
    for ((surface, needs), install) in of_surfaces {
        let version = |name: &String| Some((name.clone(), index.get(name).ok()?.manifest.version()?));
        let packed: BTreeMap<_, _> = needs.closure.iter().filter_map(version).collect();
        if packed.is_empty() {
            continue;
        }
        let mut look = |name: &str, map: &serde_json::Map<String, serde_json::Value>, is_read: bool| {
            let is_manifest = name.ends_with(MANIFEST);
            let file = SettingsFile { name, map, is_manifest, is_read };
            let StaleEntries { warnings: said, errors: refused } =
                stale_entries(&file, &install.reader, &packed);
            warnings.extend(said);
            errors.extend(refused);
        };
        look(&surface.manifest_name, &surface.manifest.0, true);
        let beside = format!("{}{SETTINGS}", prefix(surface));
        if let Ok(Some(map)) = workspace_file(&project.root.join(&surface.dir)) {
            look(&beside, &map, install.copies_always(surface, SETTINGS));
        }
        if surface.dir.is_empty() {
            continue;
        }
        // An install at the root reads these; whether it is one, the surface does not say.
        if let Ok(Some((MANIFEST, manifest))) = manifest_file::read(&project.root) {
            look(MANIFEST, &manifest.0, false);
        }
        if let Ok(Some(map)) = workspace_file(&project.root) {
            look(SETTINGS, &map, false);
        }
    }
    let errors = each_once(errors);
    if !errors.is_empty() {
        return Err(Error::all(ErrorKind::Refused, errors));
    }
    let warnings = each_once(warnings);
    if is_strict && !warnings.is_empty() {
        return Err(Error::all(ErrorKind::Refused, warnings));
    }
    warn(report, &warnings);
    Ok(())
}

fn prefix(surface: &Surface) -> String {
    if surface.dir.is_empty() { String::new() } else { format!("{}/", surface.dir) }
}
