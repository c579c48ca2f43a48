//! A real registry, which holds the product's closure as it was published by npm: `docker-prep pack`, `npm publish`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::common::manager::{self, Manager};
use crate::common::product::product;
use crate::common::{Run, World};

/// Two registries over one storage.
#[derive(Debug, Deserialize)]
pub(crate) struct Verdaccio {
    /// Anybody may read.
    pub(crate) open: String,
    /// Whoever reads must say who it is.
    pub(crate) closed: String,
    /// Of the one user.
    pub(crate) token: String,
    /// The user's name and password as `_auth` has them.
    pub(crate) basic: String,
    /// The password alone.
    pub(crate) password: String,
    /// It ends, and takes its storage along, when these tests' process does and so its stdin.
    #[serde(skip)]
    child: Option<Child>,
}

/// One for all tests: it takes a second to start.
pub(crate) fn verdaccio() -> &'static Verdaccio {
    static STARTED: LazyLock<Verdaccio> = LazyLock::new(|| {
        let started = start();
        publish(&started);
        started
    });
    &STARTED
}

/// `//host:port/` of one of its addresses.
pub(crate) fn key(url: &str) -> &str {
    url.strip_prefix("http:").expect("an http: address")
}

fn start() -> Verdaccio {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder(root);
    let storage = tempfile::tempdir().expect("a temporary folder").keep();
    let world = World::new();
    let mut node = world.command(manager::node());
    node.arg(root.join("tests/e2e/source/verdaccio.mjs")).arg(&folder).arg(&storage);
    // It must live as long as these tests: in a folder that does.
    node.current_dir(root).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = node.spawn().expect("node runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a readable pipe");
    let mut started: Verdaccio =
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("verdaccio did not start: {e}: {line:?}"));
    started.child = Some(child);
    started
}

/// Where scripts/tools puts it, at the version that scripts/lib.sh names.
fn folder(root: &Path) -> PathBuf {
    let script = include_str!("../../../scripts/lib.sh");
    let version = script.lines().find_map(|line| line.strip_prefix("verdaccio_version=")).expect("a version");
    let folder = root.join(format!(".tools/verdaccio-{version}/node_modules/verdaccio"));
    assert!(folder.is_dir(), "run scripts/tools: verdaccio is not in {}", folder.display());
    folder
}

fn publish(registry: &Verdaccio) {
    let world = product();
    world.run_in("notes", ["pack", "--out", "../packed"]).exits(0);
    let npm = Manager::all()
        .into_iter()
        .find(|manager| manager.name == "npm" && manager.version.starts_with("11."));
    let npm = npm.expect("an npm 11").program();
    let url = &registry.open;
    world.file("packed/.npmrc", format!("{}:_authToken={}\n", key(url), registry.token));
    for entry in world.path("packed").read_dir().expect("a folder").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "tgz") {
            let mut publish = world.command(manager::node());
            publish.current_dir(world.path("packed")).env("PATH", manager::path());
            publish.arg(&npm).args(["publish", "--ignore-scripts", "--registry", url]).arg(entry.path());
            Run::from(publish.output().expect("npm runs")).exits(0);
        }
    }
}
