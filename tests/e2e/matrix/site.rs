//! `/app` of an image while it is built: what the Dockerfile copies, what the package manager makes of it, and what is
//! wrong with that.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::common::Run;
use crate::common::manager::{Install, node};
use crate::matrix::product::{Expected, Product};
use crate::matrix::tarball;

/// A package manager that takes longer waits for something that will not come.
const PATIENCE: Duration = Duration::from_secs(180);

/// What a Dockerfile copies of a surface, if it is there.
const COPIED: [&str; 4] = ["package.json", "pnpm-workspace.yaml", ".npmrc", ".yarnrc.yml"];

/// A surface in an image.
pub(crate) struct Site<'a> {
    product: &'a Product,
    surface: &'static str,
    base: PathBuf,
}

/// What an install left behind.
pub(crate) struct Installed {
    pub(crate) run: Run,
    /// Requests for packages in scope.
    pub(crate) scope: Vec<String>,
    /// What is wrong, a line each: requests in scope, and those that are none of the registry's business, among it.
    pub(crate) wrong: Vec<String>,
}

impl<'a> Site<'a> {
    /// An empty image with an empty home: nothing is cached.
    pub(crate) fn new(product: &'a Product, surface: &'static str) -> Self {
        let base = (1..).map(|n| product.world.beside(&format!("site-{n}"))).find(|base| !base.exists());
        let base = base.expect("there is always one more");
        fs::create_dir_all(base.join("home")).expect("a folder");
        fs::create_dir_all(base.join("app").join(surface)).expect("a folder");
        let npmrc = format!("registry={0}\n@bytelyst:registry={0}\n", product.registry.url());
        fs::write(base.join("home/.npmrc"), npmrc).expect("a file");
        Self { product, surface, base }
    }

    /// The surface's folder.
    pub(crate) fn dir(&self) -> PathBuf {
        self.base.join("app").join(self.surface)
    }

    /// Copies what the Dockerfile copies, over what is there; a deps dir is replaced.
    pub(crate) fn copy(&self) -> &Self {
        let project = self.product.world.path("notes");
        for name in COPIED {
            let (from, to) = (project.join(self.surface).join(name), self.dir().join(name));
            if from.exists() {
                fs::copy(&from, &to).expect("a file");
            } else if to.exists() {
                fs::remove_file(&to).expect("a file");
            }
        }
        let to = self.base.join("app/.docker-deps");
        drop(fs::remove_dir_all(&to));
        fs::create_dir(&to).expect("a folder");
        for entry in fs::read_dir(project.join(".docker-deps")).into_iter().flatten().flatten() {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a file");
        }
        self
    }

    /// Copies one file more.
    pub(crate) fn copy_also(&self, name: &str) -> &Self {
        let from = self.product.world.path("notes").join(self.surface).join(name);
        fs::copy(&from, self.dir().join(name)).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
        self
    }

    /// Installs, and looks whether all that is expected is there, and nothing in scope was asked for.
    pub(crate) fn install(&self, install: Install, expected: &Expected) -> Installed {
        let (run, requests) = self.run(&self.product.manager.words(install));
        let mut wrong = Vec::new();
        if run.code != Some(0) {
            wrong.push(format!("exit {:?}: {}", run.code, gist(&run)));
        }
        wrong.extend(
            requests.iter().filter(|request| !is_third_party(request)).map(|r| format!("asked for {r}")),
        );
        // What is missing after a failure is no news.
        if run.code == Some(0) {
            wrong.extend(self.look(expected));
        }
        let scope = requests.into_iter().filter(|request| request.contains("@bytelyst")).collect();
        Installed { run, scope, wrong }
    }

    /// Runs the package manager in the surface; gives what it asked the registry for.
    pub(crate) fn run(&self, words: &[&str]) -> (Run, Vec<String>) {
        let registry = &self.product.registry;
        registry.requests();
        let mut command = self.product.manager.command(&self.dir(), &self.base.join("home"), registry);
        command.args(words);
        let run = wait(command);
        (run, registry.requests())
    }

    /// What is not there, or not as it was packed.
    pub(crate) fn look(&self, expected: &Expected) -> Vec<String> {
        let script = self.dir().join("walk.mjs");
        fs::write(&script, include_str!("walk.mjs")).expect("a file");
        let mut walk = Command::new(node());
        walk.arg(&script).arg(expected.plan()).current_dir(self.dir()).env_clear();
        let run = Run::from(walk.output().expect("node runs"));
        let Ok(found) = serde_json::from_str::<Value>(&run.stdout) else {
            return vec![format!("walk.mjs: {run}")];
        };
        let strings = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut wrong = strings(&found["wrong"]);
        let packed = self.packed();
        for name in &expected.names {
            for place in strings(&found["places"][name]) {
                let there = tarball::files_of(Path::new(&place));
                if !packed.get(name).is_some_and(|packed| packed.contains(&there)) {
                    wrong.push(format!("{name}: {place} is not as it was packed"));
                }
            }
            if found["places"][name].is_null() {
                wrong.push(format!("{name}: nobody finds it"));
            }
        }
        wrong
    }

    /// The files of each package, once for each tarball that there is of it.
    fn packed(&self) -> BTreeMap<String, Vec<tarball::Files>> {
        let mut packed = BTreeMap::<_, Vec<_>>::new();
        for entry in fs::read_dir(self.base.join("app/.docker-deps")).expect("a folder").flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "tgz") {
                let files = tarball::files_in(&entry.path());
                packed.entry(tarball::name(&files)).or_default().push(files);
            }
        }
        packed
    }
}

fn is_third_party(request: &str) -> bool {
    let asked = ["GET /", "HEAD /"].iter().find_map(|method| request.strip_prefix(method)).unwrap_or(request);
    // pnpm 11 checks who published what its lockfile names.
    let asked = asked.strip_prefix("-/npm/v1/attestations/").unwrap_or(asked);
    asked.starts_with("left") || asked.starts_with("right")
}

/// Runs to the end, with every process that it starts.
fn wait(mut command: Command) -> Run {
    use std::os::unix::process::CommandExt as _;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let group = child.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    if let Ok(output) = receiver.recv_timeout(PATIENCE) {
        return Run::from(output.expect("it can be waited for"));
    }
    let group = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).expect("it is ours");
    panic!("{command:?} does not end");
}

/// The lines that tell what went wrong.
fn gist(run: &Run) -> String {
    let lines = run.stdout.lines().chain(run.stderr.lines()).map(str::trim);
    let telling =
        lines.filter(|line| ["ERR", "rror", "404", "ENOENT"].iter().any(|word| line.contains(word)));
    telling.take(4).collect::<Vec<_>>().join(" | ")
}
