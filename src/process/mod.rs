//! Children of the program: how they are started, and how they end; and what is seen of other processes.

mod apply;
mod ended;
mod read;

pub(crate) use self::apply::child;
pub(crate) use self::apply::child::ChildGroup;
pub(crate) use self::ended::Ended;
pub(crate) use self::read::{ProcessMark, ProcessSeen, look_for, own_mark};
