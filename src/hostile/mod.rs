//! What people, tools and attackers may write: no text makes any reader panic, overflow its stack or take for ever.

mod dockerfile;
mod tests;

pub(crate) use self::tests::ends;
