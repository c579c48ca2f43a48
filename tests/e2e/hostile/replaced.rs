//! Links, pipes and folders where the state keeps its files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{World, sha256};
use crate::hostile::{MANIFEST, Mutate, ORDERS, STATE, Template, all, case, survives};

pub(super) fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// One of the state's files or folders is something else.
fn replaced(name: &'static str) -> Vec<(String, Mutate)> {
    let gone = move |world: &World| {
        let path = world.path(format!("{STATE}/{name}").trim_end_matches('/'));
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        path
    };
    vec![
        case(format!("{name} is gone"), move |_, world| drop(gone(world))),
        case(format!("{name} links to a file"), move |_, world| {
            symlink(world.path("canary/lock"), gone(world)).unwrap();
        }),
        case(format!("{name} links to nothing"), move |_, world| {
            symlink(world.path("canary/new"), gone(world)).unwrap();
        }),
        case(format!("{name} links to a folder"), move |_, world| {
            symlink(world.path("canary"), gone(world)).unwrap();
        }),
        case(format!("{name} links to an empty folder"), move |_, world| {
            symlink(world.path("canary/empty"), gone(world)).unwrap();
        }),
        case(format!("{name} is a FIFO"), move |_, world| fifo(&gone(world))),
        case(format!("{name} is a folder"), move |_, world| fs::create_dir(gone(world)).unwrap()),
        case(format!("{name} is a full folder"), move |_, world| {
            let path = gone(world);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("x"), "x").unwrap();
        }),
        case(format!("{name} is an empty file"), move |_, world| fs::write(gone(world), "").unwrap()),
        case(format!("{name} is another name of a file elsewhere"), move |_, world| {
            fs::hard_link(world.path("canary/lock"), gone(world)).unwrap();
        }),
    ]
}

#[test]
fn a_state_folder_that_holds_something_else() {
    let template = Template::new();
    let mut cases: Vec<_> = ["", "lock", "state.json", "state.json.new", "originals", "rewritten"]
        .into_iter()
        .flat_map(replaced)
        .collect();
    for folder in ["originals", "rewritten"] {
        cases.push(case(format!("{folder}: its files are links"), move |template, world| {
            for entry in fs::read_dir(world.path(STATE).join(folder)).unwrap() {
                let path = entry.unwrap().path();
                fs::remove_file(&path).unwrap();
                symlink(world.path("canary/secret.txt"), &path).unwrap();
            }
            let _ = template;
        }));
        cases.push(case(format!("{folder}: its files are FIFOs"), move |_, world| {
            for entry in fs::read_dir(world.path(STATE).join(folder)).unwrap() {
                let path = entry.unwrap().path();
                fs::remove_file(&path).unwrap();
                fifo(&path);
            }
        }));
        cases.push(case(format!("{folder}: its files are folders"), move |_, world| {
            for entry in fs::read_dir(world.path(STATE).join(folder)).unwrap() {
                let path = entry.unwrap().path();
                fs::remove_file(&path).unwrap();
                fs::create_dir(&path).unwrap();
            }
        }));
        cases.push(case(format!("{folder}: a link to a copy of itself"), move |_, world| {
            let (path, copy) = (world.path(STATE).join(folder), world.path("canary").join(folder));
            fs::rename(&path, &copy).unwrap();
            symlink(&copy, &path).unwrap();
        }));
    }
    cases.push(case("the folder: a link to a copy of itself", |_, world| {
        let (path, copy) = (world.path(STATE), world.path("canary/copy"));
        fs::rename(&path, &copy).unwrap();
        symlink(&copy, &path).unwrap();
    }));
    // What stands beside the manifest.
    let backup = |world: &World| -> PathBuf {
        let path = world.path("notes/backend/package.json.bak");
        fs::remove_file(&path).unwrap();
        path
    };
    cases.push(case("the backup is a link", move |_, world| {
        symlink("../src/package.json", backup(world)).unwrap();
    }));
    cases.push(case("the backup is a link to the very bytes", move |template, world| {
        world.file("canary/original", &template.original);
        symlink("../../canary/original", backup(world)).unwrap();
    }));
    cases.push(case("the backup is a FIFO", move |_, world| fifo(&backup(world))));
    cases.push(case("the backup is a FIFO, and so is the copy", move |template, world| {
        fifo(&backup(world));
        let copy = world.path(STATE).join("originals").join(sha256(&template.original));
        fs::remove_file(&copy).unwrap();
        fifo(&copy);
    }));
    cases.push(case("the backup is a folder", move |_, world| fs::create_dir(backup(world)).unwrap()));
    cases.push(case("the backup is another name of a file elsewhere", move |template, world| {
        world.file("canary/original", &template.original).mode("canary/original", 0o600);
        fs::hard_link(world.path("canary/original"), backup(world)).unwrap();
    }));
    cases.push(case("the manifest is a FIFO", move |_, world| {
        fs::remove_file(world.path(MANIFEST)).unwrap();
        fifo(&world.path(MANIFEST));
    }));
    cases.push(case("the manifest is a link out of the project", move |_, world| {
        fs::rename(world.path(MANIFEST), world.path("canary/taken")).unwrap();
        symlink("../../canary/taken", world.path(MANIFEST)).unwrap();
    }));
    cases.push(case("the temporary file is a link", move |_, world| {
        symlink("../../canary/lock", world.path("notes/backend/package.json.docker-prep-new")).unwrap();
    }));
    all(&cases, |mutate| {
        for order in ORDERS {
            let world = template.copy();
            mutate(&template, &world);
            survives(&world, order);
        }
    });
}
