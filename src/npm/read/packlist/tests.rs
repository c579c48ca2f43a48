use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::npm::read::packlist::*;

struct Package(tempfile::TempDir);

impl Package {
    fn new(files: &[&str]) -> Self {
        let package = Self(tempfile::tempdir().unwrap());
        for file in files {
            package.write(file, "");
        }
        package.write("package.json", "{}");
        package
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn with(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    fn link(self, path: &str, to: &str) -> Self {
        symlink(to, self.0.path().join(path)).unwrap();
        self
    }

    fn pack(&self, manifest: Value) -> Result<String, Problem> {
        let Value::Object(map) = manifest else { panic!("an object") };
        Ok(pack_list(self.0.path(), &Manifest(map))?.join(" "))
    }

    /// What is packed with these `files`, the manifest left out.
    fn files(&self, files: &[&str]) -> String {
        let packed = self.pack(json!({ "files": files })).unwrap();
        packed.split(' ').filter(|path| *path != "package.json").collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn without_files_all_but_the_usual_is_packed() {
    let package =
        Package::new(&["a.js", "src/b.ts", ".env", ".npmrc", "x.orig", ".git/HEAD", "yarn.lock", "CVS/a"])
            .with("node_modules/d/a.js", "")
            .with("sub/node_modules/d/a.js", "");
    assert_eq!(package.pack(json!({})).unwrap(), ".env a.js package.json src/b.ts sub/node_modules/d/a.js");
}

#[test]
fn npmignore_counts_in_place_of_gitignore_at_every_level() {
    let package = Package::new(&["a.js", "b.js", "lib/a.js", "lib/b.js"])
        .with(".gitignore", "a.js\n")
        .with(".npmignore", " b.js \n# c\n")
        .with("lib/.gitignore", "/a.js\n");
    assert_eq!(package.pack(json!({})).unwrap(), "a.js package.json");
}

#[test]
fn main_bin_and_readmes_win_over_ignore_rules() {
    let package =
        Package::new(&["a.js", "cli.js", "README.md", "lib/LICENSE"]).with(".npmignore", "*\n!lib\n");
    assert_eq!(
        package.pack(json!({ "name": "p", "main": "a.js", "bin": "./cli.js" })).unwrap(),
        "README.md a.js cli.js lib/LICENSE package.json"
    );
    let dotted = package.pack(json!({ "main": "./a.js" })).unwrap();
    assert!(!dotted.contains("a.js"), "`main` is not normalised: {dotted}");
}

#[test]
fn files_are_expanded_in_order() {
    let package = Package::new(&["lib/a.js", "lib/in/b.js", "lib/in/b.map", "c.map", "d.js"]);
    assert_eq!(package.files(&["lib/**", "!lib/in"]), "lib/a.js lib/in/b.js lib/in/b.map");
    assert_eq!(package.files(&["lib/**", "!lib/in/**"]), "lib/a.js");
    assert_eq!(package.files(&["*", "lib", "!*.map"]), "d.js lib/a.js lib/in/b.js lib/in/b.map");
    assert_eq!(package.files(&["!D.JS", "d.js"]), "d.js");
    assert_eq!(package.files(&["/LIB/"]), "lib/a.js lib/in/b.js lib/in/b.map");
    assert_eq!(package.files(&["!d.js"]), "");
}

#[test]
fn an_ignore_file_in_a_listed_folder_counts() {
    let package = Package::new(&["dist/a.js"]).with("dist/.gitignore", "*").with(".npmignore", "dist");
    assert_eq!(package.files(&["dist"]), "");
    assert_eq!(package.files(&["dist/**"]), "dist/.gitignore dist/a.js");
}

#[test]
fn links_are_dropped_but_a_pattern_may_lead_through_one() {
    let package = Package::new(&["lib/a.js", "lib/in/b.js", "lib/in/c.ts"])
        .link("link", "lib")
        .link("README", "lib/a.js");
    assert_eq!(package.files(&["link", "README"]), "");
    assert_eq!(package.files(&["link/*"]), "link/a.js link/in/b.js link/in/c.ts");
    assert_eq!(package.files(&["**/*.js"]), "lib/a.js lib/in/b.js link/a.js");
    assert_eq!(
        package.files(&["**/*.js", "**/*.ts"]),
        "lib/a.js lib/in/b.js lib/in/c.ts link/a.js link/in/c.ts",
        "the second pattern does not learn that it is a link"
    );
}

#[test]
fn a_dot_as_main_packs_all_there_is() {
    let package = Package::new(&["a.js", "lib/b.js"]).with("node_modules/d/c.js", "");
    assert_eq!(
        package.pack(json!({ "files": ["lib"], "main": "." })).unwrap(),
        "a.js lib/b.js node_modules/d/c.js package.json"
    );
}

#[test]
fn bundled_packages_come_with_what_they_depend_on() {
    let package = Package::new(&["a.js"])
        .with("node_modules/d/package.json", r#"{"dependencies":{"@s/e":"1"},"files":["no"]}"#)
        .with("node_modules/d/d.js", "")
        .with("node_modules/@s/e/e.js", "")
        .with("node_modules/f/f.js", "");
    assert_eq!(
        package.pack(json!({ "bundleDependencies": ["d"] })).unwrap(),
        "a.js node_modules/@s/e/e.js node_modules/d/d.js node_modules/d/package.json package.json"
    );
}

#[test]
fn a_bundled_package_that_is_a_link_has_rules_of_its_own() {
    let package = Package::new(&["a.js"])
        .with("store/d/package.json", r#"{"files":["d.js"]}"#)
        .with("store/d/d.js", "")
        .with("store/d/no.js", "")
        .with("node_modules/f/f.js", "")
        .link("node_modules/d", "../store/d");
    assert_eq!(
        package.pack(json!({ "bundleDependencies": ["d"], "files": ["a.js"] })).unwrap(),
        "a.js node_modules/d/d.js node_modules/d/package.json package.json"
    );
}

#[test]
fn what_leaves_the_package_is_refused_where_there_is_something() {
    let package = Package::new(&["a.js"]);
    let name = package.0.path().file_name().unwrap().to_str().unwrap();
    for pattern in ["..", "../**", &format!("../{name}"), "./../*"] {
        let problem = package.pack(json!({ "files": [pattern] }));
        assert!(problem.is_err_and(|p| p.message.contains("leads outside")), "{pattern}");
    }
    assert_eq!(package.files(&["../no-such-thing", "!../**", "a.js"]), "a.js");
    assert!(package.pack(json!({ "files": [], "main": format!("../{name}/a.js") })).is_err());
}

#[test]
fn where_pnpm_fails_the_path_is_named() {
    let package = Package::new(&["a.js", ".npmignore/x"]);
    let message = package.pack(json!({})).unwrap_err().message;
    assert!(message.contains(".npmignore") && message.contains("directory"), "{message}");
    let message = Package::new(&[]).pack(json!({ "files": ["a", 5] })).unwrap_err().message;
    assert!(message.contains("`files` holds 5"), "{message}");
}

#[test]
fn a_name_that_is_no_utf8_is_an_error_where_it_would_be_packed() {
    use std::os::unix::ffi::OsStrExt;
    let package = Package::new(&["a.js"]);
    fs::write(package.0.path().join(std::ffi::OsStr::from_bytes(b"x\xff.js")), "").unwrap();
    assert!(package.pack(json!({})).is_err_and(|p| p.message.contains("no UTF-8")));
    assert!(package.pack(json!({ "files": ["a.js"] })).is_ok());
}
