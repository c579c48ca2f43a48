//! A workspace `plat`, a product `notes` beside it, and a registry that has nothing of theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::common::manager::{self, Manager};
use crate::common::registry::Registry;
use crate::common::{Run, World};

/// What each package's manifest says besides its name, its version 1.0.0 and its files. `c` and `d` need each other, `q`
/// is nobody's.
const PACKAGES: [(&str, &str); 8] = [
    (
        "a",
        r#""bin": { "a-tool": "dist/tool.js" },
           "dependencies": { "@bytelyst/b": "workspace:^", "cc": "workspace:@bytelyst/c@^" },
           "optionalDependencies": { "@bytelyst/o": "workspace:~" },
           "peerDependencies": { "@bytelyst/p": "workspace:^", "@bytelyst/q": "^1.0.0" },
           "peerDependenciesMeta": { "@bytelyst/q": { "optional": true } },
           "devDependencies": { "@bytelyst/unneeded": "workspace:*" }"#,
    ),
    ("b", r#""dependencies": { "@bytelyst/c": "workspace:*", "right": "catalog:" }"#),
    ("c", r#""dependencies": { "@bytelyst/d": "workspace:^" }"#),
    ("d", r#""dependencies": { "@bytelyst/c": "workspace:^", "left": "catalog:" }"#),
    ("e", r#""dependencies": { "@bytelyst/b": "workspace:^" }"#),
    ("o", r#""os": ["darwin", "linux"]"#),
    ("o2", r#""dependencies": { "@bytelyst/p": "workspace:^" }"#),
    ("p", r#""peerDependencies": { "left": "^1.0.0" }"#),
];

/// What a surface asks for: of each kind one. Its range of `left` is nobody else's: yarn 1 leaves a direct dependency's
/// range to the registry in spite of a resolution, and by chance, one install in three, all that share the text.
pub(crate) const NEEDS: &str = r#""dependencies": {
    "@bytelyst/a": "^1.0.0",
    "bb": "npm:@bytelyst/b@^1",
    "left": ">=1.0.0 <2.0.0"
  },
  "optionalDependencies": {
    "@bytelyst/o2": "^1.0.0"
  },
  "devDependencies": {
    "@bytelyst/e": "^1.0.0"
  }"#;

/// The fields of a manifest that an install follows.
const FIELDS: [&str; 4] = ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"];

/// `plat`, `notes` and a registry, for one package manager.
pub(crate) struct Product {
    pub(crate) manager: Manager,
    pub(crate) world: World,
    pub(crate) registry: Registry,
}

impl Product {
    /// With the packages above, not committed yet, and no surface.
    pub(crate) fn new(manager: Manager) -> Self {
        let product = Self { manager, world: World::new(), registry: Registry::of_third_parties() };
        product.world.file(
            "plat/pnpm-workspace.yaml",
            "packages: ['packages/*']\ncatalog:\n  left: ^1.0.0\n  right: ^1.0.0\n",
        );
        for (name, more) in PACKAGES {
            product.package(name, &format!(r#""version": "1.0.0", {more}"#));
        }
        product.package("unneeded", r#""version": "1.0.0""#);
        product.world.file("notes/.gitignore", ".docker-deps/\n*.bak\nnode_modules/\n");
        product
    }

    /// With one surface, `backend`, whose manifest says `NEEDS` and `more`; committed.
    pub(crate) fn with_backend(manager: Manager, more: &str) -> Self {
        let product = Self::new(manager);
        product.surface("backend", NEEDS, more).commit();
        product
    }

    /// A package of the workspace, its module saying `NAME one`.
    pub(crate) fn package(&self, name: &str, fields: &str) -> &Self {
        self.world.file(
            format!("plat/packages/{name}/package.json"),
            format!(
                r#"{{ "name": "@bytelyst/{name}", "main": "dist/index.js", "files": ["dist"], {fields} }}"#
            ),
        );
        self.world.file(
            format!("plat/packages/{name}/dist/tool.js"),
            format!("#!/usr/bin/env node\nconsole.log('{name} runs');\n"),
        );
        self.says(name, "one")
    }

    /// Changes what a package is.
    pub(crate) fn says(&self, name: &str, what: &str) -> &Self {
        let text = format!("module.exports = '@bytelyst/{name} {what}';\n");
        self.world.file(format!("plat/packages/{name}/dist/index.js"), text);
        self
    }

    /// A surface with the Dockerfile that builds it; `more` are fields, each with a comma before it.
    pub(crate) fn surface(&self, dir: &str, needs: &str, more: &str) -> &Self {
        let text = format!(
            "{{\n  \"name\": \"surface\",\n  \"version\": \"0.0.0\",\n  \"private\": true,\n  {needs}{more}\n}}\n"
        );
        self.world.file(Path::new("notes").join(dir).join("package.json"), text);
        let from = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        self.world.file(
            Path::new("notes").join(dir).join("Dockerfile"),
            format!(
                "FROM node:22\nWORKDIR /app/{from}\nCOPY {from}package.json {from}pnpm-workspace.yaml* ./\n\
                 COPY .docker-deps* /app/.docker-deps/\nRUN {} {}\n",
                self.manager.name,
                self.manager.words(manager::Install::Plain).join(" "),
            ),
        );
        if self.manager.name == "yarn" && self.manager.major() > 1 {
            self.world.file(Path::new("notes").join(dir).join(".yarnrc.yml"), "nodeLinker: node-modules\n");
        }
        self
    }

    /// Commits the product.
    pub(crate) fn commit(&self) -> &Self {
        self.world.git_init("notes");
        self
    }

    /// `docker-prep` in the product, which finds this package manager and no other.
    pub(crate) fn docker_prep(&self, words: &[&str]) -> Run {
        let mut program = self.world.program();
        program.current_dir(self.world.path("notes")).args(words).env("PATH", manager::path());
        Run::from(program.output().expect("docker-prep runs"))
    }

    /// `docker-prep prepare` for this package manager, and more words.
    pub(crate) fn prepare(&self, more: &[&str]) -> Run {
        let spec = self.manager.spec();
        self.docker_prep(&[&["prepare", "--package-manager", &spec], more].concat())
    }

    /// Restores; no file is different from what is committed.
    #[track_caller]
    pub(crate) fn restore(&self) {
        self.docker_prep(&["restore"]).exits(0);
        assert_eq!(self.world.git_status("notes"), "", "{}: after restore", self.manager);
    }

    /// What must be there after an install of the surface, as [`Expected`] says it.
    pub(crate) fn expected(&self, surface: &str) -> Expected {
        let root = self.manifest(&format!("notes/{surface}"));
        let mut packages = BTreeMap::new();
        let mut left: Vec<String> = needs(&root, &FIELDS).into_values().collect();
        while let Some(name) = left.pop() {
            if packages.contains_key(&name) {
                continue;
            }
            let dir = format!("plat/packages/{}", name.trim_start_matches("@bytelyst/"));
            let module = self.world.read(format!("{dir}/dist/index.js"));
            let says = module.split('\'').nth(1).expect("a text").to_owned();
            let needs = needs(&self.manifest(&dir), &FIELDS[..3]);
            left.extend(needs.values().cloned());
            packages.insert(name, json!({ "says": says, "needs": needs }));
        }
        Expected {
            needs: needs(&root, &FIELDS),
            names: packages.keys().cloned().collect(),
            packages: json!(packages),
            third: Vec::new(),
            absent: vec!["@bytelyst/unneeded", "@bytelyst/q"],
        }
    }

    fn manifest(&self, dir: &str) -> Value {
        let path = self.world.path(dir).join("package.json");
        // While prepared, what was meant stands in the backup.
        let meant = fs::read(path.with_extension("json.bak")).or_else(|_| fs::read(&path));
        serde_json::from_slice(&meant.expect("a manifest")).expect("JSON")
    }
}

/// What an install must bring.
#[derive(Clone)]
pub(crate) struct Expected {
    /// The surface's dependencies in scope: key and package.
    needs: BTreeMap<String, String>,
    packages: Value,
    /// Every package of the closure.
    pub(crate) names: BTreeSet<String>,
    third: Vec<(Vec<&'static str>, &'static str)>,
    absent: Vec<&'static str>,
}

impl Expected {
    /// A third-party package, by the way that leads to it, is this `name@version`.
    pub(crate) fn third(mut self, way: &[&'static str], is: &'static str) -> Self {
        self.third.push((way.to_vec(), is));
        self
    }

    /// A dependency of the surface in scope that nothing else needs, and that may be there or not.
    pub(crate) fn with_or_without(mut self, key: &str) -> Self {
        if let Some(name) = self.needs.remove(key) {
            self.names.remove(&name);
        }
        self
    }

    /// The same, but it must not be there.
    pub(crate) fn without(self, key: &'static str) -> Self {
        let mut expected = self.with_or_without(key);
        expected.absent.push(key);
        expected
    }

    /// For `walk.mjs`.
    pub(crate) fn plan(&self) -> String {
        json!({ "needs": self.needs, "packages": self.packages, "third": self.third, "absent": self.absent })
            .to_string()
    }
}

/// Key and package of each dependency in scope; an optional peer is nobody's duty.
fn needs(manifest: &Value, fields: &[&str]) -> BTreeMap<String, String> {
    let none = Map::new();
    let field = |name: &str| manifest[name].as_object().unwrap_or(&none);
    let optional = |key: &String| manifest["peerDependenciesMeta"][key]["optional"] == json!(true);
    let mut needs = BTreeMap::new();
    for (key, specifier) in fields.iter().flat_map(|name| field(name)) {
        let specifier = specifier.as_str().expect("a text");
        let alias =
            specifier.split_once(':').and_then(|(_, rest)| rest.rsplit_once('@')).map(|(name, _)| name);
        let name = alias.filter(|name| !name.is_empty()).unwrap_or(key);
        if name.starts_with("@bytelyst/") && !optional(key) {
            needs.insert(key.clone(), name.to_owned());
        }
    }
    needs
}
