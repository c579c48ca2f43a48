//! The targets of bake files (<https://docs.docker.com/build/bake/reference/>): those in JSON, and what
//! `docker buildx bake --print` says of any; of HCL itself only the names.

mod hcl;

use std::collections::{BTreeMap, BTreeSet};

use super::command_line::build::secret_of_flag;
use super::compose::tree::{self, Node, NodeValue};
use super::compose::{is_remote, join, of_dockerfile, of_folder};
use super::definition::{BuildContext, BuildDefinition, DefinitionKind, DockerfileSource, UnknownDefinition};
use super::place::Place;

pub(crate) use self::hcl::outline;

/// Targets that inherit from targets that inherit …
const MAX_CHAIN: usize = 16;

/// What bake reads in a folder by itself, in this order; each lies over those before it.
pub(crate) const BAKE_FILES: [&str; 4] =
    ["docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"];

/// Whether a file is one of bake's, by its path.
pub(crate) fn is_bake_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("docker-bake") && (name.ends_with(".hcl") || name.ends_with(".json"))
}

/// The targets and groups that bake files name, with their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BakeOutline {
    pub(crate) targets: BTreeMap<String, Place>,
    /// What each group builds: targets and groups.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// Targets from which others inherit.
    pub(crate) inherited: BTreeSet<String>,
}

impl BakeOutline {
    /// Those targets that are built: not the ones that only others inherit from.
    pub(crate) fn built(&self) -> Vec<&str> {
        let is_named = |name: &str| self.groups.values().flatten().any(|target| target == name);
        let is_built = |name: &&str| !self.inherited.contains(*name) || is_named(name);
        self.targets.keys().map(String::as_str).filter(is_built).collect()
    }

    /// The targets that a command line names; those of the group `default` where it names none.
    pub(crate) fn named(&self, names: &[String]) -> BTreeSet<String> {
        let default = ["default".to_owned()];
        let mut open: Vec<&String> =
            if names.is_empty() { default.iter().collect() } else { names.iter().collect() };
        let mut found = BTreeSet::new();
        while let Some(name) = open.pop() {
            if found.insert(name.clone()) {
                open.extend(self.groups.get(name).into_iter().flatten());
            }
        }
        found
    }
}

/// Where the targets of bake files are built.
#[derive(Clone, Copy)]
pub(crate) struct BakePlace<'a> {
    pub(crate) root: &'a str,
    /// The working directory, from the root.
    pub(crate) folder: &'a str,
    pub(crate) environment: &'a BTreeMap<String, String>,
}

/// The documents of JSON files, the later over the earlier.
pub(crate) struct BakeFiles<'a> {
    documents: Vec<Node>,
    place: BakePlace<'a>,
    pub(crate) unknown: Vec<UnknownDefinition>,
}

impl<'a> BakeFiles<'a> {
    pub(crate) fn new(place: BakePlace<'a>) -> Self {
        Self { documents: Vec::new(), place, unknown: Vec::new() }
    }

    pub(crate) fn add(&mut self, text: &str, file: &str) {
        // No string of JSON holds a tab as it is, and YAML takes none before a value.
        match tree::parse(&text.replace('\t', " "), file) {
            Ok(documents) => self.documents.extend(documents),
            Err(error) => {
                let place = Place::line(file, error.line);
                self.unknown.push(UnknownDefinition { place, why: error.why.replace("YAML", "JSON") });
            }
        }
    }

    pub(crate) fn outline(&self) -> BakeOutline {
        let mut outline = BakeOutline::default();
        for document in &self.documents {
            for group in document.get("group").map(Node::entries).unwrap_or_default() {
                let targets = group.value.get("targets").map(Node::texts).unwrap_or_default();
                outline.groups.insert(group.key.clone(), targets.into_iter().map(str::to_owned).collect());
            }
            for target in document.get("target").map(Node::entries).unwrap_or_default() {
                outline.targets.entry(target.key.clone()).or_insert_with(|| target.spot.place());
                let inherited = target.value.get("inherits").map(Node::texts).unwrap_or_default();
                outline.inherited.extend(inherited.into_iter().map(str::to_owned));
            }
        }
        outline
    }

    /// The builds of all targets that are built; `outline` has their places.
    pub(crate) fn builds(&mut self, outline: &BakeOutline) -> Vec<BuildDefinition> {
        let names: Vec<String> = self.outline().built().into_iter().map(str::to_owned).collect();
        names.iter().map(|name| self.build(name, outline)).collect()
    }

