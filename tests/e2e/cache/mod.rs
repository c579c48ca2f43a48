//! What is remembered between calls: it saves work, and never changes a byte.

mod bounds;
mod changed;
mod damaged;
mod place;
mod scene;
mod shared;
mod warm;
