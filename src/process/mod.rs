//! Children of the program: how they are started, and how they end.

pub(crate) mod apply;
pub(crate) mod ended;
