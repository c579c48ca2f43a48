//! Goes through the folders of the rules: each input in `fails/` is found as its head says, and mended where the program
//! mends it; nothing is found in `passes/`.
//!
//! An input is a text of several files. Its head has a line `expect: SEVERITY PLACE WORDS` for each finding of the rule,
//! `open: PATH` for what the rule cannot judge, and `git` where the files are to be tracked; `-- PATH --` begins a file,
//! and `-- PATH untracked --` one that git does not know.

mod properties;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::finding::{Fix, Safety};
use super::rule::{FixClass, Rule};
use super::settings::Chosen;
use super::{Examined, Repository, apply, examine, plan, read, rules};
use crate::project::Requested;

/// An input of a rule.
struct Case {
    path: PathBuf,
    expected: Vec<String>,
    open: Vec<String>,
    is_git: bool,
    /// With whether git tracks it.
    files: Vec<(String, String, bool)>,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let mut case =
            Self { path, expected: Vec::new(), open: Vec::new(), is_git: false, files: Vec::new() };
        for line in text.split_inclusive('\n') {
            if let Some(name) = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"))
            {
                let (name, tracked) = match name.strip_suffix(" untracked") {
                    Some(name) => (name, false),
                    None => (name, true),
                };
                case.files.push((name.to_owned(), String::new(), tracked));
            } else if let Some((_, text, _)) = case.files.last_mut() {
                text.push_str(line);
            } else if let Some(expected) = line.trim_end().strip_prefix("expect: ") {
                case.expected.push(expected.to_owned());
            } else if let Some(open) = line.trim_end().strip_prefix("open: ") {
                case.open.push(open.to_owned());
            } else {
                assert!(matches!(line.trim(), "git" | ""), "{}: {line}", case.path.display());
                case.is_git |= line.trim() == "git";
            }
        }
        case
    }

    fn lay_out(&self) -> TempDir {
        let folder = tempfile::Builder::new().prefix("doctor.").tempdir().unwrap();
        for (name, text, _) in &self.files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        if self.is_git {
            let git = |words: &[&str]| {
                let done = Command::new("git").arg("-C").arg(folder.path()).args(words).output().unwrap();
                assert!(done.status.success(), "{done:?}");
            };
            git(&["init", "-q", "-b", "main"]);
            let tracked: Vec<&str> = self
                .files
                .iter()
                .filter(|(_, _, tracked)| *tracked)
                .map(|(name, ..)| name.as_str())
                .collect();
            git(&[&["add", "-f", "--"], tracked.as_slice()].concat());
        }
        folder
    }

    /// What is in the folder of a rule, `fails` or `passes`.
    fn all(rule: &Rule, kind: &str) -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor/rules");
        let folder = folder.join(rule.id.to_lowercase()).join(kind);
        let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }
}

fn judged(root: &Path) -> (Repository, Examined) {
    let requested = Requested { project: Some(root.to_owned()), ..Requested::default() };
    let repository = read(&requested, &|_| Ok(Chosen::default())).unwrap();
    let examined = examine(&repository);
    (repository, examined)
}

/// What a rule finds, as heads of inputs say it.
fn found(rule: &Rule, examined: &Examined) -> Vec<String> {
    let own = examined.findings.iter().filter(|found| found.rule.id == rule.id);
    own.map(|found| {
        let finding = &found.finding;
        format!("{} {} {}", finding.severity.as_str(), finding.place(), finding.message)
    })
    .collect()
}

fn open(rule: &Rule, examined: &Examined) -> Vec<String> {
    let own = examined.not_judged.iter().filter(|open| open.rules.contains(&rule.id));
    own.map(|open| open.path.clone()).collect()
}

