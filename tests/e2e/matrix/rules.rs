//! What surfaces say of overrides before they are prepared, in the syntax of each package manager: a third-party package
//! that must stay as it says, and packages in scope at versions that nobody has, which must give way.

use crate::common::manager::Manager;
use crate::matrix::product::{NEEDS, Product};

/// Where a prepared package manager would take them from the registry, each in another spelling.
const PNPM: [(&str, &str); 6] = [
    ("left", "1.0.0"),
    ("@bytelyst/b", "9.9.9"),
    ("@bytelyst/a>@bytelyst/b", "9.9.9"),
    ("@bytelyst/c@^1", "9.9.9"),
    ("bb", "npm:@bytelyst/b@9.9.9"),
    ("@bytelyst/a>cc", "npm:@bytelyst/c@9.9.9"),
];

const NPM: &str = r#""overrides": {
    "right": { "left": "1.0.0" },
    "@bytelyst/a": { "@bytelyst/b": "9.9.9" },
    "@bytelyst/c@^1": "9.9.9",
    "@bytelyst/d": { ".": "9.9.9" },
    "cc": "npm:@bytelyst/c@9.9.9"
  }"#;

const YARN_1: &str = r#""resolutions": {
    "left": "1.0.0",
    "@bytelyst/d": "9.9.9",
    "**/@bytelyst/c": "9.9.9",
    "@bytelyst/a/@bytelyst/b": "9.9.9",
    "@bytelyst/e/**/@bytelyst/b": "9.9.9"
  }"#;

const YARN: &str = r#""resolutions": {
    "left": "1.0.0",
    "@bytelyst/d": "9.9.9",
    "@bytelyst/b@npm:^1.0.0": "9.9.9",
    "@bytelyst/a/@bytelyst/b": "9.9.9"
  }"#;

const BUN: &str = r#""overrides": {
    "left": "1.0.0",
    "@bytelyst/b": "9.9.9",
    "@bytelyst/a": { "@bytelyst/c": "9.9.9" }
  },
  "resolutions": {
    "**/@bytelyst/d": "9.9.9"
  }"#;

/// Three surfaces, at three depths: the root without a rule; `backend` with those above; `apps/web` without, but on
/// pnpm 10 with them in a pnpm-workspace.yaml. Committed.
pub(crate) fn three_surfaces(manager: Manager) -> Product {
    let product = Product::new(manager);
    let in_manifest = match (manager.name, manager.major()) {
        ("pnpm", ..=10) => format!(
            "\"pnpm\": {{\n    \"overrides\": {{\n{}\n    }}\n  }},\n  \"resolutions\": {{ \"@bytelyst/d\": \"9.9.9\" }}",
            PNPM.map(|(key, value)| format!("      \"{key}\": \"{value}\"")).join(",\n")
        ),
        ("npm", _) => NPM.to_owned(),
        ("yarn", 1) => YARN_1.to_owned(),
        ("yarn", _) => YARN.to_owned(),
        ("bun", _) => BUN.to_owned(),
        _ => r#""license": "MIT""#.to_owned(),
    };
    product.surface("", NEEDS, "").surface("backend", NEEDS, &format!(",\n  {in_manifest}"));
    product.surface("apps/web", NEEDS, "");
    if manager.name == "pnpm" && manager.major() >= 10 {
        let dir = if manager.major() == 10 { "apps/web" } else { "backend" };
        product.world.file(format!("notes/{dir}/pnpm-workspace.yaml"), yaml());
    }
    product.commit();
    product
}

/// The same in a pnpm-workspace.yaml, with comments that must stay.
fn yaml() -> String {
    let rules = PNPM.map(|(key, value)| format!("  '{key}': {value} # as agreed\n")).concat();
    format!("# Settings of pnpm.\noverrides:\n{rules}\n# The end.\n")
}
