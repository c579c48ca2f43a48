//! One folder of the walk: npm-packlist's `Walker` on ignore-walk's.

use std::collections::HashSet;

use serde_json::Value;

use super::rules::RulePath;
use super::tree::{PackTree, PathKind};
use super::{Walk, bad_pattern, files, manifest, rules, unlisted};
use crate::error::Problem;
use crate::npm::js;
use crate::npm::minimatch::Minimatch;
use crate::npm::read::glob::is_outside;
use crate::text::path;

pub(super) struct Walker<'a> {
    walk: &'a Walk<'a>,
    parent: Option<&'a Walker<'a>>,
    /// Relative, as it was put together: `dist/../lib` stays.
    path: String,
    base: String,
    /// The package itself, or a bundled one that is a link: it has rules of its own.
    project: bool,
    /// Links in `node_modules` and its scopes are followed.
    follow: bool,
    bundled: HashSet<String>,
    rules: PackRules,
}

/// What is known of a package's own manifest when its folder is filtered.
#[derive(Default)]
enum OwnManifest {
    /// Nothing yet, or it is no JSON.
    #[default]
    Unread,
    /// With the text of the rules that `files` came to.
    Files(String),
    /// Without `files`, or one that was kept as it is.
    Plain(Value),
}

#[derive(Default)]
struct PackRules {
    package_json: Vec<Minimatch>,
    npmignore: Option<Vec<Minimatch>>,
    gitignore: Vec<Minimatch>,
    necessary: Vec<Minimatch>,
    /// Whether the fixed part of the necessary rules is in force.
    must_have: bool,
}

/// A name to decide on. What comes out of `files` may be a path, of which the kind is not known yet.
struct WalkEntry {
    name: String,
    kind: Option<PathKind>,
    garbled: bool,
}

impl<'a> Walker<'a> {
    pub(super) fn root(walk: &'a Walk<'a>, bundled: Vec<String>) -> Self {
        Self {
            walk,
            parent: None,
            path: String::new(),
            base: String::new(),
            project: true,
            follow: false,
            bundled: bundled.into_iter().collect(),
            rules: PackRules::default(),
        }
    }

    fn child(parent: &'a Walker<'a>, entry: &str, link: bool) -> Self {
        let path = parent.at(entry);
        Self {
            walk: parent.walk,
            parent: Some(parent),
            base: path::basename(&path).to_owned(),
            project: parent.follow && link,
            follow: is_followed(&path),
            path,
            bundled: HashSet::new(),
            rules: PackRules::default(),
        }
    }

    fn at(&self, entry: &str) -> String {
        if self.path.is_empty() { entry.to_owned() } else { format!("{}/{entry}", self.path) }
    }

    /// Reads the folder and all below it that is packed.
    pub(super) fn start(mut self) -> Result<(), Problem> {
        let listing = self.walk.tree.list(&self.path).map_err(|e| unlisted(&e))?;
        let mut entries: Vec<WalkEntry> = listing
            .iter()
            .map(|child| WalkEntry {
                name: child.name.clone(),
                kind: Some(child.kind),
                garbled: child.garbled,
            })
            .collect();
        let mut package = OwnManifest::Unread;
        if self.project {
            let bundles = !self.bundled.is_empty();
            entries.retain(|e| e.name != ".git" && (e.name != "node_modules" || bundles));
            if entries.iter().any(|e| e.name == "package.json") {
                (package, entries) = self.package_files(entries)?;
            }
        }
        self.ignore_files(&entries, package)?;
        entries.iter().try_for_each(|entry| self.visit(entry))
    }

