//! The real `pnpm pack`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::common::World;
use crate::common::tools::{pnpm_folder, tools};
use crate::parity::compare::Member;
use crate::parity::tarball::Tarball;

const IGNORE_SCRIPTS: &str = "--config.ignore-scripts=true";
/// A workspace with `engineStrict` is not packed by a Node.js that is older than a manifest wants: that says
/// something of this machine only.
const ANY_NODE: &str = "--config.engine-strict=false";

/// What pnpm made of a package, or why it did not.
pub(crate) type Packed = Result<Tarball, String>;

/// Packs the package in `folder` of the world with the real pnpm, its code loaded once for many packages.
pub(crate) fn pack(world: &World, folder: &str) -> Packed {
    pack_by(world, folder, |dir, dest| {
        let mut driver =
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_else(Driver::start);
        // A driver that has died, as pnpm would have, is not asked again.
        let answer = driver.pack(dir, dest).ok_or_else(|| "pnpm's process has ended".to_owned())?;
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(driver);
        answer
    })
}

/// The same by a process of its own, as people call it.
pub(crate) fn pack_alone(world: &World, folder: &str) -> Packed {
    pack_by(world, folder, |dir, dest| {
        let mut pnpm = node(&world.home());
        pnpm.arg(pnpm_folder(&tools()).join("bin/pnpm.cjs")).current_dir(dir).stdin(Stdio::null());
        pnpm.args(["pack", IGNORE_SCRIPTS, ANY_NODE, "--pack-destination"]).arg(dest);
        let output = pnpm.output().expect("node runs");
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "{}: {}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout).trim(),
            String::from_utf8_lossy(&output.stderr).trim()
        ))
    })
}

/// The members of a workspace, as pnpm finds them.
pub(crate) fn list(world: &World) -> Vec<Member> {
    let mut pnpm = node(&world.home());
    pnpm.arg(pnpm_folder(&tools()).join("bin/pnpm.cjs")).current_dir(world.root()).stdin(Stdio::null());
    pnpm.args(["list", "--recursive", "--depth=-1", "--json", ANY_NODE]);
    let output = pnpm.output().expect("node runs");
    let listed: Vec<Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("pnpm list: {e}: {}", String::from_utf8_lossy(&output.stdout)));
    listed
        .into_iter()
        .map(|member| {
            let path = Path::new(member["path"].as_str().expect("a path"));
            let folder =
                path.strip_prefix(world.root()).expect("a path in the workspace").to_str().expect("UTF-8");
            let text = fs::read(path.join("package.json"));
            // What is no JSON tells at least its name.
            let manifest =
                text.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or(member.clone());
            (folder.to_owned(), manifest)
        })
        .collect()
}

fn pack_by(world: &World, folder: &str, how: impl FnOnce(&Path, &Path) -> Result<(), String>) -> Packed {
    let dest = world.beside("theirs");
    if dest.exists() {
        fs::remove_dir_all(&dest).expect("a folder of our own");
    }
    fs::create_dir(&dest).expect("a folder");
    how(&world.path(folder), &dest)?;
    let made: Vec<_> =
        fs::read_dir(&dest).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    match &made[..] {
        [tarball] => Tarball::read(tarball),
        // An alias in the name, as in `a/../b`, can make folders; whatever it is, it is no tarball of one package.
        _ => Err(format!("pnpm made {} files", made.len())),
    }
}

/// Node.js that knows nothing of the user's settings and goes nowhere.
fn node(home: &Path) -> Command {
    let mut node = Command::new("node");
    node.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    node.env("HOME", home).env("CI", "1").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    let nowhere = home.join("no-such-npmrc");
    node.env("npm_config_userconfig", &nowhere).env("npm_config_globalconfig", &nowhere);
    // A manifest may ask for another pnpm, or for yarn: it is this one that is measured.
    node.env("npm_config_manage_package_manager_versions", "false");
    node.env("npm_config_package_manager_strict", "false");
    node.env("npm_config_registry", "http://127.0.0.1:9/");
    node
}

static IDLE: Mutex<Vec<Driver>> = Mutex::new(Vec::new());

/// A Node.js process with pnpm in it; it ends when its stdin does.
struct Driver {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Driver {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/parity/oracle.cjs");
        let home = std::env::temp_dir().join("docker-prep-parity-home");
        fs::create_dir_all(&home).expect("a folder");
        let mut node = node(&home);
        node.arg(script).arg(pnpm_folder(&tools()).join("dist/pnpm.cjs"));
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = node.spawn().expect("Node.js is installed");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, questions, answers }
    }

    /// `None` where the process has ended.
    fn pack(&mut self, dir: &Path, dest: &Path) -> Option<Result<(), String>> {
        writeln!(
            self.questions,
            "{}",
            json!({ "dir": dir, "options": [IGNORE_SCRIPTS, ANY_NODE, "--pack-destination", dest] })
        )
        .ok()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line).ok()? == 0 {
            self.process.wait().ok()?;
            return None;
        }
        match &serde_json::from_str::<Value>(&line).ok()?["error"] {
            Value::Null => Some(Ok(())),
            error => Some(Err(error.as_str().unwrap_or("unknown").to_owned())),
        }
    }
}
