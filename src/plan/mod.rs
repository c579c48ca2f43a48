//! Pure choice: from what was observed to a plan.

pub mod closure;
pub mod components;
pub mod link;
pub mod prepare;
pub mod restore;
pub mod rewrite;
pub mod way;
