//! `.npmignore` and `.gitignore`.

use serde_json::json;

use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

#[test]
fn ignore_files() {
    all_same("ignore files", cases());
}

const TREE: &str = "index.js build/a.js build/keep.js build/sub/b.js src/index.ts src/a.test.ts src/build/c.js \
                    docs/readme.txt a.log x/y/a.log .hidden temp";

fn npmignore(name: &str, rules: &str) -> Case {
    case(format!("npmignore: {name}")).tree(TREE).file(".npmignore", rules)
}

fn gitignore(name: &str, rules: &str) -> Case {
    case(format!("gitignore: {name}")).tree(TREE).file(".gitignore", rules)
}

fn cases() -> Vec<Case> {
    let mut cases = vec![
        npmignore("empty", ""),
        npmignore("a name, at any depth", "build\n"),
        npmignore("a name and a slash, beside the file only", "build/\n"),
        npmignore("a slash and a name", "/build\n"),
        npmignore("a slash, a name, a slash", "/build/\n"),
        npmignore("a path", "src/build\n"),
        npmignore("a path and a slash", "src/build/\n"),
        npmignore("the end of a path", "y/a.log\n"),
        npmignore("an extension", "*.log\n"),
        npmignore("an extension at the root", "/*.log\n"),
        npmignore("an extension by two stars", "**/*.log\n"),
        npmignore("all of a folder by a star", "build/*\n"),
        npmignore("all of a folder by two stars", "build/**\n"),
        npmignore("all of a folder by two stars and one", "build/**/*\n"),
        npmignore("a file brought back", "*.log\n!a.log\n"),
        npmignore("a file of an ignored folder brings back the folder", "build\n!build/keep.js\n"),
        npmignore("a file of an ignored folder with a slash", "build/\n!build/keep.js\n"),
        npmignore("a file of a folder's star", "build/*\n!build/keep.js\n"),
        npmignore("a file of a folder's two stars", "build/**\n!build/keep.js\n"),
        npmignore("a file of a folder's two stars, deep", "build/**\n!build/sub/b.js\n"),
        npmignore("brought back before it is ignored", "!build/keep.js\nbuild\n"),
        npmignore("all", "*\n"),
        npmignore("all but a folder", "*\n!src\n"),
        npmignore("all but a folder with a slash", "*\n!src/\n"),
        npmignore("all but a folder's two stars", "*\n!src/**\n"),
        npmignore("all but a folder's star", "*\n!src/*\n"),
        npmignore("all at the root but", "/*\n!/src\n!/index.js\n"),
        npmignore("all by two stars but", "**\n!src/**\n"),
        npmignore("all but an extension", "*\n!*.js\n"),
        npmignore("all but an extension, folders too", "*\n!*/\n!*.js\n"),
        npmignore("all by a slash and a star but all folders", "/*\n!/*/\n"),
        npmignore("comments and blank lines", "# build\n\n  # temp\n   \nsrc\n"),
        npmignore("a quoted hash", "\\#x\nsrc\n").tree("#x"),
        npmignore("a quoted exclamation mark", "\\!x\nsrc\n").tree("!x"),
        npmignore("spaces around", "  build  \n\tsrc\t\n"),
        npmignore("a quoted space behind", "temp\\ \n").file("temp ", "x"),
        npmignore("CRLF", "build\r\nsrc\r\n"),
        npmignore("CR only", "build\rsrc\r"),
        npmignore("no last newline", "src\nbuild"),
        npmignore("a BOM", "\u{feff}build\nsrc\n"),
        npmignore("braces", "{build,docs}\n*.{log,ts}\n"),
        npmignore("extglob", "!(src|index.js)\n"),
        npmignore("extglob in the middle", "src/+(a|b).test.ts\nx/@(y|z)\n"),
        npmignore("a class", "[bd]*\n"),
        npmignore("a question mark", "tem?\n"),
        npmignore("upper case", "BUILD\nTEMP\n"),
        npmignore("a dot and a slash", "./build\n"),
        npmignore("two dots", "../packages\n../it/build\n"),
        npmignore("backslashes", "src\\build\n"),
        npmignore("two slashes", "src//build\n"),
        npmignore("two stars before", "**/build\n"),
        npmignore("two stars around", "**/build/**\n"),
        npmignore("two stars in the middle", "src/**/c.js\n"),
        npmignore("two stars that are one", "src**\n"),
        npmignore("two exclamation marks", "!!build\n"),
        npmignore("a slash only", "/\n"),
        npmignore("two stars only", "**\n"),
        npmignore("a star and a slash", "*/\n"),
        npmignore("a folder's own name again", "it\n"),
        npmignore("itself brought back", "!.npmignore\n"),
        npmignore("package.json", "package.json\n"),
        npmignore("package.json and all", "*\npackage.json\n**/package.json\n"),
        npmignore("the readme", "README.md\n*.md\n").tree("README.md docs/README.md"),
        npmignore(
            "what is always out, brought back",
            "!.git\n!.npmrc\n!*.orig\n!.DS_Store\n!node_modules\n!package-lock.json\n",
        )
        .tree(".git/HEAD .npmrc a.orig .DS_Store node_modules/x/index.js package-lock.json"),
        npmignore("invalid brackets", "[build\nsrc]\n{a\n"),
        npmignore("not UTF-8", "").file(".npmignore", b"build\n\xff\xfe\nsrc\n".as_slice()),
        npmignore("zero bytes", "bui\0ld\nsrc\n"),
        npmignore("letters of other case folds", "STRASSE\nKELVIN\n").tree("straße kelvin \u{212a}elvin"),
        gitignore("a name", "build\n"),
        gitignore("a file brought back", "build/*\n!build/keep.js\n"),
        gitignore("with an npmignore beside it", "src\n").file(".npmignore", "build\n"),
        gitignore("with an empty npmignore beside it", "src\n").file(".npmignore", ""),
        gitignore("of a subfolder", "").file("src/.gitignore", "*.ts\n"),
        gitignore("of a subfolder, all", "").file("build/.gitignore", "*\n"),
        gitignore("of a subfolder, all but itself", "").file("build/.gitignore", "*\n!.gitignore\n"),
        gitignore("of a subfolder with an npmignore beside it", "")
            .file("src/.gitignore", "*.ts\n")
            .file("src/.npmignore", "build\n"),
        gitignore("of a subfolder with an empty npmignore above", "src\n")
            .file(".npmignore", "")
            .file("src/.gitignore", "*.ts\n"),
        gitignore("a subfolder takes back what was ignored", "*.ts\n").file("src/.gitignore", "!index.ts\n"),
        gitignore("a subfolder in an ignored folder", "src\n").file("src/.gitignore", "!index.ts\n"),
        gitignore("a subfolder ignores main", "")
            .manifest(json!({"main": "src/index.ts"}))
            .file("src/.gitignore", "*\n"),
        gitignore("a subfolder ignores with a slash", "").file("src/.gitignore", "/build\n/index.ts\n"),
        gitignore("a subfolder ignores a path from above", "")
            .file("src/.gitignore", "src/build\nsrc/index.ts\n"),
        gitignore("a subfolder's deep rule", "").file("x/.npmignore", "y/*.log\n"),
        gitignore("of the workspace's root does not count", "").root(".gitignore", "*.js\nbuild\n"),
        gitignore("of the folder above does not count", "").root("packages/.gitignore", "*.js\n"),
        case("npmignore of the workspace's root does not count").tree(TREE).root(".npmignore", "*\n"),
        case(".ignore does not count").tree(TREE).file(".ignore", "build\n"),
        case(".git/info/exclude does not count").tree(TREE).file(".git/info/exclude", "build\n"),
        case("an ignore file that is a folder").tree("a.js .npmignore/x").fails(),
        case("an ignore file in a subfolder that is a folder").tree("a.js lib/.gitignore/x").fails(),
        case("a linked ignore file counts")
            .tree("a.js build/b.js rules")
            .file("rules", "build\n")
            .link(".npmignore", "rules"),
        case("a linked ignore file that leads nowhere")
            .tree("a.js build/b.js")
            .link(".npmignore", "nowhere")
            .fails(),
    ];
    // With `files`, an ignore file at the package's root counts only where the list takes it in.
    for (name, list) in [
        ("a folder", json!(["src"])),
        ("a star", json!(["*"])),
        ("two stars", json!(["**"])),
        ("two stars and one", json!(["**/*"])),
        ("the ignore file itself", json!([".npmignore", "src"])),
        ("a dot and a star", json!([".*", "src"])),
        ("a folder's star", json!(["src/*"])),
    ] {
        let with = |file: &str| {
            case(format!("{file} with files: {name}"))
                .manifest(json!({ "files": list }))
                .tree(TREE)
                .file(file, "index.ts\nbuild\n*.log\n")
        };
        cases.push(with(".npmignore"));
        cases.push(with(".gitignore"));
    }
    cases.extend([
        case("npmignore, main and bin")
            .manifest(json!({"main": "build/a.js", "bin": "temp"}))
            .tree(TREE)
            .file(".npmignore", "build\ntemp\n"),
        case("npmignore and ./main")
            .manifest(json!({"main": "./build/a.js"}))
            .tree(TREE)
            .file(".npmignore", "build\n"),
        case("npmignore and ./bin")
            .manifest(json!({"bin": "./build/a.js"}))
            .tree(TREE)
            .file(".npmignore", "build\n"),
        case("npmignore and browser")
            .manifest(json!({"browser": "build/a.js"}))
            .tree(TREE)
            .file(".npmignore", "build\n"),
        case("npmignore and a main without extension")
            .manifest(json!({"main": "build/a"}))
            .tree(TREE)
            .file(".npmignore", "build\n"),
        case("npmignore and a main that is a folder")
            .manifest(json!({"main": "build"}))
            .tree(TREE)
            .file(".npmignore", "build\n"),
        case("npmignore's star and main")
            .manifest(json!({"main": "build/a.js"}))
            .tree(TREE)
            .file(".npmignore", "*\n"),
        case("npmignore's two stars and main")
            .manifest(json!({"main": "build/a.js"}))
            .tree(TREE)
            .file(".npmignore", "**\n"),
        case("npmignore of both levels")
            .tree(TREE)
            .file(".npmignore", "*.ts\n")
            .file("src/.npmignore", "!*.ts\nbuild\n"),
        case("npmignore written for a subfolder's readme")
            .tree("lib/readme.md lib/a/readme.md lib/a/a.js test/readme.md test/x.js")
            .file(".npmignore", "  !*.js\n  !**/*.js\n  test\n"),
        case("a nested package's own ignore file")
            .tree("sub/a.js sub/b.js sub/node_modules/x.js")
            .file("sub/package.json", "{\"files\":[\"a.js\"]}")
            .file("sub/.npmignore", "a.js\n"),
    ]);
    cases
}
