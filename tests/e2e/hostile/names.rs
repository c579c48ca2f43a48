//! Names that would steer a terminal or command a runner of CI, wherever they come from: none makes a line of its own,
//! an escape sequence or a command in what any command prints.

use std::ffi::OsString;

use serde_json::{Value, json};

use crate::common::product::{dockerfile, product};
use crate::common::{Run, World};
use crate::hostile::all;

/// Each of them would be a file's name too.
const NAMES: [&str; 8] = [
    "x\n::add-mask::hello\n::error file=a::injected",
    "x\nalone  \n   on a line",
    "x\n  ::warning::y\n##[group]z",
    "x\u{1b}[31mred\u{1b}[1;31m",
    "x\u{202e}gnp\u{2066}\u{2028}alone",
    "x\u{9b}31m\u{85}alone\u{7f}",
    "x\r::set-output name=a::b\r",
    "x\t##[add-mask]y\u{b}::error::z",
];

/// A product among hostile names.
type Build = fn(&World, &str);

const WORLDS: [(&str, Build); 7] = [
    ("places", places),
    ("product's manifest", manifest),
    ("workspace's package", member),
    ("settings", settings),
    ("Dockerfile", image),
    ("package manager", manager),
    ("deps dir", deps_dir),
];

/// Folders, files, a service and the branch.
fn places(world: &World, name: &str) {
    world.file(format!("notes/{name}/package.json"), manifest_that_needs("@bytelyst/http", "^3.0.0"));
    world.file(format!("notes/{name}/{name}"), dockerfile("."));
    world.file(format!("notes/{name}/{name}.bak"), "");
    world.file(format!("notes/lone {name}/package.json"), manifest_that_needs("@bytelyst/errors", "*"));
    let service = json!({"build": {"context": format!("./{name}"), "dockerfile": name}});
    let other = json!({"build": {"context": ".", "dockerfile": "backend/Dockerfile", "target": name}});
    let more = json!({"build": {"context": name, "args": {name: name}, "secrets": [name]}, "image": name});
    let compose = json!({"name": name, "services": {name: service, "backend": {"build":
        {"context": ".", "dockerfile": "backend/Dockerfile"}}, format!("a{name}"): other, format!("b{name}"): more}});
    world.file("notes/compose.yaml", compose.to_string());
    let refused = world.command("git").args(["-C", "notes", "checkout", "-q", "-b", name]).output().unwrap();
    if !refused.status.success() {
        // What git takes for no branch may still stand where it looks for one.
        world.file("notes/.git/HEAD", "ref: refs/heads/main\n");
    }
}

fn manifest(world: &World, name: &str) {
    let (package, peer) = (format!("@bytelyst/{name}"), format!("@bytelyst/a{name}"));
    let manifest = json!({"name": name, "version": name, "dependencies": {&package: "^1.0.0", "@bytelyst/http": name},
        "devDependencies": {"@bytelyst/errors": format!("workspace:{name}")}, "peerDependencies": {peer: name},
        "overrides": {format!("{name}>@bytelyst/http"): name}, "scripts": {"build": name}});
    world.file("notes/backend/package.json", manifest.to_string());
    world.file("notes/web/package.json", manifest_that_needs("@bytelyst/client", "catalog:"));
    world.file("notes/web/Dockerfile", dockerfile("web"));
}

fn member(world: &World, name: &str) {
    let members = [
        (name.to_owned(), json!({"name": "@bytelyst/named", "version": "1.0.0"})),
        ("version".to_owned(), json!({"name": "@bytelyst/version", "version": name})),
        ("build".to_owned(), json!({"name": "@bytelyst/build", "version": format!("1.0.0-{name}")})),
        ("name".to_owned(), json!({"name": format!("@bytelyst/{name}"), "version": "1.0.0"})),
        ("twice".to_owned(), json!({"name": format!("@bytelyst/{name}"), "version": "1.0.0"})),
        (
            "files".to_owned(),
            json!({"name": "@bytelyst/files", "version": "1.0.0", "main": name, "bin": {name: name}, "files": [name],
                "dependencies": {"@bytelyst/version": "workspace:*", "ms": format!("catalog:{name}"), name: "1"}}),
        ),
    ];
    let mut needed = serde_json::Map::new();
    for (folder, mut manifest) in members {
        if manifest.get("main").is_none() {
            manifest["files"] = json!(["index.js"]);
        }
        needed.insert(manifest["name"].as_str().unwrap().to_owned(), "*".into());
        world.file(format!("plat/packages/{folder}/package.json"), manifest.to_string());
        world.file(format!("plat/packages/{folder}/index.js"), "");
        world.file(format!("plat/packages/{folder}/{name}.js"), "");
    }
    world.file("plat/packages/nameless/package.json", json!({"version": name}).to_string());
    // One surface whose package lies in such a folder can be prepared; the other one cannot.
    world.file("notes/backend/package.json", manifest_that_needs("@bytelyst/named", "*"));
    world.file("notes/web/package.json", json!({"dependencies": needed}).to_string());
    world.file("notes/web/Dockerfile", dockerfile("web"));
}

