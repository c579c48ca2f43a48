//! What restoring must know besides the journal: what git has of its files, and where else the rewrite lies.

use super::{committed, history, locate, pointing, read_backup};
use crate::project::{Project, ProjectPath};
use crate::text::Digest;
use crate::transaction::plan::{ChangedFile, RestoreInputs, Stray, find_strays, needs_commit};
use crate::transaction::tree_state::{FileState, Now, ObservedJournal};

/// Reads it.
pub(crate) fn read(project: &Project, observed: &ObservedJournal) -> RestoreInputs {
    let deps_dirs = vec![observed.head.deps_dir.as_str().to_owned(), project.deps_dir.clone()];
    let files = needs_commit(observed, &deps_dirs);
    let mut inputs = RestoreInputs {
        committed: committed::texts(&project.root, files),
        deps_dirs,
        ..RestoreInputs::default()
    };
    read_changed(project, observed, &mut inputs);
    let strays = strays(project, observed, &inputs.deps_dirs);
    (inputs.strays, inputs.moved) = find_strays(observed, &strays, &inputs.deps_dirs);
    follow_folders(project, observed, &mut inputs);
    inputs
}

/// Where another commit is checked out than the one that was prepared: the files of which it has another text.
fn read_changed(project: &Project, observed: &ObservedJournal, inputs: &mut RestoreInputs) {
    let Some(prepared) = &observed.head.commit else { return };
    let is_done = |file: &FileState| matches!(file.now, Now::Original | Now::Merged | Now::NotAFile);
    if observed.files.iter().all(is_done) {
        return;
    }
    let Some(head) = history::head(&project.root).filter(|head| head.commit != *prepared) else { return };
    let branch = observed.head.branch.as_ref().map(|branch| format!(" ({branch})")).unwrap_or_default();
    inputs.prepared_on = format!("{}{branch}", prepared.get(..12).unwrap_or(prepared));
    for file in observed.files.iter().filter(|file| !is_done(file)) {
        let path = &file.entry.path;
        let former = committed::text_at(&project.root, prepared, path);
        let present = committed::text_at(&project.root, &head.commit, path);
        if former.is_none() || former == present {
            continue;
        }
        let digest = former.map(|text| Digest::of(text.as_bytes()));
        let is_kept = digest.as_ref() == file.entry.original_digest();
        inputs.changed.insert(path.clone(), ChangedFile { present, is_kept });
    }
}

/// The files that hold the rewrite, and are none of the journal's.
fn strays(project: &Project, observed: &ObservedJournal, deps_dirs: &[String]) -> Vec<Stray> {
    let known: Vec<_> =
        observed.files.iter().filter_map(|file| locate(&project.root, &file.entry.path).ok()).collect();
    let others = pointing::files(project, deps_dirs).into_iter().filter(|file| !known.contains(&file.path));
    let stray = |file: crate::project::Beside| {
        let place = file.path.strip_prefix(&project.root).ok()?.to_str()?.replace('\\', "/");
        Some(Stray {
            path: ProjectPath::try_from(place).ok()?,
            kind: file.kind,
            backup: read_backup(&file.path),
            text: file.text?,
        })
    };
    others.filter_map(stray).collect()
}

/// What lay beside a manifest that was moved went with it, where it is there.
fn follow_folders(project: &Project, observed: &ObservedJournal, inputs: &mut RestoreInputs) {
    let folder =
        |path: &ProjectPath| path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let folders: Vec<(String, String)> =
        inputs.moved.iter().map(|(from, to)| (folder(from), folder(to))).collect();
    for file in observed.files.iter().filter(|file| file.now == Now::Missing) {
        let path = &file.entry.path;
        let there = folders.iter().filter(|(from, _)| *from == folder(path)).find_map(|(_, to)| {
            let name = path.file_name();
            let place = if to.is_empty() { name.to_owned() } else { format!("{to}/{name}") };
            project.root.join(&place).is_file().then(|| ProjectPath::try_from(place).ok())?
        });
        if let Some(there) = there {
            inputs.moved.entry(path.clone()).or_insert(there);
        }
    }
}
