//! Many processes and projects at once, and processes that are killed.

use std::process::Stdio;

use crate::cache::scene::{Scene, files, tarballs};

#[test]
fn many_at_once_in_two_workspaces_are_each_right() {
    let scene = Scene::new();
    let copied = scene.world.command("cp").args(["-a", "plat", "other"]).status().unwrap();
    assert!(copied.success());
    scene.world.file("other/packages/a/dist/index.js", "of the other\n");
    let truth = |plat: &str| {
        let out = scene.world.path(format!("truth-{plat}"));
        let args = ["pack", "--all", "--no-cache", "--out"].map(std::ffi::OsString::from);
        scene.world.run_in(plat, args.iter().chain([&out.clone().into_os_string()])).exits(0);
        tarballs(&out)
    };
    let truths = [truth("plat"), truth("other")];
    for round in 0..4 {
        let running: Vec<_> = (0..8)
            .map(|number| {
                let plat = ["plat", "other"][number % 2];
                let mut program = scene.world.program();
                program.current_dir(scene.world.path(plat)).stdout(Stdio::null()).stderr(Stdio::piped());
                // Some into one folder, some each into its own.
                let out = if number < 4 { format!("../out-{plat}") } else { format!("../out-{number}") };
                program.args(["pack", "--all", "--out", &out]).spawn().unwrap()
            })
            .collect();
        for (number, process) in running.into_iter().enumerate() {
            let output = process.wait_with_output().unwrap();
            assert!(output.status.success(), "{round}: {}", String::from_utf8_lossy(&output.stderr));
            let out = if number < 4 {
                format!("out-{}", ["plat", "other"][number % 2])
            } else {
                format!("out-{number}")
            };
            assert!(tarballs(&scene.world.path(out)) == truths[number % 2], "{round} {number}");
        }
    }
    for file in files(&scene.cache()) {
        assert!(!file.to_string_lossy().ends_with(".tmp"), "{}", file.display());
    }
    let cleared = scene.program(["cache", "clear"]).output().unwrap();
    assert!(cleared.status.success() && !scene.cache().exists());
}

#[test]
fn a_process_that_is_killed_anywhere_leaves_a_cache_that_is_right() {
    let scene = Scene::new();
    let truth = scene.truth();
    for round in 0..20_u32 {
        if round % 5 == 0 {
            let _ = std::fs::remove_dir_all(scene.cache());
        }
        let mut process = scene
            .program(["pack", "--all", "--out", "../out"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Some rounds are killed early, some late, some not at all: what comes out is the same.
        (0..round * 40).for_each(|_| std::thread::yield_now());
        let _ = process.kill();
        process.wait().unwrap();
        assert!(scene.pack() == truth, "{round}");
        scene.world.remove("out");
    }
}
