//! Pure choice: from what was observed to a plan.

pub mod restore;
pub mod rewrite;
