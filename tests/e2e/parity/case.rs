//! A package folder to be packed by both, in a few lines.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::common::World;

/// The folder of the package that is packed.
const HERE: &str = "packages/it";
const DEPENDENCY_FIELDS: [&str; 4] =
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Both pack the same.
    Same,
    /// pnpm fails, so the program must.
    BothFail,
    /// pnpm packs it, the program must not: a documented exception.
    Refused,
    /// Whatever pnpm does: for cases that nobody has looked at.
    AsPnpm,
}

/// A package, and the workspace around it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) expect: Expect,
    /// It differs, and why that is left alone.
    pub(crate) known_difference: Option<&'static str>,
    /// The name that the program is asked to pack.
    pub(crate) package: String,
    manifest: Option<Value>,
    nodes: Vec<(PathBuf, Node)>,
    members: Vec<(String, Value)>,
    installed: Vec<(String, String)>,
    yaml: String,
    /// The package is the workspace's root.
    at_root: bool,
}

enum Node {
    File(Vec<u8>),
    Exec(Vec<u8>),
    Link(PathBuf),
    Dir,
}

/// A package `it` 1.0.0 in `packages/it` of a pnpm workspace.
pub(crate) fn case(name: impl Into<String>) -> Case {
    Case {
        name: name.into(),
        expect: Expect::Same,
        known_difference: None,
        package: "it".to_owned(),
        manifest: Some(json!({})),
        nodes: Vec::new(),
        members: Vec::new(),
        installed: Vec::new(),
        yaml: String::new(),
        at_root: false,
    }
}

impl Case {
    /// The package's manifest; a missing name is `it`, a missing version 1.0.0.
    pub(crate) fn manifest(mut self, manifest: Value) -> Self {
        if let Some(name) = manifest["name"].as_str() {
            name.clone_into(&mut self.package);
        }
        self.manifest = Some(manifest);
        self
    }

    /// A manifest as text, under any file name.
    pub(crate) fn raw_manifest(mut self, file: &str, text: impl Into<Vec<u8>>) -> Self {
        self.manifest = None;
        self.file(file, text)
    }

    /// No manifest is made.
    pub(crate) fn no_manifest(mut self) -> Self {
        self.manifest = None;
        self
    }

    /// Files of the package, by paths with spaces between; each holds its own path.
    pub(crate) fn tree(mut self, paths: &str) -> Self {
        for path in paths.split_whitespace() {
            self = self.file(path, format!("{path}\n"));
        }
        self
    }

    /// A file of the package.
    pub(crate) fn file(self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) -> Self {
        self.node(path, Node::File(content.into()))
    }

    /// A file of the package that can be executed.
    pub(crate) fn exec(self, path: &str) -> Self {
        self.node(path, Node::Exec(format!("#!/usr/bin/env node\n// {path}\n").into()))
    }