    fn build(&mut self, name: &str, outline: &BakeOutline) -> BuildDefinition {
        let mut target = Target::default();
        self.inherit(name, &mut target, &mut Vec::new());
        let place = outline.targets.get(name).cloned().unwrap_or_default();
        let place = if place.file.is_empty() {
            outline.targets.values().next().map(|place| Place::line(&place.file, 0)).unwrap_or_default()
        } else {
            place
        };
        let BakePlace { root, folder, .. } = self.place;
        let text = |name: &str| target.scalars.get(name).cloned();
        let context = match text("context") {
            None => of_folder(folder),
            Some(Some(context)) => self.context(&context),
            Some(None) => BuildContext::Elsewhere(target.written("context")),
        };
        if matches!(text("context"), Some(None)) || matches!(text("dockerfile"), Some(None)) {
            let why = format!(
                "the target {name} has an expression for its folder or Dockerfile, which is not known"
            );
            self.unknown.push(UnknownDefinition { place: place.clone(), why });
        }
        let dockerfile = match (text("dockerfile-inline").flatten(), text("dockerfile"), &context) {
            (Some(text), _, _) => DockerfileSource::Inline { text, line: target.inline_line },
            (_, Some(None), _) => DockerfileSource::Elsewhere(target.written("dockerfile")),
            (_, file, BuildContext::Project(context)) => {
                of_dockerfile(root, context, file.flatten().as_deref().unwrap_or("Dockerfile"))
            }
            (_, file, BuildContext::Elsewhere(context))
                if !is_remote(context) && text("context") != Some(None) =>
            {
                of_dockerfile(root, context, file.flatten().as_deref().unwrap_or("Dockerfile"))
            }
            (_, file, _) => {
                DockerfileSource::Elsewhere(file.flatten().unwrap_or_else(|| "Dockerfile".to_owned()))
            }
        };
        let contexts = target.contexts.iter().map(|(name, written)| {
            let context = written.as_deref().map(|written| self.context(written));
            (name.clone(), context.unwrap_or_else(|| BuildContext::Elsewhere(String::new())))
        });
        BuildDefinition {
            is_guess: false,
            name: name.to_owned(),
            kind: DefinitionKind::Bake,
            context,
            dockerfile,
            target: text("target").flatten(),
            args: target.args.clone(),
            secrets: target.secrets.iter().map(|id| (id.clone(), place.clone())).collect(),
            contexts: contexts.collect(),
            extra_hosts: target.hosts.iter().cloned().collect(),
            arg_places: BTreeMap::new(),
            run_hosts: Vec::new(),
            platforms: target.platforms.clone(),
            network: text("network").flatten(),
            profiles: Vec::new(),
            place,
        }
    }

    fn context(&self, written: &str) -> BuildContext {
        // Of a bake file that is here, `cwd://` is the folder like any other path.
        let written = written.strip_prefix("cwd://").unwrap_or(written);
        if is_remote(written) || written == "-" {
            return BuildContext::Elsewhere(written.to_owned());
        }
        of_folder(&join(self.place.root, self.place.folder, written))
    }

    /// What a target says, over what those say that it inherits from.
    fn inherit(&mut self, name: &str, into: &mut Target, chain: &mut Vec<String>) {
        let own: Vec<Node> = self
            .documents
            .iter()
            .filter_map(|document| document.get("target")?.entry(name))
            .map(|entry| entry.value.clone())
            .collect();
        let place = own.first().map(|own| own.spot.place()).unwrap_or_default();
        if chain.iter().any(|known| known == name) || chain.len() >= MAX_CHAIN {
            let why = format!("the target {name} inherits from itself");
            return self.unknown.push(UnknownDefinition { place, why });
        }
        chain.push(name.to_owned());
        for parent in
            own.iter().rev().find_map(|own| own.get("inherits")).map(Node::texts).unwrap_or_default()
        {
            self.inherit(parent, into, chain);
        }
        chain.pop();
        for own in &own {
            self.add_target(own, into);
        }
    }

    fn add_target(&self, own: &Node, into: &mut Target) {
        for key in ["context", "dockerfile", "dockerfile-inline", "target", "network"] {
            let Some(node) = own.get(key) else { continue };
            let Some(text) = node.text() else { continue };
            let value = self.value(text);
            if value.is_none() {
                into.written.insert(key, text.to_owned());
            }
            if key == "dockerfile-inline" {
                into.inline_line = node.spot.line;
            }
            into.scalars.insert(key, value);
        }
        let entries = |key: &str| own.get(key).map(Node::entries).unwrap_or_default();
        for arg in entries("args") {
            let value = match &arg.value.value {
                NodeValue::Text(text) => self.value(text),
                _ => None,
            };
            into.args.insert(arg.key.clone(), value);
        }
        for context in entries("contexts") {
            into.contexts.insert(context.key.clone(), context.value.text().and_then(|text| self.value(text)));
        }
        if let Some(platforms) = own.get("platforms") {
            into.platforms = platforms.texts().into_iter().filter_map(|text| self.value(text)).collect();
        }
        into.hosts.extend(entries("extra-hosts").iter().map(|host| host.key.clone()));
        for secret in own.get("secret").map(Node::items).unwrap_or_default() {
            let id = secret.get("id").and_then(Node::text).map(str::to_owned);
            into.secrets.extend(id.or_else(|| secret_of_flag(secret.text()?)));
        }
    }

