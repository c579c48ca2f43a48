//! A rewritten text of which no original is known: each reference into the deps dir becomes what the file's history has
//! in its place, or a range that fits the package. No dependency is taken out because nothing better is known.

use std::collections::BTreeSet;

use nodejs_semver::Version;

use super::references::{Reference, leads_into};
use super::take_back::{
    TakeBackError, drop_emptied, override_names_a_tarball, rule_around, says_nothing, with_overrides,
};
use super::{points_into, reference_file};
use crate::npm::{DEPENDENCY_FIELDS, digest_in_tarball, package_name};
use crate::project::FileKind;
use crate::text::yaml::edit as settings;
use crate::text::{Change, Document, edit};

/// A package of the workspace, as far as it helps to tell what a reference was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownPackage {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The names of what it depends on.
    pub(crate) dependencies: Vec<String>,
    /// The names of the peers that it needs.
    pub(crate) peers: Vec<String>,
}

/// What is known besides the text itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CleanSources<'a> {
    /// The file's former texts, the newest first; they may be rewritten too.
    pub(crate) history: &'a [String],
    /// The workspace's packages.
    pub(crate) packages: &'a [KnownPackage],
    /// The deps dir.
    pub(crate) deps_dir: &'a str,
}

/// A text that nothing points into the deps dir in any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cleaned {
    /// The text; none where settings held nothing else, and no history of them is known.
    pub(crate) text: Option<String>,
    /// Entries that became a range, with the range.
    pub(crate) ranges: Vec<(String, String)>,
    /// Dependencies that prepare had added: the history shows that they were not there.
    pub(crate) dropped: Vec<String>,
}

/// Why a text is not cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CleanError {
    /// It cannot be read or edited.
    Text(TakeBackError),
    /// Of these entries nobody knows what they were.
    Unknown(Vec<UnknownEntry>),
}

/// An entry of which nobody knows what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownEntry {
    /// The keys down to it, with dots between them.
    pub(crate) key: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

impl<E: Into<TakeBackError>> From<E> for CleanError {
    fn from(error: E) -> Self {
        Self::Text(error.into())
    }
}

/// Cleans a text.
///
/// # Errors
/// [`CleanError`]; a lockfile is never taken apart.
pub(crate) fn clean(kind: FileKind, text: &str, sources: &CleanSources<'_>) -> Result<Cleaned, CleanError> {
    match kind {
        FileKind::Manifest => manifest(text, sources),
        FileKind::Settings => overrides(text, sources),
        FileKind::Lockfile => Err(TakeBackError::Lockfile.into()),
    }
}

/// What becomes of an entry.
enum Fate {
    Change(Change),
    Range(String),
    Dropped,
    Unknown,
}

fn manifest(text: &str, sources: &CleanSources<'_>) -> Result<Cleaned, CleanError> {
    let document = Document::parse(text)?;
    let former: Vec<FormerManifest<'_>> =
        sources.history.iter().filter_map(|text| FormerManifest::read(text, sources.deps_dir)).collect();
    let references = points_into(text, sources.deps_dir);
    let peers = needed_peers(&references, sources);
    let mut changes = Vec::new();
    let mut cleaned = Cleaned { text: None, ranges: Vec::new(), dropped: Vec::new() };
    let mut unknown = Vec::new();
    for reference in references {
        let path = reference.path;
        let key = path.join(".");
        let fate = if is_dependency(&path) {
            dependency(&path, &reference.value, &former, &peers, sources)
        } else {
            Fate::Change(override_of(&path, &former)?)
        };
        match fate {
            Fate::Change(change) => changes.push(change),
            Fate::Range(range) => {
                changes.push(Change::Set { path, value: range.clone().into() });
                cleaned.ranges.push((key, range));
            }
            Fate::Dropped => {
                changes.push(Change::Remove { path });
                cleaned.dropped.push(key);
            }
            Fate::Unknown => {
                let at = document.find(&path).map_or(0, |node| document.span(node).start);
                unknown.push(UnknownEntry { key, line: line_at(text, at) });
            }
        }
    }
    if !unknown.is_empty() {
        return Err(CleanError::Unknown(unknown));
    }
    // A map that npm's rule was a text before is set once, whatever it holds.
    let mut seen = BTreeSet::new();
    changes.retain(|change| match change {
        Change::Set { path, .. } => seen.insert(path.clone()),
        _ => true,
    });
    let edited = edit::apply(text, &changes)?.text;
    cleaned.text = Some(drop_emptied(text, edited)?);
    Ok(cleaned)
}

