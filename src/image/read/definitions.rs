//! Reads what defines the builds of a project.

use std::collections::BTreeMap;
use std::path::Path;

use super::files;
use crate::image::compose::{self, ComposeServices, ComposeSet, Sources};
use crate::image::definition::{BuildDefinition, Definitions};

/// Files that name files that name files …
const MAX_ROUNDS: usize = 64;

/// The builds that compose files of the project define: first those that `docker compose` builds in its root, then those
/// of `files`, which are paths from the root; what does not look like a compose file by its name is passed over.
pub(crate) fn read(root: &Path, environment: &BTreeMap<String, String>, files: &[String]) -> Definitions {
    let mut reader =
        Reader { root, sources: Sources::new(with_slashes(root)), found: Definitions::default() };
    let mut known = Vec::new();
    reader.look_at(compose::looked_for(environment));
    match reader.set(environment) {
        Ok(Some(set)) => {
            let services = reader.load(&set);
            known.clone_from(&set.files);
            reader.take(services);
        }
        Ok(None) => {}
        Err(unknown) => reader.found.unknown.push(unknown),
    }
    let named: Vec<&String> = files.iter().filter(|file| compose::is_compose_file(file)).collect();
    reader.look_at(named.iter().map(|file| compose::env_file(folder(file))).collect());
    reader.look_at(named.into_iter().cloned().collect());
    for set in compose::other_sets(&reader.sources, files, &known, environment) {
        let mut services = reader.load(&set);
        if let Some(over) = compose::over_default(&reader.sources, &set, &services.services) {
            services = reader.load(&over);
        }
        reader.take(services);
    }
    reader.found
}

pub(super) struct Reader<'a> {
    pub(super) root: &'a Path,
    pub(super) sources: Sources,
    pub(super) found: Definitions,
}

impl Reader<'_> {
    pub(super) fn look_at(&mut self, paths: Vec<String>) {
        for path in paths {
            if self.sources.get(&path).is_none() {
                self.sources.add(&path, files::read(self.root, &path));
            }
        }
    }

    /// What `docker compose` reads in the root.
    pub(super) fn set(
        &mut self,
        environment: &BTreeMap<String, String>,
    ) -> Result<Option<ComposeSet>, crate::image::definition::UnknownDefinition> {
        let Some(set) = compose::default_set(&self.sources, environment)? else { return Ok(None) };
        // The `.env` of another folder than the root is known only now.
        self.look_at(vec![compose::env_file(&set.folder)]);
        compose::default_set(&self.sources, environment)
    }

    /// Reads a set with all files that it leads to.
    pub(super) fn load(&mut self, set: &ComposeSet) -> ComposeServices {
        for _ in 0..MAX_ROUNDS {
            let services = compose::load(set, &mut self.sources);
            if services.wanted.is_empty() {
                return services;
            }
            self.look_at(services.wanted.into_iter().collect());
        }
        compose::load(set, &mut self.sources)
    }

    /// Takes what is not known yet.
    fn take(&mut self, services: ComposeServices) {
        let before = self.found.builds.len();
        for build in services.builds {
            if !self.found.builds[..before].iter().any(|known| is_same(known, &build)) {
                self.found.builds.push(build);
            }
        }
        for unknown in services.unknown {
            if !self.found.unknown.contains(&unknown) {
                self.found.unknown.push(unknown);
            }
        }
    }
}

/// Whether two definitions build the same, wherever they stand.
fn is_same(one: &BuildDefinition, other: &BuildDefinition) -> bool {
    let other_place = BuildDefinition {
        place: one.place.clone(),
        profiles: one.profiles.clone(),
        secrets: one.secrets.clone(),
        ..other.clone()
    };
    *one == other_place && one.secrets.keys().eq(other.secrets.keys())
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn with_slashes(root: &Path) -> String {
    let text = root.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}
