//! `files` of the manifest: globs first, in order; then the walk with what they found as its rules.

use serde_json::{Value, json};

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn files_field() {
    all_same("files field", cases());
}

/// Enough of a library to tell patterns apart.
const LIB: &str = "index.js lib/a.js lib/a.js.map lib/internal/x.js lib/internal/deep/y.js lib/.hidden.js \
                   lib/sub/lib/z.js src/a.ts src/a.test.ts test/a.js notes.md x.map";

/// What `files` picks out of [`LIB`].
fn of_lib(name: &str, files: Value) -> Case {
    picks(name, files, LIB)
}

fn picks(name: &str, files: Value, tree: &str) -> Case {
    case(name).manifest(json!({ "files": files })).tree(tree)
}

fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("no files: all").tree(LIB),
        of_lib("an empty list", json!([])),
        of_lib("a folder", json!(["lib"])),
        of_lib("a folder with a slash behind", json!(["lib/"])),
        of_lib("a folder with slashes around", json!(["/lib/"])),
        of_lib("a folder with many slashes before", json!(["///lib"])),
        of_lib("a folder from here", json!(["./lib"])),
        of_lib("a folder from two heres", json!(["././lib"])),
        of_lib("a folder by a round trip", json!(["lib/../src"])),
        of_lib("a folder by backslash", json!(["lib\\internal"])),
        of_lib("a folder and two stars", json!(["lib/**"])),
        of_lib("a folder and two stars and one", json!(["lib/**/*"])),
        of_lib("a folder and one star", json!(["lib/*"])),
        of_lib("a folder in other case", json!(["LIB"])),
        of_lib("a file in other case", json!(["INDEX.JS", "Lib/A.js"])),
        of_lib("one file", json!(["lib/a.js"])),
        of_lib("one file, twice", json!(["lib/a.js", "./lib/a.js", "/lib/a.js"])),
        of_lib("nothing matches", json!(["dist", "build/**"])),
        of_lib("one extension, anywhere", json!(["**/*.js"])),
        of_lib("one extension, at the root", json!(["*.js"])),
        of_lib("one extension, some depth", json!(["lib/**/*.js"])),
        of_lib("one character", json!(["lib/?.js", "??st"])),
        of_lib("a class", json!(["lib/[ab].js", "[st]*"])),
        of_lib("a class that is not", json!(["[^l]*"])),
        of_lib("a class that is not, by an exclamation mark", json!(["[!l]*"])),
        of_lib("a named class", json!(["[[:lower:]]*.js"])),
        of_lib("braces", json!(["{lib,src}/a.{js,ts}"])),
        of_lib("braces in braces", json!(["{lib/{a.js,internal},src}"])),
        of_lib("a range in braces", json!(["lib/{a..c}.js"])),
        of_lib("a single word in braces", json!(["{lib}/a.js"])),
        of_lib("extglob: any but", json!(["!(lib|test)"])),
        of_lib("extglob: one of", json!(["@(lib|src)/a.*"])),
        of_lib("extglob: one or more", json!(["+(lib|src)"])),
        of_lib("extglob: any number", json!(["*(l|i|b)"])),
        of_lib("extglob: perhaps", json!(["?(lib)", "src"])),
        of_lib("extglob: no test", json!(["src/!(*.test).ts"])),
        of_lib("extglob inside: any but", json!(["lib/!(internal)"])),
        of_lib("extglob inside: any but, deep", json!(["lib/**/!(*.map)"])),
        of_lib("a negation before what it takes out", json!(["!lib/a.js", "lib"])),
        of_lib("a file out of a folder", json!(["lib", "!lib/a.js"])),
        of_lib("a file out of two stars", json!(["lib/**", "!lib/a.js"])),
        of_lib("a folder out of a folder", json!(["lib", "!lib/internal"])),
        of_lib("a folder out of two stars does nothing", json!(["lib/**", "!lib/internal"])),
        of_lib("two stars out of two stars", json!(["lib/**", "!lib/internal/**"])),
        of_lib("two stars out of a folder", json!(["lib", "!lib/internal/**"])),
        of_lib("a folder with a slash out of a folder", json!(["lib", "!lib/internal/"])),
        of_lib("a name out at the root only", json!(["lib", "*.map", "!*.map"])),
        of_lib("a name out, of two stars", json!(["lib/**", "!*.map"])),
        of_lib("a name out at any depth", json!(["lib", "!**/*.map"])),
        of_lib("a name out at any depth, of two stars", json!(["lib/**", "!**/*.map"])),
        of_lib("a name out at any depth, of a star", json!(["*", "!**/*.map"])),
        of_lib("tests out", json!(["src", "!**/*.test.ts"])),
        of_lib("tests out by braces", json!(["src", "!**/*.{test,spec}.ts"])),
        of_lib("out and in again", json!(["lib", "!lib/internal", "lib/internal/x.js"])),
        of_lib("out and in again, two stars", json!(["lib/**", "!lib/internal/**", "lib/internal/deep/**"])),
        of_lib("in, out, in, out", json!(["lib", "!lib/a.js", "lib/a.js", "!lib/a.js"])),
        of_lib("a negation with a slash", json!(["lib", "!/lib/a.js"])),
        of_lib("a negation from here", json!(["lib", "!./lib/a.js"])),
        of_lib("two exclamation marks are none", json!(["!!lib"])),
        of_lib("three exclamation marks are one", json!(["lib", "!!!lib/a.js"])),
        of_lib("only a negation", json!(["!lib"])),
        of_lib("only negations of all", json!(["!**"])),
        of_lib("a negation of a folder that is listed", json!(["lib", "src", "!src"])),
        of_lib("a negation of all in a listed folder", json!(["lib", "!lib/**"])),
        of_lib("a negation of the star", json!(["*", "!lib"])),
        of_lib("an empty entry", json!(["", "lib"])),
        of_lib("a slash", json!(["/"])),
        of_lib("a dot", json!(["."])),
        of_lib("a dot and a slash", json!(["./"])),
        of_lib("all by one star", json!(["*"])),
        of_lib("all by two stars", json!(["**"])),
        of_lib("all by two stars and one", json!(["**/*"])),
        of_lib("all by three stars", json!(["***"])),
        of_lib("all by ./ and two stars", json!(["./**"])),
        of_lib("a folder's last name is seen by rules", json!(["lib/sub/lib"])),
        of_lib("folders found by a glob", json!(["*/internal"])),
        of_lib("folders found by two stars", json!(["**/internal"])),
        of_lib("a file below a folder that is no more asked", json!(["lib/internal/x.js"])),
        of_lib("a hash", json!(["#lib", "lib/a.js"])),
        of_lib("spaces around", json!([" lib ", "src"])),
        of_lib("a comment line in an entry", json!(["lib\n!a.js"])),
        of_lib("a line break in an entry, and a file", json!(["index.js\nsrc", "lib"])),
        of_lib("package.json out", json!(["lib", "!package.json"])),
        of_lib("the same folder by three ways", json!(["lib", "lib/*", "lib/**"])),
        of_lib("not a list: a string", json!("lib")),
        of_lib("not a list: a map", json!({"0": "lib"})),
        of_lib("not a list: true", json!(true)),
        of_lib("not a list: null", json!(null)),
        of_lib("a number in the list", json!(["lib", 5])).fails(),
        of_lib("null in the list", json!([null])).fails(),
        of_lib("a list in the list", json!([["lib"]])).fails(),
    ];
    cases.extend([
        picks(
            "dotfiles below a listed folder",
            json!(["dist"]),
            "dist/.keep dist/.cache/x dist/.well-known/y dist/a.js .env",
        ),
        picks("dotfiles by two stars", json!(["dist/**"]), "dist/.keep dist/.cache/x dist/a.js"),
        picks("dotfiles by name", json!([".env", ".cache"]), ".env .cache/a .cache/.b other"),
        picks("brackets in a name", json!(["lib/[id].js"]), "lib/[id].js lib/i.js lib/d.js"),
        picks("brackets in a folder", json!(["app"]), "app/[id]/page.js app/(group)/a.js app/{b}/c.js"),
        picks("brackets, by two stars", json!(["app/**"]), "app/[id]/page.js app/i/p.js app/(group)/a.js app/{b}/c.js"),
        picks("brackets, by a star", json!(["app/*"]), "app/[id]/page.js app/i/p.js app/(g)/a.js app/{b}/c.js app/@x/y"),
        picks("an exclamation mark in a name", json!(["*"]), "!bang.js a.js dir/!bang.js"),
        picks("an exclamation mark in a name, two stars", json!(["**"]), "!bang.js a.js dir/!bang.js"),
        picks("a hash in a name", json!(["*"]), "#hash.js a.js dir/#hash.js"),
        picks("a hash in a name, two stars", json!(["**/*"]), "#hash.js a.js dir/#hash.js"),
        picks("a backslash in a name", json!(["**"]), "a\\b.js c.js"),
        picks("a quoted bracket", json!(["\\[id\\].js", "a.js"]), "[id].js a.js"),
        picks("a star in a file's name", json!(["lib"]), "lib/a*b.js lib/c.js lib/*/d.js"),
        picks("a plus and a comma in a name", json!(["+page.js", "a,b.js"]), "+page.js a,b.js c.js"),
        picks("a plus and a bracket", json!(["lib/**"]), "lib/+(x).js lib/@(y).js lib/x.js lib/y.js"),
        picks("a parenthesis", json!(["lib/(x).js"]), "lib/(x).js lib/x.js"),
        picks("a folder that looks like a file", json!(["a.js"]), "a.js/b.js c.js"),
        picks("a file that looks like a folder", json!(["lib/"]), "lib other"),
        picks("two folders with the same last name", json!(["a/dist", "b/dist"]), "a/dist/1 b/dist/2 c/dist/3 dist/4"),
        picks("a negated last name", json!(["a/dist", "!b/dist", "b"]), "a/dist/1 b/dist/2 b/3 dist/4"),
        picks("node_modules below", json!(["lib"]), "lib/node_modules/x/index.js lib/a.js node_modules/y/index.js"),
        picks("node_modules by name", json!(["node_modules"]), "node_modules/y/index.js a.js"),
        picks("node_modules by two stars", json!(["**"]), "node_modules/y/index.js a/node_modules/z.js a.js"),
        picks("node_modules' file by name", json!(["node_modules/y/index.js"]), "node_modules/y/index.js a.js"),
        picks("a manifest in a folder", json!(["lib"]), "lib/a.js lib/sub/b.js src/c.js").file(
            "lib/package.json",
            "{\"type\":\"commonjs\",\"files\":[\"nothing\"],\"main\":\"../src/c.js\"}",
        ),
        picks("a manifest in a folder, by two stars", json!(["lib/**"]), "lib/a.js lib/sub/b.js src/c.js")
            .file("lib/package.json", "{\"type\":\"commonjs\",\"files\":[\"nothing\"]}"),
        picks("a folder of a folder and its ignore file", json!(["dist"]), "dist/a.js dist/b.js")
            .file("dist/.gitignore", "*\n"),
        picks("two stars and an ignore file in it", json!(["dist/**"]), "dist/a.js dist/b.js dist/c/d.js")
            .file("dist/.gitignore", "*\n"),
        picks("a star and an ignore file in it", json!(["dist/*"]), "dist/a.js dist/b.js dist/c/d.js")
            .file("dist/.gitignore", "*\n"),
        picks("a listed ignore file", json!(["lib/sub/*.js", "lib/.npmignore"]), "lib/sub/one.js lib/sub/two.js")
            .file("lib/.npmignore", "two.js\n"),
        picks("a folder and its files", json!(["lib", "/lib/*.js", "lib/one.*"]), "lib/one.js lib/two.js lib/.DS_Store")
            .file("lib/.npmignore", "two.js\n"),
        picks("files of a folder with an ignore file", json!(["./x.js", "/lib/two.js", "lib/one.js"]), "x.js lib/one.js lib/two.js")
            .file("lib/.npmignore", "two.js\n"),
        picks("a folder below one with an ignore file", json!(["lib/dir"]), "lib/dir/one.js lib/dir/two.js")
            .file("lib/.npmignore", "dir/two.js\n"),
        picks("an ignore file and a negation", json!(["lib", "!lib/one"]), "lib/one lib/two lib/tre lib/.DS_Store")
            .file("lib/.npmignore", "two\n"),
        picks("negated names that must be in", json!(["lib", "!**/readme.md", "!**/licence", "!**/copying"]),
            "readme.md licence copying lib/readme.md lib/licence lib/copying lib/a/readme.md lib/a/licence lib/a/a.js"),
    ]);
    cases.extend([
        picks("up and out", json!([".."]), "a.js").refused(),
        picks("up to a file", json!(["../other.txt"]), "a.js").root("packages/other.txt", "x").refused(),
        picks("up by stars", json!(["../*.txt"]), "a.js").root("packages/other.txt", "x").refused(),
        picks("up to nothing", json!(["../nothing"]), "a.js"),
        picks("up and back", json!(["../it/a.js"]), "a.js b.js").refused(),
        picks("up and back to a folder with nothing to pack", json!(["../it/lib/*"]), "a.js lib/sub/.npmrc")
            .known_difference("it is refused for the pattern, before anything is walked"),
        picks("an absolute path", json!(["/etc/hostname"]), "a.js etc/hostname"),
    ]);
    cases
}
