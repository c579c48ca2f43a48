//! YAML as a tree that knows where each of its values stands, with the tags by which compose files reset and override.

mod parse;

use std::sync::Arc;

pub(crate) use self::parse::{TreeError, parse};
use crate::image::place::Place;

/// A value, and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: NodeValue,
    pub(crate) spot: Spot,
    pub(crate) tag: MergeTag,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeValue {
    Null,
    /// A scalar, as compose writes it: a number has lost its trailing zeros.
    Text(String),
    /// The folder that a path leads to (see [`super::paths`]).
    Folder(String),
    /// A scalar whose value cannot be known, as it is written.
    Unknown(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) spot: Spot,
    pub(crate) value: Node,
}

/// What a value does to the one that stands in its place in a file before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MergeTag {
    #[default]
    Merge,
    /// `!reset`: neither counts.
    Reset,
    /// `!override`: only this one counts.
    Override,
}

/// A place whose file is shared by all values of a file. That of a block scalar is the first line of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) file: Arc<str>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Spot {
    pub(crate) fn place(&self) -> Place {
        Place { file: self.file.to_string(), line: self.line, column: self.column }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.tag == other.tag
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.value == other.value
    }
}

impl Node {
    pub(crate) fn new(value: NodeValue, spot: Spot) -> Self {
        Self { value, spot, tag: MergeTag::Merge }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        if let NodeValue::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Node] {
        if let NodeValue::List(items) = &self.value { items } else { &[] }
    }

    /// A scalar's text, where it is known.
    pub(crate) fn text(&self) -> Option<&str> {
        if let NodeValue::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The texts of a list, or of a scalar that stands for a list of one.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match &self.value {
            NodeValue::List(items) => items.iter().filter_map(Node::text).collect(),
            _ => self.text().into_iter().collect(),
        }
    }
}