/// Whether a package is installed for the sake of this entry: a dependency, or one that pnpm adds to a package.
fn is_dependency(path: &[String]) -> bool {
    let field = path.first().map(String::as_str).unwrap_or_default();
    DEPENDENCY_FIELDS.contains(&field)
        || field == "peerDependencies"
        || path.get(1).is_some_and(|key| key == "packageExtensions")
}

fn dependency(
    path: &[String],
    value: &str,
    former: &[FormerManifest<'_>],
    peers: &BTreeSet<&str>,
    sources: &CleanSources<'_>,
) -> Fate {
    for text in former {
        if let Some(value) = text.clean_entry(path) {
            return Fate::Change(Change::Set { path: path.to_vec(), value: value.into() });
        }
    }
    let name = path.last().map(String::as_str).unwrap_or_default();
    // Prepare adds what a package of ours needs beside it, and only to these.
    let may_be_added = path.len() == 2 && path[0] == "dependencies" && peers.contains(name);
    if may_be_added && former.iter().any(|text| text.is_clean) {
        return Fate::Dropped;
    }
    range(name, value, sources.packages).map_or(Fate::Unknown, Fate::Range)
}

/// The entry as the newest text has it that says something of it: one of ours goes where that has none.
fn override_of(path: &[String], former: &[FormerManifest<'_>]) -> Result<Change, TakeBackError> {
    for text in former {
        if let Some(node) = text.document.find(path)
            && (text.is_clean || text.clean_entry(path).is_some())
        {
            return Ok(Change::Set { path: path.to_vec(), value: text.document.to_value(node)? });
        }
        if text.is_clean {
            let rule = rule_around(&text.document, path);
            return Ok(rule.unwrap_or_else(|| Change::Remove { path: path.to_vec() }));
        }
    }
    Ok(Change::Remove { path: path.to_vec() })
}

/// A former text of a manifest.
struct FormerManifest<'t> {
    document: Document<'t>,
    deps_dir: &'t str,
    is_clean: bool,
}

impl<'t> FormerManifest<'t> {
    fn read(text: &'t str, deps_dir: &'t str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        Some(Self { document, deps_dir, is_clean: points_into(text, deps_dir).is_empty() })
    }

    /// The specifier that stands there, where it does not point into the deps dir.
    fn clean_entry(&self, path: &[String]) -> Option<String> {
        let value = self.document.string(self.document.find(path)?)?;
        (!leads_into(&value, self.deps_dir)).then_some(value)
    }
}

/// The peers of the packages to which references lead, and of all that those need, as far as the workspace tells.
fn needed_peers<'a>(references: &[Reference], sources: &CleanSources<'a>) -> BTreeSet<&'a str> {
    let leads_to = |package: &KnownPackage| {
        let stem = package_name::tarball_stem(&package.name, "");
        references.iter().any(|reference| reference_file(&reference.value).starts_with(&stem))
    };
    let mut open: Vec<&KnownPackage> = sources.packages.iter().filter(|package| leads_to(package)).collect();
    let mut seen = BTreeSet::new();
    let mut peers = BTreeSet::new();
    while let Some(package) = open.pop() {
        if seen.insert(package.name.as_str()) {
            peers.extend(package.peers.iter().map(String::as_str));
            let needs = |other: &&KnownPackage| package.dependencies.contains(&other.name);
            open.extend(sources.packages.iter().filter(needs));
        }
    }
    peers
}

/// The range that fits the package to which a reference leads: by the version in the tarball's name, or else by the
/// workspace's.
pub(super) fn range(name: &str, value: &str, packages: &[KnownPackage]) -> Option<String> {
    let file = reference_file(value);
    let stem = match digest_in_tarball(file) {
        Some(digits) => file.strip_suffix(".tgz")?.strip_suffix(digits)?.strip_suffix('-')?,
        None => file.strip_suffix(".tgz").or_else(|| file.strip_suffix(".tar.gz")).unwrap_or(file),
    };
    let version_in = |package: &str| {
        let version = stem.strip_prefix(&package_name::tarball_stem(package, ""))?;
        Version::parse(version).ok().map(|_| version.to_owned())
    };
    let of_workspace = |package: &str| {
        let known = packages.iter().find(|known| known.name == package);
        known.filter(|known| Version::parse(&known.version).is_ok()).map(|known| known.version.clone())
    };
    if let Some(version) = version_in(name) {
        return Some(format!("^{version}"));
    }
    // Under another name, which must be that of a package whose tarball this is.
    let alias = packages.iter().find_map(|known| Some((known, version_in(&known.name)?)));
    if let Some((known, version)) = alias {
        return Some(format!("npm:{}@^{version}", known.name));
    }
    of_workspace(name).map(|version| format!("^{version}"))
}

