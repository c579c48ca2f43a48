//! What no rule takes out, and what no rule brings in.

use serde_json::json;

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn always_in_and_out() {
    all_same("always in and out", cases());
}

const OUT: &str = ".git/HEAD .git/objects/ab/c .svn/a .hg/a CVS/a sub/.git/HEAD sub/CVS/Root .lock-wscript .wafpickle-7 \
                   build/config.gypi sub/build/config.gypi npm-debug.log sub/npm-debug.log .npmrc sub/.npmrc .a.swp \
                   .swp sub/.b.swp .DS_Store sub/.DS_Store ._x sub/._y a.orig sub/b.orig package-lock.json \
                   sub/package-lock.json yarn.lock sub/yarn.lock pnpm-lock.yaml sub/pnpm-lock.yaml bun.lockb \
                   archived-packages/x sub/archived-packages/x node_modules/x/index.js sub/node_modules/y/index.js \
                   .env .env.local id_rsa .gitattributes .gitmodules .editorconfig .github/workflows/ci.yml \
                   sub/.gitignore sub/.npmignore npm-shrinkwrap.json sub/npm-shrinkwrap.json .yarnrc.yml \
                   pnpm-workspace.yaml.bak .pnpmfile.cjs .npmignore2 .gitignored yarn-error.log index.js";

const NAMES: &str = "README README.md readme.txt ReadMe.MARKDOWN README.md~ README.$ README. README.a.b readme-more.md \
                     README_EN.md COPYING copying.lesser LICENSE LICENCE license.txt LICENSE-MIT LICENSE.MIT licence~ \
                     UNLICENSE CHANGELOG.md CHANGES HISTORY.md NOTICE NOTICE.txt AUTHORS SECURITY.md index.js";

fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("always out: no files").tree(OUT),
        case("always in: all ignored").tree(NAMES).file(".npmignore", "*\n"),
        case("always in: all ignored, also below").tree("a/README.md a/LICENSE a/x a/b/README b/x").file(".npmignore", "*\n"),
        case("always in: folders ignored").tree("a/README.md a/x b/x").file(".npmignore", "a\nb\n"),
        case("always in: an npm-shrinkwrap").tree("npm-shrinkwrap.json sub/npm-shrinkwrap.json").file(".npmignore", "*\n"),
        case("always in: with files").manifest(json!({"files": ["index.js"]})).tree(NAMES),
        case("always in: names are folders").manifest(json!({"files": ["index.js"]})).tree(
            "index.js license.d/a license.d/sub/b readme/x.md README.d/y copying/z licence.x/.npmignore licence.x/q",
        ),
        case("always in: names are folders, no files").tree("license.d/a readme/x.md copying/z").file(".npmignore", "*\n"),
        case("always in: names are folders, ignored").tree("license.d/a readme/x.md").file(".npmignore", "license.d\nreadme\n"),
        case("always in: below a listed folder").manifest(json!({"files": ["lib"]})).tree("lib/README.md lib/CHANGELOG.md doc/README.md index.js"),
        case("always in: not below others").manifest(json!({"files": ["lib/*.js"]})).tree("lib/README.md lib/a.js doc/README.md"),
        case("always in: npm-shrinkwrap with files").manifest(json!({"files": ["lib"]})).tree("lib/npm-shrinkwrap.json npm-shrinkwrap.json lib/a"),
        case("always in: README of two names").tree("README.md readme.md ReadMe"),
        case("package.json below is like any file").tree("sub/index.js").file("sub/package.json", "{}").file(".npmignore", "package.json\n"),
        case("package.json below, ignored by path").tree("sub/index.js").file("sub/package.json", "{}").file(".npmignore", "sub/package.json\n"),
        case("package.json below is no JSON").tree("sub/index.js").file("sub/package.json", "{{{"),
        case("package.json below is a folder").tree("sub/package.json/x sub/a"),
        case("an empty package").manifest(json!({"files": []})),
        case("empty folders").dir("lib").dir("src/deep").tree("a.js"),
        case("empty folders, listed").manifest(json!({"files": ["lib", "src"]})).dir("lib").dir("src/deep").tree("a.js"),
        case("names of all case").tree("Package.json PACKAGE-LOCK.JSON Yarn.lock NODE_MODULES/x .NPMRC .Git/x"),
        case("credentials go in").tree(".env sub/.env.production id_rsa key.pem .netrc .ssh/id_ed25519 .aws/credentials"),
    ];
    for list in [
        json!(["**"]),
        json!(["*"]),
        json!(["**/*"]),
        json!([".*"]),
        json!(["sub"]),
        json!(["sub/**"]),
        json!([".npmrc", ".git", ".DS_Store", "a.orig", "yarn.lock", "package-lock.json", "node_modules"]),
        json!([".npmrc", "sub/.npmrc", ".git/HEAD", ".DS_Store", "npm-debug.log"]),
        json!(["archived-packages", "build", ".svn", "CVS"]),
        json!(["sub", "!sub/node_modules"]),
        json!([".env", ".env.*", "id_rsa"]),
        json!(["**/.git/**"]),
        json!(["**", "!node_modules"]),
        json!(["package-lock.json", "!package.json"]),
    ] {
        cases.push(case(format!("always out: files {list}")).manifest(json!({ "files": list })).tree(OUT));
    }
    cases
}
