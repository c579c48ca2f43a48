use proptest::prelude::*;
use serde_json::json;

use crate::guard::*;

const MANIFEST: GuardedFile = GuardedFile::Manifest(Syntax::Json);

fn hits(file: GuardedFile, text: &str) -> Vec<Finding> {
    judge(&GuardSettings::read(&[], None).unwrap(), file, b"web/package.json", text.as_bytes())
}

/// A text with its characters written as JSON allows, as the seed's bits choose.
fn escaped(text: &str, seed: &[u8]) -> String {
    let mut out = String::from("\"");
    for (c, how) in text.chars().zip(seed.iter().cycle()) {
        match how % 4 {
            0 if c == '/' => out.push_str("\\/"),
            1 => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
            2 => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04X}"))),
            _ => {
                let quoted = serde_json::to_string(&c.to_string()).unwrap();
                out.push_str(&quoted[1..quoted.len() - 1]);
            }
        }
    }
    out.push('"');
    out
}

/// A specifier that leads into the deps dir.
fn specifier() -> impl Strategy<Value = String> {
    let protocol = prop::sample::select(vec![
        "file:",
        "link:",
        "portal:",
        "FILE:",
        "file://",
        "x@file:",
        "workspace:",
        "./",
    ]);
    let way =
        prop::collection::vec(prop::sample::select(vec!["../", "./", "a/../", "/", "..\\", "b/"]), 0..4);
    let folder = prop::sample::select(vec![".docker-deps", ".Docker-Deps", "%2Edocker-deps"]);
    let rest =
        prop::sample::select(vec!["/x-1.0.0.tgz", "//x.tgz", "\\x.tgz", "/x y.tgz", "/x.tgz#sha", "/é.tgz"]);
    (protocol, way, folder, rest)
        // `b/` before `a/../` and the like stay above the folder; only `..` behind it would leave it.
        .prop_map(|(protocol, way, folder, rest)| format!("{protocol}{}{folder}{rest}", way.concat()))
}

fn keys() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::select(vec![
        vec!["dependencies", "a"],
        vec!["devDependencies", "config"],
        vec!["optionalDependencies", "scripts"],
        vec!["peerDependencies", "description"],
        vec!["resolutions", "**/a"],
        vec!["overrides", "a", "b", "."],
        vec!["pnpm", "overrides", "a>b"],
        vec!["pnpm", "packageExtensions", "a", "dependencies", "b"],
        vec!["catalog", "a"],
        vec!["workspaces", "catalogs", "x", "a"],
    ])
}

