//! What a build is made of: what changes is built again, and nothing else.

use std::fs;

use crate::build::scene::{BUILD, Scene, script, six, states};

#[test]
fn what_changed_is_built_and_what_depends_on_it_and_nothing_else() {
    let scene = six();
    let world = &scene.world;
    assert_eq!(scene.built().len(), "a b c d e f".len());
    for entry in walkdir::WalkDir::new(world.path("plat/packages")) {
        let file = fs::File::open(entry.unwrap().path()).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    }
    assert_eq!(scene.planned(), "", "touched files are what they were");

    let all = "a b c d e f";
    for (file, planned) in [
        ("packages/a/src/index.js", "a b c"),
        ("packages/b/src/index.js", "b c"),
        ("packages/d/src/new.js", "d"),
        ("packages/d/README.md", "d"),
        ("packages/e/src/index.js", "e f"),
        ("packages/f/src/new.js", "e f"),
        ("packages/a/debug.log", ""),
        ("packages/a/node_modules/x/index.js", ""),
        ("packages/a/dist/index.js", "a"),
        ("packages/f/dist/index.js", "e f"),
        ("pnpm-lock.yaml", all),
        ("tsconfig.base.json", all),
        ("scripts/build.mjs", all),
        ("node_modules/.pnpm/lock.yaml", all),
        (".npmrc", all),
        ("README.md", ""),
        (".github/workflows/ci.yml", ""),
    ] {
        let path = format!("plat/{file}");
        let before = world.exists(&path).then(|| world.read(&path));
        world.file(&path, format!("{}// edited\n", before.clone().unwrap_or_default()));
        assert_eq!(scene.planned(), planned, "{file}");
        match before {
            Some(before) => world.file(&path, before),
            None => world.remove(&path),
        };
    }
    assert_eq!(scene.planned(), "", "all is as it was");

    let manifest = world.read("plat/packages/b/package.json");
    world.file("plat/packages/b/package.json", manifest.replacen('{', r#"{"description": "b","#, 1));
    assert_eq!(scene.planned(), "b c", "the manifest");
    world.file("plat/packages/b/package.json", manifest);
    world.remove("plat/packages/b/dist");
    assert_eq!(scene.planned(), "b", "dist is gone, and what needs it was built of the same");
    assert_eq!(scene.built(), "b");

    world.git("plat", &["update-index", "--assume-unchanged", "packages/d/src/index.js"]);
    world.file("plat/packages/d/src/index.js", "// behind git's back\n");
    assert_eq!(scene.planned(), "d");
    world.file("plat/packages/d/src/index.js", "// d\n");

    world.file("plat/packages/a/src/index.js", "// a, edited\n");
    let run = scene.call(&["prepare", "--build", "--json"]).exits(0);
    assert_eq!(scene.runs(), "a b c");
    assert_eq!(
        (states(&run, "built"), states(&run, "unchanged").len()),
        (["a", "b", "c"].map(String::from).to_vec(), 3)
    );
    world.git("plat", &["commit", "--quiet", "--all", "--message=edited"]);
    let told = |more: &[&str]| {
        let words = [&["prepare", "--build", "--force"], more].concat();
        scene.call(&words).exits(0).stderr
    };
    assert_eq!(told(&["-v"]).matches("built before: @").count(), 6);
    let brief = told(&[]);
    assert!(!brief.contains("built before: @") && brief.contains(", 6 built before, "), "{brief}");
    assert_eq!(scene.runs(), "", "what was committed since is what was built");
}

#[test]
fn what_changes_while_it_is_built_is_built_again() {
    let scene = Scene::new(&[("a", "")]);
    let code = format!("fs.appendFileSync('src/index.js','//');{}", BUILD.replace("NAME", "a"));
    scene.package("a", "", &script(&code));
    let run = scene.call(&["pack", "--build", "--out", "../out"]).exits(0);
    assert!(run.stderr.contains("src/index.js changed while it was built"), "{run}");
    assert_eq!((&*scene.runs(), &*scene.planned()), ("a", "a"));
}

#[test]
fn outside_of_a_repository_what_a_build_leaves_is_no_source() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    world.remove("plat/.git");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
    world.file("plat/packages/a/dist/index.js", "// by hand\n");
    assert_eq!(scene.planned(), "a");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.planned(), "a b");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
}

#[test]
fn what_is_built_may_be_committed_or_not_ignored() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    world.remove("plat/.gitignore");
    world.file("plat/packages/a/dist/index.js", "// old\n");
    world.git("plat", &["add", "packages"]);
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
    world.git("plat", &["add", "packages"]);
    world.git("plat", &["commit", "--quiet", "--message=built"]);
    assert_eq!(scene.planned(), "");
    world.file("plat/packages/a/dist/index.js", "// by hand\n");
    assert_eq!(scene.planned(), "a");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
}

#[test]
fn packages_may_lie_in_a_repository_of_their_own_or_in_one_that_ignores_them() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    world.file("plat/packages/a/.gitignore", "dist\n").git_init("plat/packages/a");
    world.file("plat/.gitignore", "dist\nnode_modules\npackages/b\n");
    world.git("plat", &["rm", "-r", "--quiet", "--cached", "packages"]);
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
    world.file("plat/packages/b/src/index.js", "// edited\n");
    assert_eq!(scene.planned(), "b");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.planned(), "");
}
