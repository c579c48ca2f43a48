//! Trees and manifests that nobody would write, from a fixed seed. `PARITY_RANDOM=5000` makes more of them, and
//! `PARITY_SEED=N` others.

use serde_json::{Map, Value, json};

use crate::common::number;
use crate::parity::case::{Case, case};
use crate::parity::compare::all_same;

const COUNT: u64 = 60;
const SEED: u64 = 1;

#[test]
fn random_packages() {
    let count = number("PARITY_RANDOM").unwrap_or(COUNT);
    let seed = number("PARITY_SEED").unwrap_or(SEED);
    all_same("random packages", (seed..seed + count).map(package));
}

#[test]
fn random_specifications() {
    let count = number("PARITY_RANDOM").unwrap_or(COUNT);
    let seed = number("PARITY_SEED").unwrap_or(SEED);
    all_same("random specifications", (seed..seed + count).map(specification));
}

const FOLDERS: [&str; 16] = [
    "lib",
    "src",
    "dist",
    "build",
    "test",
    "a",
    "b",
    "lib",
    "src",
    ".hidden",
    "[id]",
    "node_modules",
    "license.d",
    "ü",
    "a b",
    "LIB",
];
const FILES: [&str; 28] = [
    "index.js",
    "a.js",
    "b.js",
    "main.js",
    "a.js.map",
    "x.d.ts",
    "README.md",
    "readme",
    "LICENSE",
    "licence.txt",
    "COPYING",
    ".env",
    ".npmrc",
    ".DS_Store",
    "a.orig",
    "yarn.lock",
    "package-lock.json",
    "npm-debug.log",
    "A.js",
    "lib",
    "[id].js",
    "ü.js",
    "a b.js",
    "!x.js",
    "#y.js",
    "license.js",
    "data.json5",
    "x.log",
];
const WILD: [&str; 22] = [
    "*",
    "**",
    "*.js",
    "*.{js,ts}",
    "?.js",
    "[ab].js",
    "[!a]*",
    "{lib,src}",
    "!(a|b)",
    "@(lib|src)",
    "+(a|b).js",
    "*.map",
    ".*",
    "*b*",
    "{a..c}.js",
    "**.js",
    "L*",
    "lib*",
    "?(a).js",
    "*(l|i|b)",
    "[a-z]*",
    "***",
];

fn package(seed: u64) -> Case {
    let mut dice = Dice(seed);
    let mut files = Vec::new();
    for _ in 0..dice.below(22) + 2 {
        let path = dice.path();
        let is_free = |other: &String| {
            !format!("{other}/").starts_with(&format!("{path}/"))
                && !format!("{path}/").starts_with(&format!("{other}/"))
        };
        if files.iter().all(is_free) {
            files.push(path);
        }
    }
    let mut case = case(format!("seed {seed}")).unknown();
    let mut text = String::new();
    for path in &files {
        case = case.file(path, format!("{path}\n"));
        text.push_str(&format!("\n      {path}"));
    }
    let mut folders: Vec<&str> = files.iter().filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
    folders.push("");
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        for name in [".npmignore", ".gitignore"] {
            if dice.below(if folder.is_empty() { 3 } else { 6 }) == 0 {
                let rules = dice.list(|dice| dice.rule(&files));
                let path = format!("{folder}/{name}");
                text.push_str(&format!("\n      {path}: {rules:?}"));
                case = case.file(path.trim_start_matches('/'), rules.join("\n"));
            }
        }
    }
    for name in ["ln", "src/ln", "lib/ln.js"] {
        let target = ["lib", "..", "../src", "a.js", "gone", "../a.js"][dice.below(6)];
        if dice.below(8) == 0
            && files.iter().all(|path| *path != name && !name.starts_with(&format!("{path}/")))
        {
            text.push_str(&format!("\n      {name} -> {target}"));
            case = case.link(name, target);
        }
    }
    if dice.below(3) == 0 {
        case = case.root("LICENSE", "of the workspace");
        text.push_str("\n      and the workspace's LICENSE");
    }
    let manifest = dice.manifest(&files);
    case.name = format!("seed {seed}: {manifest}{text}");
    case.manifest(manifest)
}