    /// `getPackageFiles`: with `files` the folder's names give way to what these find.
    fn package_files(&self, entries: Vec<WalkEntry>) -> Result<(OwnManifest, Vec<WalkEntry>), Problem> {
        let cached = self.walk.manifests.borrow().get(&self.path).cloned();
        let manifest = match &cached {
            Some(manifest @ (Value::Object(_) | Value::Array(_))) => Some(manifest.clone()),
            _ => serde_json::from_str(&self.walk.read_text(&self.at("package.json"))?).ok(),
        };
        let Some(manifest) = manifest.as_ref().and_then(manifest::normalize_bin) else {
            return Ok((cached.map_or(OwnManifest::Unread, OwnManifest::Plain), entries));
        };
        let Some(Value::Array(files)) = manifest.get("files") else {
            return Ok((OwnManifest::Plain(manifest), entries));
        };
        let has_node_modules = entries.iter().any(|entry| entry.name == "node_modules");
        // Nothing below a package that is not bundled can be packed: there is no need to look.
        let skip = |path: &str| package_of(path).is_some_and(|name| !self.bundled.contains(name));
        let own_tree;
        let tree = if self.path.is_empty() {
            self.walk.tree
        } else {
            own_tree = PackTree::new(&self.walk.tree.path(&self.path), self.walk.tree.seen());
            &own_tree
        };
        let chosen = files::choose(tree, &manifest, files, has_node_modules, &skip)?;
        let entries = chosen.entries.into_iter().map(|name| WalkEntry { name, kind: None, garbled: false });
        Ok((OwnManifest::Files(chosen.rules), entries.collect()))
    }

    /// `addIgnoreFiles`, for the names that are there.
    fn ignore_files(&mut self, entries: &[WalkEntry], package: OwnManifest) -> Result<(), Problem> {
        let has = |name: &str| entries.iter().any(|entry| entry.name == name);
        if has("package.json") && self.project {
            self.package_rules(package)?;
        }
        if has(".npmignore") {
            self.rules.npmignore = Some(self.read_rules(".npmignore")?);
        }
        if has(".gitignore") {
            // Read in any case, since the original fails where it cannot be.
            self.rules.gitignore = self.read_rules(".gitignore")?;
        }
        Ok(())
    }

    /// `onPackageJson`.
    fn package_rules(&mut self, package: OwnManifest) -> Result<(), Problem> {
        let manifest = match package {
            OwnManifest::Files(rules) => {
                self.rules.package_json = self.parse("package.json", &rules)?;
                return Ok(());
            }
            OwnManifest::Plain(manifest) => manifest,
            OwnManifest::Unread => {
                match serde_json::from_str(&self.walk.read_text(&self.at("package.json"))?) {
                    Ok(Value::Null) | Err(_) => return Ok(()),
                    Ok(manifest) => manifest,
                }
            }
        };
        let text = |files: Vec<String>| files.iter().map(|file| format!("!{file}\n")).collect::<String>();
        if let Some(Value::Array(files)) = manifest.get("files") {
            let files = files.iter().map(js::to_string).collect();
            self.rules.package_json = self.parse("package.json", &text(files))?;
        } else {
            self.rules.necessary = self.parse("package.json", &text(manifest::own_files(&manifest)))?;
            self.rules.must_have = true;
        }
        Ok(())
    }

    fn read_rules(&self, file: &str) -> Result<Vec<Minimatch>, Problem> {
        let text = self.walk.read_text(&self.at(file)).map_err(|problem| {
            problem.hint(format!("an entry {file} must be a file that can be read; else rename it"))
        })?;
        self.parse(file, &text)
    }

    fn parse(&self, file: &str, text: &str) -> Result<Vec<Minimatch>, Problem> {
        rules::parse(text).map_err(|e| bad_pattern(self.walk.tree, &self.at(file), e))
    }

    /// `stat` and `onstat`: decides on one name, with the filter that its kind asks for.
    fn visit(&self, entry: &WalkEntry) -> Result<(), Problem> {
        let name = &entry.name;
        // Windows knows no such name.
        if name.contains('*') {
            return Ok(());
        }
        let passes = || self.filter_entry(name, false) || self.filter_entry(name, true);
        if entry.garbled {
            return if passes() { Err(self.garbled(name)) } else { Ok(()) };
        }
        let kind = match entry.kind {
            Some(kind) => kind,
            None => match self.walk.tree.kind(&self.at(name)) {
                Ok(kind) => kind,
                Err(_) if !passes() => return Ok(()),
                Err(_) if name.contains('\u{fffd}') => return Err(self.garbled(name)),
                Err(e) => return Err(self.walk.fail("read", &self.at(name), &crate::error::io_cause(&e))),
            },
        };
        if entry.kind.is_none() && name.split('/').any(|part| part == "..") {
            self.refuse_detour(name)?;
        }
        match kind {
            PathKind::File => self.add(name, true, self.filter_entry(name, false)),
            PathKind::Special => self.add(name, false, self.filter_entry(name, false)),
            PathKind::Dir => self.descend(name, false, self.filter_entry(name, true)),
            PathKind::Link if !self.follow || !passes() => Ok(()),
            PathKind::Link => {
                let path = self.at(name);
                let place = self.walk.tree.path(&path);
                self.walk.tree.seen().look(&place, true);
                let meta = std::fs::metadata(place)
                    .map_err(|e| self.walk.fail("follow", &path, &crate::error::io_cause(&e)))?;
                if meta.is_dir() {
                    self.descend(name, true, self.filter_entry(name, true))
                } else {
                    self.add(name, meta.is_file(), self.filter_entry(name, false))
                }
            }
        }
    }

