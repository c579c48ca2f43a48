//! Building with the packed packages while no file of the project is touched: trees in the state folder that stand for
//! the contexts of image builds, and a mount namespace for commands of which the builds cannot be told.

#[cfg_attr(not(test), expect(dead_code, reason = "no command asks for isolated builds yet"))]
mod apply;
mod namespace;
#[cfg_attr(not(test), expect(dead_code, reason = "no command asks for isolated builds yet"))]
mod read;
#[cfg_attr(not(test), expect(dead_code, reason = "no command asks for isolated builds yet"))]
mod tree;

#[cfg_attr(not(test), expect(unused_imports, reason = "no command asks for isolated builds yet"))]
pub(crate) use self::apply::tree::{bring_up_to_date, remove};
#[cfg_attr(not(test), expect(unused_imports, reason = "no command asks for isolated builds yet"))]
pub(crate) use self::read::tree::others;
#[cfg_attr(not(test), expect(unused_imports, reason = "no command asks for isolated builds yet"))]
pub(crate) use self::tree::{LaidOver, LeftOut, TreeOutcome, TreeRequest, WhyLeftOut};