const SPECS: [&str; 24] = [
    "workspace:",
    "workspace:",
    "workspace:",
    "catalog:",
    "catalog:",
    "^",
    "~",
    "*",
    "@",
    "b",
    "@x/c",
    "1",
    ".2",
    ".3",
    "x",
    " ",
    " || ",
    ">=",
    "<",
    "../b",
    "./",
    "-rc.1",
    "named",
    "npm:",
];

/// One dependency with a specification of random pieces.
fn specification(seed: u64) -> Case {
    let mut dice = Dice(seed);
    let spec: String = dice.list(|dice| dice.one(&SPECS)).concat();
    let field = dice.one(&[
        "dependencies",
        "devDependencies",
        "optionalDependencies",
        "peerDependencies",
        "peerDependencies",
    ]);
    let name = dice.one(&["b", "b", "@x/c"]);
    case(format!("seed {seed}: {field}: {name}: {spec:?}"))
        .unknown()
        .manifest(json!({ field: {name: spec} }))
        .member("packages/b", json!({"name": "b", "version": "2.3.4"}))
        .member("packages/c", json!({"name": "@x/c", "version": "0.1.0-rc.1"}))
        .yaml("catalog:\n  b: ^1.0.0\n  '@x/c': npm:b@1\ncatalogs:\n  named:\n    b: ~2.0.0\n")
        .installed(name, if name == "b" { "packages/b" } else { "packages/c" })
}

/// Numbers that look random: the same ones for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).expect("31 bits") % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(5) + 1;
        (0..count).map(|_| item(self)).collect()
    }

    /// A file's path.
    fn path(&mut self) -> String {
        let mut path = String::new();
        for _ in 0..[0, 0, 1, 1, 1, 2, 2, 3][self.below(8)] {
            path.push_str(self.one(&FOLDERS));
            path.push('/');
        }
        path + self.one(&FILES)
    }

    /// A path or a pattern.
    fn pattern(&mut self, files: &[String]) -> String {
        let mut parts: Vec<&str> = Vec::new();
        if self.below(3) > 0 {
            // One that has a chance: a path or folder that is there, some parts of it wild.
            parts.extend(files[self.below(files.len())].split('/'));
            parts.truncate(self.below(parts.len()) + 1);
            for part in &mut parts {
                if self.below(4) == 0 {
                    *part = self.one(&WILD);
                }
            }
        } else {
            for _ in 0..[1, 1, 2, 2, 3][self.below(5)] {
                let pool: &[&str] = match self.below(3) {
                    0 => &FOLDERS,
                    1 => &FILES,
                    _ => &WILD,
                };
                parts.push(self.one(pool));
            }
        }
        let before =
            ["", "", "", "", "", "", "", "", "", "/", "/", "./", "./", "**/", "**/", ""][self.below(16)];
        let behind = ["", "", "", "", "/", "/*", "/**", "/**/*"][self.below(8)];
        format!("{before}{}{behind}", parts.join("/"))
    }

    /// A line of an ignore file, or an entry of `files`.
    fn rule(&mut self, files: &[String]) -> String {
        let not = ["", "", "", "", "!", "!", "!", "!!"][self.below(8)];
        format!("{not}{}", self.pattern(files))
    }

    /// A path as manifests have them.
    fn field(&mut self, files: &[String]) -> Value {
        match self.below(8) {
            0 => json!(self.pattern(files)),
            1 => json!(FOLDERS[self.below(FOLDERS.len())]),
            2 => json!(self.path()),
            3 | 4 => json!(format!("./{}", files[self.below(files.len())])),
            _ => json!(files[self.below(files.len())]),
        }
    }

    fn manifest(&mut self, paths: &[String]) -> Value {
        let mut fields = Map::new();
        if self.below(3) > 0 {
            let files = self.list(|dice| dice.rule(paths));
            fields.insert("files".to_owned(), json!(files));
        }
        for key in ["main", "bin", "browser"] {
            if self.below(3) == 0 {
                let value = self.field(paths);
                fields.insert(key.to_owned(), value);
            }
        }
        if self.below(6) == 0 {
            fields.insert("bin".to_owned(), json!({"x": self.field(paths), "y z": self.field(paths)}));
        }
        if self.below(5) == 0 {
            fields.insert("directories".to_owned(), json!({"bin": self.one(&FOLDERS)}));
        }
        if self.below(5) == 0 {
            let config = json!({"main": self.field(paths), "executableFiles": [self.field(paths)], "access": "public"});
            fields.insert("publishConfig".to_owned(), config);
        }
        Value::Object(fields)
    }
}
