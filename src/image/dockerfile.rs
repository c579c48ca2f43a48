//! What a Dockerfile copies, as far as it tells which folders it builds.

mod copies;
mod install;
mod instruction;
mod path;
mod shell;
mod stage;
mod variables;
mod words;

pub(crate) use self::copies::{contexts, copies, follow};
pub(crate) use self::install::{flags_with_values, install, installs, sort};
pub(crate) use self::shell::ShellCommand;
pub(crate) use self::stage::{Dockerfile, repository};

use std::collections::BTreeMap;

use self::instruction::{Instruction, instructions};
use crate::npm::{MatchOptions, Minimatch};
use crate::text::relative;

/// A Dockerfile of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DockerfileFound {
    /// Its path from the project's root, with `/` between parts.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

impl DockerfileFound {
    /// The folder that it lies in, from the project's root; empty for the root.
    pub(crate) fn dir(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(dir, _)| dir)
    }
}

/// The sources of the `COPY` and `ADD` instructions that take from the build context, in order, each without a
/// leading `./` or `/` and without a trailing `/`; the context itself is the empty string.
///
/// Continued lines, comments between them, the JSON form, flags and instruction names in any case are read as
/// BuildKit does; `--from=…` (another stage) and here-documents are not sources.
pub(crate) fn copied_sources(text: &str) -> Vec<String> {
    instructions(text).iter().flat_map(sources).collect()
}

/// What `ENV` and `ARG` set in its stages; of several values of a name the first stage's counts.
pub(crate) fn variables(text: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for stage in Dockerfile::parse(text).stages {
        for (name, value) in stage.into_variables() {
            variables.entry(name).or_insert(value);
        }
    }
    variables
}

fn sources(instruction: &Instruction) -> Vec<String> {
    let copies = matches!(instruction.keyword.as_str(), "COPY" | "ADD");
    if !copies || instruction.flags.iter().any(|flag| flag.starts_with("from=")) {
        return Vec::new();
    }
    let mut words = instruction.words();
    words.pop();
    words.iter().filter(|word| !word.starts_with("<<")).map(|word| relative(word)).collect()
}

/// The folders (project-relative, `""` for the root) among `candidates` that a Dockerfile builds: those whose
/// `package.json` it copies by name, else those that it copies whole, else the one that it lies in.
pub(crate) fn builds<'a>(dockerfile_dir: &str, text: &str, candidates: &[&'a str]) -> Vec<&'a str> {
    let sources = copied_sources(text);
    let home = candidates.iter().copied().find(|&candidate| candidate == dockerfile_dir);
    let named = |source: &str| -> Vec<&'a str> {
        // The context may be the Dockerfile's own folder: then a bare `package.json` means the one beside it.
        if let Some(home) = home.filter(|home| !home.is_empty())
            && !source.contains('/')
            && matches(source, "package.json")
        {
            return vec![home];
        }
        candidates
            .iter()
            .copied()
            .filter(|candidate| matches(source, &join(candidate, "package.json")))
            .collect()
    };
    let by_name: Vec<_> = sources.iter().flat_map(|source| named(source)).collect();
    if !by_name.is_empty() {
        return by_name;
    }
    if let Some(home) = home.filter(|home| !home.is_empty()) {
        return vec![home];
    }
    let whole = |candidate: &&'a str| {
        sources.iter().any(|source| {
            source.is_empty()
                || matches(source, candidate)
                || candidate.strip_prefix(source.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let by_folder: Vec<_> = candidates.iter().copied().filter(whole).collect();
    if by_folder.is_empty() { home.into_iter().collect() } else { by_folder }
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn matches(source: &str, path: &str) -> bool {
    let is_glob =
        source.contains(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '.' | '-' | '_' | ' '));
    source == path
        || is_glob
            && Minimatch::new(source, MatchOptions { dot: true, ..MatchOptions::default() })
                .is_ok_and(|glob| glob.matches(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL: &str = "# syntax=docker/dockerfile:1.7\nFROM node:22-alpine AS builder\nWORKDIR /app/backend\n\
        COPY .npmrc.docker ./.npmrc\nCOPY backend/package.json ./package.json\nCOPY .docker-deps* /app/.docker-deps/\n\
        COPY backend/src/ ./src/\nCOPY shared/ ../shared/\nFROM node:22-alpine\n\
        COPY --from=builder /app/backend/package.json ./package.json\n";

    #[test]
    fn the_canonical_file_builds_its_surface() {
        assert_eq!(builds("backend", CANONICAL, &["", "backend", "web"]), ["backend"]);
        assert_eq!(builds("", CANONICAL, &["", "backend", "web"]), ["backend"]);
        assert_eq!(builds("docker", CANONICAL, &["", "web"]), [""; 0]);
    }

    #[test]
    fn a_context_of_its_own_folder_is_understood() {
        assert_eq!(builds("web", "COPY package*.json ./\nCOPY . .\n", &["", "web"]), ["web"]);
        assert_eq!(builds("", "COPY package.json ./\nCOPY . .\n", &["", "web"]), [""]);
    }

    #[test]
    fn a_whole_copy_builds_what_it_holds() {
        assert_eq!(builds("", "COPY . .\n", &["backend", "web"]), ["backend", "web"]);
        assert_eq!(builds("docker", "ADD apps /src/\n", &["apps/a", "web"]), ["apps/a"]);
    }

    #[test]
    fn variables_of_all_stages() {
        let text = "ARG V=1\nFROM a AS b\nARG V\nARG HOST=host.docker.internal\nENV A=\"$HOST:3300\" B=x\nFROM c\nENV B=y\nENV C z\n";
        let found: Vec<_> =
            variables(text).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["A=host.docker.internal:3300", "B=x", "C=z", "HOST=host.docker.internal", "V=1"]);
    }

    #[test]
    fn forms_of_copy() {
        let text = "copy --chown=a:b --link \\\n  # why\n  [\"a b/package.json\", \"./c/\", \"/dest/\"]\nADD x y z/\nCOPY <<EOF /f\nRUN COPY q r\n";
        assert_eq!(copied_sources(text), ["a b/package.json", "c", "x", "y"]);
    }
}
