//! What people install: which version it says it is, archives and packages, and what package managers make of them.

#[path = "../../../scripts/distribution/mod.rs"]
mod distribution;

mod archives;
mod installer;
mod launcher;
mod managers;
mod missing;
mod release;
mod scene;
mod version;
