//! What is told of a build, from texts.

use super::{shown_builds, unread};
use crate::image::sample::sources;
use crate::image::{BuildDefinition, DockerfileSource, Picture, Place};

const DOCKERFILE: &str = "FROM node:22 AS deps\nWORKDIR /app\nARG NPM_TOKEN\nCOPY .npmrc web/package.json \
    web/pnpm-lock.yaml ./\nCOPY .docker-deps* ./.docker-deps/\nRUN --mount=type=secret,id=token pnpm install\n\
    FROM node:22 AS dev\nRUN true\nFROM deps\n";

const FILES: [(&str, &str); 4] = [
    ("Dockerfile", DOCKERFILE),
    ("web/package.json", "{}"),
    ("web/pnpm-lock.yaml", ""),
    (".npmrc", "//host/:_authToken=hidden"),
];

#[test]
fn an_install_is_told_with_names_and_no_value() {
    let sources = sources(&FILES);
    let shown = shown_builds(&Picture::draw(&sources), &sources);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].hiding, None);
    assert_eq!(shown[0].build.unbuilt, [("dev".to_owned(), Place::line("Dockerfile", 7))]);
    let install = &shown[0].installs[0];
    let pair = |path: &str, file: &str| (path.to_owned(), file.to_owned());
    assert_eq!(install.lockfiles, [pair("/app/pnpm-lock.yaml", "web/pnpm-lock.yaml")]);
    assert_eq!(install.usable.settings, [pair("/app/.npmrc", ".npmrc")]);
    assert_eq!(install.usable.secrets, ["token"]);
    assert_eq!(install.usable.variables.iter().collect::<Vec<_>>(), ["NPM_TOKEN"]);
    assert!(!format!("{:?}", install.usable).contains("hidden"));
}

#[test]
fn the_pattern_that_hides_the_deps_dir_is_quoted() {
    let sources =
        sources(&FILES.into_iter().chain([(".dockerignore", "dist\n.docker*\n")]).collect::<Vec<_>>());
    let shown = shown_builds(&Picture::draw(&sources), &sources);
    assert_eq!(shown[0].hiding, Some((Place::line(".dockerignore", 2), ".docker*".to_owned())));
    assert!(shown[0].build.installs[0].install.deps_dirs.is_empty());
}

#[test]
fn a_build_whose_dockerfile_is_elsewhere_is_told_of() {
    let mut sources = sources(&FILES);
    sources.definitions.builds.push(BuildDefinition {
        place: Place::line("compose.yaml", 3),
        name: "db".to_owned(),
        dockerfile: DockerfileSource::Elsewhere("../db/Dockerfile".to_owned()),
        ..BuildDefinition::default()
    });
    let expected =
        ("compose.yaml:3 (db)".to_owned(), "../db/Dockerfile is no Dockerfile of the project".to_owned());
    assert_eq!(unread(&Picture::draw(&sources), &sources), [expected]);
}
