use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::cache::Memory;
use crate::prepare::call::*;

/// A workspace `plat` and a project `notes` with five surfaces, one of which takes no linked tarballs.
struct PrepareWorld {
    home: tempfile::TempDir,
}

const SURFACES: [(&str, &str); 5] = [
    ("", "pnpm@12.21.0"),
    ("apps/web", "pnpm@11.28.11"),
    ("backend", "pnpm@12.21.0"),
    ("old", "pnpm@10.6.5"),
    ("site", "npm@10.9.9"),
];

impl PrepareWorld {
    fn new() -> Self {
        let world = Self { home: tempfile::tempdir().unwrap() };
        // As little as git takes for a repository, so that none above the temporary folder is taken.
        world.file("notes/.git/HEAD", "ref: refs/heads/main\n");
        for folder in ["objects", "refs"] {
            fs::create_dir(world.home.path().join("notes/.git").join(folder)).unwrap();
        }
        world.file("plat/pnpm-workspace.yaml", "packages: ['packages/*']\n");
        for (name, more) in [
            ("a", r#""dependencies": {"@bytelyst/b": "workspace:^", "cc": "workspace:@bytelyst/c@^"}"#),
            (
                "b",
                r#""dependencies": {"@bytelyst/c": "workspace:*"}, "optionalDependencies": {"@bytelyst/e": "workspace:~"}"#,
            ),
            ("c", r#""dependencies": {"@bytelyst/d": "workspace:^"}"#),
            ("d", r#""dependencies": {"@bytelyst/c": "workspace:^"}"#),
            ("e", r#""license": "MIT""#),
        ] {
            world.package(name, more);
        }
        for (surface, manager) in SURFACES {
            let name = surface.replace('/', "-");
            world.file(
                &format!("notes/{surface}/package.json"),
                &format!(r#"{{"name": "notes{name}", "packageManager": "{manager}", "dependencies": {{"@bytelyst/a": "^1.0.0"}}}}"#),
            );
        }
        world
    }

    fn package(&self, name: &str, more: &str) {
        let dir = format!("plat/packages/{name}");
        let manifest =
            format!(r#"{{"name": "@bytelyst/{name}", "version": "1.0.0", "main": "index.js", {more}}}"#);
        self.file(&format!("{dir}/package.json"), &manifest);
        self.file(&format!("{dir}/index.js"), &format!("module.exports = '{name}';\n"));
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn requested(&self) -> Requested {
        Requested {
            project: Some(self.home.path().join("notes")),
            // Said, so that no variable of the machine says otherwise.
            workspace: Some(self.home.path().join("plat")),
            surfaces: SURFACES.map(|(surface, _)| self.home.path().join("notes").join(surface)).into(),
            ..Requested::default()
        }
    }

    fn observed(&self) -> Observed {
        let requested = self.requested();
        let project = project::find(&requested).unwrap();
        let picture = ProjectPicture::read(&project, &requested.environment, None);
        let found = surfaces::find(&project, &requested, &picture).unwrap();
        let needed =
            Needed::find(&project, &picture, found.surfaces, &Originals::new(), &requested, false).unwrap();
        let cancel = CancelToken::new();
        let (what, threads, environment) = (BuildMode::Nothing, Threads::new(None), &requested.environment);
        let looking = Looking { cache: None, what, environment, threads, cancel: &cancel };
        needed.observe(&project, &PrepareOptions::default(), &looking, &|_| {}).unwrap()
    }

    /// The file names that a dry run says.
    fn planned(&self) -> BTreeSet<String> {
        let observed = self.observed();
        let (packed, tarballs) = pack(&observed);
        observed.plan(Decision::default(), &packed, tarballs).unwrap().filenames()
    }

    /// Prepares and leaves it so; the tarballs that lie in the deps dir then.
    fn prepare(&self) -> (PreparePlan, BTreeSet<String>) {
        let (requested, cancel) = (self.requested(), CancelToken::new());
        let options = PrepareOptions::default();
        let call = Call::new(&requested, &options, &cancel, &|_| {}).unwrap();
        let (lock, observed) = (call.lock().unwrap(), self.observed());
        let cache = Cache::of(&requested, call.threads, &|_| {});
        let (plan, prepared) =
            call.apply(&lock, &observed, Decision::default(), &cache, Phase::Prepared, None).unwrap();
        prepared.keep();
        lock.release().unwrap();
        let lying = fs::read_dir(self.deps_dir()).unwrap().map(|entry| entry.unwrap().file_name());
        let lying = lying.map(|name| name.into_string().unwrap()).filter(|name| !name.starts_with('.'));
        (plan, lying.collect())
    }

    fn deps_dir(&self) -> PathBuf {
        self.home.path().join("notes/.docker-deps")
    }

    fn restore(&self) {
        let options = crate::prepare::restore::RestoreOptions { clean: true, force: false };
        crate::prepare::restore::run(&self.requested(), &options, &CancelToken::new(), &|_| {}).unwrap();
    }
}

/// Packs for the names alone.
fn pack(observed: &Observed) -> (PackedTarballs, Vec<Tarball>) {
    let names = Sinks {
        cancel: &CancelToken::default(),
        threads: Threads::new(None),
        folder: None,
        memory: &Memory::default(),
        checksums: false,
        tally: &ProgressCounter::silent(),
        open: NamesOnly,
    };
    let (packed, encoded) = observed.pack(&names).unwrap();
    (packed, encoded.into_iter().map(|(tarball, ())| tarball).collect())
}

#[test]
fn a_dry_run_names_what_is_packed_for_every_way() {
    let world = PrepareWorld::new();
    let (before, planned) = (world.observed(), world.planned());
    assert!(!world.deps_dir().exists());
    let (plan, lying) = world.prepare();
    assert_eq!(lying, planned);
    assert_eq!(plan.filenames(), planned);
    // Four ways and the plain one for each that names another, and one that names nobody.
    assert_eq!(plan.tarballs.len(), 4 * 5 + 1);
    let old = plan.rewrites.iter().find(|rewritten| rewritten.surface.dir == "old").unwrap();
    for name in ["a", "b", "c", "d", "e"] {
        let hits = planned.iter().filter(|file| {
            file.starts_with(&format!("bytelyst-{name}-"))
                && old.text.contains(&format!("../.docker-deps/{file}"))
        });
        assert_eq!(hits.count(), 1, "{name}: {}", old.text);
    }
    let (_, there) = (world.restore(), world.deps_dir().exists());
    assert!(!there, "all of them are known as ours");
    assert_eq!(world.observed().needed.surfaces, before.needed.surfaces);
}

#[test]
fn what_no_surface_takes_plainly_is_not_packed_plainly() {
    let world = PrepareWorld::new();
    let all = world.planned();
    let mut observed = world.observed();
    let needed = &mut observed.needed;
    let old = needed.surfaces.iter().position(|surface| surface.dir == "old").unwrap();
    needed.surfaces.remove(old);
    needed.closure.surfaces.remove(old);
    needed.installs.remove(old);
    let (_, tarballs) = pack(&observed);
    let without: BTreeSet<_> = tarballs.into_iter().map(|tarball| tarball.filename).collect();
    assert!(without.is_subset(&all));
    assert_eq!(without.len(), all.len() - 4);
}

#[test]
fn a_change_within_a_cycle_gives_new_names_and_takes_the_old_ones_away() {
    let world = PrepareWorld::new();
    let (_, first) = world.prepare();
    crate::prepare::restore::run(&world.requested(), &Default::default(), &CancelToken::new(), &|_| {})
        .unwrap();
    world.file("plat/packages/d/index.js", "module.exports = 'changed';\n");
    let planned = world.planned();
    let (plan, second) = world.prepare();
    assert_eq!(second, planned);
    let gone: Vec<_> = first.difference(&second).cloned().collect();
    assert_eq!(plan.stale, gone);
    // The plain tarballs of a, b and c, and e, which names nobody, are as they were.
    let kept: Vec<_> = first.intersection(&second).map(|name| &name[..10]).collect();
    assert_eq!(kept, ["bytelyst-a", "bytelyst-b", "bytelyst-c", "bytelyst-e"]);
    assert_eq!(plan.there.len(), kept.len());
    world.restore();
    assert!(!world.deps_dir().exists());
}
