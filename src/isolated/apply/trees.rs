//! The trees of a run: made or brought up to date, and taken away.

#![expect(clippy::disallowed_methods, reason = "looks at what lies in the deps dir")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use super::tree::{bring_up_to_date, remove};
use crate::cancel::CancelToken;
use crate::deps_dir::{MARK, PLACEHOLDERS};
use crate::disk;
use crate::error::Result;
use crate::image::Dockerignore;
use crate::isolated::home::IsolatedHome;
use crate::isolated::plan::{IsolatedPlan, PlannedTree};
use crate::isolated::read::project::{OwnersFiles, mode_of};
use crate::isolated::read::tree::others;
use crate::isolated::tree::{LaidOver, TreeOutcome, TreeRequest};
use crate::project::Project;
use crate::text::path;
use crate::threads::Threads;

/// What trees are made from.
#[derive(Clone, Copy)]
pub(crate) struct TreeMaker<'a> {
    pub(crate) project: &'a Project,
    pub(crate) home: &'a IsolatedHome,
    /// The project as its owner wrote it.
    pub(crate) owners: &'a OwnersFiles,
    pub(crate) threads: Threads,
    pub(crate) cancel: &'a CancelToken,
}

impl TreeMaker<'_> {
    /// Brings every tree up to date; what came of each, by its name.
    ///
    /// # Errors
    /// A file of the project cannot be read, or the state folder not be written.
    pub(crate) fn make(self, plan: &IsolatedPlan) -> Result<BTreeMap<String, TreeOutcome>> {
        plan.trees.iter().map(|(name, tree)| Ok((name.clone(), self.make_one(name, tree)?))).collect()
    }

    /// Takes away the trees that belong to none of these builds any more.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn remove_others(self, names: &BTreeSet<String>) -> Result<()> {
        others(self.home.folder(), names)?.iter().try_for_each(|tree| remove(tree))
    }

    fn make_one(self, name: &str, planned: &PlannedTree) -> Result<TreeOutcome> {
        let Project { root, state_dir, .. } = self.project;
        let ignore = planned.ignore_file.as_ref().and_then(|file| {
            // One that is not valid ends the build by itself.
            Dockerignore::parse(&disk::read_text(&root.join(file)).ok()?).ok()
        });
        let context = root.join(&planned.context);
        let tree = self.home.folder().join(name);
        let mut without = vec![state_dir.clone(), self.project.deps_path()];
        without.extend(self.owners.backups.iter().cloned());
        let mut laid_over = BTreeMap::new();
        for (path, bytes) in &self.owners.originals {
            let inside = path.strip_prefix(&context).ok().and_then(Path::to_str);
            match (inside.map(|inside| inside.replace(MAIN_SEPARATOR, "/")), bytes) {
                (Some(inside), Some(bytes)) => {
                    laid_over.insert(inside, LaidOver::Text(bytes.clone(), mode_of(path)));
                }
                (Some(_), None) => without.push(path.clone()),
                (None, _) => {}
            }
        }
        for (name, text) in &planned.texts {
            if let Some(inside) = path::below(&planned.context, name) {
                let mode = mode_of(&root.join(name));
                laid_over.insert(inside.to_owned(), LaidOver::Text(text.clone().into_bytes(), mode));
            }
        }
        if let Some(deps_dir) = &planned.deps_dir {
            for (file, from) in self.tarballs(planned) {
                laid_over.insert(path::child(deps_dir, &file), LaidOver::Copy(from));
            }
        }
        let always = planned.always.clone();
        let request = TreeRequest {
            context: &context,
            tree: &tree,
            ignore: ignore.as_ref(),
            always,
            without,
            laid_over,
        };
        bring_up_to_date(&request, self.threads, self.cancel)
    }

    /// What lies in the folder of the tarballs, and where it comes from: as in a prepared project, with what its owner has
    /// put there so that git keeps it.
    fn tarballs(self, planned: &PlannedTree) -> BTreeMap<String, PathBuf> {
        let mut found = BTreeMap::new();
        if planned.tarballs.is_empty() {
            return found;
        }
        let (ours, owners) = (self.home.tarballs(), self.project.deps_path());
        let names = planned.tarballs.iter().map(String::as_str).chain([MARK]);
        found.extend(names.map(|name| (name.to_owned(), ours.join(name))));
        for name in PLACEHOLDERS {
            let from = [&owners, &ours].map(|folder| folder.join(name));
            let there = from.into_iter().find(|file| file.is_file());
            found.extend(there.map(|file| (name.to_owned(), file)));
        }
        found
    }
}
