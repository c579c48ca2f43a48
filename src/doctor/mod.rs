//! `docker-prep doctor`: why a repository's image builds are slow, wrong or not hermetic, and the lines that mend it.
//!
//! A [`Rule`] is data and a pure function over a [`Repository`], which `read` makes of the disk once.

mod apply;
mod baseline;
mod comment;
mod compare;
mod compose;
mod examine;
mod finding;
mod fix;
mod instructions;
mod manager;
mod npmrc;
mod read;
mod repository;
mod rule;
pub(crate) mod rules;
mod settings;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use self::apply::{apply, write_baseline};
pub(crate) use self::baseline::Baseline;
pub(crate) use self::compare::compare;
pub(crate) use self::examine::{Examined, Found, examine};
pub(crate) use self::finding::{Edit, EditKind, Fix, Safety, Span};
pub(crate) use self::fix::{FixPlan, plan};
pub(crate) use self::npmrc::masked;
pub(crate) use self::read::{baseline as read_baseline, read, repositories};
pub(crate) use self::repository::Repository;
pub(crate) use self::rule::{FixClass, Group, Rule, Severity};
pub(crate) use self::settings::{Chosen, chosen, is_rule_prefix};
