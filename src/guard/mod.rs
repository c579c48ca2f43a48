//! What must not be committed: from a path and bytes to findings.
//!
//! A finding is a place where a reference *works* (a dependency, an override, a lockfile's entry), not one that
//! mentions the deps dir. In a manifest that cannot be parsed nobody can tell the two apart: there, a mention is one.

mod apply;
pub(crate) mod check;
mod gitignore;
mod hook;
pub(crate) mod init;
mod json;
mod name;
mod placed;
#[cfg(test)]
mod properties;
mod read;
mod readable;
mod repair;
mod settings;
mod text;
mod yaml;

pub(crate) use self::apply::prove::Proof;
pub(crate) use self::check::{CommittedFinding, GuardOutcome, GuardScope};
pub(crate) use self::hook::Manager;
pub(crate) use self::init::{InitChange, InitPlan};

use std::collections::BTreeSet;

pub(crate) use self::name::{GuardedFile, Syntax, backed_up, file};
use self::repair::Remedies;
pub(crate) use self::repair::RepairCommand;
pub(crate) use self::settings::{
    BadSettings, BadSettingsCause, GuardSettings, NamedDepsDirs, SettingsChange, SettingsFile, VersionRule,
};
use self::text::LineCounter;

use crate::rewrite::{Parts, percent_decoded, tarball_reference as reference};
use crate::text::{self as json_text, Document, json5};

/// Something that must not be committed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Finding {
    /// From the tree's top.
    pub(crate) path: Vec<u8>,
    /// From 1; of what has no lines it is the first.
    pub(crate) line: usize,
    /// What it is.
    pub(crate) kind: FindingKind,
    /// The keys down to it, with dots between them; empty where there are none.
    pub(crate) key: String,
    /// What points into the deps dir; empty where the file as such must not be there.
    pub(crate) value: String,
}

impl Finding {
    /// A file that must not be there, whatever it holds.
    pub(crate) fn of_file(path: &[u8], kind: FindingKind) -> Self {
        Self { path: path.to_vec(), line: 1, kind, key: String::new(), value: String::new() }
    }
}

/// Why a finding is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FindingKind {
    /// A manifest's dependency, override or resolution points into the deps dir.
    Manifest,
    /// The same in `pnpm-workspace.yaml` or `.yarnrc.yml`.
    Workspace,
    /// An entry of a lockfile does.
    Lockfile,
    /// It is a symbolic link into the deps dir.
    Link,
    /// It is a backup of a manifest.
    Backup,
    /// It lies in the deps dir, or is a packed package wherever it lies.
    DepsDir,
}

/// The fields of a manifest whose values are specifiers, whoever reads them.
const FIELDS: [&str; 10] = [
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "overrides",
    "resolutions",
    "catalog",
    "catalogs",
    // Of `pnpm`, and of `pnpm-workspace.yaml`.
    "packageExtensions",
    PATCHES,
];

/// The field whose values are paths of patches.
const PATCHES: &str = "patchedDependencies";

/// Fields of a manifest that hold some of [`FIELDS`].
const OUTER_FIELDS: [&str; 2] = ["pnpm", "workspaces"];

/// Keys of lockfiles whose values are nothing but places.
const PLACES: [&str; 6] = ["resolved", "resolution", "tarball", "directory", "version", "specifier"];

/// What a file of the tree holds that must not be committed.
pub(crate) fn judge(settings: &GuardSettings, file: GuardedFile, path: &[u8], bytes: &[u8]) -> Vec<Finding> {
    if !may_hold(settings, bytes) {
        return Vec::new();
    }
    judge_all(settings, file, path, bytes)
}

/// Why nobody can tell what a file holds; nothing of the kind passes.
pub(crate) fn refusal(file: GuardedFile, bytes: &[u8]) -> Option<&'static str> {
    readable::refusal(file, bytes)
}

