//! The library's front door: all that `lib.rs` re-exports, in types of its own, so that no name of an inner room is in a
//! public signature.

mod event;
mod plan;
mod project;
mod repository;
mod settings;
mod tarball;
mod workspace;

pub use self::event::Event;
pub use self::plan::{Lock, Plan, Prepared, Restored};
pub use self::project::{PrepareOptions, Project, RestoreOptions};
pub use self::repository::{Finding, Range, Repository};
pub use self::settings::{Settings, Source};
pub use self::tarball::Tarball;
pub use self::workspace::{PackOptions, Selection, Workspace};
