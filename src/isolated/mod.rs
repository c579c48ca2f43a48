//! Building with the packed packages while no file of the project is touched: trees in the state folder that stand for
//! the contexts of image builds, and a mount namespace for commands of which the builds cannot be told.

mod apply;
#[allow(dead_code, unused_imports, reason = "`run` is to call it")]
mod namespace;
mod read;
mod tree;

pub use self::apply::become_command;