proptest! {
    #[test]
    fn every_encoding_of_a_reference_is_found(
        spec in specifier(), keys in keys(), seed in prop::collection::vec(any::<u8>(), 1..9), cut in 0..3_usize,
        wide in any::<bool>(),
    ) {
        let mut text = String::from("{\n");
        for key in &keys {
            text.push_str(&format!("{}:\n{{", escaped(key, &seed)));
        }
        text.pop();
        text.push_str(&escaped(&spec, &seed));
        // Whole, cut behind the value, or with a comma too many.
        match cut {
            0 => text.push_str(&"}".repeat(keys.len())),
            1 => {}
            _ => text.push_str(&format!(",{}", "}".repeat(keys.len()))),
        }
        let line = 2 + keys.len();
        let lines: Vec<usize> = hits(MANIFEST, &text).iter().map(|hit| hit.line).collect();
        prop_assert_eq!(lines, [line], "{}", text);
        if wide {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let settings = GuardSettings::read(&[], None).unwrap();
            prop_assert_eq!(judge(&settings, MANIFEST, b"package.json", &bytes).len(), 1);
        }
    }

    #[test]
    fn a_mention_anywhere_else_passes(
        spec in specifier(),
        key in prop::sample::select(vec!["description", "scripts", "files", "keywords", "config", "main", "x", "exports"]),
        shape in 0..3_usize,
    ) {
        let value = match shape {
            0 => json!(spec),
            1 => json!([spec, {"a": spec}]),
            _ => json!({"dependencies": {"a": spec}, spec.as_str(): 1}),
        };
        let text = json!({"name": "a", "dependencies": {"b": "^1"}, key: value}).to_string();
        prop_assert_eq!(hits(MANIFEST, &text), []);
    }

    #[test]
    fn the_quick_look_overlooks_nothing(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "\"", "\n", ":", "dependencies", "overrides", "file:..", "/", ".docker-deps", ".DOCKER-deps",
            "\\u002e", "docker-deps", "%2e", "\\/", "link:", "x.tgz", ",", " ", "<<<<<<< a\n", "\0", "- ", "d",
            "\\d", "\\.", "\\\n", "\\", ".", "ocker-deps", "\"a\": \"file:../", "\\x2e",
        ]), 0..30),
        as_value in any::<bool>(),
    ) {
        let text = parts.concat();
        let text = if as_value { format!("{{\"dependencies\": {{\"a\": \"file:../{text}/x") } else { text };
        let settings = GuardSettings::read(&[], None).unwrap();
        let files = [MANIFEST, GuardedFile::Manifest(Syntax::Json5), GuardedFile::Manifest(Syntax::Yaml), GuardedFile::Workspace, GuardedFile::Lockfile(Syntax::Json),
            GuardedFile::Lockfile(Syntax::Yaml), GuardedFile::Lockfile(Syntax::Binary)];
        for file in files {
            let slow = judge_all(&settings, file, b"a/b", text.as_bytes());
            prop_assert_eq!(judge(&settings, file, b"a/b", text.as_bytes()), slow);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let settings = GuardSettings::read(&[], None).unwrap();
        for file in [MANIFEST, GuardedFile::Manifest(Syntax::Json5), GuardedFile::Workspace, GuardedFile::Lockfile(Syntax::Json), GuardedFile::Lockfile(Syntax::Yaml)] {
            let _ = judge_all(&settings, file, &bytes, &bytes);
        }
        let _ = name::file(&bytes);
    }
}

