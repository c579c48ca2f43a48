//! Package managers besides pnpm.

use crate::scene::Scene;

#[test]
fn npm_builds_its_own_workspaces() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "*"}"#)]);
    let world = &scene.world;
    world.remove("plat/pnpm-workspace.yaml").remove("plat/pnpm-lock.yaml");
    world.file("plat/package.json", r#"{"private": true, "workspaces": ["packages/*"]}"#);
    world.file("plat/package-lock.json", "{\"lockfileVersion\": 3}\n");
    assert_eq!(scene.built(), "a b");
    assert_eq!(scene.built(), "");
    world.file("plat/packages/b/src/index.js", "// edited\n");
    assert_eq!(scene.built(), "b");
}
