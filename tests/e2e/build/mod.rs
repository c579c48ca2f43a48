//! `--build` through the binary, with real package managers: what is built, in which order, and what is left alone.

mod failing;
mod inputs;
mod managers;
mod order;
mod program;
mod records;
mod scene;
mod warning;
