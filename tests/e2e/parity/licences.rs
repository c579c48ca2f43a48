//! The workspace's licence, which comes along where the package has none.

use serde_json::json;

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn licences() {
    all_same("licences", cases());
}

/// A package without a licence in a workspace with the files of `root`.
fn root(name: &str, root: &[&str]) -> Case {
    let mut case = case(format!("licence: {name}")).tree("index.js");
    for path in root {
        case = case.root(path, format!("{path} of the workspace"));
    }
    case
}

/// A package with the files of `own` in a workspace with a LICENSE.
fn own(name: &str, own: &str) -> Case {
    root(name, &["LICENSE"]).tree(own)
}

fn cases() -> Vec<Case> {
    vec![
        root("none", &[]),
        root("LICENSE", &["LICENSE"]),
        root("LICENCE", &["LICENCE"]),
        root("with an extension", &["LICENSE.md"]),
        root("with two extensions", &["LICENSE.MIT.txt"]),
        root("several", &["LICENSE", "LICENSE.md", "LICENCE", "LICENCE.txt"]),
        root("lower case is none", &["license", "licence.md", "License"]),
        root("with a dash is none", &["LICENSE-MIT", "LICENSE_APACHE", "LICENSES"]),
        root("a dot at the end", &["LICENSE."]),
        root("a tilde at the end", &["LICENSE.md~", "LICENCE.$"]),
        root("a hidden extension", &["LICENSE..md"]),
        root("in a subfolder is none", &["doc/LICENSE", "packages/LICENSE"]),
        root("a folder is none", &["LICENSE/MIT.txt"]),
        root("a folder with an extension is none", &["LICENSE.d/MIT.txt"]),
        root("UNLICENSE is none", &["UNLICENSE", "COPYING", "NOTICE"]),
        root("linked", &["legal/mit.txt"]).root_link("LICENSE", "legal/mit.txt"),
        root("linked out of the workspace", &[]).root_link("LICENSE", "../outside"),
        root("linked to nothing", &[]).root_link("LICENSE", "nowhere"),
        root("linked to a folder", &["legal/LICENSE"]).root_link("LICENSE", "legal"),
        root("ignored by the package", &["LICENSE"]).file(".npmignore", "LICENSE\n*\n"),
        root("ignored by the workspace", &["LICENSE"])
            .root(".npmignore", "LICENSE\n")
            .root(".gitignore", "LICENSE\n"),
        root("not in files", &["LICENSE"]).manifest(json!({"files": ["index.js", "!LICENSE"]})),
        root("a spaced extension", &["LICENSE.my own"]),
        root("letters beyond ASCII", &["LICENSE.für"]),
        own("own", "LICENSE"),
        own("own, in lower case", "license.md"),
        own("own, with a dash", "LICENSE-MIT"),
        own("own, in a subfolder", "lib/LICENSE"),
        own("own, by the folder's name", "licenses/mit.txt"),
        own("own, by part of a name", "src/licensee.js"),
        own("own, by part of a name in mixed case", "UnLicensed.TS"),
        own("own, other ones", "COPYING NOTICE"),
        own("own, but ignored", "src/license.js").file(".npmignore", "src\n"),
        own("own, but not in files", "src/license.js").manifest(json!({"files": ["index.js"]})),
        own("own, in node_modules", "node_modules/x/LICENSE"),
        own("own, in node_modules below", "sub/node_modules/x/LICENSE"),
        own("own, empty", "").file("LICENSE", ""),
        own("own, linked", "real.txt").link("LICENSE", "real.txt"),
        own("own, linked to the workspace's", "").link("LICENSE", "../../LICENSE"),
        own("own, a folder", "LICENSE/x.txt"),
        own("own of the other spelling", "LICENCE"),
        own("a script for licences", "scripts/check-licence.sh"),
        root("of the root package is its own", &["LICENSE", "COPYING"]).at_root(),
        root("of the root package, ignored", &["LICENSE"]).at_root().file(".npmignore", "*\n"),
        root("of the root package, none", &[]).at_root(),
        own("of a workspace of its own", "index.js").file("pnpm-workspace.yaml", "packages: ['.']\n"),
        root("of the nearest workspace", &["LICENSE", "packages/LICENSE.md"])
            .root("packages/pnpm-workspace.yaml", "packages: ['it']\n"),
        root("executable", &["LICENSE"])
            .manifest(json!({"publishConfig": {"executableFiles": ["../../LICENSE"]}})),
    ]
}