/// The same without the quick look.
fn judge_all(settings: &GuardSettings, file: GuardedFile, path: &[u8], bytes: &[u8]) -> Vec<Finding> {
    if let GuardedFile::Lockfile(Syntax::Binary) = file {
        return binary(settings, path, bytes);
    }
    let text = text::decode(bytes);
    let mut found = BTreeSet::new();
    let mut judge = TextJudge { settings, path, found: &mut found };
    match file {
        GuardedFile::Manifest(syntax) => judge.manifest(&text, syntax, FindingKind::Manifest),
        GuardedFile::Workspace => judge.manifest(&text, Syntax::Yaml, FindingKind::Workspace),
        GuardedFile::Yarnrc => judge.yarnrc(&text),
        GuardedFile::Lockfile(syntax) => {
            text::sides(&text).iter().for_each(|side| judge.lockfile(side, syntax))
        }
        GuardedFile::Settings | GuardedFile::Backup => {}
    }
    found.into_iter().collect()
}

/// Whether bytes can hold a reference at all: most hold neither a deps dir's name nor anything that hides one, nor a
/// tarball with a name as only prepare gives it.
fn may_hold(settings: &GuardSettings, bytes: &[u8]) -> bool {
    names_a_tarball(bytes)
        || settings.names().any(|name| {
            contains(bytes, name.as_bytes())
                || name.contains(char::is_whitespace)
                || hides(name.as_bytes(), bytes)
        })
}

/// Whether bytes hold something that another reading makes a name of: a percent sign, the zeros of wide characters, or
/// an escape that stands for a character of it (those that everybody uses, as `\"`, `\n` and `\/`, do not).
fn hides(name: &[u8], bytes: &[u8]) -> bool {
    let hides = |after: u8| {
        matches!(after, b'u' | b'U' | b'x' | b'\n' | b'\r')
            || name.iter().any(|byte| byte.eq_ignore_ascii_case(&after))
    };
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'%' | 0 => true,
        b'\\' => bytes.get(at + 1).is_none_or(|after| !after.is_ascii() || hides(*after)),
        _ => false,
    })
}

/// Whether a name stands there that ends in the digest of a tarball's bytes.
fn names_a_tarball(bytes: &[u8]) -> bool {
    tarball_end(bytes).is_some()
}

/// Where the first such name ends.
fn tarball_end(bytes: &[u8]) -> Option<usize> {
    let ends = std::iter::successors(find(bytes, b".tgz", 0), |at| find(bytes, b".tgz", at + 1));
    let is_digest = |digits: &[u8]| {
        digits.split_first().is_some_and(|(dash, digits)| {
            *dash == b'-' && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let mut ends = ends;
    let end = ends.find(|at| at.checked_sub(13).and_then(|from| bytes.get(from..*at)).is_some_and(is_digest));
    end.map(|at| at + ".tgz".len())
}

/// Whether bytes hold a word, in any case.
fn contains(bytes: &[u8], word: &[u8]) -> bool {
    find(bytes, word, 0).is_some()
}

fn find(bytes: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let first = *word.first()?;
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| byte.eq_ignore_ascii_case(&first))?;
        if bytes.get(at..at + word.len())?.eq_ignore_ascii_case(word) {
            return Some(at);
        }
        at += 1;
    }
}

/// Bun's binary lockfile keeps its strings as they are: a path that goes through the deps dir is one of them.
fn binary(settings: &GuardSettings, path: &[u8], bytes: &[u8]) -> Vec<Finding> {
    let slash = |byte: Option<&u8>| matches!(byte, Some(b'/' | b'\\'));
    let of_value = |value: String| Finding { value, ..Finding::of_file(path, FindingKind::Lockfile) };
    let mut found = Vec::new();
    for name in settings.names() {
        let mut from = 0;
        while let Some(at) = find(bytes, name.as_bytes(), from) {
            from = at + name.len();
            let starts = at == 0 || bytes.get(at - 1).is_some_and(|before| !before.is_ascii_alphanumeric());
            if starts && slash(bytes.get(from)) && found.is_empty() {
                let end = bytes[at..].iter().position(|byte| !byte.is_ascii_graphic());
                let value = String::from_utf8_lossy(&bytes[at..end.map_or(bytes.len(), |end| at + end)]);
                let value = value.chars().take(200).collect();
                found.push(of_value(value));
            }
        }
    }
    if found.is_empty()
        && let Some(end) = tarball_end(bytes)
    {
        let is_part = |byte: &u8| byte.is_ascii_graphic();
        let start = bytes[..end].iter().rposition(|byte| !is_part(byte)).map_or(0, |at| at + 1);
        // It may stand right behind another string.
        let value = String::from_utf8_lossy(&bytes[start.max(end.saturating_sub(200))..end]).into_owned();
        found.push(of_value(value));
    }
    found
}

/// Looks at one text, and keeps what it finds.
struct TextJudge<'a> {
    settings: &'a GuardSettings,
    path: &'a [u8],
    found: &'a mut BTreeSet<Finding>,
}

