//! The Windows build under wine: what it packs, prepares, restores and runs, and Ctrl-C. Outside of a repository, since
//! there is no git there.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{Run, Snapshot, World, product};

const TARGET: &str = "x86_64-pc-windows-gnu";
/// The folders of wine's own programs, which Debian keeps off PATH.
const WINE: &str = "/usr/lib/wine";

/// The Windows program in a world of the fixtures, and a wine of its own.
struct Windows {
    world: World,
    program: PathBuf,
}

impl Windows {
    fn new() -> Self {
        let world = World::new();
        product::lay_out_fixtures(&world);
        let folder = world.beside("windows");
        fs::create_dir(&folder).unwrap();
        let program = folder.join("docker-prep.exe");
        let built = built();
        fs::hard_link(&built, &program).or_else(|_| fs::copy(&built, &program).map(drop)).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/windows/bcryptprimitives.c");
        let mut compile = world.command("x86_64-w64-mingw32-gcc");
        compile.arg("-shared").arg("-o").arg(folder.join("bcryptprimitives.dll")).arg(source);
        let compiled = compile.arg("-ladvapi32").status();
        assert!(compiled.expect("apt-get install gcc-mingw-w64-x86-64").success());
        Self { world, program }
    }

    /// A command of wine's in the world.
    fn wine(&self, program: &str) -> Command {
        let mut wine = self.world.command(Path::new(WINE).join(program));
        wine.env("WINEPREFIX", self.world.beside("prefix"));
        wine.env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", "mscoree,mshtml=");
        // A registry on loopback or none: nothing of this is asked for.
        wine.env("DOCKER_PREP_CACHE", "off").current_dir(self.world.root());
        wine
    }

    fn run(&self, words: &[&str]) -> Run {
        let output = self.wine("wine64").arg(&self.program).args(words).output();
        Run::from(output.expect("apt-get install wine64"))
    }
}

impl Drop for Windows {
    /// wine's server outlives its programs by seconds.
    fn drop(&mut self) {
        let _ = self.wine("wineserver64").arg("-k").status();
    }
}

/// The program for Windows, which scripts/test has built: by cargo inside of a test it would be built once more, since the
/// environment is another one there. One that is older than the sources is no such program.
fn built() -> PathBuf {
    let native = Path::new(env!("CARGO_BIN_EXE_docker-prep"));
    let target = native.ancestors().nth(2).expect("cargo's folder").join("cross");
    let program = target.join(TARGET).join("debug/docker-prep.exe");
    let sources = walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let newest =
        sources.into_iter().map(|entry| entry.unwrap().metadata().unwrap().modified().unwrap()).max();
    let is_new = fs::metadata(&program).is_ok_and(|program| program.modified().ok() >= newest);
    let folder = target.display();
    assert!(is_new, "CARGO_TARGET_DIR={folder} cargo build --locked --bin docker-prep --target {TARGET}");
    program
}

/// What a folder holds by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = found
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// The product but for the deps dir and the state, which stay after a restore.
fn product_of(windows: &Windows) -> Snapshot {
    let product = windows.world.path("learning_ai_clock");
    Snapshot::of(&product).without(&[".docker-deps", ".docker-prep"]).without_folder_times()
}

#[test]
fn it_packs_the_same_tarballs_prepares_restores_and_passes_on_the_code() {
    let windows = Windows::new();
    let world = &windows.world;
    windows.run(&["-C", "learning_ai_common_plat", "pack", "--all", "--out", "there"]).exits(0);
    world.run(["-C", "learning_ai_common_plat", "pack", "--all", "--out", "here"]).exits(0);
    let (there, here) = (files(&world.path("there")), files(&world.path("here")));
    assert!(there.len() > 10);
    assert!(there == here, "the tarballs differ");

    let before = product_of(&windows);
    let prepared = windows.run(&["-C", "learning_ai_clock", "prepare"]).exits(0);
    assert!(prepared.stderr.contains("rewrote backend/package.json"), "{prepared}");
    let manifest = world.read("learning_ai_clock/backend/package.json");
    assert!(manifest.contains("\"file:../.docker-deps/bytelyst-"), "{manifest}");
    let status = windows.run(&["-C", "learning_ai_clock", "status"]).exits(0);
    assert!(status.stdout.contains("prepared by docker-prep"), "{status}");
    windows.run(&["-C", "learning_ai_clock", "prepare"]).exits(3);
    windows.run(&["-C", "learning_ai_clock", "restore"]).exits(0);
    before.assert_same(&product_of(&windows));

    windows.run(&["-C", "learning_ai_clock", "run", "--", "cmd", "/c", "exit 7"]).exits(7);
    before.assert_same(&product_of(&windows));
}

#[test]
fn ctrl_c_ends_the_command_and_the_project_is_restored() {
    let windows = Windows::new();
    let before = product_of(&windows);
    let wine = windows.wine("wine64");
    let words = ["-C", "learning_ai_clock", "run", "--", "cmd", "/c", "echo begun& pause"];
    let words = words.map(|word| format!("'{word}'")).join(" ");
    let line = format!("exec {} {} {words}", wine.get_program().display(), windows.program.display());
    // From util-linux: a terminal, on which keys are what comes by stdin.
    let mut script = Command::new("script");
    script.env_clear().envs(wine.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.args(["--quiet", "--command", &line]).arg(windows.world.beside("typescript"));
    script.current_dir(windows.world.root()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().expect("script runs");
    let mut shown = String::new();
    let mut stdout = child.stdout.take().unwrap();
    let mut until = |shown: &mut String, what: Option<&str>| {
        let mut buffer = [0; 4096];
        while what.is_none_or(|what| !shown.contains(what)) {
            match stdout.read(&mut buffer) {
                Ok(0) | Err(_) => return assert!(what.is_none(), "no {what:?} in {shown}"),
                Ok(count) => shown.push_str(&String::from_utf8_lossy(&buffer[..count])),
            }
        }
    };
    until(&mut shown, Some("begun"));
    until(&mut shown, Some("continue"));
    let manifest = windows.world.read("learning_ai_clock/backend/package.json");
    assert!(manifest.contains("\"file:../.docker-deps/bytelyst-"), "{manifest}");
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    until(&mut shown, None);
    child.wait().unwrap();
    assert!(shown.contains("restored backend/package.json"), "{shown}");
    before.assert_same(&product_of(&windows));
}
