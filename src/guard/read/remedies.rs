//! What git and the disk know of files that must not be committed as they are.

use std::collections::BTreeSet;
use std::path::Path;

use super::Git;
use crate::guard::{Finding, FindingKind, GuardSettings, Remedies, file, judge};
use crate::project::{ProjectPath, path_of};
use crate::transaction::clean_history;

/// More files are not looked for: git is asked for each.
const MOST: usize = 50;

/// Looks for backups and clean commits of what was found.
pub(crate) fn remedies<'a>(
    git: &Git,
    settings: &GuardSettings,
    findings: impl Iterator<Item = &'a Finding>,
    is_prepared: bool,
) -> Remedies {
    let mut remedies = Remedies { is_prepared, ..Remedies::default() };
    let Ok(top) = git.path("--show-toplevel") else { return remedies };
    if is_prepared {
        return remedies;
    }
    let edited = findings.filter(|one| !matches!(one.kind, FindingKind::Backup | FindingKind::DepsDir));
    let paths: BTreeSet<&[u8]> = edited.map(|one| one.path.as_slice()).collect();
    for path in paths.into_iter().take(MOST) {
        if top.join(path_of(&[path, b".bak"].concat())).is_file() {
            remedies.backed_up.insert(path.to_vec());
        }
        if let Some(commit) = clean_commit(&top, settings, path) {
            remedies.clean.insert(path.to_vec(), commit);
        }
    }
    remedies
}

fn clean_commit(top: &Path, settings: &GuardSettings, path: &[u8]) -> Option<String> {
    let kind = file(path)?;
    let is_clean = |text: &str| judge(settings, kind, path, text.as_bytes()).is_empty();
    let name = ProjectPath::try_from(String::from_utf8(path.to_vec()).ok()?).ok()?;
    let clean = clean_history(top, &name, &is_clean).ok()?.clean?;
    clean.same_name.then_some(clean.commit)
}
