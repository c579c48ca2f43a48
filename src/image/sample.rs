//! Pictures for tests, drawn from texts.

use super::context::{guesses, missing};
use super::definition::BuildContext;
use super::dockerfile::Dockerfile;
use super::picture::Picture;
use super::sources::ImageSources;
use crate::text::json;

/// The picture of a project that holds these files, each with its text; `Dockerfile`s by their names.
pub(crate) fn picture(files: &[(&str, &str)]) -> Picture {
    Picture::draw(&sources(files))
}

/// What it is drawn from.
pub(crate) fn sources(files: &[(&str, &str)]) -> ImageSources {
    let mut sources = ImageSources { deps_dir: ".docker-deps".to_owned(), ..ImageSources::default() };
    for (name, text) in files {
        let (name, text) = ((*name).to_owned(), (*text).to_owned());
        match name.rsplit('/').next().unwrap() {
            "package.json" => {
                sources.manifests.insert(name, json::parse_object(&text).unwrap_or_default());
            }
            base if base.ends_with(".dockerignore") => {
                sources.ignores.insert(name, text);
            }
            base if base.to_lowercase().contains("dockerfile") => {
                sources.dockerfiles.insert(name, text);
            }
            _ => {
                sources.places.insert(name.clone());
                sources.texts.insert(name, text);
            }
        }
    }
    let exists = |path: &str| {
        files.iter().any(|(name, _)| {
            name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    for (name, text) in &sources.dockerfiles {
        for build in guesses(name, text, &sources.deps_dir, exists) {
            if let BuildContext::Project(dir) = &build.context {
                let missing = missing(&Dockerfile::parse(text), dir, &sources.deps_dir, exists);
                sources.missing.extend(missing.into_iter().map(|source| (dir.clone(), source)));
            }
            sources.definitions.builds.push(build);
        }
    }
    sources
}
