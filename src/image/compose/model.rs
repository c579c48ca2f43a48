//! The services of compose files: each file with its variables filled in, what it includes and extends, and all of them
//! over each other, in compose's order.

use std::collections::{BTreeMap, BTreeSet};

use super::interpolate::expand;
use super::merge::{Keeps, merge, settled};
use super::paths;
use super::tree::{self, Entry, MergeTag, Node, NodeValue, Spot, TreeError};
use crate::image::definition::UnknownDefinition;
use crate::image::place::Place;

/// More files than any project's compose files name.
const MAX_FILES: usize = 500;

/// A file as it was found on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileText {
    Text(String),
    Missing,
    /// Why it cannot be read, as part of a sentence.
    Unreadable(String),
}

/// What has been read of the disk so far, by paths (see [`super::paths`]).
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The project's root on the disk, with `/` between its parts.
    pub(crate) root: String,
    files: BTreeMap<String, FileText>,
    parsed: BTreeMap<String, Result<Vec<Node>, TreeError>>,
}

impl Sources {
    pub(crate) fn new(root: String) -> Self {
        Self { root, ..Self::default() }
    }

    pub(crate) fn add(&mut self, path: &str, text: FileText) {
        self.files.insert(path.to_owned(), text);
    }

    pub(crate) fn get(&self, path: &str) -> Option<&FileText> {
        self.files.get(path)
    }
}

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// Reads services out of files; what it lacks of the disk is in [`Model::wanted`], and then its answer is not whole.
pub(super) struct Model<'a> {
    pub(super) sources: &'a mut Sources,
    pub(super) wanted: BTreeSet<String>,
    pub(super) unknown: Vec<UnknownDefinition>,
    files_read: usize,
}

/// A file, and the folder from which its paths are meant.
#[derive(Clone, Copy)]
pub(super) struct Unit<'a> {
    pub(super) file: &'a str,
    pub(super) folder: &'a str,
    pub(super) variables: &'a Variables,
}

impl<'a> Model<'a> {
    pub(super) fn new(sources: &'a mut Sources) -> Self {
        Self { sources, wanted: BTreeSet::new(), unknown: Vec::new(), files_read: 0 }
    }

    /// The services that files define together, from a folder; `including` are the files that include them.
    pub(super) fn services(
        &mut self,
        files: &[String],
        folder: &str,
        variables: &Variables,
        including: &[String],
    ) -> Vec<Entry> {
        let mut all: Option<Node> = None;
        for file in files {
            let unit = Unit { file, folder, variables };
            for document in self.documents(file, None) {
                let own = self.prepared(&document, unit);
                let own = match self.included(&document, unit, including) {
                    Some(included) => merge(included, own, Keeps::Over),
                    None => own,
                };
                let own = self.all_extended(own, unit);
                all = Some(match all {
                    Some(all) => merge(all, own, Keeps::Base),
                    None => own,
                });
            }
        }
        let settled = all.and_then(settled).map(|all| all.value);
        let Some(NodeValue::Map(mut entries)) = settled else { return Vec::new() };
        for entry in &mut entries {
            finish(&mut entry.value, folder, variables);
        }
        entries
    }

    /// The documents of a file; none, and a line that says why, where it cannot be read. `named_at` is where another file
    /// names it.
    pub(super) fn documents(&mut self, file: &str, named_at: Option<&Spot>) -> Vec<Node> {
        self.files_read += 1;
        if self.files_read > MAX_FILES {
            if self.files_read == MAX_FILES + 1 {
                self.tell(
                    Place::line(file, 0),
                    format!("is not read: more than {MAX_FILES} files are named"),
                );
            }
            return Vec::new();
        }
        let at = |line| named_at.map_or_else(|| Place::line(file, line), Spot::place);
        let named =
            |why: &str| named_at.map_or_else(|| why.to_owned(), |_| format!("names {file}, which {why}"));
        match self.sources.files.get(file) {
            None => {
                self.wanted.insert(file.to_owned());
                Vec::new()
            }
            Some(FileText::Missing) => {
                self.tell(at(0), named("is not there"));
                Vec::new()
            }
            Some(FileText::Unreadable(why)) => {
                let why = named(&format!("cannot be read: {why}"));
                self.tell(at(0), why);
                Vec::new()
            }
            Some(FileText::Text(text)) => {
                let parsed =
                    self.sources.parsed.entry(file.to_owned()).or_insert_with(|| tree::parse(text, file));
                match parsed {
                    Ok(documents) => documents.clone(),
                    Err(TreeError { line, why }) => {
                        let (place, why) = (Place::line(file, *line), why.clone());
                        self.tell(place, why);
                        Vec::new()
                    }
                }
            }
        }
    }

    pub(super) fn tell(&mut self, place: Place, why: String) {
        let told = UnknownDefinition { place, why };
        if !self.unknown.contains(&told) {
            self.unknown.push(told);
        }
    }

    /// The services of a document, with what of them has to do with builds.
    pub(super) fn prepared(&mut self, document: &Node, unit: Unit<'_>) -> Node {
        let Some(services) = document.get("services") else {
            return Node::new(NodeValue::Map(Vec::new()), document.spot.clone());
        };
        let mut prepared = Vec::new();
        for entry in services.entries() {
            let mut keys = Vec::new();
            for part in entry.value.entries() {
                let value = match part.key.as_str() {
                    "build" => self.build(&part.value, unit),
                    "extra_hosts" => hosts(&self.filled(&part.value, unit)),
                    "depends_on" => named_values(&self.filled(&part.value, unit)),
                    "extends" | "profiles" | "image" | "platform" => self.filled(&part.value, unit),
                    _ => continue,
                };
                keys.push(Entry { value, ..part.clone() });
            }
            let value = match &entry.value.value {
                NodeValue::Map(_) => NodeValue::Map(keys),
                _ => NodeValue::Null,
            };
            let value = Node { value, spot: entry.value.spot.clone(), tag: entry.value.tag };
            prepared.push(Entry { value, ..entry.clone() });
        }
        Node { value: NodeValue::Map(prepared), spot: services.spot.clone(), tag: services.tag }
    }

