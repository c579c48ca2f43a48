//! One test for each package manager.

use super::scene::Scene;
use crate::common::manager::Manager;

managers! {
    sees_the_same, |manager| manager.name != "yarn";
    pnpm_8: "pnpm" "8.15.9",
    pnpm_9: "pnpm" "9.15.9",
    pnpm_10_6: "pnpm" "10.6.5",
    pnpm_10_34: "pnpm" "10.34.9",
    pnpm_11: "pnpm" "11.28.11",
    pnpm_12: "pnpm" "12.21.0",
    npm_10: "npm" "10.9.9",
    npm_11: "npm" "11.21.2",
    bun: "bun" "1.4.5",
}

fn sees_the_same(manager: Manager) {
    let scene = Scene::new(manager);
    scene.prepare(&[]).exits(0);
    assert!(!scene.registry.requests().is_empty());
    let tarballs = scene.tarballs();
    for foreign in ["native-arm64-", "native-darwin-", "native-musl-"] {
        assert!(!tarballs.iter().any(|name| name.starts_with(foreign)), "{tarballs:?}");
    }
    let offline = scene.seen_offline();
    // What was fetched and resolved once is neither asked for nor made anew.
    scene.world.run_in("notes", ["restore", "--clean"]).exits(0);
    scene.registry.requests();
    scene.prepare(&[]).exits(0);
    assert_eq!((scene.registry.requests(), scene.tarballs()), (Vec::new(), tarballs));
    scene.world.run_in("notes", ["restore", "--clean"]).exits(0);
    assert_eq!(scene.world.git_status("notes"), "");
    let online = scene.seen_online();
    assert_eq!(offline, online);
    assert!(online.iter().any(|line| line == "lonely@1.0.0 > giver: giver@1.0.0"), "{online:?}");
}