    /// A symbolic link in the package.
    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        self.node(path, Node::Link(target.into()))
    }

    /// An empty folder of the package.
    pub(crate) fn dir(self, path: &str) -> Self {
        self.node(path, Node::Dir)
    }

    fn node(mut self, path: impl AsRef<Path>, node: Node) -> Self {
        self.nodes.push((Path::new(HERE).join(path), node));
        self
    }

    /// A file of the workspace.
    pub(crate) fn root(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.nodes.push((path.into(), Node::File(content.into())));
        self
    }

    /// A symbolic link in the workspace.
    pub(crate) fn root_link(mut self, path: &str, target: &str) -> Self {
        self.nodes.push((path.into(), Node::Link(target.into())));
        self
    }

    /// Another package of the workspace, in `folder`.
    pub(crate) fn member(mut self, folder: &str, manifest: Value) -> Self {
        self.members.push((folder.to_owned(), manifest));
        self
    }

    /// What an install would have put at `node_modules/<name>`, where [`Case::world`] cannot tell by itself.
    pub(crate) fn installed(mut self, name: &str, folder: &str) -> Self {
        self.installed.push((name.to_owned(), folder.to_owned()));
        self
    }

    /// More lines of pnpm-workspace.yaml.
    pub(crate) fn yaml(mut self, text: &str) -> Self {
        self.yaml.push_str(text);
        self
    }

    /// The root's .npmrc.
    pub(crate) fn npmrc(self, text: &str) -> Self {
        self.root(".npmrc", text)
    }

    /// The program is asked for this name.
    pub(crate) fn asked_as(mut self, name: &str) -> Self {
        name.clone_into(&mut self.package);
        self
    }

    /// The package is the workspace's root instead.
    pub(crate) fn at_root(mut self) -> Self {
        self.at_root = true;
        self
    }

    /// pnpm does not pack this.
    pub(crate) fn fails(mut self) -> Self {
        self.expect = Expect::BothFail;
        self
    }

    /// pnpm packs this and the program does not.
    pub(crate) fn refused(mut self) -> Self {
        self.expect = Expect::Refused;
        self
    }

    /// The program does not do here as pnpm does; it is counted as such, and told when it does.
    pub(crate) fn known_difference(mut self, why: &'static str) -> Self {
        self.known_difference = Some(why);
        self
    }

    /// Nobody has looked at what pnpm does here.
    pub(crate) fn unknown(mut self) -> Self {
        self.expect = Expect::AsPnpm;
        self
    }

    /// The package's folder, relative to the world.
    pub(crate) fn folder(&self) -> &'static str {
        if self.at_root { "" } else { HERE }
    }

    /// Puts it on the disk, with `node_modules` as an install would have it.
    pub(crate) fn world(&self) -> World {
        let world = World::new();
        let yaml = format!("packages:\n  - packages/*\n{}", self.yaml);
        world.file("pnpm-workspace.yaml", yaml);
        if let Some(manifest) = &self.manifest {
            let path = Path::new(self.folder()).join("package.json");
            world.file(path, pretty(&named(manifest)));
        } else {
            world.dir(self.folder());
        }
        for (folder, manifest) in &self.members {
            world.file(Path::new(folder).join("package.json"), pretty(manifest));
        }
        for (path, node) in &self.nodes {
            let path = match path.strip_prefix(HERE) {
                Ok(inside) => Path::new(self.folder()).join(inside),
                Err(_) => path.clone(),
            };
            match node {
                Node::File(content) => world.file(path, content),
                Node::Exec(content) => world.exec(path, content),
                Node::Link(target) => world.symlink(path, target),
                Node::Dir => world.dir(path),
            };
        }
        world
    }

    /// The links that an install would make in the package's `node_modules`: name and folder of the workspace.
    pub(crate) fn links(&self) -> Vec<(String, String)> {
        let mut links = install_links(self.manifest.as_ref().unwrap_or(&Value::Null), &self.members);
        // One that is there already is not made again.
        links.extend(self.installed.clone());
        links
    }
}

/// What an install links into `node_modules` for the `workspace:` entries of a manifest: name and folder.
pub(crate) fn install_links(manifest: &Value, members: &[(String, Value)]) -> Vec<(String, String)> {
    let mut links = Vec::new();
    for field in DEPENDENCY_FIELDS {
        for (name, spec) in manifest[field].as_object().into_iter().flatten() {
            let Some((_, spec)) = spec.as_str().and_then(|s| s.split_once("workspace:")) else { continue };
            let target = match spec.rfind('@') {
                Some(at) if at > 0 => &spec[..at],
                _ => name,
            };
            if let Some((folder, member)) = members.iter().find(|(_, member)| member["name"] == target) {
                links.push((name.clone(), linked_folder(folder, member)));
            }
        }
    }
    links
}

/// Where pnpm points a link to a package: `publishConfig.directory`, unless `linkDirectory` says no.
pub(crate) fn linked_folder(folder: &str, manifest: &Value) -> String {
    let config = &manifest["publishConfig"];
    match config["directory"].as_str() {
        Some(inner) if config["linkDirectory"] != false => format!("{folder}/{inner}"),
        _ => folder.to_owned(),
    }
}

fn named(manifest: &Value) -> Value {
    let mut full = Map::new();
    full.insert("name".to_owned(), json!("it"));
    full.insert("version".to_owned(), json!("1.0.0"));
    full.extend(manifest.as_object().cloned().unwrap_or_default());
    Value::Object(full)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
