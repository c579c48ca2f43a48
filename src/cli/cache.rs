//! What `cache` prints.

use serde_json::json;

use super::args::CacheArgs;
use super::lines::Lines;
use super::report::Reporter;
use super::text::{count, size};
use crate::cache::command as cache;
use crate::error::Result;
use crate::project::Requested;
use crate::project::read::find_to_restore;
use crate::run::remove_trees;

pub(super) fn run(requested: &Requested, args: &CacheArgs, reporter: &Reporter) -> Result<()> {
    if args.what.is_some() {
        let cleared = cache::clear(requested)?;
        // The cache is the same wherever it is typed; trees are those of the project, if it is typed in one.
        let trees = find_to_restore(requested).map_or(Ok(None), |project| remove_trees(&project))?;
        if reporter.wants_json() {
            reporter.document(json!({"ok": true, "files": cleared.files, "size": cleared.size}));
        } else {
            reporter.tell(&format!("removed {}, {}", count(cleared.files, "file"), size(cleared.size)));
            trees.iter().for_each(|folder| reporter.tell(&format!("removed {}/", folder.display())));
        }
        return Ok(());
    }
    let found = cache::look(requested)?;
    if reporter.wants_json() {
        let folder = found.place.as_ref().map(|place| place.folder.display().to_string());
        let limit = found.place.as_ref().map(|place| place.limit);
        reporter.document(json!({
            "ok": true,
            "folder": folder,
            "limit": limit,
            "doubt": found.doubt.as_deref().map(not_used),
            "tarballs": found.tarballs,
            "size": found.size,
            "workspaces": found.workspaces,
            "folders": found.folders,
            "builds": found.builds,
        }));
        return Ok(());
    }
    let Some(place) = &found.place else {
        reporter.data(&Lines::of("no cache: it is off, or the environment names no folder for it"));
        return Ok(());
    };
    let mut lines = Lines::of(&place.folder.display().to_string());
    if let Some(doubt) = &found.doubt {
        lines.add(format!("  {}", not_used(doubt)));
    }
    let tarballs = count(found.tarballs, "tarball");
    lines.add(format!("  {tarballs}, {} of at most {}", size(found.size), size(place.limit)));
    let (workspaces, folders) = (count(found.workspaces, "workspace"), count(found.folders, "folder"));
    let builds = count(found.builds, "package");
    lines.add(format!("  knows {workspaces}, the tarballs of {folders}, and builds of {builds}"));
    reporter.data(&lines);
    Ok(())
}

/// Why no cache is used, in a sentence.
pub(crate) fn not_used(why: &str) -> String {
    format!("the cache is not used: {why}")
}
