//! The table in tests/README.md: made of what was seen, or the test fails.
//!
//! `UPDATE_README=1 cargo test --test e2e matrix::table` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::common::manager::Manager;
use crate::matrix::row::{Step, row};

const OPENING: &str = "<!-- what tests/e2e/matrix has seen -->\n";
const CLOSING: &str = "<!-- the end of it -->\n";

const HEAD: &str = "\
| package manager | `--link` | packages are named in | with a lockfile | without, at the root | production, two folders deep | after a change | frozen, by `--lockfile` | requests in scope |
|---|---|---|---|---|---|---|---|---|
";

/// What cannot be done, and why. One that works all the same fails its test, and so does one that fails and is not here.
const LIMITS: [(&str, u64, &str, Step, &str); 2] =
    [("npm", 10, "overrides", Step::Again, NPM), ("npm", 11, "overrides", Step::Again, NPM)];

const NPM: &str =
    "`ENOENT` where `node_modules` is kept: npm then means the path in an override from another folder";

/// What `prepare` refuses: the one finds no tarballs, the other no alias in a package's manifest.
const REFUSED: [(&str, &str); 2] = [("yarn", "tarballs"), ("bun", "overrides")];

/// Each value of `--link` that a package manager has a way for, the one that `auto` takes first; behind them what it is
/// asked for in vain.
pub(crate) fn links(manager: Manager) -> [&'static str; 2] {
    match (manager.name, manager.major()) {
        ("pnpm", ..=10) | ("yarn", _) => ["auto", "tarballs"],
        _ => ["auto", "overrides"],
    }
}

/// Fails unless what is wrong is what is known not to work.
#[track_caller]
pub(crate) fn assert_as_known(manager: Manager, link: &'static str) {
    let row = row(manager, link);
    let refuses = REFUSED.contains(&(manager.name, link));
    assert_eq!(row.refused.is_some(), refuses, "{manager}, --link {link}: {row:#?}");
    let wrong: Vec<_> =
        row.wrong.iter().filter(|(_, wrong)| !wrong.is_empty()).map(|(step, _)| *step).collect();
    assert_eq!(
        row.wrong.len(),
        if refuses { 0 } else { Step::ALL.len() },
        "{manager}, --link {link}: {row:#?}"
    );
    let known: Vec<_> = Step::ALL.into_iter().filter(|step| limit(manager, link, *step).is_some()).collect();
    assert_eq!(wrong, known, "{manager}, --link {link}: {row:#?}");
}

fn limit(manager: Manager, link: &str, step: Step) -> Option<&'static str> {
    LIMITS
        .iter()
        .find(|(name, major, of, at, _)| manager.is(name, &[*major]) && *of == link && *at == step)
        .map(|(.., why)| *why)
}

#[test]
fn the_table_is_what_was_seen() {
    let (mut table, mut notes) = (HEAD.to_owned(), Vec::new());
    for manager in Manager::all() {
        for link in links(manager) {
            line(&mut table, &mut notes, manager, link);
        }
    }
    for (number, note) in notes.iter().enumerate() {
        write!(table, "\n({}) {note}\n", number + 1).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(OPENING).expect("the file has the table");
    let (said, after) = rest.split_once(CLOSING).expect("the table ends");
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{before}{OPENING}{table}{CLOSING}{after}")).unwrap();
        return;
    }
    let diff = similar::TextDiff::from_lines(said, &table)
        .unified_diff()
        .header("tests/README.md", "seen")
        .to_string();
    assert!(
        diff.is_empty(),
        "run `UPDATE_README=1 cargo test --test e2e matrix::table` if this is meant:\n{diff}"
    );
}

fn line(table: &mut String, notes: &mut Vec<String>, manager: Manager, link: &'static str) {
    let row = row(manager, link);
    let mut number = |note: String| {
        let at = notes.iter().position(|other| *other == note).unwrap_or_else(|| {
            notes.push(note);
            notes.len() - 1
        });
        at + 1
    };
    if let Some(why) = row.refused {
        writeln!(table, "| {manager} | {link} | refused ({}) | | | | | | |", number(why)).unwrap();
        return;
    }
    write!(table, "| {manager} | {link} | {} |", row.way).unwrap();
    for step in Step::ALL {
        let (wrong, packages) = (&row.wrong[&step], row.packages[&step]);
        let another = step == Step::Frozen && row.frozen_way != row.way;
        match limit(manager, link, step) {
            Some(why) if !wrong.is_empty() => write!(table, " no ({}) |", number(why.to_owned())).unwrap(),
            _ if !wrong.is_empty() => write!(table, " **no: {}** |", wrong.join("; ")).unwrap(),
            _ if another => write!(table, " {packages} of {packages}, {} |", row.frozen_way).unwrap(),
            _ => write!(table, " {packages} of {packages} |").unwrap(),
        }
    }
    writeln!(table, " {} |", row.requests).unwrap();
}
