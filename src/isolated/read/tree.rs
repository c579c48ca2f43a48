//! Walks through a context.
