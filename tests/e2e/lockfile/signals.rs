//! A signal while a package manager makes a lockfile.

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;

use crate::common::Run;
use crate::common::product::product;
use crate::common::shim::{bin, program_at, with_bin};

/// The package manager and all that it began end with us; the project and the folder of temporary files are as before.
#[test]
fn a_signal_ends_it() {
    let world = product();
    let temporary = world.beside("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let pipe = world.beside("pipe");
    assert!(world.command("mkfifo").arg(&pipe).status().unwrap().success());
    let at_work = format!(
        "[ $1 = --version ] && echo 10.6.5 && exit\nexec 3>'{}'\necho at work >&3\nsh -c 'sleep 100; echo survived >&3' &\nwait",
        pipe.display()
    );
    program_at(&bin(&world).join("pnpm"), &at_work);
    let manifest = world.read("notes/backend/package.json");
    for signal in ["INT", "TERM", "HUP"] {
        let mut program = world.program();
        program.current_dir(world.path("notes")).args(["prepare", "--lockfile"]);
        program.env("PATH", with_bin(&world)).env("TMPDIR", &temporary);
        program.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = program.spawn().unwrap();
        // Opens when the package manager does.
        let mut pipe = File::open(&pipe).unwrap();
        let mut at_work = [0; 8];
        pipe.read_exact(&mut at_work).unwrap();
        assert_eq!(&at_work, b"at work\n");
        let id = child.id().to_string();
        assert!(world.command("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
        let run = Run::from(child.wait_with_output().unwrap());
        let code = match signal {
            "INT" => 130,
            "TERM" => 143,
            _ => 129,
        };
        let run = run.exits(code);
        assert!(run.stderr.contains("making backend/pnpm-lock.yaml: pnpm install --lockfile-only"), "{run}");
        let mut rest = String::new();
        pipe.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "it went on");
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "a folder is left");
        assert_eq!(world.read("notes/backend/package.json"), manifest);
        assert!(!world.exists("notes/.docker-deps") && !world.exists("notes/backend/package.json.bak"));
        assert_eq!(world.git_status("notes"), "");
    }
}
