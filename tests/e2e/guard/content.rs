//! What files hold. `src/guard` has the finer cases.

use crate::common::Run;
use crate::common::product::product;
use crate::guard::repository::{ORIGINAL, REWRITTEN, Repository, author, found_in};

type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

/// A name, files, and what is found in them.
const CASES: &[Case] = &[
    (
        "the manifest as prepare writes it",
        &[("backend/package.json", REWRITTEN)],
        &["backend/package.json:3 manifest"],
    ),
    ("the original", &[("backend/package.json", ORIGINAL)], &[]),
    (
        "the root's manifest",
        &[("package.json", r#"{"dependencies": {"a": "file:./.docker-deps/a.tgz"}}"#)],
        &["package.json:1 manifest"],
    ),
    (
        "without a dot before it",
        &[("package.json", r#"{"dependencies": {"a": "file:.docker-deps/a.tgz"}}"#)],
        &["package.json:1 manifest"],
    ),
    (
        "deep",
        &[("a/b/c/package.json", r#"{"dependencies": {"a": "file:../../../.docker-deps/a.tgz"}}"#)],
        &["a/b/c/package.json:1 manifest"],
    ),
    (
        "one level too many",
        &[("a/package.json", r#"{"dependencies": {"a": "file:../../.docker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "./ before ..",
        &[("a/package.json", r#"{"dependencies": {"a": "file:./../.docker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "there and back",
        &[("a/package.json", r#"{"dependencies": {"a": "file:../x/../.docker-deps//a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "link:",
        &[("a/package.json", r#"{"devDependencies": {"a": "link:../.docker-deps/a"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "an absolute path",
        &[("a/package.json", r#"{"optionalDependencies": {"a": "file:/app/.docker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "a bare path",
        &[("a/package.json", r#"{"dependencies": {"a": "../.docker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "a peer",
        &[("a/package.json", r#"{"peerDependencies": {"a": "file:../.docker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "escaped slashes",
        &[("a/package.json", r#"{"dependencies": {"a": "file:..\/.docker-deps\/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "JSON escapes",
        &[("a/package.json", r#"{"dependencies": {"a": "\u0066ile:../\u002edocker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "an escaped key",
        &[("a/package.json", r#"{"depend\u0065ncies": {"a": "file:../.docker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "backslashes",
        &[("a/package.json", r#"{"dependencies": {"a": "file:..\\.docker-deps\\a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "another case",
        &[("a/package.json", r#"{"dependencies": {"a": "FILE:../.Docker-Deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "percent signs",
        &[("a/package.json", r#"{"dependencies": {"a": "file:../%2Edocker-deps/a.tgz"}}"#)],
        &["a/package.json:1 manifest"],
    ),
    (
        "pnpm.overrides",
        &[("package.json", "{\"pnpm\": {\"overrides\": {\n\"a>b\": \"file:.docker-deps/b.tgz\"}}}")],
        &["package.json:2 manifest"],
    ),
    (
        "nested overrides of npm",
        &[("package.json", "{\"overrides\": {\"a\": {\"b\": {\n\".\": \"file:.docker-deps/b.tgz\"}}}}")],
        &["package.json:2 manifest"],
    ),
    (
        "resolutions",
        &[("package.json", r#"{"resolutions": {"**/a": "file:.docker-deps/a.tgz"}}"#)],
        &["package.json:1 manifest"],
    ),
    (
        "package extensions",
        &[(
            "package.json",
            r#"{"pnpm": {"packageExtensions": {"a": {"dependencies": {"b": "file:.docker-deps/b.tgz"}}}}}"#,
        )],
        &["package.json:1 manifest"],
    ),
    (
        "several in one file",
        &[(
            "package.json",
            "{\"dependencies\": {\n\"a\": \"file:.docker-deps/a.tgz\",\n\"b\": \"^1\",\n\"c\": \"link:.docker-deps/c\"}}",
        )],
        &["package.json:2 manifest", "package.json:4 manifest"],
    ),
    (
        "a byte order mark",
        &[("package.json", "\u{feff}{\"dependencies\": {\"a\": \"file:.docker-deps/a.tgz\"}}")],
        &["package.json:1 manifest"],
    ),
    (
        "Windows line ends",
        &[("package.json", "{\r\n\"dependencies\": {\r\n\"a\": \"file:.docker-deps/a.tgz\"}}\r\n")],
        &["package.json:3 manifest"],
    ),
    (
        "cut",
        &[("package.json", "{\"dependencies\": {\n\"a\": \"file:.docker-deps/a.tg")],
        &["package.json:2 manifest"],
    ),
    (
        "a trailing comma",
        &[("package.json", "{\"dependencies\": {\"a\": \"file:.docker-deps/a.tgz\",}}")],
        &["package.json:1 manifest"],
    ),
    (
        "comments",
        &[("package.json", "// x\n{\"dependencies\": { /* y */ \"a\": \"file:.docker-deps/a.tgz\"}}")],
        &["package.json:2 manifest"],
    ),
    (
        "conflict markers",
        &[(
            "package.json",
            "{\"dependencies\": {\n<<<<<<< HEAD\n\"a\": \"^1\"\n=======\n\"a\": \"file:.docker-deps/a.tgz\"\n>>>>>>> x\n}}",
        )],
        &["package.json:5 manifest"],
    ),
    (
        "a committed node_modules",
        &[("node_modules/a/package.json", r#"{"dependencies": {"b": "file:../../.docker-deps/b.tgz"}}"#)],
        &["node_modules/a/package.json:1 manifest"],
    ),
    (
        "package.yaml",
        &[("package.yaml", "dependencies:\n  a: file:.docker-deps/a.tgz\n")],
        &["package.yaml:2 manifest"],
    ),
    (
        "package.json5",
        &[("package.json5", "{dependencies: {a: 'file:.docker-deps/a.tgz'}}")],
        &["package.json5:1 manifest"],
    ),
    (
        "pnpm-workspace.yaml",
        &[("pnpm-workspace.yaml", "packages: [a]\noverrides:\n  '@b/a': file:.docker-deps/a.tgz\n")],
        &["pnpm-workspace.yaml:3 workspace"],
    ),
    (
        "a catalog",
        &[("pnpm-workspace.yaml", "catalog:\n  a: 'link:.docker-deps/a'\n")],
        &["pnpm-workspace.yaml:2 workspace"],
    ),
    (
        "pnpm-lock.yaml",
        &[(
            "web/pnpm-lock.yaml",
            "lockfileVersion: '9.0'\npackages:\n  '@b/a@file:../.docker-deps/a.tgz':\n    version: 1.0.0\n",
        )],
        &["web/pnpm-lock.yaml:3 lockfile"],
    ),
    (
        "package-lock.json",
        &[(
            "package-lock.json",
            "{\"packages\": {\n\"node_modules/a\": {\"resolved\": \"file:.docker-deps/a.tgz\"}}}",
        )],
        &["package-lock.json:2 lockfile"],
    ),
    (
        "npm-shrinkwrap.json",
        &[("npm-shrinkwrap.json", r#"{"dependencies": {"a": {"version": "file:.docker-deps\/a.tgz"}}}"#)],
        &["npm-shrinkwrap.json:1 lockfile"],
    ),
    (
        "yarn.lock",
        &[("yarn.lock", "# yarn lockfile v1\n\"a@file:.docker-deps/a.tgz\":\n  version \"1.0.0\"\n")],
        &["yarn.lock:2 lockfile"],
    ),
    (
        "bun.lock",
        &[(
            "bun.lock",
            "{\"packages\": {\n\"a\": [\"a@.docker-deps/a.tgz\", {}],\n\"b\": [\"b@./.docker-deps/b.tgz\", {}],},}",
        )],
        &["bun.lock:2 lockfile", "bun.lock:3 lockfile"],
    ),
    (
        "a backup",
        &[("a/package.json", ORIGINAL), ("a/package.json.bak", ORIGINAL)],
        &["a/package.json.bak:1 backup"],
    ),
    ("a backup of nothing", &[("a/package.json.bak", ORIGINAL), ("b/package.json", ORIGINAL)], &[]),
    ("a backup of something else", &[("package.json", ORIGINAL), ("README.md.bak", "x")], &[]),
    (
        "what a killed run leaves",
        &[("package.json", ORIGINAL), ("package.json.docker-prep-new", "{")],
        &["package.json.docker-prep-new:1 backup"],
    ),
    (
        "an edit that was put aside",
        &[("package.json.edited", REWRITTEN)],
        &["package.json.edited:3 manifest"],
    ),
    (
        "tarballs",
        &[(".docker-deps/a.tgz", "\0"), (".docker-deps/.gitignore", "*")],
        &[".docker-deps/.gitignore:1 depsDir", ".docker-deps/a.tgz:1 depsDir"],
    ),
    ("a deps dir below", &[("web/.docker-deps/a/b.tgz", "x")], &["web/.docker-deps/a/b.tgz:1 depsDir"]),
    (
        "names that begin like the deps dir",
        &[
            (".docker-deps.md", "x"),
            (".docker-deps-old/a.tgz", "x"),
            ("docker-deps/a.tgz", "x"),
            ("x.docker-deps/a", "x"),
        ],
        &[],
    ),
    (
        "references to such names",
        &[(
            "package.json",
            r#"{"dependencies": {"a": "file:.docker-deps-old/a.tgz", "b": "file:docker-deps/b", "c": "link:x.docker-deps"}}"#,
        )],
        &[],
    ),
    (
        "a path that leads through and out again",
        &[("package.json", r#"{"dependencies": {"a": "file:.docker-deps/../packages/a"}}"#)],
        &[],
    ),
    (
        "docs, sources and scripts that mention it",
        &[
            ("README.md", "run `\"a\": \"file:../.docker-deps/a.tgz\"`\n"),
            ("src/index.ts", "const x = { dependencies: { a: \"file:../.docker-deps/a.tgz\" } };\n"),
            (".gitignore", ".docker-deps/\n*.bak\n"),
            ("Dockerfile", "COPY .docker-deps* /app/.docker-deps/\n"),
            ("my-package.json", REWRITTEN),
            ("package.json.md", REWRITTEN),
            (
                "package.json",
                r#"{"name": "x", "description": "file:../.docker-deps/x", "scripts": {"a": "ls .docker-deps", "b": "file:../.docker-deps/x"}, "files": [".docker-deps/x"], "keywords": ["file:.docker-deps"], "config": {"dependencies": {"a": "file:.docker-deps/a"}}, "dependencies": {"config": "^1"}}"#,
            ),
        ],
        &[],
    ),
    (
        "a workspace that mentions it",
        &[(
            "pnpm-workspace.yaml",
            "# file:.docker-deps/a.tgz\npackages:\n  - '!.docker-deps/*'\noverrides:\n  a: ^1 # file:.docker-deps/a.tgz\n",
        )],
        &[],
    ),
    (
        "globs of a workspace",
        &[
            ("pnpm-workspace.yaml", "packages:\n  - 'a/*'\n  - '.docker-deps/*'\n"),
            ("a/package.json", r#"{"workspaces": ["../.docker-deps/*"]}"#),
        ],
        &["a/package.json:1 manifest", "pnpm-workspace.yaml:3 workspace"],
    ),
    (
        "patches",
        &[
            ("pnpm-workspace.yaml", "patchedDependencies:\n  a@1: .docker-deps/a.patch\n"),
            ("package.json", r#"{"pnpm": {"patchedDependencies": {"a@1": ".docker-deps/a.patch"}}}"#),
        ],
        &["package.json:1 manifest", "pnpm-workspace.yaml:2 workspace"],
    ),
    (
        "settings of yarn",
        &[(".yarnrc.yml", "nodeLinker: node-modules\nyarnPath: ./.docker-deps/yarn.cjs\n")],
        &[".yarnrc.yml:2 workspace"],
    ),
    (
        "packed packages in a folder of any name",
        &[
            (
                "vendored/.docker-prep",
                "This folder is made by docker-prep, and what docker-prep put here it also removes.\n",
            ),
            ("vendored/x/notes", ""),
            ("lib/b-a-1.0.0-0123456789ab.tgz", ""),
            ("lib/b-a-1.0.0.tgz", ""),
            ("other/.docker-prep", "x"),
            (
                "package.json",
                r#"{"dependencies": {"a": "file:lib/b-a-1.0.0-0123456789ab.tgz", "b": "file:lib/b-a-1.0.0.tgz"}}"#,
            ),
        ],
        &[
            "lib/b-a-1.0.0-0123456789ab.tgz:1 depsDir",
            "package.json:1 manifest",
            "vendored/.docker-prep:1 depsDir",
            "vendored/x/notes:1 depsDir",
        ],
    ),
    (
        "the default name, where settings name another",
        &[
            ("docker-prep.toml", "deps-dir = 'tgz'\n"),
            ("package.json", r#"{"dependencies": {"a": "file:.docker-deps/a.tgz", "b": "file:tgz/b.tgz"}}"#),
            (".docker-deps/x", ""),
        ],
        &[".docker-deps/x:1 depsDir", "package.json:1 manifest", "package.json:1 manifest"],
    ),
    (
        "lockfiles that mention it",
        &[
            ("pnpm-lock.yaml", "packages:\n  a@1:\n    deprecated: see file:.docker-deps/a.tgz\n"),
            ("yarn.lock", "# a@file:.docker-deps/a.tgz:\na@1:\n  version \"1\"\n"),
        ],
        &[],
    ),
    (
        "a broken manifest, of which nobody knows whether it only mentions it",
        &[
            (
                "package.json",
                "{\"scripts\": {\n\"a\": \"ls .docker-deps/x\"}, \"description\": \"file:.docker-deps/a\",}",
            ),
            ("a/package.json", "{\"dependencies\": {\"a\": \"^1\",}}"),
            ("b/package.json5", "{scripts: {a: 'ls .docker-deps/x'}, /* .docker-deps */}"),
        ],
        &["package.json:2 manifest"],
    ),
    ("an empty manifest", &[("package.json", ""), ("a/package.json", "null"), ("b/package.json", "[]")], &[]),
    (
        "fixtures that are left out",
        &[
            ("docker-prep.toml", "guard-ignore = ['fixtures/**', 'a/*/package.json']\n"),
            ("fixtures/x/package.json", REWRITTEN),
            ("fixtures/x/package.json.bak", REWRITTEN),
            ("fixtures/.docker-deps/x.tgz", ""),
            ("fixtures/docker-prep.toml", "not toml ["),
            ("a/b/package.json", REWRITTEN),
        ],
        &[],
    ),
    (
        "a glob leaves nothing else out",
        &[
            ("docker-prep.toml", "guard-ignore = ['fixtures/**', '!fixtures/keep/**']\n"),
            ("src/fixtures/package.json", REWRITTEN),
            ("fixtures/keep/package.json", REWRITTEN),
        ],
        &["fixtures/keep/package.json:3 manifest", "src/fixtures/package.json:3 manifest"],
    ),
    (
        "another deps dir",
        &[
            ("docker-prep.toml", "deps-dir = 'build/deps'\n"),
            ("a/package.json", r#"{"dependencies": {"a": "file:../build/deps/a.tgz"}}"#),
            ("build/package.json", r#"{"dependencies": {"a": "file:./deps/a.tgz"}}"#),
            ("b/package.json", r#"{"dependencies": {"a": "file:../src/deps/a", "b": "file:./deps"}}"#),
            ("build/deps/x.tgz", ""),
            ("src/deps/x.ts", ""),
        ],
        &["a/package.json:1 manifest", "build/deps/x.tgz:1 depsDir", "build/package.json:1 manifest"],
    ),
    (
        "a project below with its own",
        &[
            ("web/docker-prep.toml", "deps-dir = 'tgz'\n"),
            ("web/package.json", r#"{"dependencies": {"a": "file:./tgz/a.tgz"}}"#),
            ("api/package.json", r#"{"dependencies": {"a": "file:./tgz/a.tgz"}}"#),
            ("api/b/package.json", REWRITTEN),
            ("web/tgz/x", ""),
        ],
        &["api/b/package.json:3 manifest", "web/package.json:1 manifest", "web/tgz/x:1 depsDir"],
    ),
];

#[test]
fn each_case_is_judged_right() {
    let mut wrong = Vec::new();
    for (name, files, expected) in CASES {
        let repository = Repository::new();
        // Settings count once they are committed.
        let (settings, rest): (Vec<_>, Vec<_>) =
            files.iter().partition(|(path, _)| path.ends_with("docker-prep.toml"));
        if !settings.is_empty() {
            repository.stage(&settings).commit("settings");
        }
        repository.stage(&rest);
        let found = repository.found(&[]);
        if found != *expected {
            wrong.push(format!("{name}: found {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn wide_characters_are_read() {
    let repository = Repository::new();
    let wide: Vec<u8> = format!("\u{feff}{REWRITTEN}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    repository.write("package.json", wide).stage(&[]);
    assert_eq!(repository.found(&[]), ["package.json:3 manifest"]);
}

#[test]
fn settings_that_cannot_be_followed_stop_it() {
    for (text, why) in [
        ("scoop = 1\n", "docker-prep.toml: line 1"),
        (
            "deps-dir = '../x'\n",
            "docker-prep.toml: line 1: deps-dir: the deps dir `../x` is no folder inside the project",
        ),
        ("guard-ignore = 5\n", "docker-prep.toml: line 1"),
    ] {
        let repository = Repository::new();
        repository.stage(&[("docker-prep.toml", text), ("package.json", ORIGINAL)]);
        repository.cannot_judge(&[], why);
    }
    // What lies in the work tree only is not the tree's.
    let repository = Repository::new();
    repository.stage(&[("package.json", ORIGINAL)]).write("docker-prep.toml", "broken [");
    repository.passes();
}

#[test]
fn a_deps_dir_may_be_named_by_flag_and_by_variable() {
    let repository = Repository::new();
    repository.stage(&[("package.json", r#"{"dependencies": {"a": "file:./tgz/a.tgz"}}"#)]);
    repository.passes();
    assert_eq!(repository.found(&["--deps-dir", "tgz"]), ["package.json:1 manifest"]);
    let absolute = repository.world.path("repo/tgz");
    assert_eq!(repository.found(&["--deps-dir", absolute.to_str().unwrap()]), ["package.json:1 manifest"]);
    let mut program = repository.world.program();
    repository.run(program.arg("guard").env("DOCKER_PREP_DEPS_DIR", "tgz")).exits(1);
    repository.guard(["--deps-dir", "/elsewhere"]).exits(2);
    repository.guard(["--deps-dir", ".."]).exits(2);
}

#[test]
fn what_is_no_text_does_not_pass() {
    let pointer: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:01\nsize 100\n";
    let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56, 0xff];
    for bytes in [pointer, b"\0GITCRYPT\0\x12\x34\xff", gzip, b"\0\0\x01\xff"] {
        for path in [
            "web/package.json",
            "pnpm-workspace.yaml",
            ".yarnrc.yml",
            "pnpm-lock.yaml",
            "yarn.lock",
            "bun.lockb",
        ] {
            let repository = Repository::committed(&[("docker-prep.toml", "guard-ignore = ['fixtures']\n")]);
            repository.write(path, bytes).stage(&[]);
            repository.cannot_judge(&[], &format!("{path}: it is "));
            repository.commit("bad");
            repository.cannot_judge(&["--all"], &format!("{path}: it is "));
            repository.cannot_judge(&["--range", "HEAD~1..HEAD"], &format!("{path}: it is "));
            // Left out, or beside something that was found.
            repository.git(&["rm", "-q", "--cached", path]);
            repository.write(format!("fixtures/{path}"), bytes).git(&["add", "-f", "fixtures"]);
            repository.passes();
            repository.write(path, bytes).stage(&[("a/package.json", REWRITTEN)]);
            let run = repository.guard(["--json"]).exits(1).json();
            assert!(run["notices"][0].as_str().unwrap().starts_with(&format!("{path}: it is ")), "{run}");
        }
    }
    // Broken on purpose, as tests have them.
    let repository = Repository::new();
    repository.stage(&[
        ("a/package.json", "{ not json"),
        ("b/package.json", "garbage\n"),
        ("c/package.json", ""),
        ("d/pnpm-workspace.yaml", "a: [\n"),
        ("e/package.json", "{\"name\": \"\u{fffd}\", }"),
    ]);
    repository.passes();
}

#[test]
fn a_prepared_project_is_judged_by_its_own_deps_dir() {
    let world = product();
    world.run(["-C", "notes", "prepare", "--deps-dir", "vendored/x"]).exits(0);
    // Any reference into the folder that the state names, not only to tarballs.
    world.file("notes/other/package.json", r#"{"dependencies": {"a": "link:../vendored/x/a"}}"#);
    world.git("notes", &["add", "--all", "--force"]);
    let check = |args: &[&str]| {
        let run = world.run_in("notes", [&["guard", "--json"], args].concat()).exits(1);
        let found = found_in(&run);
        for wanted in ["other/package.json:1 manifest", "vendored/x/.gitignore:1 depsDir"] {
            assert!(found.iter().any(|found| found == wanted), "{wanted}: {found:?}");
        }
        assert!(found.iter().any(|found| found.contains(".tgz:1 depsDir")), "{found:?}");
        assert!(found.iter().filter(|found| found.ends_with("manifest")).count() > 1, "{found:?}");
    };
    check(&[]);
    Run::from(author(world.command("git")).args(["-C", "notes", "commit", "-qm", "bad"]).output().unwrap())
        .exits(0);
    check(&["--all"]);
    check(&["--range", "HEAD~1..HEAD"]);
}
