//! Where files of the build context lie in an image while a command installs there.

use std::collections::BTreeSet;

use super::install::{InstallCommand, install};
use super::stage::{Copy, CopySource, Dockerfile, StageStep};
use super::{join, matches, path};

/// A file that is copied to more places than these is not followed any further.
const MAX_PLACES: usize = 64;

/// Whether a Dockerfile copies a file of the surface's folder so that it lies beside its `package.json` when the
/// dependencies are installed, in each of the installs. Both folders are from the project's root, with `/` between
/// parts. The context is the project's root, or the Dockerfile's own folder where that holds the surface.
///
/// What a `.dockerignore` leaves out, and what commands move about, is not seen.
pub(crate) fn copies(text: &str, dockerfile_dir: &str, surface_dir: &str, file_name: &str) -> bool {
    let file = Dockerfile::parse(text);
    let seen: Vec<_> = contexts(&file, dockerfile_dir, surface_dir)
        .into_iter()
        .map(|below| {
            let [manifest, other] = ["package.json", file_name].map(|name| join(below, name));
            follow(&file, [&manifest, &other])
        })
        .collect();
    let for_the_surface: Vec<_> =
        seen.iter().flat_map(|seen| &seen.installs).filter(|one| one.is_for()).collect();
    if !for_the_surface.is_empty() {
        return for_the_surface.iter().all(|one| one.places[1].contains(&one.command.dir));
    }
    let beside = |places: &[BTreeSet<String>; 2]| places[0].intersection(&places[1]).next().is_some();
    let of_a_workspace: Vec<_> =
        seen.iter().flat_map(|seen| &seen.installs).filter(|one| !one.places[0].is_empty()).collect();
    if !of_a_workspace.is_empty() {
        return of_a_workspace.iter().all(|one| beside(&one.places));
    }
    let installs = seen.iter().any(|seen| !seen.installs.is_empty());
    !installs && seen.iter().any(|seen| seen.at_the_end.iter().any(beside))
}

/// The surface's folder as it may be called in the context: the project's root, or the Dockerfile's own folder where
/// nothing is copied by a name that it has from the root.
pub(crate) fn contexts<'a>(file: &Dockerfile, dockerfile_dir: &str, surface_dir: &'a str) -> Vec<&'a str> {
    let own = surface_dir
        .strip_prefix(dockerfile_dir)
        .filter(|_| !dockerfile_dir.is_empty())
        .filter(|below| below.is_empty() || below.starts_with('/'))
        .map(|below| below.trim_start_matches('/'));
    let manifest = join(surface_dir, "package.json");
    let from_root = |source: &String| {
        !source.is_empty() && !source.starts_with('*') && below(source, &manifest).is_some()
    };
    let is_from_root = file.stages.iter().flat_map(|stage| &stage.steps).any(|step| match step {
        StageStep::Copy(copy) => copy.from == CopySource::Context && copy.sources.iter().any(from_root),
        StageStep::Run(run) => run
            .mounts
            .iter()
            .any(|copy| copy.from == CopySource::Context && copy.sources.iter().any(from_root)),
    });
    std::iter::once(surface_dir).chain(own.filter(|_| !is_from_root)).collect()
}

/// What was seen of two files.
pub(crate) struct SeenFiles {
    pub(crate) installs: Vec<SeenInstall>,
    /// Of each stage, the folders that hold them when it ends.
    at_the_end: Vec<[BTreeSet<String>; 2]>,
}

/// An install, and what lies there by then.
pub(crate) struct SeenInstall {
    pub(crate) stage: usize,
    /// The number of its `RUN` among the steps of the stage.
    pub(crate) step: usize,
    pub(crate) command: InstallCommand,
    /// The folders that hold the first file, and those that hold the second.
    places: [BTreeSet<String>; 2],
}

