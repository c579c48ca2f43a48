//! `include`: other compose files with a project folder and variables of their own
//! (<https://docs.docker.com/reference/compose-file/include/>).

use super::dotenv;
use super::merge::{Keeps, merge};
use super::model::{FileText, Model, Unit, Variables};
use super::paths;
use super::tree::{Node, NodeValue};

/// Files that include files that include …
const MAX_DEPTH: usize = 16;

impl Model<'_> {
    /// The services that a document includes; `including` are the files that include this one.
    pub(super) fn included(&mut self, document: &Node, unit: Unit<'_>, including: &[String]) -> Option<Node> {
        let includes = self.filled(document.get("include")?, unit);
        let mut all: Option<Node> = None;
        let mut including = including.to_vec();
        including.push(unit.file.to_owned());
        for item in includes.items() {
            let services = self.include(item, unit, &including);
            let services = Node::new(NodeValue::Map(services), item.spot.clone());
            all = Some(match all {
                Some(all) => merge(all, services, Keeps::Base),
                None => services,
            });
        }
        all
    }

    fn include(&mut self, item: &Node, unit: Unit<'_>, including: &[String]) -> Vec<super::tree::Entry> {
        let place = item.spot.place();
        let written = if item.text().is_some() {
            item.texts()
        } else {
            item.get("path").map(Node::texts).unwrap_or_default()
        };
        let is_remote = written.iter().any(|path| paths::is_remote(path));
        if written.is_empty() || is_remote {
            self.tell(place, "includes what is no file of the project, and is not read".to_owned());
            return Vec::new();
        }
        let root = self.sources.root.clone();
        let files: Vec<String> = written.iter().map(|path| paths::join(&root, unit.folder, path)).collect();
        if including.contains(&files[0]) {
            self.tell(place, format!("includes {}, which includes itself", files[0]));
            return Vec::new();
        }
        if including.len() >= MAX_DEPTH {
            self.tell(
                place,
                format!("is included through more than {MAX_DEPTH} files, and includes no more"),
            );
            return Vec::new();
        }
        let folder = match item.get("project_directory").and_then(Node::text).filter(|text| !text.is_empty())
        {
            Some(folder) => paths::join(&root, unit.folder, folder),
            None => paths::parent(&files[0]).to_owned(),
        };
        let env_files = item.get("env_file").map(Node::texts).unwrap_or_default();
        let named = !env_files.is_empty();
        let env_files = if named {
            env_files.iter().map(|file| paths::join(&root, unit.folder, file)).collect()
        } else {
            vec![paths::join(&root, &folder, ".env")]
        };
        let mut variables = unit.variables.clone();
        for file in env_files.iter().filter(|file| *file != "/dev/null") {
            match self.variables_of(file, &variables) {
                Ok(found) => found.into_iter().for_each(|(name, value)| {
                    variables.entry(name).or_insert(value);
                }),
                Err(why) if named => self.tell(place.clone(), format!("names {file}, which {why}")),
                Err(_) => {}
            }
        }
        for file in &files {
            // Those that are not there are told of here, where they are named.
            if matches!(self.sources.get(file), Some(FileText::Missing | FileText::Unreadable(_))) {
                self.documents(file, Some(&item.spot));
                return Vec::new();
            }
        }
        self.services(&files, &folder, &variables, including)
    }

    /// What an `.env` file sets; nothing where it has not been read yet.
    ///
    /// # Errors
    /// Why it has nothing, as part of a sentence.
    pub(super) fn variables_of(&mut self, file: &str, known: &Variables) -> Result<Variables, String> {
        match self.sources.get(file) {
            Some(FileText::Text(text)) => Ok(dotenv(text, &|name| known.get(name).cloned())),
            Some(FileText::Missing) => Err("is not there".to_owned()),
            Some(FileText::Unreadable(why)) => Err(format!("cannot be read: {why}")),
            None => {
                self.wanted.insert(file.to_owned());
                Ok(Variables::new())
            }
        }
    }
}