    fn add(&self, name: &str, regular: bool, included: bool) -> Result<(), Problem> {
        if included && !regular {
            return Err(self
                .walk
                .fail("pack", &self.at(name), "it is a FIFO, a socket or a device")
                .hint("take it out of the package, or name it in .npmignore"));
        }
        if included {
            self.walk.result.borrow_mut().insert(self.at(name));
        }
        Ok(())
    }

    fn descend(&self, name: &str, link: bool, included: bool) -> Result<(), Problem> {
        if included { Walker::child(self, name, link).start() } else { Ok(()) }
    }

    fn garbled(&self, name: &str) -> Problem {
        self.walk
            .fail(
                "pack",
                &self.at(name),
                "its name is no UTF-8 (shown with \u{fffd} in place of what is not)",
            )
            .hint("rename it, or keep it out of the package")
    }

    /// A `..` behind a link leads elsewhere than its text says.
    fn refuse_detour(&self, name: &str) -> Result<(), Problem> {
        let real = |path: &str| std::fs::canonicalize(self.walk.tree.path(path)).ok();
        let path = self.at(name);
        // Each link on the way would have to be noted.
        self.walk.tree.seen().spoil();
        if is_outside(&path) || real(&path) != real(&path::relative(&path)) {
            return Err(self
                .walk
                .fail("pack", &path, "it leads outside of the package")
                .hint("a package can only hold what lies in its folder"));
        }
        Ok(())
    }

    /// npm-packlist's `filterEntry`.
    fn filter_entry(&self, entry: &str, folder: bool) -> bool {
        if let Some(parent) = self.parent.filter(|_| !self.project && is_in_node_modules(&self.path)) {
            return parent.filter_entry(&format!("{}/{entry}", self.base), folder);
        }
        if self.project {
            if let Some(package) = package_of(entry) {
                return self.bundled.contains(package);
            }
            match entry {
                "node_modules" => return !self.bundled.is_empty(),
                "package.json" | "npm-shrinkwrap.json" => return true,
                _ => {}
            }
        }
        if rules::must_have(entry) {
            return true;
        }
        if self.project && entry == "package-lock.json" {
            return false;
        }
        let included =
            self.parent.is_none_or(|parent| parent.filter_entry(&format!("{}/{entry}", self.base), folder));
        let PackRules { package_json, npmignore, gitignore, necessary, must_have } = &self.rules;
        let lists: [&[Minimatch]; 5] = [
            if self.project && rules::defaults_may_match(entry) { rules::defaults() } else { &[] },
            package_json,
            npmignore.as_deref().unwrap_or(gitignore),
            necessary,
            if *must_have { rules::must_have_files() } else { &[] },
        ];
        // As in most folders below the package's own.
        if lists.iter().all(|rules| rules.is_empty()) {
            return included;
        }
        RulePath::new(entry, folder).filter(&lists, included)
    }
}

/// `/^\/node_modules(?:\/@[^/]+)?$/` on the folder's path: a deeper one never matches the original's expression.
fn is_followed(path: &str) -> bool {
    match path.strip_prefix("node_modules") {
        Some("") => true,
        Some(rest) => rest.strip_prefix("/@").is_some_and(|scope| !scope.is_empty() && !scope.contains('/')),
        None => false,
    }
}

/// `/^node_modules($|\/)/i`.
fn is_in_node_modules(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    first.eq_ignore_ascii_case("node_modules")
}

/// `pkgFromPath`, for a path that has one: below `node_modules`, and below a scope.
fn package_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("node_modules/")?;
    let mut slashes = rest.match_indices('/').map(|(at, _)| at);
    let end = if rest.starts_with('@') {
        slashes.next()?;
        slashes.next()
    } else {
        slashes.next()
    };
    Some(&rest[..end.unwrap_or(rest.len())]).filter(|name| !name.is_empty())
}
