//! Of a file in any state, what is planned hangs on the last commit only where that is asked for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::text::{Change, edit};
use crate::transaction::journal::{Head, JournalEntry, Original};
use crate::transaction::plan::*;

const ORIGINAL: &str = r#"{"dependencies": {"a": "^1"}}"#;
const HEAD: &str = r#"{"dependencies": {"a": "^0.9"}}"#;
const DIR: &str = ".docker-deps";

/// What may stand at the path besides what prepare wrote, and whether it has a name for the state of the file.
fn texts(rewritten: &str) -> Vec<(Now, Option<Vec<u8>>)> {
    let edited = |text: String| (Now::Edited, Some(text.into_bytes()));
    vec![
        (Now::Original, None),
        (Now::Merged, None),
        (Now::Missing, None),
        (Now::NotAFile, None),
        (Now::Rewritten, Some(rewritten.as_bytes().to_vec())),
        // Made up: nothing of ours is in it.
        (Now::Rewritten, Some(HEAD.as_bytes().to_vec())),
        edited(rewritten.replace("\"dependencies\"", "\"name\": \"x\", \"dependencies\"")),
        edited(rewritten.replace("0123456789ab", "ba9876543210")),
        edited(HEAD.to_owned()),
        (Now::Edited, Some(b"\xff".to_vec())),
    ]
}

fn files() -> Vec<FileState> {
    let tarball = "file:.docker-deps/a-1.0.0-0123456789ab.tgz";
    let set =
        |value: &str| Change::Set { path: vec!["dependencies".into(), "a".into()], value: json!(value) };
    let rewrite = edit::apply(ORIGINAL, &[set(tarball)]).unwrap();
    let records = [json!(rewrite.undo), json!(edit::apply(ORIGINAL, &[set("x")]).unwrap().undo), json!(1)];
    let backups = [Backup::Absent, Backup::SameFile, Backup::Whole, Backup::Cut, Backup::Foreign];
    let mut files = Vec::new();
    for name in ["package.json", "pnpm-workspace.yaml", "package-lock.json"] {
        for ((now, text), undo) in
            texts(&rewrite.text).iter().flat_map(|text| records.iter().map(move |undo| (text, undo)))
        {
            for (backup, flags) in backups.iter().flat_map(|backup| (0..8).map(move |flags| (*backup, flags)))
            {
                let [copy, created, exact] = [1, 2, 4].map(|flag| flags & flag != 0);
                files.push(FileState {
                    entry: entry(name, created, &rewrite.text, undo),
                    path: name.to_owned(),
                    text: text.clone(),
                    written: None,
                    temp: false,
                    now: *now,
                    backup,
                    copy,
                    created,
                    exact,
                });
            }
        }
    }
    files
}

fn entry(name: &str, created: bool, rewritten: &str, undo: &Value) -> JournalEntry {
    let path = ProjectPath::try_from(name.to_owned()).unwrap();
    let original = Original {
        digest: Digest::of(ORIGINAL.as_bytes()),
        length: ORIGINAL.len() as u64,
        mode: 0o644,
        mtime: std::time::UNIX_EPOCH.into(),
    };
    JournalEntry {
        backup: path.backup(),
        temp: path.temp(),
        path,
        original: (!created).then_some(original),
        rewritten: Digest::of(rewritten.as_bytes()),
        merged: None,
        moved: None,
        undo: undo.clone(),
    }
}

#[test]
fn the_last_commit_is_asked_wherever_it_matters() {
    let deps_dirs = vec![DIR.to_owned()];
    let (mut asked, mut mattered) = (0, 0);
    for file in files() {
        let path = file.entry.path.clone();
        for phase in [Phase::Preparing, Phase::Prepared, Phase::Running, Phase::Restoring] {
            let head = Head {
                command: None,
                tool: String::new(),
                pid: 1,
                started: 0,
                phase,
                deps_dir: ProjectPath::try_from(DIR.to_owned()).unwrap(),
                deps_dir_existed: false,
                source: None,
                commit: None,
                branch: None,
            };
            let observed = ObservedJournal { head, files: vec![file.clone()] };
            for force in [false, true] {
                let planned = |committed: BTreeMap<ProjectPath, String>| {
                    let inputs =
                        RestoreInputs { deps_dirs: deps_dirs.clone(), committed, ..RestoreInputs::default() };
                    plan(&observed, Some(&inputs), force)
                };
                let known = BTreeMap::from([(path.clone(), HEAD.to_owned())]);
                let matters = planned(known) != planned(BTreeMap::new());
                let asks = needs_commit(&observed, &deps_dirs).next().is_some();
                assert!(asks || !matters, "{phase:?} {force} {file:?}");
                asked += usize::from(asks);
                mattered += usize::from(matters);
            }
        }
    }
    assert!(mattered > 0 && asked < 2 * mattered, "{asked} asked, {mattered} mattered");
}

#[test]
fn of_a_project_that_nobody_touched_git_is_not_asked() {
    let deps_dirs = vec![DIR.to_owned()];
    let untouched = |file: &FileState| {
        matches!(file.now, Now::Original | Now::Merged) || (file.now == Now::Rewritten && file.copy)
    };
    for file in files().into_iter().filter(untouched) {
        assert!(!inputs::needs(&file, &deps_dirs), "{file:?}");
    }
}
