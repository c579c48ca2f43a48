//! The rules of the house (CONTRIBUTING.md): imports run downward only, and a path tells what a file may do.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use syn::visit::{self, Visit};

/// The rooms from the ground up, those of one line beside each other: a room imports only what stands in a line above.
const ROOMS: &[&[&str]] = &[
    &["text", "threads", "disk"],
    &["error"],
    &["cancel"],
    &["npm"],
    &["report"],
    &["image", "process"],
    &["project"],
    &["registry"],
    &["rewrite"],
    &["source"],
    &["transaction"],
    &["cache"],
    &["deps_dir"],
    &["guard"],
    &["build"],
    &["lockfile"],
    &["offline"],
    &["doctor"],
    &["prepare"],
    &["isolated"],
    &["run"],
    &["cli"],
    &["library"],
];

#[test]
fn every_room_is_known() {
    let known: BTreeSet<&str> = ROOMS.iter().flat_map(|rooms| rooms.iter().copied()).collect();
    let there: BTreeSet<String> = sources().iter().filter_map(|source| source.room()).collect();
    assert_eq!(there, known.into_iter().map(str::to_owned).collect());
}

#[test]
fn imports_run_downward_only() {
    let level = |room: &str| ROOMS.iter().position(|rooms| rooms.contains(&room));
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(room) = source.room() else { continue };
        for other in source.rooms_used() {
            if other != room && level(&other) >= level(&room) {
                wrong.push(format!("{}: {room} imports {other}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where clippy's `disallowed_*` are lifted, the path says so.
#[test]
fn a_path_tells_what_a_file_may_do() {
    let mut wrong = Vec::new();
    let mut lifted = 0;
    for source in sources() {
        for lift in source.lifts() {
            lifted += 1;
            if let Err(why) = source.may_lift(&lift) {
                wrong.push(format!("{}: {why}: {}", source.path.display(), lift.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lifted > 10, "the attributes are not found any more: {lifted}");
}

/// Where a FIFO or a device may stand in a file's place, a plain opening may never end: only `disk/` opens what is there
/// already. What is opened to be written anew, or under the lock after a look, stands in `LOOKED_AT`.
#[test]
fn what_is_there_already_is_opened_by_one_room() {
    const LOOKED_AT: [&str; 3] = ["cache/apply.rs", "transaction/apply/lock.rs", "transaction/apply/file.rs"];
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources() {
        let path = source.path.display().to_string();
        let mut opens = Opens::default();
        opens.visit_file(&source.file);
        seen += opens.0.len();
        if path.starts_with("disk/") || path == "main.rs" {
            continue;
        }
        for call in opens.0 {
            if call != "OpenOptions::new" || !LOOKED_AT.contains(&path.as_str()) {
                wrong.push(format!("{path}: {call}"));
            }
        }
    }
    assert!(wrong.is_empty(), "open it with crate::disk: {}", wrong.join("\n"));
    assert!(seen > LOOKED_AT.len(), "the calls are not found any more: {seen}");
}

/// Each of clippy's lists catches what it is there for, and names functions that exist.
#[test]
fn clippy_bites() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pure = "pub fn f(p: &std::path::Path) -> bool { std::fs::write(p, \"\").is_ok() }";
    let reads = "pub fn f(p: &std::path::Path) -> bool { std::fs::read(p).is_ok() }";
    for (list, text, bites) in [
        (root.to_owned(), pure, true),
        (root.to_owned(), reads, true),
        (changes_only(root), pure, true),
        (changes_only(root), reads, false),
    ] {
        let said = clippy(&list, text);
        assert_eq!(said.contains("use of a disallowed method"), bites, "{}: {text}: {said}", list.display());
        assert!(!said.contains("does not refer to"), "{}: {said}", list.display());
    }
}

/// The list that is held against `read` files: what changes the disk.
fn changes_only(root: &Path) -> PathBuf {
    root.join("scripts/clippy-changes")
}

/// What clippy says of a program of one file.
fn clippy(list: &Path, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lib.rs");
    fs::write(&file, text).unwrap();
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc");
    let sysroot = String::from_utf8(sysroot.stdout).unwrap();
    let output = Command::new("clippy-driver")
        .args([
            "--crate-type",
            "lib",
            "--edition",
            "2024",
            "--emit",
            "metadata",
            "-W",
            "clippy::disallowed_methods",
        ])
        .args(["--sysroot", sysroot.trim(), "--out-dir"])
        .arg(folder.path())
        .arg(&file)
        .env("CLIPPY_CONF_DIR", list)
        .output()
        .expect("clippy-driver, which comes with clippy");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A file of `src`, without what is compiled for tests alone.
struct Source {
    /// From `src`.
    path: PathBuf,
    file: syn::File,
}

/// An attribute that lifts a ban.
struct Lift {
    text: String,
    is_inner: bool,
}

impl Source {
    /// The folder or file below `src` that it belongs to; none for `lib.rs` and `main.rs`.
    fn room(&self) -> Option<String> {
        let first = self.path.iter().next()?.to_str()?.trim_end_matches(".rs").to_owned();
        (first != "lib" && first != "main").then_some(first)
    }

    fn rooms_used(&self) -> BTreeSet<String> {
        let mut uses = Uses::default();
        uses.visit_file(&self.file);
        uses.0
    }

    fn lifts(&self) -> Vec<Lift> {
        let mut attributes = Attributes::default();
        attributes.visit_file(&self.file);
        attributes.0
    }

    fn may_lift(&self, lift: &Lift) -> Result<(), &'static str> {
        let steps: Vec<&str> = self.path.iter().filter_map(|step| step.to_str()).collect();
        let says =
            |word: &str| steps.iter().any(|step| *step == word || step.strip_suffix(".rs") == Some(word));
        let in_read = says("read");
        if !(in_read || says("apply") || steps[0] == "cli" || steps == ["main.rs"]) {
            return Err("only read and apply files, cli/ and main.rs may lift it");
        }
        if !lift.is_inner && !says("apply") {
            return Err("lifted for a whole file or folder, by an inner attribute");
        }
        if !lift.text.contains("expect") || !lift.text.contains("reason") {
            return Err("lifted by an `expect` with a reason");
        }
        if in_read && !lift.text.contains("not (changes)") {
            return Err("a read file may not change anything: `cfg_attr(not(changes), expect(…))`");
        }
        Ok(())
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let found: Vec<Source> = walkdir::WalkDir::new(&root)
        .into_iter()
        .map(|entry| entry.expect("a readable tree").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable file");
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Source { path: path.strip_prefix(&root).expect("below src").to_owned(), file }
        })
        .collect();
    let for_tests = modules_for_tests(&found);
    let is_for_tests = |source: &Source| {
        let module = source.path.with_extension("");
        for_tests.iter().any(|test| module.starts_with(test))
    };
    found.into_iter().filter(|source| !is_for_tests(source)).collect()
}

/// The files and folders that some `#[cfg(test)] mod name;` names, without their extension.
fn modules_for_tests(sources: &[Source]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for source in sources {
        let folder = match source.path.file_name().and_then(|name| name.to_str()) {
            Some("mod.rs" | "lib.rs" | "main.rs") => source.path.with_file_name(""),
            _ => source.path.with_extension(""),
        };
        for item in &source.file.items {
            if let syn::Item::Mod(module) = item
                && module.content.is_none()
                && is_for_tests(&module.attrs)
            {
                found.insert(folder.join(module.ident.to_string()));
            }
        }
    }
    found
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test"))
    })
}

/// The attributes of an item, where it can have some.
fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item;
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The rooms that paths begin with: `crate::room::…`.
#[derive(Default)]
struct Uses(BTreeSet<String>);

impl<'ast> Visit<'ast> for Uses {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        if path.ident == "crate" {
            let mut ends = vec![&*path.tree];
            while let Some(tree) = ends.pop() {
                match tree {
                    syn::UseTree::Path(path) => _ = self.0.insert(path.ident.to_string()),
                    syn::UseTree::Name(name) => _ = self.0.insert(name.ident.to_string()),
                    syn::UseTree::Rename(rename) => _ = self.0.insert(rename.ident.to_string()),
                    syn::UseTree::Group(group) => ends.extend(&group.items),
                    syn::UseTree::Glob(_) => _ = self.0.insert("*".to_owned()),
                }
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter().map(|segment| segment.ident.to_string());
        if segments.next().as_deref() == Some("crate") {
            self.0.extend(segments.next());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let tokens = call.tokens.to_string();
        let rooms = tokens.split("crate :: ").skip(1);
        let name = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        self.0.extend(rooms.map(name));
        visit::visit_macro(self, call);
    }
}

/// The plain calls that open a file.
#[derive(Default)]
struct Opens(Vec<String>);

impl<'ast> Visit<'ast> for Opens {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        const PLAIN: [&str; 6] = [
            "fs::read",
            "fs::read_to_string",
            "File::open",
            "File::options",
            "OpenOptions::new",
            "OpenOptions::default",
        ];
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [.., room, call] = &names[..]
            && let call = format!("{room}::{call}")
            && PLAIN.contains(&call.as_str())
        {
            self.0.push(call);
        }
        visit::visit_path(self, path);
    }
}

/// The attributes that lift one of clippy's bans.
#[derive(Default)]
struct Attributes(Vec<Lift>);

impl<'ast> Visit<'ast> for Attributes {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let syn::Meta::List(list) = &attribute.meta else { return };
        let text = format!(
            "{} ({})",
            list.path.get_ident().map(ToString::to_string).unwrap_or_default(),
            list.tokens
        );
        let is_for_tests = text.starts_with("cfg_attr (test ,");
        if text.contains("disallowed_") && !is_for_tests {
            let is_inner = matches!(attribute.style, syn::AttrStyle::Inner(_));
            self.0.push(Lift { text, is_inner });
        }
    }
}
