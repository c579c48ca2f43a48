//! The packages of npm: one of launchers that everybody installs, one for each system with its program, and one that holds
//! all programs, for a day on which no registry answers.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::archive::{self, Entry};
use super::target::{TARGETS, Target};
use super::{Result, read};

/// The main package.
pub(crate) const NAME: &str = "@bytelyst/docker-prep";

const SHELL_LAUNCHER: &str = include_str!("npm/docker-prep");
const NODE_LAUNCHER: &str = include_str!("npm/docker-prep.js");
const README: &str = include_str!("npm/README.md");

/// What the packages' manifests say besides.
pub(crate) struct About<'a> {
    pub(crate) version: &'a str,
    /// Where the sources are; provenance wants it.
    pub(crate) repository: Option<&'a str>,
    /// The repository's own folder, which has the licence.
    pub(crate) root: &'a Path,
}

/// A tarball of npm with its file's name.
pub(crate) type Package = (String, Vec<u8>);

/// The package of a system.
pub(crate) fn platform(about: &About<'_>, target: &Target, program: &[u8]) -> Result<Package> {
    let name = package_of(target);
    let mut manifest = about.manifest(&name, &format!("docker-prep's program for {}", target.platform()));
    manifest.insert("os".to_owned(), json!([target.os]));
    manifest.insert("cpu".to_owned(), json!([target.cpu]));
    let program = Entry::program(format!("bin/{}", target.program()), program);
    let readme = format!(
        "# {name}\n\nThe program of [{NAME}](https://www.npmjs.com/package/{NAME}), which needs it; install that one.\n"
    );
    about.package(&name, manifest, vec![program, Entry::new("README.md", readme)])
}

/// The main package, which takes the program from that of the system.
pub(crate) fn main(about: &About<'_>) -> Result<Package> {
    let mut manifest = about.main_manifest();
    // These very versions: a launcher and a program of two releases are no release.
    let packages = TARGETS.iter().map(|target| (package_of(target), json!(about.version)));
    let mut packages: Vec<(String, Value)> = packages.collect();
    packages.sort_by(|one, other| one.0.cmp(&other.0));
    manifest.insert("optionalDependencies".to_owned(), Value::Object(packages.into_iter().collect()));
    about.package(NAME, manifest, launchers())
}

/// The same with the programs in it.
pub(crate) fn bundled(about: &About<'_>, programs: &[(&Target, Vec<u8>)]) -> Result<Package> {
    let mut files = launchers();
    for (target, program) in programs {
        let path = format!("platforms/{}/{}", target.platform(), target.program());
        files.push(Entry::program(path, program.clone()));
    }
    let (_, bytes) = about.package(NAME, about.main_manifest(), files)?;
    Ok((format!("docker-prep-{}-bundled.tgz", about.version), bytes))
}

fn package_of(target: &Target) -> String {
    format!("{NAME}-{}", target.platform())
}

fn launchers() -> Vec<Entry> {
    vec![
        Entry::program("bin/docker-prep", SHELL_LAUNCHER),
        Entry::program("bin/docker-prep.js", NODE_LAUNCHER),
        Entry::new("README.md", README),
    ]
}

impl About<'_> {
    fn main_manifest(&self) -> Map<String, Value> {
        let mut manifest = self.manifest(NAME, env!("CARGO_PKG_DESCRIPTION"));
        manifest.insert("bin".to_owned(), json!({ "docker-prep": "bin/docker-prep" }));
        manifest
    }

    fn manifest(&self, name: &str, description: &str) -> Map<String, Value> {
        let mut manifest = Map::new();
        let mut say = |key: &str, value: Value| drop(manifest.insert(key.to_owned(), value));
        say("name", json!(name));
        say("version", json!(self.version));
        say("description", json!(description));
        say("license", json!(env!("CARGO_PKG_LICENSE")));
        if let Some(repository) = self.repository {
            say("repository", json!({ "type": "git", "url": format!("git+{repository}.git") }));
            say("homepage", json!(format!("{repository}#readme")));
        }
        // Yarn's Plug'n'Play keeps packages zipped, and nothing in there can be run.
        say("preferUnplugged", json!(true));
        say("publishConfig", json!({ "access": "public" }));
        manifest
    }

    fn package(&self, name: &str, manifest: Map<String, Value>, mut files: Vec<Entry>) -> Result<Package> {
        let text = format!("{:#}\n", Value::Object(manifest));
        files.push(Entry::new("package.json", text));
        files.push(Entry::new("LICENSE", read(&self.root.join("LICENSE"))?));
        let file = format!("{}-{}.tgz", name.trim_start_matches('@').replace('/', "-"), self.version);
        Ok((file, archive::tar("package", &files)?))
    }
}
