//! Children of the program: how they are started, and how they end.

mod apply;
mod ended;

pub(crate) use self::apply::child;
pub(crate) use self::apply::child::ChildGroup;
pub(crate) use self::ended::Ended;
