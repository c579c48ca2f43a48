//! One package manager, told in one way: everything that the table says of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::common::Run;
use crate::common::manager::{self, Install, Manager};
use crate::matrix::lockfile;
use crate::matrix::product::Expected;
use crate::matrix::rules::three_surfaces;
use crate::matrix::site::Site;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Step {
    /// `backend`, installed with a lockfile, as people do.
    Install,
    /// The root, as a Dockerfile installs it.
    AtTheRoot,
    /// `apps/web`, as a Dockerfile installs it, without devDependencies.
    Production,
    /// `backend` and the root once more after one package has changed, with caches, node_modules and lockfile kept.
    Again,
    /// `backend` with a lockfile that `prepare --lockfile` made, frozen.
    Frozen,
}

impl Step {
    pub(crate) const ALL: [Self; 5] =
        [Self::Install, Self::AtTheRoot, Self::Production, Self::Again, Self::Frozen];
}

/// What was seen.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Row {
    /// What `prepare` said if it knows no such way.
    pub(crate) refused: Option<String>,
    /// Where packages of the closure are named: `pnpm.overrides`.
    pub(crate) way: String,
    /// The same where a lockfile is made.
    pub(crate) frozen_way: String,
    /// How many of them were looked for at each step.
    pub(crate) packages: BTreeMap<Step, usize>,
    /// Requests in scope of all steps.
    pub(crate) requests: usize,
    /// What is wrong at each step, a line each.
    pub(crate) wrong: BTreeMap<Step, Vec<String>>,
}

/// The row of a package manager told by `--link link`; seen once in a run of the tests, by whichever test asks first: the
/// others, which may be processes of their own, wait and read what it has left.
pub(crate) fn row(manager: Manager, link: &str) -> Row {
    // nextest names its run; by itself this process is the run.
    let run = std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| std::process::id().to_string());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{}-{link}.json", manager.spec()));
    let file = File::options().create(true).append(true).open(path.with_extension("lock")).expect("a lock");
    file.lock().expect("it is locked");
    let seen = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<(String, Row)>(&text).ok());
    if let Some((at, row)) = seen
        && at == run
    {
        return row;
    }
    let seen = (run, see(manager, link));
    fs::write(&path, serde_json::to_vec(&seen).expect("JSON")).expect("a file");
    seen.1
}

fn see(manager: Manager, link: &str) -> Row {
    let product = three_surfaces(manager);
    let prepared = product.prepare(&["--link", link, "--json"]);
    if matches!(prepared.code, Some(2 | 3)) {
        // Behind which surface it is, and why it is taken to be installed by this package manager.
        let why = prepared.stderr.lines().next().expect("a reason").trim_start_matches("error: ");
        let why = why.split_once("(--package-manager): ").map_or(why, |(_, why)| why).to_owned();
        return Row { refused: Some(why), ..Row::default() };
    }
    let document = prepared.exits(0).json();
    let way = document["surfaces"][0]["link"].as_str().unwrap_or("?").to_owned();
    let mut row = Row { way, ..Row::default() };
    let (backend, root, web) =
        (Site::new(&product, "backend"), Site::new(&product, ""), Site::new(&product, "apps/web"));
    let pinned = |surface| product.expected(surface).third(&["bb", "right", "left"], "left@1.0.0");
    let loose = |surface| product.expected(surface).third(&["bb", "right", "left"], "left@1.2.0");

    let run = row.note(Step::Install, backend.copy(), Install::Locked, &pinned("backend"));
    if run.code == Some(0) {
        let tool = Run::from(tool(&backend).output().expect("it is executable"));
        assert_eq!(tool.stdout, "a runs\n", "{manager}: a command of a package: {tool}");
    }
    row.note(Step::AtTheRoot, root.copy(), Install::Plain, &loose(""));
    let expected = if manager.is("pnpm", &[10]) { pinned("apps/web") } else { loose("apps/web") };
    row.note(Step::Production, web.copy(), Install::Production, &expected.without("@bytelyst/e"));

    product.says("c", "two");
    product.prepare(&["--link", link, "--force"]).exits(0);
    row.note(Step::Again, backend.copy(), Install::Locked, &pinned("backend"));
    row.note(Step::Again, root.copy(), Install::Plain, &loose(""));
    product.restore();
    row.look_frozen(manager, link);
    row
}

impl Row {
    fn look_frozen(&mut self, manager: Manager, link: &str) {
        let frozen = lockfile::frozen(manager, link);
        self.frozen_way = frozen.way;
        self.packages.insert(Step::Frozen, frozen.packages);
        self.requests += frozen.requests;
        self.wrong.insert(Step::Frozen, frozen.wrong);
    }

    fn note(&mut self, step: Step, site: &Site<'_>, install: Install, expected: &Expected) -> Run {
        let installed = site.install(install, expected);
        self.packages.insert(step, expected.names.len());
        self.requests += installed.scope.len();
        self.wrong.entry(step).or_default().extend(installed.wrong);
        installed.run
    }
}

/// A command that a package brings.
fn tool(site: &Site<'_>) -> Command {
    let mut command = Command::new(site.dir().join("node_modules/.bin/a-tool"));
    command.env_clear().env("PATH", manager::path());
    command
}