fn overrides(text: &str, sources: &CleanSources<'_>) -> Result<Cleaned, CleanError> {
    let dir = sources.deps_dir;
    let ours: Vec<String> = settings::read_overrides(text)
        .map_err(TakeBackError::from)?
        .into_iter()
        .filter(|(_, value)| override_names_a_tarball(value, dir))
        .map(|(selector, _)| selector)
        .collect();
    let mut sets: Vec<(String, String)> = Vec::new();
    let mut open: BTreeSet<&String> = ours.iter().collect();
    let former = sources.history.iter().filter_map(|text| settings::read_overrides(text).ok());
    for overrides in former {
        let is_clean = !overrides.iter().any(|(_, value)| override_names_a_tarball(value, dir));
        for (selector, value) in overrides {
            if !override_names_a_tarball(&value, dir) && open.remove(&selector) {
                sets.push((selector, value));
            }
        }
        if is_clean {
            break;
        }
    }
    let removes: Vec<String> = open.into_iter().cloned().collect();
    let text = with_overrides(text, &sets, &removes)?;
    let was_there = sources.history.iter().any(|text| !super::names_a_tarball_in(text, dir));
    let text = if !was_there && says_nothing(&text) { None } else { Some(text) };
    Ok(Cleaned { text, ranges: Vec::new(), dropped: Vec::new() })
}