fn settings(world: &World, name: &str) {
    let name = toml(name);
    world.file(
        "notes/docker-prep.toml",
        format!(
            "scope = [{name}]\nworkspace = {name}\nsurfaces = [{name}]\ndeps-dir = {name}\nsource = {name}\n\
             package-manager = {name}\nguard-ignore = [{name}]\n{name} = {name}\n"
        ),
    );
}

fn image(world: &World, name: &str) {
    world.file(
        "notes/backend/Dockerfile",
        format!(
            "FROM node:{name} AS {name}\nARG {name}={name}\nENV {name}={name}\nWORKDIR /app/backend\n\
             COPY backend/package.json {name} ./\nCOPY . /app/\nCOPY --from={name} {name} .\n\
             RUN --mount=type=secret,id={name} pnpm install --dir {name}\nRUN npm i -g pnpm@{name} && {name}\n"
        ),
    );
    world.file("notes/backend/.npmrc", format!("{name}={name}\n"));
    world.file("notes/.dockerignore", format!("{name}\n.docker-deps\n"));
}

fn manager(world: &World, name: &str) {
    let mut manifest: Value = serde_json::from_str(&world.read("notes/backend/package.json")).unwrap();
    manifest["packageManager"] = format!("pnpm@10.6.5{name}").into();
    manifest["engines"] = json!({"pnpm": name, "node": name});
    manifest["pnpm"] = json!({"overrides": {name: name, "@bytelyst/http": name}});
    world.file("notes/backend/package.json", manifest.to_string());
    world.file("notes/backend/pnpm-lock.yaml", format!("lockfileVersion: \"{name}\"\n"));
    world.file("notes/backend/pnpm-workspace.yaml", format!("overrides:\n  {}: 1\n", json!(name)));
    world.file("notes/package.json", json!({"packageManager": name, "workspaces": [name]}).to_string());
}

fn deps_dir(world: &World, name: &str) {
    world.file("notes/docker-prep.toml", format!("deps-dir = {}\n", toml(name)));
    world.file(format!("notes/{name}/there"), "");
}

fn manifest_that_needs(package: &str, range: &str) -> String {
    let manifest = json!({"name": "some", "dependencies": {package: range}});
    format!("{manifest:#}\n")
}