impl SeenInstall {
    /// Whether it installs for the first file, a `package.json`.
    pub(crate) fn is_for(&self) -> bool {
        self.places[0].contains(&self.command.dir)
    }

    /// Whether the first file lies anywhere.
    pub(crate) fn has_it_somewhere(&self) -> bool {
        !self.places[0].is_empty()
    }
}

/// A file that has another name in the image is not what the package manager looks for.
fn folders_of(places: &ImagePaths, names: [&str; 2]) -> [BTreeSet<String>; 2] {
    [0, 1].map(|wanted| {
        let here = places.iter().filter(|(file, which)| *which == wanted && name(file) == names[wanted]);
        here.map(|(file, _)| path::parent(file).to_owned()).collect()
    })
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Paths in an image, and which of the two files lies there.
type ImagePaths = BTreeSet<(String, usize)>;

/// Follows two files of the context through all stages.
pub(crate) fn follow(file: &Dockerfile, context: [&str; 2]) -> SeenFiles {
    let names = context.map(name);
    let context: ImagePaths =
        context.iter().enumerate().map(|(which, path)| ((*path).to_owned(), which)).collect();
    let mut ends: Vec<ImagePaths> = Vec::new();
    let mut installs = Vec::new();
    for (number, stage) in file.stages.iter().enumerate() {
        let mut places = stage.base.and_then(|base| ends.get(base)).cloned().unwrap_or_default();
        let folders = file.folders(number);
        for (at, step) in stage.steps.iter().enumerate() {
            match step {
                StageStep::Copy(copy) => place(copy, &context, &ends, &folders, false, &mut places),
                StageStep::Run(run) => {
                    let mut mounted = places.clone();
                    for mount in &run.mounts {
                        place(mount, &context, &ends, &folders, true, &mut mounted);
                    }
                    installs.extend(run.commands.iter().filter_map(|(line, command)| {
                        let command = install(*line, command)?.command;
                        Some(SeenInstall {
                            stage: number,
                            step: at,
                            command,
                            places: folders_of(&mounted, names),
                        })
                    }));
                }
            }
        }
        ends.push(places);
    }
    SeenFiles { installs, at_the_end: ends.iter().map(|places| folders_of(places, names)).collect() }
}

/// Adds what a copy brings.
fn place(
    copy: &Copy,
    context: &ImagePaths,
    ends: &[ImagePaths],
    folders: &BTreeSet<String>,
    is_mount: bool,
    places: &mut ImagePaths,
) {
    let origin = match copy.from {
        CopySource::Context => context,
        CopySource::Stage(stage) => match ends.get(stage) {
            Some(end) => end,
            None => return,
        },
        CopySource::Elsewhere => return,
    };
    let is_folder = !is_mount
        && (copy.into_folder
            || folders.contains(&copy.to)
            || places.iter().any(|(placed, _)| path::parent(placed) == copy.to));
    let mut brought = Vec::new();
    for (file, which) in origin {
        let file = file.trim_start_matches('/');
        if copy.excluded.iter().any(|pattern| matches(pattern, file)) {
            continue;
        }
        for source in &copy.sources {
            let Some(below) = below(source, file) else { continue };
            let below = if copy.keeps_parents { file } else { below };
            let target = match (below, is_folder) {
                ("", true) => path::join(&copy.to, name(file)),
                ("", false) => copy.to.clone(),
                (below, _) => path::join(&copy.to, below),
            };
            brought.push((target, *which));
        }
    }
    let room = MAX_PLACES.saturating_sub(places.len());
    places.extend(brought.into_iter().take(room));
}

/// What is left of a file's path below a source that brings it; nothing where the source is the file.
fn below<'a>(source: &str, file: &'a str) -> Option<&'a str> {
    if source.is_empty() {
        return Some(file);
    }
    if matches(source, file) {
        return Some("");
    }
    file.match_indices('/')
        .find(|(slash, _)| matches(source, &file[..*slash]))
        .map(|(slash, _)| &file[slash + 1..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YAML: &str = "pnpm-workspace.yaml";

    /// Of `backend/pnpm-workspace.yaml`, in `backend/Dockerfile`; each `;` ends a line.
    #[track_caller]
    fn copied(lines: &str) -> bool {
        copies(&lines.replace(';', "\n"), "backend", "backend", YAML)
    }

    #[test]
    fn the_canonical_file() {
        let with = |more: &str| {
            copied(&format!(
                "FROM node:22-alpine AS builder;WORKDIR /app/backend;COPY .npmrc.docker ./.npmrc;\
                 COPY backend/package.json ./package.json;{more};RUN mkdir -p /app/.docker-deps;\
                 COPY .docker-deps* /app/.docker-deps/;RUN pnpm install --lockfile=false;COPY backend/src/ ./src/;\
                 FROM node:22-alpine;COPY --from=builder /app/backend/node_modules ./node_modules"
            ))
        };
        assert!(!with(""));
        assert!(with("COPY backend/pnpm-workspace.yaml ./pnpm-workspace.yaml"));
        assert!(with("COPY backend/pnpm-workspace.yaml ./"));
        assert!(with("COPY backend/pnpm-workspace.yaml ."));
        assert!(with("COPY backend/pnpm-workspace.yaml /app/backend"));
        assert!(with("COPY --chown=node [\"backend/pnpm-workspace.yaml\", \"./\"]"));
        assert!(with("COPY backend/package.json backend/pnpm-*.yaml ./"));
        assert!(with("COPY backend/pnpm-workspace.yam* ./"));
        assert!(!with("COPY pnpm-workspace.yaml ./"), "that is the root's");
        assert!(!with("COPY backend/pnpm-workspace.yaml /app/"));
        assert!(!with("COPY backend/pnpm-workspace.yaml ./workspace.yaml"));
        assert!(!with("COPY --from=builder backend/pnpm-workspace.yaml ./"));
    }

    #[test]
    fn what_comes_behind_the_install_is_too_late() {
        assert!(!copied(
            "FROM n;WORKDIR /a;COPY backend/package.json ./;RUN pnpm i;COPY backend/ ./;RUN pnpm build"
        ));
        assert!(copied("FROM n;WORKDIR /a;COPY backend/ ./;RUN pnpm i"));
    }

    #[test]
    fn whole_folders() {
        assert!(copied("FROM n;WORKDIR /a;COPY backend .;RUN pnpm i"));
        assert!(copied("FROM n;WORKDIR /a;COPY . .;RUN cd backend && pnpm i"));
        assert!(copied("FROM n;WORKDIR /a;COPY . .;RUN pnpm i"), "the context is its own folder");
        assert!(copied("FROM n;WORKDIR /a/backend;COPY . /a;RUN pnpm i"));
        assert!(copied("FROM n;COPY b*d /a/;RUN pnpm -C /a i"));
        assert!(!copied("FROM n;COPY --exclude=**/*.yaml . /a;RUN pnpm -C /a i"));
        assert!(copied(
            "FROM n;COPY --parents backend/package.json backend/*.yaml /a/;RUN pnpm -C /a/backend i"
        ));
    }

    #[test]
    fn a_context_of_its_own_folder() {
        assert!(copied("FROM n;WORKDIR /a;COPY package.json pnpm-workspace.yaml ./;RUN pnpm i"));
        assert!(!copied("FROM n;WORKDIR /a;COPY package*.json ./;RUN pnpm i"));
        assert!(!copies(
            "FROM n\nCOPY package.json pnpm-workspace.yaml ./\nRUN pnpm i\n",
            "",
            "backend",
            YAML
        ));
        assert!(copies("FROM n\nCOPY package.json pnpm-workspace.yaml ./\nRUN pnpm i\n", "", "", YAML));
        assert!(copies("FROM n\nCOPY web /a\nRUN pnpm -C /a i\n", "apps", "apps/web", YAML));
        assert!(!copies("FROM n\nCOPY web /a\nRUN pnpm -C /a i\n", "app", "apps/web", YAML));
    }

    #[test]
    fn stages_hand_on() {
        let base = "FROM n AS base;WORKDIR /a;COPY backend/pnpm-workspace.yaml ./;";
        assert!(copied(&format!("{base}FROM base;COPY backend/package.json ./;RUN pnpm i")));
        assert!(copied(&format!(
            "{base}FROM n;WORKDIR /b;COPY backend/package.json ./;COPY --from=base /a/*.yaml ./;RUN pnpm i"
        )));
        assert!(copied(&format!(
            "{base}FROM n;WORKDIR /b;COPY backend/package.json ./;COPY --from=0 /a .;RUN pnpm i"
        )));
        assert!(!copied(&format!("{base}FROM n;WORKDIR /a;COPY backend/package.json ./;RUN pnpm i")));
        let one_lacks_it = "FROM base AS x;COPY backend/package.json ./;RUN pnpm i;FROM n;WORKDIR /a;COPY backend/package.json ./;RUN pnpm i -P";
        assert!(!copied(&format!("{base}{one_lacks_it}")));
    }

    #[test]
    fn mounts_are_there_for_their_command() {
        let mount = "--mount=type=bind,source=backend/package.json,target=package.json";
        let yaml = "--mount=type=bind,src=backend/pnpm-workspace.yaml,dst=/a/pnpm-workspace.yaml";
        assert!(copied(&format!("FROM n;WORKDIR /a;RUN {mount} {yaml} pnpm i")));
        assert!(!copied(&format!("FROM n;WORKDIR /a;RUN {mount} pnpm i")));
        assert!(!copied(&format!(
            "FROM n;WORKDIR /a;RUN {yaml} true;COPY backend/package.json .;RUN pnpm i"
        )));
        assert!(copied("FROM n;WORKDIR /a;RUN --mount=target=. cd backend && pnpm i"));
    }

    #[test]
    fn variables_and_workspaces() {
        assert!(copied(
            "ARG D=backend;FROM n;ARG D;WORKDIR /a/$D;COPY ${D}/package.json ${D}/*.yaml ./;RUN pnpm i"
        ));
        assert!(copied(
            "FROM n;WORKDIR /a;COPY package.json .;COPY backend backend;RUN pnpm i --filter backend"
        ));
        assert!(!copied(
            "FROM n;WORKDIR /a;COPY package.json .;COPY backend/package.json backend/;RUN pnpm -r i"
        ));
    }

    #[test]
    fn without_an_install_the_end_counts() {
        assert!(copied("FROM n;WORKDIR /a;COPY backend/*.json backend/*.yaml ./;RUN ./build.sh"));
        assert!(!copied("FROM n;WORKDIR /a;COPY backend/*.json ./;RUN ./build.sh"));
        assert!(!copied(""));
    }

    #[test]
    fn a_file_cannot_multiply_without_end() {
        let mut text = "FROM n AS s0\nCOPY backend /a\n".to_owned();
        for number in 1..200 {
            let from = number - 1;
            text.push_str(&format!(
                "FROM n AS s{number}\nCOPY --from=s{from} / /x{number}/\nCOPY --from=s{from} / /y{number}/\n"
            ));
        }
        assert!(copied(&text));
    }

    proptest! {
        #[test]
        fn nothing_panics(lines in proptest::collection::vec("(FROM .{0,4}( AS .)?|COPY (--from=.|--parents|--exclude=.)? ?[ -~é]{0,16}|RUN (--mount=.{0,12} )?pnpm i|WORKDIR .{0,6})", 0..10), dirs in "[a-b/]{0,4}", surface in "[a-b/]{0,4}") {
            let _ = copies(&lines.join("\n"), &dirs, &surface, YAML);
        }
    }
}
