//! Real builds by each package manager.

use std::fs;
use std::thread;

use crate::build::scene::Scene;
use crate::common::manager::{Install, Manager};
use crate::common::registry::Registry;
use crate::common::{Run, Snapshot};

/// Notes the run, and makes `dist/index.js` of the package's source and of what its dependencies' builds left, as Node.js
/// finds it.
const BUILD: &str = r"
const fs = require('node:fs');
const { name, dependencies } = require('./package.json');
fs.appendFileSync(process.env.RUNS, name.at(-1) + ' ');
let text = fs.readFileSync('src/index.js', 'utf8');
if (text.includes('FAIL')) {
  console.error('src/index.js: no such thing');
  process.exit(3);
}
for (const needed of Object.keys(dependencies ?? {})) text += fs.readFileSync(require.resolve(needed), 'utf8');
fs.mkdirSync('dist', { recursive: true });
fs.writeFileSync('dist/index.js', text);
";

/// `c` needs `b`, that needs `a`; nobody needs `d`. All is installed by the package manager itself.
fn chain(manager: Manager, registry: &Registry) -> Scene {
    let mut scene = Scene::of(manager, &["c"]);
    // What goes elsewhere comes to the registry as to a proxy, and is seen.
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
        scene.environment.push((name, registry.url()));
    }
    let world = &scene.world;
    // npm, and yarn 1, know no `workspace:`.
    let spec =
        if manager.is("npm", &[10, 11]) || manager.is("yarn", &[1]) { "^1.0.0" } else { "workspace:^" };
    for (name, needs) in [("a", ""), ("b", "a"), ("c", "b"), ("d", "c")] {
        let needs =
            if needs.is_empty() { String::new() } else { format!(r#""@bytelyst/{needs}": "{spec}""#) };
        let more = format!(r#""dependencies": {{{needs}}}"#);
        scene.package(name, &more, r#""scripts": {"build": "node build.cjs"}"#);
        world.file(format!("plat/packages/{name}/build.cjs"), BUILD);
    }
    world.file("plat/.gitignore", "dist\nnode_modules\n.yarn\n.pnp.*\n*.log\n");
    world.git_init("plat").git_init("notes");
    let mut install = manager.command(&world.path("plat"), &world.home(), registry);
    install.args(manager.words(Install::Locked));
    Run::from(install.output().expect("it runs")).exits(0);
    world.git("plat", &["add", "--all"]);
    world.git("plat", &["commit", "--quiet", "--message=installed"]);
    scene
}

fn builds_by(manager: Manager) {
    let registry = Registry::empty();
    let scene = chain(manager, &registry);
    let (world, asked) = (&scene.world, registry.requests().len());
    let source = |name: &str| format!("plat/packages/{name}/src/index.js");
    world.file(source("b"), "// FAIL\n");
    let before = Snapshot::of(&world.path("notes")).without(&[".git"]);
    let run = scene.call(&["prepare", "--build"]).exits(4);
    for word in ["@bytelyst/b: `", " run build` in ", "exit code 3", "src/index.js: no such thing", "cd /"] {
        assert!(run.stderr.contains(word), "{manager}: {word} in {run}");
    }
    before.assert_same(&Snapshot::of(&world.path("notes")).without(&[".git"]));
    assert_eq!(scene.runs(), "a b", "{manager}: in order, and no more behind one that fails");
    world.file(source("b"), "// b, corrected\n");
    assert_eq!(scene.built(), "b c", "{manager}");
    assert_eq!(world.read("plat/packages/c/dist/index.js"), "// c\n// b, corrected\n// a\n", "{manager}");

    for entry in walkdir::WalkDir::new(world.path("plat/packages")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let file = fs::File::open(entry.path()).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        }
    }
    world.file("plat/packages/a/debug.log", "ignored\n");
    assert_eq!(scene.built(), "", "{manager}: touched, and what git ignores");

    // One after the other, each with what it adds.
    let lockfile = format!("plat/{}", manager.lockfile());
    let text = world.read(&lockfile);
    for (path, planned) in [(&*source("c"), "c"), ("plat/packages/b/new.js", "b c"), (&*lockfile, "a b c")] {
        world.file(path, if path == lockfile { format!("{text}\n") } else { "// edited\n".to_owned() });
        assert_eq!(scene.planned(), planned, "{manager}: {path}");
    }
    world.file(&lockfile, text).file(source("a"), "// edited\n");
    assert_eq!(scene.planned(), "a b c", "{manager}");
    assert!(!world.exists("plat/packages/d/dist"), "{manager}: nobody needs it");
    let edited = " M packages/a/src/index.js\n M packages/b/src/index.js\n M packages/c/src/index.js\n";
    let edited = format!("{edited}?? packages/b/new.js\n");
    assert_eq!(world.git_status("plat"), edited, "{manager}");
    assert_eq!(registry.requests()[asked..], [""; 0], "{manager}");
}

#[test]
fn each_package_manager_builds_what_is_needed_in_order_and_no_more() {
    let mut managers = Manager::those("pnpm", &[11, 12]);
    managers.extend(Manager::all().into_iter().filter(|manager| manager.spec() == "pnpm@10.6.5"));
    for (name, majors) in [("npm", &[11][..]), ("yarn", &[1, 4]), ("bun", &[1])] {
        managers.extend(Manager::those(name, majors));
    }
    thread::scope(|scope| {
        for manager in managers {
            scope.spawn(move || builds_by(manager));
        }
    });
}
