//! Brings a tree up to date.