impl TextJudge<'_> {
    fn manifest(&mut self, text: &str, syntax: Syntax, kind: FindingKind) {
        let is_parsed = !text::has_conflict(text)
            && match syntax {
                Syntax::Yaml => self.yaml(text, kind),
                Syntax::Json5 => json5::parse_object(text).is_ok(),
                Syntax::Json | Syntax::Binary => Document::parse(text).is_ok(),
            };
        if !is_parsed {
            self.found.clear();
            self.mention(text, kind);
        } else if syntax != Syntax::Yaml {
            self.json(text, kind, &|judge, item| {
                judge.is_one(Place::of(kind, item.keys), item.text, item.is_key)
            });
        }
    }

    /// Looks at each string of a text that is JSON or nearly so.
    fn json(&mut self, text: &str, kind: FindingKind, is_one: &dyn Fn(&Self, &json::JsonString<'_>) -> bool) {
        let mut lines = LineCounter::of(text);
        json::strings(text, &mut |item| {
            if is_one(self, item) {
                self.add(kind, item.keys, item.text, lines.at(item.at));
            }
        });
    }

    /// Looks at a text as far as it is YAML, and whether all of it is.
    fn yaml(&mut self, text: &str, kind: FindingKind) -> bool {
        let parsed = yaml::strings(text, &mut |item| {
            if self.is_one(Place::of(kind, item.keys), item.text, item.is_key) {
                self.add(kind, item.keys, item.text, item.line);
            }
        });
        parsed.is_ok()
    }

    /// Settings of yarn name paths in many places: whatever leads into the deps dir is one.
    fn yarnrc(&mut self, text: &str) {
        let kind = FindingKind::Workspace;
        let parsed = yaml::strings(text, &mut |item| {
            let is_path = !item.is_key && item.text.contains(['/', '\\']);
            let place = if is_path { Place::Path } else { Place::Specifier };
            if self.is_one(place, item.text, item.is_key) {
                self.add(kind, item.keys, item.text, item.line);
            }
        });
        if parsed.is_err() || text::has_conflict(text) {
            self.found.clear();
            self.mention(text, kind);
        }
    }

    /// Whether what stands in a place leads into a deps dir.
    fn is_one(&self, place: Place, text: &str, is_key: bool) -> bool {
        match place {
            Place::Other => false,
            Place::Specifier => self.is_reference(text, is_key),
            // One that keeps a folder out leads nowhere.
            Place::Path if is_key || text.starts_with('!') || text.contains("://") => false,
            Place::Path => {
                let readings = [text.to_owned(), percent_decoded(text)];
                let paths: Vec<Parts> = readings.iter().map(|text| reference::parts(text)).collect();
                self.leads_in(&paths) || self.is_reference(text, false)
            }
        }
    }

    /// A text that cannot be parsed is a finding where the name of a deps dir stands in it, in any spelling.
    fn mention(&mut self, text: &str, kind: FindingKind) {
        let mentions = |text: &str| {
            let readings = [text.to_owned(), json::unescaped(text)];
            let readings = readings.iter().flat_map(|text| [text.clone(), percent_decoded(text)]);
            readings.into_iter().any(|text| {
                let has = |name: &str| contains(text.as_bytes(), name.as_bytes());
                self.settings.names().any(has) || names_a_tarball(text.as_bytes())
            })
        };
        if !mentions(text) {
            return;
        }
        // An escaped line end may part the name.
        let (line, value) = text.lines().enumerate().find(|(_, line)| mentions(line)).unwrap_or_default();
        let value: String = value.trim().chars().take(200).collect();
        self.add(kind, &[], &value, line + 1);
    }

    fn lockfile(&mut self, text: &str, syntax: Syntax) {
        if syntax == Syntax::Yaml {
            yaml::lines(text, &mut |item| {
                if self.is_locked(item.keys, item.text) {
                    self.add(FindingKind::Lockfile, item.keys, item.text, item.line);
                }
            });
        } else {
            self.json(text, FindingKind::Lockfile, &|judge, item| judge.is_locked(item.keys, item.text));
        }
    }

    /// A specifier, or a key that carries one, as a selector may.
    fn is_reference(&self, text: &str, is_key: bool) -> bool {
        self.leads_in(&if is_key { reference::explicit_paths(text) } else { reference::paths(text) })
    }

    fn is_locked(&self, keys: &[Option<String>], text: &str) -> bool {
        let own = keys.last().and_then(Option::as_deref);
        // npm copies the manifest's globs of workspaces.
        let is_glob = matches!(keys, [.., Some(above), None] if above == "workspaces");
        let is_patch = own == Some("path") && keys.iter().flatten().any(|key| key == PATCHES);
        let is_one_word = !text.contains(char::is_whitespace) || reference::is_path(text);
        let paths = if is_one_word && !is_glob || own.is_some_and(|own| PLACES.contains(&own)) {
            reference::paths(text)
        } else {
            reference::explicit_paths(text)
        };
        self.leads_in(&paths) || is_patch && self.leads_in(&[reference::parts(text)])
    }

    fn leads_in(&self, paths: &[Parts]) -> bool {
        let leads = |path: &Parts| self.settings.leads_into_deps_dir(self.path, path);
        paths.iter().any(|path| leads(path) || reference::is_our_tarball(path))
    }

    fn add(&mut self, kind: FindingKind, keys: &[Option<String>], value: &str, line: usize) {
        let key = keys.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".");
        self.found.insert(Finding { path: self.path.to_vec(), line, kind, key, value: value.to_owned() });
    }
}

