//! `extends`: a service that begins as a copy of another one, of the same file or of another
//! (<https://docs.docker.com/reference/compose-file/services/#extends>).

use super::merge::{Keeps, merge, settled};
use super::model::{Model, Unit};
use super::paths;
use super::tree::{Entry, Node, NodeValue};
use crate::image::place::Place;

/// More services than extend each other anywhere.
const MAX_CHAIN: usize = 32;

impl Model<'_> {
    /// All services of a file, each over what it extends.
    pub(super) fn all_extended(&mut self, services: Node, unit: Unit<'_>) -> Node {
        if services.entries().iter().all(|entry| entry.value.get("extends").is_none()) {
            return services;
        }
        let mut extended = |entry: &Entry| {
            let value = self.extended(&services, entry, unit, &mut Vec::new());
            Entry { value, ..entry.clone() }
        };
        let value = NodeValue::Map(services.entries().iter().map(&mut extended).collect());
        Node { value, ..services.clone() }
    }

    /// One service; `chain` are those that extend it, with their files.
    fn extended(
        &mut self,
        services: &Node,
        entry: &Entry,
        unit: Unit<'_>,
        chain: &mut Vec<(String, String)>,
    ) -> Node {
        let service = &entry.value;
        let Some(extends) = service.get("extends").filter(|extends| extends.value != NodeValue::Null) else {
            return service.clone();
        };
        let place = extends.spot.place();
        let named = (unit.file.to_owned(), entry.key.clone());
        if chain.contains(&named) || chain.len() >= MAX_CHAIN {
            self.tell(place, format!("the service {} extends itself", entry.key));
            return without_extends(service);
        }
        chain.push(named);
        let text = |key: &str| extends.get(key).and_then(Node::text);
        let Some(name) = extends.text().or_else(|| text("service")) else {
            self.tell(place, format!("what the service {} extends is not known", entry.key));
            return without_extends(service);
        };
        let base = match extends.get("file").map(|file| &file.value) {
            None | Some(NodeValue::Null) => self.base(services, name, unit, &place, chain),
            Some(NodeValue::Text(file)) if !paths::is_remote(file) => {
                let file = paths::join(&self.sources.root, unit.folder, file);
                let unit = Unit { file: &file, folder: paths::parent(&file), ..unit };
                let documents = self.documents(&file, Some(&extends.spot));
                let prepared: Vec<Node> =
                    documents.iter().map(|document| self.prepared(document, unit)).collect();
                let merged = prepared.into_iter().reduce(|all, own| merge(all, own, Keeps::Base));
                merged.and_then(|services| self.base(&services, name, unit, &place, chain))
            }
            Some(_) => {
                self.tell(place, format!("the file that the service {} extends is not read", entry.key));
                None
            }
        };
        let own = without_extends(service);
        match base.and_then(settled) {
            Some(base) => merge(base, own, Keeps::Over),
            None => own,
        }
    }

    fn base(
        &mut self,
        services: &Node,
        name: &str,
        unit: Unit<'_>,
        place: &Place,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        let Some(base) = services.entry(name) else {
            self.tell(
                place.clone(),
                format!("extends the service {name}, which {} does not have", unit.file),
            );
            return None;
        };
        Some(self.extended(services, base, unit, chain))
    }
}

fn without_extends(service: &Node) -> Node {
    let entries = service.entries().iter().filter(|entry| entry.key != "extends").cloned().collect();
    Node { value: NodeValue::Map(entries), ..service.clone() }
}