/// As a string of TOML.
fn toml(name: &str) -> String {
    let escaped: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' => c.to_string(),
            c => format!("\\U{:08x}", u32::from(c)),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// What was made of the name has no effect on what is printed.
struct Case {
    world: World,
    name: &'static str,
    what: &'static str,
}

impl Case {
    fn new(what: &'static str, name: &'static str, build: Build) -> Self {
        let world = product();
        build(&world, name);
        let case = Self { world, name, what };
        case.world.git("notes", &["add", "--all", "--force"]);
        case.world.git("notes", &["commit", "--quiet", "--allow-empty", "--message=hostile"]);
        case
    }

    fn run(&self, words: &[&str]) -> Run {
        self.run_with(words, &[])
    }

    fn run_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut program = self.world.program();
        program.current_dir(self.world.path("notes")).args(words).envs(variables.iter().copied());
        let run = Run::from(program.output().unwrap());
        let told = || format!("{} named {:?}: {words:?} {variables:?}\n{run:?}", self.what, self.name);
        assert!(run.code.is_some_and(|code| code != 101), "{}", told());
        let is_json = words.contains(&"--json") || words.contains(&"json");
        if is_json {
            assert!(serde_json::from_str::<Value>(&run.stdout).is_ok(), "{}", told());
        }
        for text in [&run.stdout, &run.stderr] {
            if let Err(why) = self.is_plain(text, words.contains(&"github")) {
                panic!("{why:?}: {}", told());
            }
        }
        run
    }

    /// Nothing but lines of the program's own.
    fn is_plain(&self, text: &str, annotates: bool) -> Result<(), String> {
        let later: Vec<&str> = self.name.split(['\n', '\r', '\u{b}', '\u{85}', '\u{2028}']).skip(1).collect();
        for line in text.split('\n').map(uncoloured) {
            let line = &*line;
            let is_diff = line.starts_with(['+', '-', ' ']);
            let body = line.strip_suffix('\r').filter(|_| is_diff).unwrap_or(line);
            let body = ["\u{1b}[1;31merror\u{1b}[0m: ", "\u{1b}[1;33mwarning\u{1b}[0m: "]
                .into_iter()
                .find_map(|word| body.strip_prefix(word))
                .unwrap_or(body);
            let is_bidi = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if body.chars().any(|c| c.is_control() && c != '\t' || is_bidi(c)) {
                return Err(line.to_owned());
            }
            let begin = body.trim_start();
            let is_annotation = annotates
                && ["::error file=", "::notice file="].iter().any(|begin| body.starts_with(begin))
                && body.contains(",title=docker-prep guard::");
            if begin.starts_with("::") && !is_annotation || begin.starts_with("##[") {
                return Err(line.to_owned());
            }
            let is_names = |piece: &str| !piece.trim().is_empty() && begin.starts_with(piece.trim());
            if later.iter().any(|piece| is_names(piece)) {
                return Err(line.to_owned());
            }
        }
        Ok(())
    }
}

/// A line of a diff without the colours that it is drawn in: the one at its begin, and the end of that.
fn uncoloured(line: &str) -> String {
    const END: &str = "\u{1b}[m";
    let drawn = |code: &str, marks: &[char]| {
        let rest = line.strip_prefix(&format!("\u{1b}[{code}m"))?;
        rest.starts_with(marks).then_some(rest)
    };
    let whole = drawn("1", &['-', '+']).or_else(|| drawn("31", &['-'])).or_else(|| drawn("32", &['+']));
    let whole = whole.and_then(|rest| {
        let bare = rest.strip_suffix('\r').unwrap_or(rest);
        Some(format!("{}{}", bare.strip_suffix(END)?, &rest[bare.len()..]))
    });
    let place = || drawn("36", &['@'])?.split_once(END).map(|(place, text)| format!("{place}{text}"));
    whole.or_else(place).unwrap_or_else(|| line.to_owned())
}

/// Every command, in the order of a day.
fn day(case: &Case) {
    let looks: [&[&str]; 14] = [
        &["show"],
        &["show", "--format", "mermaid"],
        &["show", "--format", "json"],
        &["why", "@bytelyst/errors"],
        &["why", "@bytelyst/errors", "--json"],
        &["status"],
        &["status", "--json"],
        &["pack", "--all", "--out", "../out", "-v"],
        &["pack", "--out", "../out", "--json"],
        &["prepare", "--dry-run"],
        &["prepare", "--dry-run", "-v", "--color", "always"],
        &["prepare", "--dry-run", "--json"],
        &["run", "-v", "--", "true"],
        &["cache"],
    ];
    looks.iter().for_each(|words| drop(case.run(words)));
    let prepared = case.run(&["prepare", "-v"]).code == Some(0);
    for words in [&["status"][..], &["status", "--json"], &["prepare"], &["show"]] {
        case.run(words);
    }
    case.world.git("notes", &["add", "--all", "--force"]);
    let guards: [&[&str]; 6] = [
        &["guard"],
        &["guard", "-v", "--color", "always"],
        &["guard", "--format", "github"],
        &["guard", "--json"],
        &["guard", "--range", "HEAD~1..HEAD"],
        &["guard", "--all", "--format", "github"],
    ];
    guards.iter().for_each(|words| drop(case.run(words)));
    if prepared {
        // An edit of what was written is a conflict.
        for entry in walkdir::WalkDir::new(case.world.path("notes")).into_iter().map(Result::unwrap) {
            if entry.file_name() == "package.json"
                && !entry.path().components().any(|part| part.as_os_str() == ".git")
            {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                std::fs::write(entry.path(), text.replace("docker-deps/", "docker-deps/mine-")).unwrap();
            }
        }
        case.run(&["restore"]);
        case.run(&["restore", "--json"]);
        case.run(&["restore", "--clean", "--force"]);
    }
    for words in
        [&["restore"][..], &["--strip-overrides"], &["init"], &["init", "--check"], &["init", "--remove"]]
    {
        case.run(words);
    }
    case.run(&["init", "--dry-run", "--json"]);
}

