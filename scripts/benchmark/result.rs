//! What was measured, as bench.json holds it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::{Result, at, write};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    pub(crate) schema_version: u32,
    pub(crate) machine: Machine,
    pub(crate) worlds: Vec<World>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) packages: usize,
    pub(crate) files: usize,
    pub(crate) bytes: usize,
    pub(crate) rounds: usize,
    pub(crate) rows: Vec<Row>,
}

/// One way of packing, or a command beside it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) way: String,
    pub(crate) title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tarballs: Option<u64>,
    pub(crate) rounds: usize,
    pub(crate) wall: Figure,
    pub(crate) cpu: Figure,
    pub(crate) memory: Figure,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) least: f64,
}

impl World {
    pub(crate) fn row(&self, way: &str) -> Result<&Row> {
        let found = self.rows.iter().find(|row| row.way == way);
        Ok(found.ok_or_else(|| format!("{} has no row {way}", self.title))?)
    }
}

impl Row {
    pub(crate) fn is_ours(&self) -> bool {
        self.title.starts_with("docker-prep")
    }
}

impl Measured {
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut text = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut text, format)).map_err(at(path))?;
        text.push(b'\n');
        write(path, text)
    }
}
