//! A small workspace `plat` and a product `notes` beside it.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::common::World;

/// `plat`: errors, logger (needs errors), http (needs logger and the peer context; a cycle with client), context,
/// client, unrelated. `notes`: a `backend` that needs http, committed.
pub(crate) fn product() -> World {
    let world = World::new();
    world.file(
        "plat/pnpm-workspace.yaml",
        "packages:\n  - 'packages/*'\ncatalog:\n  ms: ^2.1.3\ncatalogs:\n  old:\n    ms: ^1.0.0\n",
    );
    world.file("plat/package.json", r#"{"name": "plat", "private": true}"#);
    world.file("plat/LICENSE", "All rights reserved.\n");
    package(&world, "errors", "1.4.2", r#""dependencies": {"ms": "catalog:"}"#);
    package(&world, "logger", "2.0.0", r#""dependencies": {"@bytelyst/errors": "workspace:^"}"#);
    package(
        &world,
        "http",
        "3.1.0",
        r#""dependencies": {"@bytelyst/logger": "workspace:*", "@bytelyst/client": "workspace:~"},
           "peerDependencies": {"@bytelyst/context": "workspace:^"}"#,
    );
    package(&world, "client", "0.2.0", r#""dependencies": {"@bytelyst/http": "workspace:*"}"#);
    package(&world, "context", "1.0.0", r#""devDependencies": {"@bytelyst/unrelated": "workspace:*"}"#);
    package(&world, "unrelated", "9.9.9", r#""private": true"#);
    world.file(
        "notes/backend/package.json",
        "{\n  \"name\": \"notes-backend\",\n  \"dependencies\": {\n    \"@bytelyst/http\": \"^3.0.0\",\n    \"ms\": \"^2.1.3\"\n  }\n}\n",
    );
    world.file("notes/backend/Dockerfile", dockerfile("backend"));
    world.file("notes/package.json", "{\"name\": \"notes\", \"private\": true}\n");
    world.git_init("notes");
    world
}

/// A Dockerfile that installs a folder of the project, whatever the deps dir is called, with the package manager whose
/// lockfile is there: it names none.
pub(crate) fn dockerfile(dir: &str) -> String {
    format!(
        "FROM node\nWORKDIR /app/{dir}\nCOPY {dir}/package.json ./\nCOPY . /app/\n\
         RUN if [ -f package-lock.json ]; then npm ci; else pnpm install; fi\n"
    )
}

fn package(world: &World, name: &str, version: &str, more: &str) {
    let dir = format!("plat/packages/{name}");
    world.file(
        format!("{dir}/package.json"),
        format!(r#"{{"name": "@bytelyst/{name}", "version": "{version}", "main": "dist/index.js", "files": ["dist"], {more}}}"#),
    );
    world.file(format!("{dir}/dist/index.js"), format!("module.exports = '{name}';\n"));
}

/// The world of `fixtures/`, each repository committed.
pub(crate) fn fixtures() -> World {
    let world = World::new();
    for repository in lay_out_fixtures(&world) {
        world.git_init(repository);
    }
    world
}

/// Puts the repositories of `fixtures/` into a world as plain folders, and names them.
pub(crate) fn lay_out_fixtures(world: &World) -> Vec<OsString> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for entry in walkdir::WalkDir::new(&root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
    {
        world.file(entry.path().strip_prefix(&root).unwrap(), fs::read(entry.path()).unwrap());
    }
    let entries = fs::read_dir(&root).unwrap().map(Result::unwrap);
    entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name()).collect()
}
