//! `install.sh`: takes the archive for this system from a folder or a URL, and installs nothing whose sum is wrong.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{Run, Snapshot};
use crate::dist::distribution::VERSION;
use crate::dist::scene::{Scene, mode, own};
use crate::source::{Reply, Server};

fn installer(scene: &Scene, words: &[&str]) -> Command {
    let mut sh = scene.world.command("sh");
    sh.arg(scene.out.join("install.sh")).args(words);
    sh
}

fn install(scene: &Scene, words: &[&str]) -> Run {
    Run::from(installer(scene, words).output().unwrap())
}

#[track_caller]
fn is_installed(program: &Path) {
    assert_eq!(mode(program), 0o755);
    let run = Run::from(Command::new(program).arg("--version").output().unwrap()).exits(0);
    assert_eq!(run.stdout, concat!("docker-prep ", env!("VERSION_AND_COMMIT"), "\n"));
    let left: Vec<_> =
        program.parent().unwrap().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["docker-prep"], "nothing else");
}

#[test]
fn from_the_folder_that_it_lies_in() {
    let scene = Scene::new();
    let run = install(&scene, &[]).exits(0);
    is_installed(&scene.world.home().join(".local/bin/docker-prep"));
    assert!(run.stdout.contains("add the folder to PATH"), "{run}");
    // Over one that is there, and into a folder with a space that is in PATH.
    let folder = scene.world.path("a folder/bin");
    for _ in 0..2 {
        let mut installer = installer(&scene, &["--to", folder.to_str().unwrap()]);
        installer.env("PATH", format!("{}:{}", folder.display(), std::env::var("PATH").unwrap()));
        let run = Run::from(installer.output().unwrap()).exits(0);
        is_installed(&folder.join("docker-prep"));
        assert!(!run.stdout.contains("add the folder"), "{run}");
    }
    assert_eq!(fs::read_dir(scene.world.beside("tmp")).unwrap().count(), 0, "nothing is left there");
}

#[test]
fn from_a_url() {
    let scene = Scene::new();
    let out = scene.out.clone();
    let server = Server::new(move |asked| match fs::read(out.join(asked.target.trim_start_matches("/v/"))) {
        Ok(bytes) => Reply::Whole("200 OK", Vec::new(), bytes),
        Err(_) => Reply::status("404 Not Found"),
    });
    let url = format!("{}v", server.url());
    for (tool, other) in [("curl", "wget"), ("wget", "curl")] {
        let to = scene.world.path(tool);
        let mut installer = scene.world.command("sh");
        installer.args(["-s", "--", "--from", &url, "--to", to.to_str().unwrap()]);
        // As `curl … | sh` starts it.
        installer
            .stdin(fs::File::open(scene.out.join("install.sh")).unwrap())
            .env("PATH", without(&scene, &[other]));
        let run = Run::from(installer.output().unwrap());
        if run.code == Some(5) && run.stderr.contains("curl and wget are missing") {
            assert_ne!(tool, "curl", "this machine has curl: {run}");
            continue;
        }
        run.exits(0);
        is_installed(&to.join("docker-prep"));
    }
    let run = install(&scene, &["--from", &format!("{}nowhere", server.url()), "--to", "x"]).exits(5);
    assert!(run.stderr.contains("nowhere/SHA256SUMS: cannot be had"), "{run}");
}

/// A PATH with a link to each program of this one but these.
fn without(scene: &Scene, names: &[&str]) -> std::path::PathBuf {
    let bin = scene.world.beside(&format!("without-{}", names.join("-")));
    if !bin.exists() {
        fs::create_dir(&bin).unwrap();
        let wanted =
            ["sh", "uname", "mktemp", "rm", "cp", "mv", "mkdir", "chmod", "cut", "sed", "tar", "gzip"];
        let optional = ["curl", "wget", "sha256sum", "shasum", "openssl", "perl"];
        for name in wanted.iter().chain(&optional).filter(|name| !names.contains(name)) {
            let folders = std::env::var_os("PATH").unwrap();
            let found =
                std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
            if let Some(found) = found {
                std::os::unix::fs::symlink(found, bin.join(name)).unwrap();
            }
        }
    }
    bin
}

#[test]
fn a_wrong_sum_installs_nothing() {
    let scene = Scene::new();
    let archive = scene.out.join(own().archive(VERSION));
    let mut bytes = fs::read(&archive).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&archive, bytes).unwrap();
    let folder = scene.world.path("bin");
    let tools: [&[&str]; 3] = [&["shasum", "openssl"], &["sha256sum", "openssl"], &["sha256sum", "shasum"]];
    for missing in tools {
        let before = Snapshot::of(&scene.out);
        let mut installer = installer(&scene, &["--to", folder.to_str().unwrap()]);
        let run = Run::from(installer.env("PATH", without(&scene, missing)).output().unwrap()).exits(1);
        assert!(
            run.stderr.contains(&own().archive(VERSION)) && run.stderr.contains("nothing was installed"),
            "{run}"
        );
        assert!(!folder.exists(), "{run}");
        assert_eq!(fs::read_dir(scene.world.beside("tmp")).unwrap().count(), 0, "nothing is left there");
        before.assert_same(&Snapshot::of(&scene.out));
    }
    let mut installer = installer(&scene, &["--to", folder.to_str().unwrap()]);
    let nothing = without(&scene, &["sha256sum", "shasum", "openssl"]);
    let run = Run::from(installer.env("PATH", nothing).output().unwrap()).exits(5);
    assert!(run.stderr.contains("nothing is installed unchecked"), "{run}");
    assert!(!folder.exists());
}

#[test]
fn each_sum_tool_does() {
    let scene = Scene::new();
    let tools: [(&str, &[&str]); 3] = [
        ("sha256sum", &["shasum", "openssl"]),
        ("shasum", &["sha256sum", "openssl"]),
        ("openssl", &["sha256sum", "shasum"]),
    ];
    for (tool, missing) in tools {
        let folder = scene.world.path(tool);
        let mut installer = installer(&scene, &["--to", folder.to_str().unwrap()]);
        Run::from(installer.env("PATH", without(&scene, missing)).output().unwrap()).exits(0);
        is_installed(&folder.join("docker-prep"));
    }
}

#[test]
fn what_it_cannot_do_it_says() {
    let scene = Scene::new();
    let help = install(&scene, &["--help"]).exits(0);
    assert!(help.stdout.contains("--from FOLDER-OR-URL"), "{help}");
    for words in [&["--from"][..], &["--nothing"], &["extra"]] {
        install(&scene, words).exits(2);
    }
    let empty = scene.world.path("empty");
    fs::create_dir(&empty).unwrap();
    let run = install(&scene, &["--from", empty.to_str().unwrap()]).exits(5);
    assert!(run.stderr.contains("empty/SHA256SUMS: is not there"), "{run}");
    fs::write(empty.join("SHA256SUMS"), "").unwrap();
    let run = install(&scene, &["--from", empty.to_str().unwrap()]).exits(5);
    assert!(run.stderr.contains(&format!("has no {}", own().archive(VERSION))), "{run}");
    // Away from its archives nothing tells where they are.
    let alone = scene.world.path("alone.sh");
    fs::copy(scene.out.join("install.sh"), &alone).unwrap();
    let run = Run::from(scene.world.command("sh").arg(alone).output().unwrap()).exits(2);
    assert!(run.stderr.contains("--from"), "{run}");
    fs::write(scene.world.path("file"), "").unwrap();
    let run = install(&scene, &["--to", scene.world.path("file/bin").to_str().unwrap()]).exits(5);
    assert!(run.stderr.contains("--to FOLDER"), "{run}");
}
