//! `prepare --lockfile` with the real package managers: a lockfile for a prepared surface is made of the project's, keeps
//! every third-party version although the registry has newer ones by then, and holds in a frozen install; no package in
//! scope is asked for.

mod advice;
mod call;
mod cases;
mod failures;
mod scene;
