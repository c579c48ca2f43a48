//! `run --isolated`: the images are right, and no file of the project is touched.

mod bake;
mod commands;
mod compose;
mod real;
mod scene;
