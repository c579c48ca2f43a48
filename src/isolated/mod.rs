//! Building with the packed packages while no file of the project is touched: trees in the state folder that stand for
//! the contexts of image builds, and a mount namespace for commands of which the builds cannot be told.

mod apply;
mod home;
mod namespace;
mod plan;
mod read;
mod redirect;
mod resolved;
mod tree;
mod way;

pub use self::apply::become_command;
pub(crate) use self::apply::files::{make_folder, put};
pub(crate) use self::apply::tree::remove as remove_all;
pub(crate) use self::apply::trees::TreeMaker;
pub(crate) use self::apply::{NamespaceCall, is_possible as namespace_kind};
pub(crate) use self::home::IsolatedHome;
pub(crate) use self::namespace::{Binding, CannotBind, CannotBindCause, Written};
pub(crate) use self::plan::IsolatedPlan;
pub(crate) use self::read::Watched;
pub(crate) use self::read::command::{names_variables, of_snap, resolve};
pub(crate) use self::read::project::{mode_of, owners_files};
pub(crate) use self::redirect::{RedirectPlaces, Redirected, redirect};
pub(crate) use self::resolved::differences;
pub(crate) use self::tree::{LeftOut, TreeOutcome, WhyLeftOut};
pub(crate) use self::way::{ChosenWay, CommandSeen, choose, context_variable};
