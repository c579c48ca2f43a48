//! One package manager, told in one way: everything that the table says of it.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::common::Run;
use crate::common::manager::{self, Install, Manager};
use crate::matrix::lockfile;
use crate::matrix::product::Expected;
use crate::matrix::rules::three_surfaces;
use crate::matrix::site::Site;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, Default)]
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

/// The row of a package manager told by `--link link`; seen once, however often it is asked for.
pub(crate) fn row(manager: Manager, link: &'static str) -> Row {
    type Rows = BTreeMap<(Manager, &'static str), Arc<OnceLock<Row>>>;
    static ROWS: Mutex<Rows> = Mutex::new(BTreeMap::new());
    let cell =
        Arc::clone(ROWS.lock().unwrap_or_else(PoisonError::into_inner).entry((manager, link)).or_default());
    cell.get_or_init(|| see(manager, link)).clone()
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
    command.env("PATH", manager::path());
    command
}
