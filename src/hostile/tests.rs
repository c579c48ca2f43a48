//! Bytes as nobody wrote them: no reader panics, overflows its stack or takes for ever.

use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use crate::image::sample::picture;
use crate::npm::{MatchOptions, Minimatch, Scope, expand, package_name, specifier};
use crate::project::config;
use crate::text::{Change, Document, edit, parse_object, yaml};
use crate::transaction::Journal;

/// Deeper than any stack would bear.
const DEEP: usize = 100_000;

/// Generous: a test takes seconds at most. Only a hang is ended by it.
const HANGS: Duration = Duration::from_secs(300);

/// Calls it on a thread with the stack that threads have, and fails where it does not come to an end.
#[track_caller]
pub(crate) fn ends(what: &str, call: impl FnOnce() + Send + 'static) {
    let (ended, end) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        call();
        ended.send(()).unwrap();
    });
    let waited = end.recv_timeout(HANGS);
    assert_ne!(waited, Err(mpsc::RecvTimeoutError::Timeout), "it hangs: {what}");
    assert!(thread.join().is_ok(), "it panics: {what}");
}

fn nested(open: &str, close: &str, times: usize) -> String {
    format!("{}{}", open.repeat(times), close.repeat(times))
}

#[test]
fn no_depth_overflows_a_reader() {
    ends("yaml", || {
        let stairs: String = (0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
        let lists: String = (0..2000).map(|i| format!("{}-\n", " ".repeat(i))).collect();
        let both: String = (0..100).map(|i| format!("{0}a:\n{0}- b:\n", " ".repeat(i))).collect();
        let flow_in_block = format!("{}{}", "- ".repeat(49), nested("[", "]", 5000));
        for text in [
            nested("[", "]", DEEP),
            nested("{a: ", "}", DEEP),
            nested("[{a: ", "}]", DEEP),
            "- ".repeat(DEEP),
            "? ".repeat(DEEP),
            ": ".repeat(DEEP),
            "-\t".repeat(DEEP),
            "!!map ".repeat(DEEP),
            "&a ".repeat(DEEP),
            stairs,
            lists,
            both,
            flow_in_block,
        ] {
            let _ = yaml::parse(&text);
        }
    });
    ends("toml", || {
        for text in [
            format!("a = {}", nested("[", "]", DEEP)),
            format!("a = {}", nested("{a=", "}", DEEP)),
            format!("{}a = 1", "a.".repeat(DEEP)),
            format!("[{}a]", "a.".repeat(DEEP)),
        ] {
            assert!(config::parse(&text).is_err());
        }
    });
    ends("json", || {
        let overrides =
            format!("{{\"pnpm\": {{\"overrides\": {}1{}}}}}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
        assert!(parse_object(&overrides).is_err());
        let changes = [
            Change::Set { path: vec!["a".to_owned()], value: json!(1) },
            Change::Set { path: vec!["pnpm".to_owned(), "overrides".to_owned()], value: json!({}) },
        ];
        let edited = edit::apply(&overrides, &changes).unwrap();
        assert_eq!(edit::undo(&edited.text, &edited.undo).unwrap(), overrides);
        assert!(Journal::parse(nested("[", "]", DEEP).as_bytes()).is_err());
        let _ = picture(&[("Dockerfile", &format!("FROM a\nCOPY {}", nested("[", "]", DEEP)))]);
    });
}

#[test]
fn aliases_of_aliases_come_to_an_end() {
    ends("yaml", || {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..30 {
            text += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
        }
        let _ = yaml::parse(&text);
    });
}

/// Patterns that take an engine for ever that tries one way after the other, and texts that they nearly match.
fn nasty() -> Vec<(String, String)> {
    let a = "a".repeat(60);
    let path = "a/".repeat(60);
    [
        ("*(*(*(a)))b".to_owned(), &a),
        ("+(+(+(a)))".to_owned() + "b", &a),
        ("+(a|a|aa)b".to_owned(), &a),
        ("*(a|*a|**a)b".to_owned(), &a),
        ("*([a]|[a-b])b".to_owned(), &a),
        (format!("{}[b]", "*[a]".repeat(20)), &a),
        (format!("{}b", "*a".repeat(20)), &a),
        (format!("{}b", "?(a)".repeat(60)), &a),
        (format!("{}b", "*(a)".repeat(30)), &a),
        (format!("{}b", "**/".repeat(30)), &path),
        (format!("{}b", "**/a/".repeat(20)), &path),
        (format!("{}*/b", "**/*/".repeat(20)), &path),
        (nested("x!(", ")", 10_000), &a),
        (nested("!(", ")", 100), &a),
        (nested("@(", ")", 16_000), &a),
        (nested("*(a|", ")", 100), &a),
        ("*(".repeat(30_000), &a),
        ("*(|".repeat(900), &a),
        ("[".repeat(10_000), &a),
        ("[a-".repeat(3_000), &a),
        ("[[:alpha:]".repeat(1000), &a),
        ("\\".repeat(60_000), &a),
        ("!".repeat(60_000), &a),
        ("*".repeat(60_000), &a),
        ("?".repeat(60_000), &a),
    ]
    .into_iter()
    .map(|(pattern, text)| (pattern, text.clone()))
    .collect()
}

#[test]
fn no_pattern_takes_for_ever() {
    for (pattern, text) in nasty() {
        let shown = pattern.chars().take(40).collect::<String>();
        ends(&shown, move || {
            for nocase in [false, true] {
                let options = MatchOptions { nocase, dot: true, ..MatchOptions::default() };
                let Ok(matcher) = Minimatch::new(&pattern, options) else { continue };
                let _ = (matcher.matches(&text), matcher.matches_partial(&text));
            }
            let _ = Scope::new(std::slice::from_ref(&pattern)).contains(&text);
            let dockerfile = format!("FROM a\nCOPY {pattern} /\nRUN npm ci\n");
            let _ = picture(&[("Dockerfile", &dockerfile), (&format!("{text}/package.json"), "{}")]);
        });
    }
}

#[test]
fn no_braces_take_for_ever() {
    for pattern in [
        "{a,b}".repeat(12),
        "{a,b}".repeat(10_000),
        "{a},".repeat(15_000),
        "{,".repeat(30_000),
        "${a,b}".repeat(10_000),
        format!("{}{}", "{".repeat(30_000), ",}".repeat(15_000)),
        nested("{a,", "}", 20_000),
        nested("{{a,b},", "}", 100),
        "{1..99999999999999999999}".to_owned(),
        "{-9007199254740993..9007199254740993..0}".to_owned(),
        "{a..z}".repeat(4),
    ] {
        let shown = pattern.chars().take(40).collect::<String>();
        ends(&shown, move || drop(expand(&pattern)));
    }
}

const MANIFEST: &str = "{\r\n  \"name\": \"x\",\n  \"dependencies\": { \"@b/a\": \"^1\", \"l\": \"1e5\" },\n\t\"pnpm\": {\"overrides\": \
    {\"a>b\": \"\\u0031\"}},\n  \"n\": [1.50, -0, 1e400, null, \"\\ud83d\\ude00\"]\n}";
const WORKSPACE: &str = "packages:\n  - 'packages/*'\n  - \"!**/x/**\"\ncatalog: {ms: ^2.1.3}\nmore: &m\n  a: |\n    x\n<<: *m\n? k\n: v\n";
const SETTINGS: &str =
    "workspace = \"../plat\"\nscope = [\"@a\", '''b''']\nsurfaces = [\"web\"]\ndeps-dir = \".deps\" # x\n";
const DOCKERFILE: &str = "# escape=`\nFROM node\nCOPY --chown=a [\"a b\", \"/\"]\nADD backend/package*.json \\\n ./\nCOPY <<EOF /x\nEOF\n";
const IGNORE: &str = "\u{feff}*.js \r\n!/a/**\n@(readme|x){,.*[^~$]}\n[!a-c]\\ \n#c\n{a..c}/+(b)\n";

/// What a garbled text holds that its owner did not write.
const PIECES: [&str; 26] = [
    "\u{feff}",
    "\0",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\\ud800",
    "\\u",
    "1e999",
    "99999999999999999999",
    "-",
    "\n",
    "\r",
    "\t",
    "\u{2028}",
    "é",
    "😀",
    "*a",
    "&a ",
    "\"a\":1,",
    "${",
    "**/",
];

/// A valid text that was cut, spliced, repeated and written into.
fn garbled(text: &'static str) -> impl Strategy<Value = String> {
    let change = prop_oneof![
        (any::<usize>(), prop::sample::select(PIECES.to_vec())).prop_map(|(at, piece)| (
            at,
            0,
            piece.to_owned()
        )),
        (any::<usize>(), 0..9_usize).prop_map(|(at, length)| (at, length, String::new())),
        (any::<usize>(), any::<usize>(), 1..20_usize).prop_map(move |(at, from, length)| {
            let piece = text.chars().skip(from % text.len()).take(length).collect();
            (at, 0, piece)
        }),
        any::<usize>().prop_map(|at| (at, usize::MAX, String::new())),
    ];
    prop::collection::vec(change, 1..5).prop_map(move |changes| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, length, piece) in changes {
            let at = at % (text.len() + 1);
            let end = at.saturating_add(length).min(text.len());
            text.splice(at..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

fn changes() -> Vec<Change> {
    let path = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect();
    vec![
        Change::Set { path: path(&["dependencies", "@b/a"]), value: json!("file:x") },
        Change::Set { path: path(&["pnpm", "overrides", "@b/a"]), value: json!("file:x") },
        Change::Remove { path: path(&["pnpm", "overrides", "a>b"]) },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_garbled_manifest_is_refused_or_edited_and_comes_back(text in garbled(MANIFEST)) {
        let _ = parse_object(&text);
        if let Ok(edited) = edit::apply(&text, &changes()) {
            prop_assert!(Document::parse(&edited.text).is_ok());
            prop_assert_eq!(edit::undo(&edited.text, &edited.undo).unwrap(), text);
        }
    }

    /// What the owner makes of a prepared manifest, and the record of it, may both be garbled.
    #[test]
    fn a_garbled_edit_is_undone_or_refused(edit in garbled(MANIFEST), record in any::<u64>(), bits in any::<u8>()) {
        let edited = edit::apply(MANIFEST, &changes()).unwrap();
        if let Ok(undone) = edit::undo(&edit, &edited.undo) {
            prop_assert!(Document::parse(&undone).is_ok());
        }
        let mut bytes = serde_json::to_vec(&edited.undo).unwrap();
        let at = usize::try_from(record).unwrap_or_default() % bytes.len();
        bytes[at] ^= bits;
        if let Ok(record) = serde_json::from_slice::<Vec<edit::JsonUndo>>(&bytes)
            && let Ok(undone) = edit::undo(&edited.text, &record)
        {
            prop_assert!(Document::parse(&undone).is_ok());
        }
    }

    #[test]
    fn no_reader_panics(
        workspace in prop_oneof![garbled(WORKSPACE), any::<String>()],
        settings in prop_oneof![garbled(SETTINGS), any::<String>()],
        dockerfile in prop_oneof![garbled(DOCKERFILE), any::<String>()],
        ignore in prop_oneof![garbled(IGNORE), any::<String>()],
        name in any::<String>(),
    ) {
        let _ = yaml::parse(&workspace);
        let _ = config::parse(&settings);
        let _ = picture(&[("web/Dockerfile", &dockerfile), ("web/package.json", "{}"), (&name, &workspace)]);
        let _ = (package_name::validate(&name), package_name::tarball_stem(&name, &ignore));
        let _ = package_name::nearest(&name, [ignore.as_str(), "@x/a"]);
        let _ = (specifier::parse(&name, &ignore), specifier::parse(&ignore, &name));
        for line in ignore.lines() {
            for options in [MatchOptions::default(), MatchOptions { dot: true, nocase: true, match_base: true, flip_negate: true, ..MatchOptions::default() }] {
                if let Ok(matcher) = Minimatch::new(line, options) {
                    let _ = (matcher.matches(&name), matcher.matches_partial(&name), matcher.matches("a/b.js"));
                }
            }
            let _ = Scope::new(&[line.to_owned()]).contains(&name);
        }
    }

    #[test]
    fn a_tarballs_name_never_leaves_its_folder(name in any::<String>(), version in any::<String>()) {
        let stem = package_name::tarball_stem(&name, &version);
        prop_assert!(!stem.contains(['/', '\\', '\0']) && stem.len() <= 255);
        let file = format!("{stem}-0123456789ab.tgz");
        prop_assert_eq!(package_name::digest_in_tarball(&file), Some("0123456789ab").filter(|_| !stem.is_empty()));
    }
}