#[test]
fn lockfiles_of_every_package_manager() {
    let file = |name: &str| name::file(name.as_bytes()).unwrap();
    for (name, text) in [
        (
            "pnpm-lock.yaml",
            "importers:\n  .:\n    dependencies:\n      '@b/a':\n        specifier: file:../.docker-deps/a.tgz\n",
        ),
        ("pnpm-lock.yaml", "packages:\n  '@b/a@file:../.docker-deps/a.tgz(react@18)':\n"),
        (
            "pnpm-lock.yaml",
            "packages:\n  x:\n    resolution: {directory: ../.docker-deps/a, type: directory}\n",
        ),
        ("pnpm-lock.yaml", "overrides:\n  a: link:.docker-deps/a\n"),
        (
            "package-lock.json",
            r#"{"packages": {"node_modules/a": {"resolved": "file:../.docker-deps/a.tgz"}}}"#,
        ),
        ("package-lock.json", r#"{"packages": {"../.docker-deps/a": {"version": "1.0.0"}}}"#),
        (
            "package-lock.json",
            r#"{"packages": {"": {"dependencies": {"a": "file:..\/.docker-deps\/a.tgz"}}}}"#,
        ),
        ("npm-shrinkwrap.json", r#"{"dependencies": {"a": {"version": "file:../.docker-deps/a.tgz"}}}"#),
        ("yarn.lock", "\"a@file:../.docker-deps/a.tgz\":\n  version \"1.0.0\"\n"),
        ("yarn.lock", "a@file:../.docker-deps/a.tgz:\n  version \"1.0.0\"\n"),
        ("yarn.lock", "a@1:\n  resolved \"file:../.docker-deps/a.tgz#abc\"\n"),
        (
            "yarn.lock",
            "\"a@npm:^1, a@file:../.docker-deps/a.tgz::locator=x%40workspace%3A.\":\n  version: 1.0.0\n",
        ),
        ("yarn.lock", "x:\n  resolution: \"a@file:../.docker-deps/a.tgz#../.docker-deps/a.tgz::hash=1\"\n"),
        ("bun.lock", "{\"packages\": {\"a\": [\"a@../.docker-deps/a.tgz\", {}, \"sha\"],},}"),
        ("bun.lock", "{\"workspaces\": {\"\": {\"dependencies\": {\"a\": \"file:../.docker-deps/a\",},},},}"),
        ("bun.lockb", "#!/usr/bin/env bun\nbun-lockfile-format-v0\n\0\0a../.docker-deps/a.tgz\0"),
    ] {
        let found = hits(file(name), text);
        assert!(
            !found.is_empty() && found.iter().all(|hit| hit.kind == FindingKind::Lockfile),
            "{name}: {text}: {found:?}"
        );
    }
    for (name, text) in [
        ("pnpm-lock.yaml", "# file:../.docker-deps/a.tgz\npackages:\n  a@1: {}  # link:.docker-deps/x\n"),
        (
            "pnpm-lock.yaml",
            "packages:\n  a@1:\n    deprecated: see file:../.docker-deps/a.tgz or .docker-deps/\n",
        ),
        (
            "pnpm-lock.yaml",
            "packages:\n  a@file:../docker-deps/a.tgz: {}\n  b@file:../.docker-deps.old/a: {}\n",
        ),
        (
            "package-lock.json",
            r#"{"packages": {"node_modules/a": {"license": "SEE LICENSE IN .docker-deps/LICENSE"}}}"#,
        ),
        (
            "package-lock.json",
            r#"{"packages": {"node_modules/a": {"resolved": "https://r.example/.docker-deps/a.tgz"}}}"#,
        ),
        ("package-lock.json", r#"{"packages": {"": {"workspaces": ["web", "!./.docker-deps/*"]}}}"#),
        ("yarn.lock", "# \"a@file:../.docker-deps/a.tgz\":\na@1:\n  version \"1\"\n"),
        ("bun.lock", "{ // file:../.docker-deps/a\n\"a\": [\"a@1\"],}"),
        ("bun.lockb", "bun-lockfile-format-v0\n\0x.docker-deps\0my.docker-deps/a"),
    ] {
        assert_eq!(hits(file(name), text), [], "{name}: {text}");
    }
}

#[test]
fn a_workspace_file_counts_where_pnpm_reads_specifiers() {
    for text in [
        "overrides:\n  '@b/a': file:../.docker-deps/a.tgz\n",
        "catalog: {a: 'link:.docker-deps/a'}\n",
        "catalogs:\n  x:\n    a: \"file:\\x2e\\x2e/\\u002edocker-deps/a\"\n",
        "packageExtensions:\n  a:\n    dependencies:\n      b: ../.docker-deps/b.tgz\n",
        "x: &x\n  a: file:.docker-deps/a\noverrides:\n  <<: *x\n",
        "overrides:\n\ta: file:../.docker-deps/a.tgz\n",
        "x: &x {a: file:.docker-deps/a}\ny: &y {overrides: *x, foo: *x}\n<<: *y\n",
        "<<: {overrides: {a: file:.docker-deps/a}}\n",
        "x: &x\n  overrides:\n    a: file:.docker-deps/a\n<<: [*x]\n",
        "overrides:\n  a: [\n  b: file:../.docker-deps/a.tgz\n",
        "packages:\n  - '.docker-deps/*'\n",
        "packages: ['../%2Edocker-deps']\n",
        "patchedDependencies:\n  a@1: .docker-deps/a.patch\n",
        "overrides:\n  a: file:elsewhere/b-a-1.0.0-0123456789ab.tgz\n",
        "overrides: [\n  a: file:elsewhere/b-a-1.0.0-0123456789ab.tgz\n",
        "overrides:\n<<<<<<< HEAD\n  a: ../.docker-deps/a.tgz\n=======\n  a: ^1\n>>>>>>> x\n",
    ] {
        assert_eq!(hits(GuardedFile::Workspace, text).len(), 1, "{text}");
    }
    for text in [
        "packages:\n  - 'packages/*'\n  - '!../.docker-deps/**'\n  - '!.docker-deps'\n",
        "patchedDependencies:\n  a@1: patches/.docker-deps.patch\n",
        "x:\n  packages: ['.docker-deps/*']\n",
        "# overrides:\n#   a: file:../.docker-deps/a.tgz\noverrides:\n  a: ^1 # file:../.docker-deps/a\n",
        "x:\n  overrides:\n    a: file:../.docker-deps/a.tgz\n",
    ] {
        assert_eq!(hits(GuardedFile::Workspace, text), [], "{text}");
    }
}

#[test]
fn paths_of_other_settings_count() {
    for (file, text) in [
        (MANIFEST, r#"{"workspaces": ["packages/*", "./.docker-deps/*"]}"#),
        (MANIFEST, r#"{"workspaces": {"packages": ["../.docker-deps"]}}"#),
        (MANIFEST, r#"{"pnpm": {"patchedDependencies": {"a@1": ".docker-deps/a.patch"}}}"#),
        (MANIFEST, r#"{"patchedDependencies": {"a@1": ".docker-deps/a.patch"}}"#),
        (
            GuardedFile::Yarnrc,
            "packageExtensions:\n  a@*:\n    dependencies:\n      b: file:.docker-deps/b.tgz\n",
        ),
        (GuardedFile::Yarnrc, "yarnPath: .docker-deps/yarn.cjs\n"),
        (GuardedFile::Yarnrc, "plugins:\n  - path: ../.docker-deps/plugin.cjs\n"),
        (GuardedFile::Yarnrc, "yarnPath: [.docker-deps/yarn.cjs\n"),
        (
            GuardedFile::Lockfile(Syntax::Yaml),
            "patchedDependencies:\n  a@1:\n    hash: x\n    path: .docker-deps/a.patch\n",
        ),
        (GuardedFile::Lockfile(Syntax::Binary), "bun-lockfile-format-v0\n\0../x/b-a-1.0.0-0123456789ab.tgz"),
    ] {
        assert_eq!(hits(file, text).len(), 1, "{text}");
    }
    for (file, text) in [
        (MANIFEST, r#"{"workspaces": ["packages/*", "!.docker-deps/**"]}"#),
        (MANIFEST, r#"{"workspaces": {"nohoist": [".docker-deps/*"]}}"#),
        (GuardedFile::Yarnrc, "yarnPath: .yarn/releases/yarn-4.5.0.cjs\n# .docker-deps/x\n"),
        (GuardedFile::Yarnrc, "npmRegistryServer: https://example.com/.docker-deps/x\n"),
    ] {
        assert_eq!(hits(file, text), [], "{text}");
    }
}

#[test]
fn what_cannot_be_parsed_counts_where_it_names_the_deps_dir() {
    for text in [
        "{\"dependencies\": {\"a\": \"file:../.docker-deps/a.tgz",
        "{\"dependencies\": {\"a\": \"../.docker-deps/a.tgz\",}}",
        "{dependencies: {a: 'link:../.docker-deps/a'}}",
        "{\"dependencies\": {\"a\": file:../.docker-deps/a.tgz\"}}",
        "{\"dependencies\": {\"a: \"file:../.docker-deps/a.tgz\"}}",
        "\"a\": \"file:../.docker-deps/a.tgz\"\n}",
        "{\"dependencies\": {\"a\": \"file:..\\.docker-deps\\a.tgz\"}}",
        "{\"dependencies\": {\n<<<<<<< HEAD\n\"config\": \"^1\"}\n=======\n\"config\": \"file:.docker-deps/a\"}\n>>>>>>> b\n}",
        "{\"dependencies\": {\n<<<<<<< HEAD\n\"a\": \"^1\"\n||||||| x\n\"a\": \"file:.docker-deps/a\"\n=======\n\"a\": \"^2\"\n>>>>>>> b\n}}",
        "{\"dependencies\": {\"a\": \"file:.docker-deps/\\ud800\"}}",
        "{\"dependencies\": {\"a\": \"file:.docker-deps/a\"}, \"dependencies\": {}}",
        "{\"overrides\": {\"a@file:.docker-deps/a\": \"1\"}}",
        "\u{feff}{\"dependencies\": {\"a\": \"file:.docker-deps/a\"}}",
        "{\"dependencies\": \"file:.docker-deps/a\"}",
        // Mentions, of which nobody can tell.
        "{\"description\": \"file:../.docker-deps/a\",}",
        "{\"scripts\": {\"a\": \"file:../.docker-deps/a\", \"b\": \"ls .docker-deps/x\"},}",
        "{\"dependencies\": {\"a\": \"^1\" // \"file:../.docker-deps/a\"\n}}",
        "{\"dependencies\": {\n<<<<<<< HEAD\n\"a\": \"^1\"\n=======\n\"a\": \"^2\"\n>>>>>>> b\n}, \"description\": \"file:.docker-deps/a\"}",
        "see file:../.docker-deps/a",
        // In any spelling.
        "{\"a\": \".Docker-DEPS",
        "{\"a\": \"\\u002edocker-deps",
        "{\"a\": \"%2edocker%2Ddeps",
        "{\"a\": \"\\x2edocker-deps",
        "{\"a\": \"\\u00252edocker-deps",
        "{\"a\": \"..\\.docker-deps",
        "{\"a\": '.docker\\\n-deps",
    ] {
        let found = hits(MANIFEST, text);
        assert!(found.len() == 1 && found[0].kind == FindingKind::Manifest, "{text}: {found:?}");
    }
    for text in [
        "",
        "see file:../docker-deps/a",
        "{\"dependencies\": {\"a\": \"^1\",}}",
        "{\"dependencies\": {\n<<<<<<< HEAD\n\"a\": \"^1\"\n=======\n\"a\": \"^2\"\n>>>>>>> b\n}}",
        "{\"dependencies\": {\"a\": \"file:.docker-deps/../b\", \".docker-deps\": \"^1\"}}",
    ] {
        assert_eq!(hits(MANIFEST, text), [], "{text}");
    }
    let yaml = GuardedFile::Manifest(Syntax::Yaml);
    for (text, line) in
        [("a: [\nb: \"\\U0000002edocker-deps\"\n", 2), ("<<<<<<< a\n=======\n>>>>>>> b\n# .docker-deps", 4)]
    {
        let found = hits(yaml, text);
        assert!(found.len() == 1 && found[0].line == line, "{text}: {found:?}");
    }
    assert_eq!(hits(yaml, "scripts: {a: ls .docker-deps}\n"), []);
    // JSON5 is parsed as what it is, and JSON is not taken for it.
    let json5 = "{scripts: {a: '.docker-deps/x'}, /* .docker-deps */ dependencies: {b: 'file:x'},}";
    assert_eq!(hits(GuardedFile::Manifest(Syntax::Json5), json5), []);
    assert_eq!(hits(MANIFEST, json5).len(), 1);
    let json5 = "{scripts: {a: '.docker-deps/x'},\n'dependencies': {b: 'file:.docker\\\r\n-deps/b'},}";
    let found = hits(GuardedFile::Manifest(Syntax::Json5), json5);
    assert!(found.len() == 1 && found[0].line == 2 && found[0].key == "dependencies.b", "{found:?}");
}

#[test]
fn no_depth_overflows_or_takes_long() {
    let deep = format!(
        "{{\"overrides\":{}\"file:.docker-deps/a\"{}}}",
        "{\"a\":".repeat(20_000),
        "}".repeat(20_000)
    );
    assert_eq!(hits(MANIFEST, &deep).len(), 1);
    let flow = format!("overrides: {}file:.docker-deps/a", "[".repeat(20_000));
    assert_eq!(hits(GuardedFile::Workspace, &flow).len(), 1);
    let nested = format!("overrides:\n {}a: file:.docker-deps/a", "- ".repeat(2_000));
    assert_eq!(hits(GuardedFile::Workspace, &nested).len(), 1);
    let many = format!("{{\"dependencies\": {{\"a\": \"{}/../.docker-deps/a\"", "x@./".repeat(200_000));
    assert_eq!(hits(MANIFEST, &many).len(), 1);
    assert_eq!(hits(MANIFEST, &format!("{} .docker-deps", "/* ".repeat(200_000))).len(), 1);
    let lines = "\"a\": \"file:.docker-deps/a\",\n".repeat(20_000);
    assert_eq!(hits(GuardedFile::Lockfile(Syntax::Json), &lines).len(), 20_000);
    assert_eq!(hits(GuardedFile::Lockfile(Syntax::Yaml), &lines).len(), 20_000);
}