/// A finding in a few words.
pub(crate) fn what_is_found(finding: &Finding) -> String {
    match finding.kind {
        FindingKind::DepsDir => "lies in the deps dir".to_owned(),
        FindingKind::Backup => "is a backup of a rewritten manifest".to_owned(),
        FindingKind::Link => "is a link into the deps dir".to_owned(),
        FindingKind::Manifest | FindingKind::Workspace | FindingKind::Lockfile => {
            format!("points into the deps dir: {}", shown(finding.value.as_bytes()))
        }
    }
}

/// A path or value on one line, whatever it holds.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        shown.push_str(&json_text::shown(chunk.valid()));
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// What a value is to whoever reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A specifier, or something that holds some.
    Specifier,
    /// A path or a glob.
    Path,
    /// Neither.
    Other,
}

impl Place {
    /// What stands under these keys, from the outermost value on.
    fn of(kind: FindingKind, keys: &[Option<String>]) -> Self {
        // What YAML merges, one map or a list of them, stands among its neighbours.
        let merged = match keys.get(1..) {
            Some([Some(merge), None, ..]) if merge == "<<" => 2,
            Some([Some(merge), ..]) if merge == "<<" => 1,
            _ => 0,
        };
        let key = |at: usize| keys.get(merged + at).and_then(Option::as_deref);
        let field = |at: usize| key(at).filter(|key| FIELDS.contains(key));
        let is_outer = key(1).is_some_and(|key| OUTER_FIELDS.contains(&key));
        let globs = if kind == FindingKind::Workspace { "packages" } else { "workspaces" };
        let is_item = |at: usize| matches!(keys.get(merged + at..), Some([None]));
        let is_glob = key(1) == Some(globs) && is_item(2)
            || key(1) == Some("workspaces") && key(2) == Some("packages") && is_item(3);
        match field(1).or_else(|| field(2).filter(|_| is_outer)) {
            _ if is_glob => Self::Path,
            Some(PATCHES) => Self::Path,
            Some(_) => Self::Specifier,
            None => Self::Other,
        }
    }
}