#[test]
fn inputs_are_judged_as_they_say() {
    let mut wrong = Vec::new();
    for rule in rules::ALL {
        let (fails, passes) = (Case::all(rule, "fails"), Case::all(rule, "passes"));
        assert!(!fails.is_empty() && !passes.is_empty(), "{}", rule.id);
        for case in fails.iter().chain(&passes) {
            let is_fail = fails.iter().any(|other| other.path == case.path);
            assert_eq!(case.expected.is_empty(), !is_fail, "{}", case.path.display());
            let folder = case.lay_out();
            let (_, examined) = judged(folder.path());
            let found = found(rule, &examined);
            let fits = |(found, expected): (&String, &String)| {
                let mut words = expected.splitn(3, ' ');
                let [severity, place, part] = [(); 3].map(|()| words.next().unwrap_or_default());
                found.starts_with(&format!("{severity} {place} ")) && found.contains(part)
            };
            let all_fit = found.len() == case.expected.len() && found.iter().zip(&case.expected).all(fits);
            let open = open(rule, &examined);
            if !all_fit || open != case.open {
                wrong.push(format!("{}:\n  {found:#?}\n  open: {open:?}", case.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each finding has a place in a file that is there, and what its rule says of it holds.
#[test]
fn findings_are_what_their_rules_say() {
    for rule in rules::ALL {
        assert!(
            [rule.what, rule.why, rule.how].iter().all(|text| text.ends_with('.') && text.len() > 20),
            "{}",
            rule.id
        );
        let mut gravest = None;
        for case in Case::all(rule, "fails") {
            let folder = case.lay_out();
            let (repository, examined) = judged(folder.path());
            for found in examined.findings.iter().filter(|found| found.rule.id == rule.id) {
                gravest = gravest.max(Some(found.finding.severity));
                for span in &found.finding.spans {
                    let is_there = folder.path().join(&span.path).exists();
                    assert!(is_there, "{}: {span:?}", case.path.display());
                    assert!(span.line == 0 || repository.line(&span.path, span.line).is_some(), "{span:?}");
                }
                let fits = match &found.finding.fix {
                    Fix::Edits { safety: Safety::Safe, edits } => {
                        !edits.is_empty() && rule.fix == FixClass::Safe
                    }
                    Fix::Edits { edits, .. } => !edits.is_empty() && rule.fix == FixClass::Unsafe,
                    Fix::Lines { lines, .. } => !lines.is_empty(),
                    Fix::Nothing => rule.fix == FixClass::Nothing,
                };
                assert!(fits, "{}: {:?}", case.path.display(), found.finding.fix);
            }
        }
        assert_eq!(gravest, Some(rule.severity), "{}: its inputs show the gravest", rule.id);
    }
}

/// After a fix the finding is gone and no new one is there; a second fix does nothing, and line ends stay.
#[test]
fn a_fix_mends_what_it_says_and_nothing_else_breaks() {
    for rule in rules::ALL.iter().filter(|rule| matches!(rule.fix, FixClass::Safe | FixClass::Unsafe)) {
        let mut mended = 0;
        for mut case in Case::all(rule, "fails") {
            for crlf in [false, true] {
                if crlf {
                    let ends = |(name, text, _): &mut (String, String, bool)| {
                        if name.contains("ignore") {
                            *text = text.replace('\n', "\r\n");
                        }
                    };
                    case.files.iter_mut().for_each(ends);
                }
                mended += usize::from(mends(rule, &case, crlf));
            }
        }
        assert!(mended > 0, "{}", rule.id);
    }
}

/// Whether the program mends an input at all; some need lines by hand.
fn mends(rule: &Rule, case: &Case, crlf: bool) -> bool {
    let name = case.path.display();
    let folder = case.lay_out();
    let (repository, before) = judged(folder.path());
    let own: Vec<_> = before.findings.iter().filter(|found| found.rule.id == rule.id).cloned().collect();
    let fix = plan(&own, true, |path| repository.text(path));
    if fix.files.is_empty() {
        assert!(own.iter().all(|found| matches!(found.finding.fix, Fix::Lines { .. })), "{name}");
        return false;
    }
    assert!(fix.files.iter().all(|file| !file.path.to_lowercase().ends_with("dockerfile")), "{name}");
    apply(folder.path(), &fix).unwrap();
    let (repository, after) = judged(folder.path());
    assert_eq!(found(rule, &after), [""; 0], "{name}");
    let known = |examined: &Examined| {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        examined.findings.iter().for_each(|found| *known.entry(found.rule.id).or_default() += 1);
        known
    };
    let (known, then) = (known(&before), known(&after));
    for (id, count) in then {
        assert!(
            known.get(id).copied().unwrap_or(0) >= count,
            "{name}: {id} is new: {:#?}",
            found(rules::find(id).unwrap(), &after)
        );
    }
    let again: Vec<_> = after.findings.into_iter().filter(|found| found.rule.id == rule.id).collect();
    assert!(plan(&again, true, |path| repository.text(path)).files.is_empty(), "{name}");
    for file in fix.files.iter().filter(|file| file.before.is_some() && file.path.contains("ignore")) {
        let lone = file.after.replace("\r\n", "").contains('\n');
        assert!(!crlf || !lone, "{name}: {:?}", file.after);
    }
    true
}

#[test]
fn a_fix_is_refused_where_a_file_has_changed() {
    let rule = rules::find("DP101").unwrap();
    let folder = Case::all(rule, "fails").remove(0).lay_out();
    let (repository, examined) = judged(folder.path());
    let fix = plan(&examined.findings, false, |path| repository.text(path));
    let file = folder.path().join(&fix.files[0].path);
    fs::write(&file, "# by somebody else\n").unwrap();
    let error = apply(folder.path(), &fix).unwrap_err();
    assert_eq!(error.kind, crate::error::ErrorKind::Refused);
    assert_eq!(fs::read_to_string(&file).unwrap(), "# by somebody else\n");
}
