//! Commands that bring files from one place of an image to another.

use crate::image::dockerfile::layers::{FileId, ImageFiles, below};
use crate::image::dockerfile::{Copy, CopyFiles, Prune, PruneTool, SourcePattern, join};

/// What `turbo prune` and `moon docker scaffold` write: the workspace's manifests and settings once more.
pub(super) fn prune_files(prune: &Prune, files: &mut ImageFiles, line: usize) {
    let folders: &[&str] = match (prune.tool, prune.docker) {
        (PruneTool::Turbo, true) => &["json", "full"],
        (PruneTool::Turbo, false) => &[""],
        (PruneTool::Moon, _) => &["workspace", "configs", "sources"],
    };
    let of_workspace: Vec<(String, FileId)> = files
        .all()
        .filter(|(path, ..)| below(&prune.out_dir, path).is_none())
        .filter_map(|(path, file, _)| Some((below(&prune.dir, path)?.to_owned(), file)))
        .collect();
    for (inside, file) in of_workspace {
        for folder in folders {
            files.insert(join(&join(&prune.out_dir, folder), &inside), file, line);
        }
        // The lockfile lies beside the folders too.
        if !inside.contains('/') && inside != "package.json" {
            files.insert(join(&prune.out_dir, &inside), file, line);
        }
    }
}

/// `cp`, `mv`, `ln`, `rsync`.
pub(super) fn copy_files(command: &CopyFiles, files: &mut ImageFiles, line: usize) {
    let copy = Copy {
        line,
        sources: command.sources.iter().map(|source| SourcePattern::new(source, false)).collect(),
        to: command.to.clone(),
        into_folder: command.into_folder,
        keeps_name: !command.contents,
        ..Copy::default()
    };
    let origin = files.clone();
    files.copy(&copy, &origin, false);
    if command.moves {
        command
            .sources
            .iter()
            .filter(|source| !source.contains(['*', '?']))
            .for_each(|source| files.remove(source));
    }
}
