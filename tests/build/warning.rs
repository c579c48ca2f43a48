//! What is said without `--build`.

use crate::scene::Scene;

#[test]
fn without_build_it_is_said_what_was_built_from_other_sources() {
    let scene = Scene::new(&[("a", ""), ("b", r#""dependencies": {"@bytelyst/a": "workspace:*"}"#)]);
    let world = &scene.world;
    for name in ["a", "b"] {
        world.file(format!("plat/packages/{name}/dist/index.js"), "");
    }
    assert_eq!(scene.warned(), "", "nothing is known");
    scene.built();
    assert_eq!(scene.warned(), "");
    world.file("plat/packages/b/src/index.js", "// edited\n");
    assert_eq!(scene.warned(), "@bytelyst/b: built from other sources than those that lie there");
    world.file("plat/packages/b/dist/index.js", "// by hand\n");
    assert_eq!(scene.warned(), "", "somebody has built it since, from who knows what");
    world.file("plat/packages/b/src/index.js", "// b\n");
    let changed = "@bytelyst/b: is not what its last --build left, though its sources are the same";
    assert_eq!(scene.warned(), changed);
    world.file("plat/packages/b/dist/index.js", "// b\n");
    assert_eq!(scene.warned(), "");
    world.file("plat/packages/a/src/index.js", "// edited\n");
    let both = "@bytelyst/a, @bytelyst/b: built from other sources than those that lie there";
    assert_eq!(scene.warned(), both);
}