    /// A build in its long form, its folders from the project's root.
    fn build(&mut self, build: &Node, unit: Unit<'_>) -> Node {
        let build = self.filled(build, unit);
        let entries = match build.value {
            NodeValue::Map(entries) => entries,
            NodeValue::Text(_) | NodeValue::Unknown(_) => {
                let value = Node::new(build.value, build.spot.clone());
                vec![Entry { key: "context".to_owned(), spot: build.spot.clone(), value }]
            }
            value => return Node { value, ..build },
        };
        let entries = entries
            .into_iter()
            .map(|mut entry| {
                match entry.key.as_str() {
                    "context" => self.to_folder(&mut entry.value, unit.folder),
                    "args" => entry.value = named_values(&entry.value),
                    "extra_hosts" => entry.value = hosts(&entry.value),
                    "additional_contexts" => {
                        entry.value = named_values(&entry.value);
                        if let NodeValue::Map(contexts) = &mut entry.value.value {
                            contexts
                                .iter_mut()
                                .for_each(|context| self.to_folder(&mut context.value, unit.folder));
                        }
                    }
                    _ => {}
                }
                entry
            })
            .collect();
        Node { value: NodeValue::Map(entries), ..build }
    }

    fn to_folder(&self, node: &mut Node, folder: &str) {
        if let NodeValue::Text(text) = &node.value
            && !paths::is_remote(text)
            && !text.starts_with('~')
        {
            node.value = NodeValue::Folder(paths::join(&self.sources.root, folder, text));
        }
    }

    /// A value with its variables filled in.
    pub(super) fn filled(&mut self, node: &Node, unit: Unit<'_>) -> Node {
        let value = match &node.value {
            NodeValue::Text(text) if text.contains('$') => {
                let expanded = expand(text, &|name| unit.variables.get(name).cloned());
                match expanded.cause {
                    Some(_) if node.tag == MergeTag::Reset => NodeValue::Null,
                    Some(cause) => {
                        self.tell(node.spot.place(), cause);
                        NodeValue::Unknown(text.clone())
                    }
                    None => NodeValue::Text(expanded.text),
                }
            }
            NodeValue::List(items) => {
                NodeValue::List(items.iter().map(|item| self.filled(item, unit)).collect())
            }
            NodeValue::Map(entries) => {
                let filled =
                    |entry: &Entry| Entry { value: self.filled(&entry.value, unit), ..entry.clone() };
                NodeValue::Map(entries.iter().map(filled).collect())
            }
            value => value.clone(),
        };
        Node { value, spot: node.spot.clone(), tag: node.tag }
    }
}

/// What holds of a service once all files are merged: the default context, and arguments that are the process's own.
fn finish(service: &mut Node, folder: &str, variables: &Variables) {
    let NodeValue::Map(keys) = &mut service.value else { return };
    let Some(build) = keys.iter_mut().find(|entry| entry.key == "build") else { return };
    let NodeValue::Map(parts) = &mut build.value.value else { return };
    if parts.iter().all(|entry| entry.key != "context") {
        let spot = build.spot.clone();
        let value = Node::new(NodeValue::Folder(folder.to_owned()), spot.clone());
        parts.push(Entry { key: "context".to_owned(), spot, value });
    }
    let args = parts.iter_mut().find(|entry| entry.key == "args");
    if let Some(Node { value: NodeValue::Map(args), .. }) = args.map(|entry| &mut entry.value) {
        for arg in args.iter_mut().filter(|arg| arg.value.value == NodeValue::Null) {
            if let Some(own) = variables.get(&arg.key) {
                arg.value.value = NodeValue::Text(own.clone());
            }
        }
    }
}

/// A list of `name=value`, or of names, as the map that it stands for.
fn named_values(node: &Node) -> Node {
    as_map(node, |text| text.split_once('='))
}

/// `host:address`, `host=address`.
fn hosts(node: &Node) -> Node {
    as_map(node, |text| text.split_once(['=', ':']))
}

fn as_map(node: &Node, split: impl Fn(&str) -> Option<(&str, &str)>) -> Node {
    let NodeValue::List(items) = &node.value else { return node.clone() };
    let mut entries: Vec<Entry> = Vec::new();
    for item in items {
        let (text, is_known) = match &item.value {
            NodeValue::Text(text) => (text, true),
            NodeValue::Unknown(text) => (text, false),
            _ => continue,
        };
        let (key, value) = match split(text) {
            Some((key, value)) if is_known => (key, NodeValue::Text(value.to_owned())),
            Some((key, value)) => (key, NodeValue::Unknown(value.to_owned())),
            None => (text.as_str(), NodeValue::Null),
        };
        entries.retain(|known| known.key != key);
        let value = Node::new(value, item.spot.clone());
        entries.push(Entry { key: key.to_owned(), spot: item.spot.clone(), value });
    }
    Node { value: NodeValue::Map(entries), ..node.clone() }
}