/// The line of a place, from 1.
fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TARBALL: &str = "file:../.docker-deps/x-a-1.4.2-0123456789ab.tgz";
    const DIR: &str = ".docker-deps";

    fn cleaned(text: &Value, history: &[Value], packages: &[KnownPackage]) -> Result<Cleaned, CleanError> {
        let history: Vec<String> = history.iter().map(Value::to_string).collect();
        let sources = CleanSources { history: &history, packages, deps_dir: DIR };
        clean(FileKind::Manifest, &text.to_string(), &sources)
    }

    fn value(cleaned: &Cleaned) -> Value {
        serde_json::from_str(cleaned.text.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn each_entry_is_as_the_newest_text_has_it_in_which_it_is_clean() {
        let now =
            json!({"dependencies": {"@x/a": TARBALL, "@x/b": TARBALL}, "devDependencies": {"@x/a": TARBALL}});
        let partly = json!({"dependencies": {"@x/a": "^1.3.0", "@x/b": TARBALL}});
        let old = json!({"dependencies": {"@x/a": "^1.0.0", "@x/b": "2"}, "devDependencies": {"@x/a": "1"}});
        let found = cleaned(&now, &[now.clone(), partly, old], &[]).unwrap();
        let expected =
            json!({"dependencies": {"@x/a": "^1.3.0", "@x/b": "2"}, "devDependencies": {"@x/a": "1"}});
        assert_eq!(value(&found), expected);
        assert_eq!((found.ranges, found.dropped), (vec![], vec![]));
    }

    #[test]
    fn a_range_is_that_of_the_packed_version_or_the_entry_is_named() {
        let now = json!({"dependencies": {"@x/a": TARBALL}});
        let found = cleaned(&now, &[], &[]).unwrap();
        assert_eq!(value(&found), json!({"dependencies": {"@x/a": "^1.4.2"}}));
        assert_eq!(found.ranges, [("dependencies.@x/a".to_owned(), "^1.4.2".to_owned())]);

        let package = |name: &str, version: &str| KnownPackage {
            name: name.to_owned(),
            version: version.to_owned(),
            ..KnownPackage::default()
        };
        let known = [package("@x/a", "2.0.0"), package("@x/old", "3.0.0")];
        for (key, spec, range) in [
            ("@x/a", "file:../.docker-deps/x-a-1.0.0-rc.1-0123456789ab.tgz", Some("^1.0.0-rc.1")),
            ("@x/a", "file:../.docker-deps/x-a-1.0.0.tgz", Some("^1.0.0")),
            ("other", TARBALL, Some("npm:@x/a@^1.4.2")),
            ("@x/old", "file:../.docker-deps/old.tgz", Some("^3.0.0")),
            ("@x/none", "file:../.docker-deps/none.tgz", None),
        ] {
            assert_eq!(super::range(key, spec, &known).as_deref(), range, "{key} {spec}");
        }
        let nothing = "{\n  \"dependencies\": {\n    \"a\": \"file:.docker-deps/a.tgz\"\n  }\n}";
        let sources = CleanSources { history: &[], packages: &known, deps_dir: DIR };
        let entry = UnknownEntry { key: "dependencies.a".to_owned(), line: 3 };
        assert_eq!(clean(FileKind::Manifest, nothing, &sources), Err(CleanError::Unknown(vec![entry])));
    }

    #[test]
    fn a_peer_that_was_added_goes_where_the_history_shows_it() {
        let peer = "file:../.docker-deps/x-p-1.0.0-0123456789ab.tgz";
        let now = json!({"dependencies": {"@x/a": TARBALL, "@x/p": peer}});
        let old = json!({"dependencies": {"@x/a": "^1"}});
        let package = |name: &str, dependencies: &[&str], peers: &[&str]| KnownPackage {
            name: name.to_owned(),
            version: "1.4.2".to_owned(),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
            peers: peers.iter().map(|name| (*name).to_owned()).collect(),
        };
        let packages = [package("@x/a", &["@x/b"], &[]), package("@x/b", &["@x/a"], &["@x/p"])];
        let found = cleaned(&now, std::slice::from_ref(&old), &packages).unwrap();
        assert_eq!(value(&found), old);
        assert_eq!(found.dropped, ["dependencies.@x/p"]);
        let kept = json!({"dependencies": {"@x/a": "^1", "@x/p": "^1.0.0"}});
        assert_eq!(value(&cleaned(&now, &[old], &[]).unwrap()), kept, "nobody says that it is a peer");
        let kept = json!({"dependencies": {"@x/a": "^1.4.2", "@x/p": "^1.0.0"}});
        assert_eq!(value(&cleaned(&now, &[], &packages).unwrap()), kept, "no history");
    }

    #[test]
    fn overrides_of_ours_go_with_what_is_empty_then_and_others_come_back() {
        let text = json!({
            "dependencies": {"@x/a": TARBALL},
            "pnpm": {"overrides": {"@x/a": TARBALL}},
            "overrides": {"x": {"a": TARBALL}, "y": {}},
            "resolutions": {},
        });
        let bare = json!({"dependencies": {"@x/a": "^1.4.2"}, "overrides": {"y": {}}, "resolutions": {}});
        assert_eq!(value(&cleaned(&text, &[], &[]).unwrap()), bare);
        // npm's rule for `x` was a version before ours made a map of it.
        let head = json!({"dependencies": {"@x/a": "^1"}, "overrides": {"x": "3"}, "pnpm": {"overrides": {"@x/a": "1"}}});
        let with_head = json!({"dependencies": {"@x/a": "^1"}, "pnpm": {"overrides": {"@x/a": "1"}},
            "overrides": {"x": "3", "y": {}}, "resolutions": {}});
        assert_eq!(value(&cleaned(&text, &[head], &[]).unwrap()), with_head);
    }

    #[test]
    fn settings_that_were_made_for_ours_alone_go_as_a_whole() {
        let made = format!("overrides:\n  a: {TARBALL}\n");
        let text = |text: &str, history: &[String]| {
            let sources = CleanSources { history, packages: &[], deps_dir: DIR };
            clean(FileKind::Settings, text, &sources).unwrap().text
        };
        assert_eq!(text(&made, &[]), None);
        assert_eq!(text(&made, std::slice::from_ref(&made)), None);
        assert!(text(&made, &[String::new()]).is_some(), "a commit has the file");
        assert!(text(&format!("# mine\n{made}"), &[]).is_some());
        assert_eq!(text(&format!("{made}  b: ^1\n"), &[]).as_deref(), Some("overrides:\n  b: ^1\n"));
        let old = "overrides:\n  a: ^2\n".to_owned();
        assert_eq!(text(&made, &[made.clone(), old]).as_deref(), Some("overrides:\n  a: '^2'\n"));
        let sources = CleanSources { history: &[], packages: &[], deps_dir: DIR };
        assert!(matches!(clean(FileKind::Settings, "overrides: [", &sources), Err(CleanError::Text(_))));
        assert_eq!(clean(FileKind::Lockfile, "", &sources), Err(CleanError::Text(TakeBackError::Lockfile)));
    }
}