    /// A text with its variables filled in; none where it has any other expression, or one of a matrix.
    fn value(&self, text: &str) -> Option<String> {
        let mut done = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '%']) {
            done.push_str(&rest[..at]);
            let found = &rest[at..];
            if let Some(behind) = found.strip_prefix("$${") {
                done.push_str("${");
                rest = behind;
            } else if let Some(behind) = found.strip_prefix("${") {
                let (name, behind) = behind.split_once('}')?;
                done.push_str(&self.variable(name.trim())?);
                rest = behind;
            } else if found.starts_with("%{") {
                return None;
            } else {
                done.push_str(&found[..1]);
                rest = &found[1..];
            }
        }
        done.push_str(rest);
        Some(done)
    }

    fn variable(&self, name: &str) -> Option<String> {
        let declared =
            self.documents.iter().rev().find_map(|document| document.get("variable")?.get(name))?;
        let default = || declared.get("default").and_then(Node::text).filter(|text| !text.contains("${"));
        self.place.environment.get(name).cloned().or_else(|| default().map(str::to_owned))
    }
}

/// A target with all that it inherits. A value is none where it is not known.
#[derive(Default)]
struct Target {
    scalars: BTreeMap<&'static str, Option<String>>,
    written: BTreeMap<&'static str, String>,
    inline_line: usize,
    args: BTreeMap<String, Option<String>>,
    contexts: BTreeMap<String, Option<String>>,
    secrets: BTreeSet<String>,
    hosts: BTreeSet<String>,
    platforms: Vec<String>,
}

impl Target {
    fn written(&self, key: &str) -> String {
        self.written.get(key).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_in_json() {
        let environment = BTreeMap::from([("TAG".to_owned(), "2".to_owned())]);
        let place = BakePlace { root: "/w/notes", folder: "", environment: &environment };
        let mut files = BakeFiles::new(place);
        files.add(
            r#"{
  "variable": {"TAG": {"default": "1"}, "DIR": {"default": "web"}},
  "group": {"default": {"targets": ["a"]}},
  "target": {
    "_all": {"args": {"A": "1", "B": "1"}, "secret": ["id=npm,env=X"]},
    "a": {"inherits": ["_all"], "context": "${DIR}", "dockerfile": "../D", "args": {"B": "${TAG}", "C": "${upper(TAG)}", "N": null}},
    "b": {"inherits": ["a"], "target": "t", "contexts": {"x": "target:a", "plat": "../plat"}, "secret": [{"id": "y"}]},
    "c": {"context": "${matrix}", "contexts": {"w": "cwd://web"}},
    "d": {"inherits": ["d"], "dockerfile-inline": "FROM $${x}"}
  }
}"#,
            "docker-bake.json",
        );
        files.add("{\"target\": {\n\t\"a\":\t{\"args\": {\"A\": \"3\"}}}}", "docker-bake.override.json");
        files.add("{", "docker-bake.prod.json");
        let outline = files.outline();
        let shown: Vec<String> = files
            .builds(&outline)
            .iter()
            .map(|build| {
                let args: String = build
                    .args
                    .iter()
                    .map(|(name, value)| format!(" {name}={}", value.as_deref().unwrap_or("?")))
                    .collect();
                let secrets: Vec<&String> = build.secrets.keys().collect();
                format!(
                    "{} {} {:?} {:?}{args} {secrets:?}",
                    build.place.line, build.name, build.context, build.dockerfile
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "6 a Project(\"web\") Project(\"D\") A=3 B=2 C=? N=? [\"npm\"]",
                "7 b Project(\"web\") Project(\"D\") A=3 B=2 C=? N=? [\"npm\", \"y\"]",
                "8 c Elsewhere(\"${matrix}\") Elsewhere(\"Dockerfile\") []",
            ]
        );
        assert_eq!(files.unknown.len(), 2, "{:?}", files.unknown);
        assert_eq!(outline.named(&[]), ["a", "default"].map(str::to_owned).into());
    }
}
