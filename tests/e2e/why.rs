//! `why` through the binary.

use crate::common::product::product;

#[test]
fn every_way_to_a_package_is_drawn() {
    let world = product();
    let before = world.snapshot();
    let run = world.run_in("notes", ["why", "@bytelyst/errors"]).exits(0);
    let expected = "\
backend/package.json
└─┬ @bytelyst/http 3.1.0 (dependencies: ^3.0.0)
  ├─┬ @bytelyst/logger 2.0.0 (dependencies: workspace:*)
  │ └── @bytelyst/errors 1.4.2 (dependencies: workspace:^)
  └─┬ @bytelyst/client 0.2.0 (dependencies: workspace:~)
    └── @bytelyst/http 3.1.0 (dependencies: workspace:*), as above
";
    assert_eq!(run.stdout, expected);
    let peer = world.run_in("notes/backend", ["why", "@bytelyst/context"]).exits(0);
    assert!(peer.stdout.contains("─ @bytelyst/context 1.0.0 (peerDependencies: workspace:^)"), "{peer}");
    before.assert_same(&world.snapshot());
    world.run_in("notes", ["prepare"]).exits(0);
    assert_eq!(
        world.run_in("notes", ["why", "@bytelyst/errors"]).exits(0).stdout,
        expected,
        "while prepared"
    );
}

#[test]
fn the_document_has_every_edge() {
    let world = product();
    let json = world.run_in("notes", ["why", "@bytelyst/logger", "--json"]).exits(0).json();
    assert_eq!(json["package"], "@bytelyst/logger");
    let surface = &json["surfaces"][0];
    assert_eq!(surface["surface"], "backend/");
    let first = serde_json::json!({"from": null, "field": "dependencies", "to": "@bytelyst/http",
        "specifier": "^3.0.0", "version": "3.1.0"});
    assert_eq!(surface["reasons"][0], first);
    let logger = surface["reasons"].as_array().unwrap().iter().find(|edge| edge["to"] == "@bytelyst/logger");
    assert_eq!(logger.unwrap()["from"], "@bytelyst/http");
}

#[test]
fn what_nobody_needs_and_what_nobody_knows() {
    let world = product();
    let run = world.run_in("notes", ["why", "@bytelyst/unrelated"]).exits(1);
    assert!(run.stderr.contains("no surface needs @bytelyst/unrelated"), "{run}");
    let json = world.run_in("notes", ["why", "@bytelyst/unrelated", "--json"]).exits(1).json();
    assert_eq!(json["surfaces"], serde_json::json!([]));
    let run = world.run_in("notes", ["why", "@bytelyst/error"]).exits(2);
    assert!(run.stderr.contains("nearest: @bytelyst/errors"), "{run}");
    world.run_in("notes", ["why"]).exits(2);
}

#[test]
fn a_package_of_the_product_itself_is_known() {
    let world = product();
    world.file("notes/pnpm-workspace.yaml", "packages: [backend, shared]\n");
    world.file("notes/shared/package.json", r#"{"name": "@bytelyst/mine"}"#);
    world.file(
        "notes/backend/package.json",
        r#"{"dependencies": {"@bytelyst/http": "^3.0.0", "@bytelyst/mine": "workspace:*"}}"#,
    );
    let run = world.run_in("notes", ["why", "@bytelyst/mine", "--surface", "backend"]).exits(0);
    assert_eq!(run.stdout, "backend/package.json\n└── @bytelyst/mine (dependencies: workspace:*)\n");
}
