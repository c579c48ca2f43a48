//! What is read of settings, as npm's and pnpm's own code reads it.

mod settings;
