//! The program from outside: its binary is called in worlds of its own, with the real git, package managers, hooks and
//! registries. One program, since each that is linked holds all of the library; a module for each subject.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "clippy takes helpers of tests for the program; a test's failure is a panic, and its figures are printed"
)]

#[path = "../common/mod.rs"]
mod common;

/// A test for each package manager that a promise is for, and one that no other of them is left without.
macro_rules! managers {
    ($run:ident, $is_meant:expr; $($test:ident: $name:literal $version:literal,)*) => {
        $(
            #[test]
            fn $test() {
                $run(crate::common::manager::Manager { name: $name, version: $version });
            }
        )*

        #[test]
        fn every_package_manager_has_its_test() {
            use crate::common::manager::Manager;
            let here = [$(Manager { name: $name, version: $version }),*];
            let is_meant: fn(&Manager) -> bool = $is_meant;
            let missing = Manager::all().into_iter().filter(is_meant).filter(|manager| !here.contains(manager));
            let missing: Vec<String> = missing.map(Manager::spec).collect();
            assert!(missing.is_empty(), "{missing:?}");
        }
    };
}

mod bad_input;
mod build;
mod cache;
mod ci;
mod dist;
mod doctor;
mod edits;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod filesystems;
mod guard;
mod help;
mod hostile;
mod house;
mod image;
mod init;
mod install;
mod isolated;
mod json;
mod local_packages;
mod lockfile;
mod matrix;
mod messages;
mod offline;
mod pack;
mod package_manager;
mod parity;
mod places;
mod prepare;
mod processes;
mod readme;
mod repair;
mod required_version;
mod rooms;
mod run;
mod scope;
mod show;
mod source;
mod stale_settings;
mod unbuilt;
mod why;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod windows;
mod work_trees;
