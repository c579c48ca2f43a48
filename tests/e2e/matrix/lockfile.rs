//! `prepare --lockfile`: the package manager makes a lockfile for the prepared surface out of the project's own, and a
//! frozen install on a clean store takes it.

use std::fs;

use serde_json::json;

use crate::common::Run;
use crate::common::manager::{self, Install, Manager};
use crate::matrix::product::{NEEDS, Product};
use crate::matrix::site::Site;

/// A product whose lockfile was made while the registry was up, with third-party versions that are no longer the newest.
fn product(manager: Manager) -> Product {
    let product = Product::new(manager);
    let registry = &product.registry;
    registry.unpublish("");
    registry.publish("left", "1.0.0", json!({}));
    registry.publish("left", "1.1.0", json!({}));
    registry.publish("right", "1.0.0", json!({ "dependencies": { "left": "^1.0.0" } }));
    product.surface("backend", NEEDS, "").commit();

    let out = product.world.beside("published");
    let words = ["pack", "--all", "--out", out.to_str().expect("UTF-8"), "-C"];
    product.docker_prep(&[&words[..], &["../plat"]].concat()).exits(0);
    for entry in fs::read_dir(&out).expect("a folder").flatten() {
        registry.publish_tarball(fs::read(entry.path()).expect("a file"));
    }
    let home = product.world.home();
    fs::write(home.join(".npmrc"), format!("registry={}\n", registry.url())).expect("a file");
    let backend = product.world.path("notes/backend");
    if manager.is("yarn", &[4]) {
        // Else it takes a folder above for its project.
        product.world.file("notes/backend/yarn.lock", "");
    }
    let mut make = manager.command(&backend, &home, registry);
    Run::from(make.args(manager.lockfile_words()).output().expect("it runs")).exits(0);
    drop(fs::remove_dir_all(backend.join("node_modules")));
    product.world.git("notes", &["add", "--all"]);
    product.world.git("notes", &["commit", "--quiet", "--message=lockfile"]);

    registry.unpublish("@bytelyst/");
    registry.publish("left", "1.2.0", json!({}));
    registry.publish("right", "1.1.0", json!({ "dependencies": { "left": "^1.0.0" } }));
    registry.requests();
    product
}

/// `docker-prep prepare --lockfile` with this package manager in `PATH`, which knows the registry.
fn prepare(product: &Product, link: &str) -> Run {
    let (manager, tools) = (product.manager, product.world.beside("tools"));
    manager.put_into(&tools);
    let mut program = product.world.program();
    for (name, value) in manager.environment(&product.world.home(), &product.registry) {
        program.env(name, value);
    }
    program.env("PATH", format!("{}:{}", tools.display(), manager::path()));
    program.args(["prepare", "--json", "--lockfile", "--link", link, "--package-manager", &manager.spec()]);
    Run::from(program.current_dir(product.world.path("notes")).output().expect("docker-prep runs"))
}

/// What came of a lockfile.
pub(crate) struct Frozen {
    /// Where packages of the closure are named.
    pub(crate) way: String,
    /// How many packages of the closure were looked for.
    pub(crate) packages: usize,
    /// How often one in scope was asked for, by `prepare` and by the install.
    pub(crate) requests: usize,
    /// What is wrong, a line each.
    pub(crate) wrong: Vec<String>,
}

/// Makes a lockfile for a surface told by `--link link`, and installs it, frozen, on a clean store.
pub(crate) fn frozen(manager: Manager, link: &str) -> Frozen {
    let product = product(manager);
    let before = product.world.read(format!("notes/backend/{}", manager.lockfile()));
    let expected = product
        .expected("backend")
        .third(&["left"], "left@1.1.0")
        .third(&["bb", "right"], "right@1.0.0")
        .third(&["bb", "right", "left"], "left@1.1.0");
    let prepared = prepare(&product, link);
    if prepared.code != Some(0) {
        return Frozen { way: String::new(), packages: 0, requests: 0, wrong: vec![prepared.to_string()] };
    }
    let way = prepared.json()["surfaces"][0]["link"].as_str().expect("a way").to_owned();
    let asked: Vec<_> = product.registry.requests().into_iter().filter(|r| r.contains("@bytelyst")).collect();
    let mut wrong: Vec<_> = asked.iter().map(|request| format!("prepare asked for {request}")).collect();
    let made = product.world.read(format!("notes/backend/{}", manager.lockfile()));
    if made == before {
        wrong.push("the lockfile is the project's own".to_owned());
    }
    let site = Site::new(&product, "backend");
    let installed = site.copy().copy_also(manager.lockfile()).install(Install::Frozen, &expected);
    wrong.extend(installed.wrong);
    if fs::read_to_string(site.dir().join(manager.lockfile())).ok().as_ref() != Some(&made) {
        wrong.push("the install has changed the lockfile".to_owned());
    }
    product.restore();
    Frozen { way, packages: expected.names.len(), requests: asked.len() + installed.scope.len(), wrong }
}
