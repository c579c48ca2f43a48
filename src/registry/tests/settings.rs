//! `.npmrc` as npm and pnpm read it: their own code is asked for hundreds of texts that nobody would write.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::common::number;
use crate::common::tools::{PNPM, tools};
use crate::image::{Name, PackageManager, Tags};
use crate::npm::npmrc;
use crate::registry::npm::Npm;
use crate::registry::setting::of_npmrc;

/// `PARITY_RANDOM` and `PARITY_SEED` make others.
const COUNT: usize = 1000;

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn text(&mut self, pieces: &[&str], longest: usize) -> String {
        (0..self.below(longest) + 1).map(|_| pieces[self.below(pieces.len())]).collect()
    }
}

const SETTINGS: [&str; 40] = [
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "=",
    "=",
    "=",
    " ",
    "\t",
    "\u{feff}",
    "\u{2028}",
    "\u{a0}",
    "\u{85}",
    "[",
    "]",
    "[]",
    "[]=",
    ";",
    "#",
    "\\",
    "\\;",
    "\\\\",
    "\"",
    "\"",
    "'",
    "'",
    ".",
    "\\.",
    "a",
    "b",
    "registry",
    "//h/:_auth",
    "true",
    "false",
    "null",
    "{\"x\":1}",
    "\\u0041",
    "__proto__",
    "é",
];

const VARIABLES: [&str; 16] =
    ["$", "{", "}", "${", "${", "}", "\\", "-", ":-", ":", "?", "A", "EMPTY", "NO", "é", "\n"];

const KEYS: [&str; 12] = [
    "//h:1/x/y/:_authToken=1",
    "//h:1/x/y:_authToken=2",
    "//h:1/x/:_auth=dTpw",
    "//h:1/x:username=u",
    "//h:1/x:_password=cA==",
    "//h:1/:_authToken=",
    "//h:1/:_auth=eDp5",
    "//h:1:_authToken=3",
    "//h/:_authToken=4",
    "//h:1/x/y/:username=v",
    "//h:1/x/y/:_password=-_=x",
    "//h:1/x/yy/:_authToken=5",
];

fn env() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("A", "${A}-value"), ("EMPTY", "")])
}

fn lookup(name: &str) -> Option<String> {
    env().get(name).map(|value| (*value).to_owned())
}

/// What npm makes of the questions.
fn answers(questions: &Value) -> Value {
    let managers = tools().join("managers");
    let npm = std::fs::read_dir(&managers)
        .expect("run scripts/tools")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("npm-11")))
        .max()
        .expect("npm 11 is not there: run scripts/tools");
    let pnpm: PathBuf = tools().join(format!("pnpm-{PNPM}/node_modules/pnpm/dist/pnpm.cjs"));
    let mut node = Command::new("node")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/registry/tests/settings.cjs"))
        .args([npm.join("node_modules/npm"), pnpm])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    node.stdin.take().expect("a pipe").write_all(questions.to_string().as_bytes()).expect("node reads");
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Whether each `?` is the one of `${VAR?}`: about others npm and pnpm do not agree.
fn is_of_npm(text: &str) -> bool {
    text.match_indices('?')
        .all(|(at, _)| text[at + 1..].starts_with('}') && !text[..at].ends_with(['{', '}', '$', '?']))
}

/// What is read of a text, objects without what is in them.
fn read(text: &str) -> Value {
    let shown = |value: Value| if value.is_object() { json!({}) } else { value };
    let entries = npmrc::parse(text).into_iter().map(|entry| (entry.key, shown(entry.value)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn asks(text: &str) -> Value {
    let file = of_npmrc(".npmrc", text, false, &lookup).expect("few settings");
    let manager = PackageManager::at(Name::Npm, "11.0.0", Tags::Registry).expect("a version");
    let found = Npm::new(&manager, vec![file]).registry("@a/b").expect("an address").expect("a registry");
    found.asks.credential.map_or(Value::Null, |credential| Value::from(credential.authorization.0))
}

#[test]
fn settings_are_read_as_npm_and_pnpm_read_them() {
    let count = number("PARITY_RANDOM").and_then(|count| usize::try_from(count).ok()).unwrap_or(COUNT);
    let mut numbers = Numbers(number("PARITY_SEED").unwrap_or(1));
    let texts: Vec<String> = (0..count).map(|_| numbers.text(&SETTINGS, 24)).collect();
    let variables: Vec<String> = (0..count).map(|_| numbers.text(&VARIABLES, 12)).collect();
    let rcs: Vec<String> = (0..count)
        .map(|_| {
            let keys: Vec<&str> = (0..numbers.below(5)).map(|_| KEYS[numbers.below(KEYS.len())]).collect();
            format!("@a:registry=http://h:1/x/y\n{}\n", keys.join("\n"))
        })
        .collect();
    let asked: Vec<Value> = rcs
        .iter()
        .map(|text| {
            let settings: Map<_, _> =
                npmrc::parse(text).into_iter().map(|entry| (entry.key, entry.value)).collect();
            json!({"url": "http://h:1/x/y/@a%2fb", "settings": settings})
        })
        .collect();
    let answers = answers(&json!({"texts": texts, "variables": variables, "env": env(), "asked": asked}));

    let mut wrong = Vec::new();
    let mut compared = [0; 4];
    for (text, answer) in texts.iter().zip(answers["texts"].as_array().expect("a list")) {
        let found = read(text);
        // npm itself fails: there is nothing to compare.
        if let Some(expected) = answer.get("is") {
            compared[0] += 1;
            if found != *expected {
                wrong.push(format!("{text:?}: {found} is not {expected}"));
            }
        }
    }
    for (number, text) in variables.iter().enumerate() {
        let found = npmrc::expand(text, &lookup);
        let pnpm = &answers["pnpm"][number];
        // npm's `?` is no form of pnpm's, and pnpm's `-` none of npm's.
        if !text.contains('?') {
            compared[1] += 1;
            let expected = pnpm.get("is").and_then(Value::as_str);
            if expected != Some(found.text.as_str()).filter(|_| found.unset.is_empty()) {
                wrong.push(format!("pnpm: {text:?}: {found:?} is not {pnpm}"));
            }
        }
        if !text.contains('-') && found.unset.is_empty() && is_of_npm(text) {
            compared[2] += 1;
            if answers["npm"][number]["is"] != found.text {
                wrong.push(format!("npm: {text:?}: {found:?} is not {}", answers["npm"][number]));
            }
        }
    }
    for (text, answer) in rcs.iter().zip(answers["asked"].as_array().expect("a list")) {
        compared[3] += 1;
        let found = asks(text);
        if found != answer["is"] {
            wrong.push(format!("{text:?}: {found} is not {answer}"));
        }
    }
    println!("compared: {compared:?} of {count} each");
    assert!(compared.iter().all(|one| *one > count / 4), "too few are compared: {compared:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