#[test]
fn wherever_a_name_comes_from() {
    let cases: Vec<_> = WORLDS
        .into_iter()
        .flat_map(|(what, build)| {
            NAMES.into_iter().map(move |name| (format!("{what}: {name:?}"), (what, name, build)))
        })
        .collect();
    all(&cases, |(what, name, build)| day(&Case::new(what, name, *build)));
}

#[test]
fn what_is_typed_is_shown_as_what_it_is() {
    let cases: Vec<_> = NAMES.into_iter().map(|name| (format!("{name:?}"), name)).collect();
    all(&cases, |name| {
        let case = Case::new("a word", name, |_, _| {});
        typed(&case, name);
        set(&case, name);
    });
}

/// Flags, their values, commands and theirs.
fn typed(case: &Case, name: &str) {
    let flag = format!("--{name}");
    let version = format!("pnpm@{name}");
    let range = format!("{name}..HEAD");
    let scoped = format!("@bytelyst/{name}");
    for flag in
        ["-C", "--workspace", "--scope", "--surface", "--deps-dir", "--package-manager", "--link", "--source"]
    {
        for command in [&["prepare", "--dry-run", "-v"][..], &["status"], &["guard", "--format", "github"]] {
            case.run(&[command, &[flag, name]].concat());
        }
        case.run(&["prepare", "--dry-run", "--json", flag, name]);
    }
    let words: [&[&str]; 28] = [
        &[name],
        &[&flag],
        &[&flag, "--json"],
        &[name, "--json"],
        &["prepare", name],
        &["prepare", &flag],
        &["help", name],
        &["--probe-timeout", name],
        &["--color", name],
        &["--package-manager", &version, "prepare", "--dry-run"],
        &["--package-manager", &version, "show"],
        &["--scope", &scoped, "show"],
        &["why", name],
        &["why", &scoped],
        &["why", &scoped, "--json"],
        &["pack", name, "--out", "../out"],
        &["pack", &scoped, "--out", "../out"],
        &["pack", "--all", "--out", name],
        &["guard", "--range", name],
        &["guard", "--range", &range, "--json"],
        &["guard", "--range", &range],
        &["guard", "--range", "HEAD..HEAD", "--settings-from", name],
        &["guard", "--format", name],
        &["init", "--hook", name],
        &["cache", name],
        &["show", "--format", name],
        &["run", "--", name],
        &["run", "--dry-run", "--", "echo", name],
    ];
    words.iter().for_each(|words| drop(case.run(words)));
    let program = case.world.program().get_program().to_owned();
    let mut shell = case.world.command("bash");
    let words: [OsString; 4] = ["-c".into(), "exec -a \"$1\" \"$0\" --unknown".into(), program, name.into()];
    let run = Run::from(shell.args(words).output().unwrap());
    case.is_plain(&run.stderr, false).unwrap();
}

/// Variables.
fn set(case: &Case, name: &str) {
    for variable in [
        "DOCKER_PREP_PROJECT",
        "DOCKER_PREP_WORKSPACE",
        "BYTELYST_COMMON_PLAT_ROOT",
        "DOCKER_PREP_SCOPE",
        "DOCKER_PREP_SURFACE",
        "DOCKER_PREP_DEPS_DIR",
        "DOCKER_PREP_PACKAGE_MANAGER",
        "DOCKER_PREP_LINK",
        "DOCKER_PREP_SOURCE",
        "DOCKER_PREP_PROBE_TIMEOUT",
        "DOCKER_PREP_CACHE",
        "DOCKER_PREP_CACHE_SIZE",
    ] {
        for words in
            [&["prepare", "--dry-run", "-v"][..], &["show"], &["cache"], &["prepare", "--dry-run", "--json"]]
        {
            case.run_with(words, &[(variable, name)]);
        }
    }
}
