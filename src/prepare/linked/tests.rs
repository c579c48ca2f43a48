use std::io::{self, Read as _};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cache::Memory;
use crate::cancel::CancelToken;
use crate::npm::{ContentSource, Manifest, Seal, TarballEntry, js};
use crate::prepare::linked::*;
use crate::prepare::packing::ProgressCounter;
use crate::text::Digest;
use crate::threads::Threads;

/// Packages without files of their own, by name.
struct LinkedWorld {
    packages: BTreeMap<String, Contents>,
    scope: Scope,
}

/// Keeps tarballs.
struct InMemory;

impl TarballSink for InMemory {
    type Sink = Vec<u8>;
    type Full = Vec<u8>;

    fn open(&self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn close(&self, sink: Vec<u8>) -> io::Result<Vec<u8>> {
        Ok(sink)
    }

    fn reuse(&self, _: &Tarball) -> Option<Vec<u8>> {
        None
    }

    fn may_be_lost(_: &Vec<u8>) -> bool {
        false
    }

    fn sync(&self, _: &Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

type Made = BTreeMap<String, (Tarball, Vec<u8>)>;

impl LinkedWorld {
    /// Each package with what its manifest says besides name and version.
    fn new(packages: &[(&str, Value)]) -> Self {
        let contents = packages.iter().map(|(name, more)| {
            let mut manifest = json!({"name": format!("@b/{name}"), "version": "1.0.0"});
            for (key, value) in more.as_object().unwrap() {
                manifest[key] = value.clone();
            }
            let manifest = Manifest(manifest.as_object().unwrap().clone());
            let text = js::stringify(&manifest.0).into_bytes();
            let entry = TarballEntry {
                path: "package.json".to_owned(),
                executable: false,
                source: ContentSource::Generated(text),
            };
            (
                format!("@b/{name}"),
                Contents { manifest, entries: vec![entry], warnings: Vec::new(), footprint: None },
            )
        });
        Self { packages: contents.collect(), scope: Scope::new(&["@b".to_owned()]) }
    }

    fn names(&self) -> BTreeSet<String> {
        self.packages.keys().cloned().collect()
    }

    /// Packs for surfaces; the second are all files by name.
    fn pack(&self, surfaces: &[LinkNeeds<'_>]) -> (PackedTarballs, Made) {
        let packages = self.packages.iter().map(|(name, contents)| (&**name, contents)).collect();
        let cancel = CancelToken::new();
        let sinks = Sinks {
            cancel: &cancel,
            threads: Threads::new(None),
            folder: None,
            memory: &Memory::default(),
            checksums: false,
            tally: &ProgressCounter::silent(),
            open: InMemory,
        };
        let (packed, staged) = pack(&packages, surfaces, &self.scope, &sinks).unwrap();
        let count = staged.len();
        let made: Made =
            staged.into_iter().map(|(tarball, bytes)| (tarball.filename.clone(), (tarball, bytes))).collect();
        assert_eq!(made.len(), count, "each file once");
        (packed, made)
    }

    /// Packs all for one surface, and checks what must always hold; file names by package.
    fn linked(&self, linking: &Linking) -> BTreeMap<String, String> {
        let names = self.names();
        let (packed, made) = self.pack(&[(Some(linking), &names)]);
        let set = packed.of(Some(linking));
        assert_eq!(set.len(), self.packages.len());
        assert_eq!(made.len(), self.packages.len(), "nothing but the set");
        let files: BTreeMap<_, _> =
            set.iter().map(|tarball| (tarball.name.clone(), tarball.filename.clone())).collect();
        for (filename, (tarball, bytes)) in &made {
            assert_eq!(tarball.sha256, Digest::of(bytes));
            let seal = Seal::read(bytes);
            let digits = seal.as_ref().map_or(tarball.sha256.short(), Seal::short);
            assert_eq!(*filename, tarball_name(&tarball.name, &tarball.version, digits));
            let expected =
                link::linked(&self.packages[&tarball.name].manifest, linking, &self.scope, |package| {
                    files.get(package).cloned()
                });
            assert_eq!(manifest(bytes), Value::Object(expected.0), "each link names a file of the set");
        }
        files
    }
}

/// The manifest in a tarball.
fn manifest(bytes: &[u8]) -> Value {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    let mut archive = tar::Archive::new(&*text);
    let mut entries = archive.entries().unwrap();
    serde_json::from_reader(entries.next().unwrap().unwrap()).unwrap()
}

fn base(base: &str) -> Linking {
    Linking { base: base.to_owned(), ..Linking::default() }
}

fn needs(names: &[&str]) -> Value {
    let entries: serde_json::Map<_, _> =
        names.iter().map(|name| (format!("@b/{name}"), "^1".into())).collect();
    json!({"dependencies": entries})
}

/// a needs b and the cycle of c and d; d needs e; f and g need nobody.
fn world() -> LinkedWorld {
    LinkedWorld::new(&[
        ("a", json!({"dependencies": {"@b/b": "^1", "cc": "npm:@b/c@^1"}})),
        ("b", needs(&["g"])),
        ("c", json!({"optionalDependencies": {"@b/d": "1"}})),
        ("d", needs(&["c", "e"])),
        ("e", needs(&["g"])),
        ("f", json!({"dependencies": {"ms": "^2"}})),
        ("g", json!({"devDependencies": {"@b/a": "*"}})),
    ])
}

fn of<'a>(tarballs: &'a [Tarball], name: &str) -> &'a str {
    &tarballs.iter().find(|tarball| tarball.name == format!("@b/{name}")).unwrap().filename
}

#[test]
fn only_members_of_cycles_have_seals() {
    let world = world();
    let names = world.names();
    let linking = base("file:../d/");
    world.linked(&linking);
    let (_, made) = world.pack(&[(Some(&linking), &names)]);
    let sealed: Vec<_> = made
        .values()
        .filter(|(_, bytes)| Seal::read(bytes).is_some())
        .map(|(tarball, _)| &*tarball.name)
        .collect();
    assert_eq!(sealed, ["@b/c", "@b/d"]);
    let itself = LinkedWorld::new(&[("a", needs(&["a"]))]);
    itself.linked(&linking);
    let itself = itself.pack(&[(Some(&linking), &itself.names())]).1;
    assert!(itself.values().all(|(_, bytes)| Seal::read(bytes).is_some()));
}

#[test]
fn surfaces_share_what_is_the_same_for_them() {
    let world = world();
    let closure = |names: &[&str]| names.iter().map(|name| format!("@b/{name}")).collect::<BTreeSet<_>>();
    let (one, other) = (base("file:../d/"), base("file:"));
    let (some, more, plainly) =
        (closure(&["b", "g"]), closure(&["c", "d", "e", "g"]), closure(&["e", "f", "g"]));
    let (packed, made) =
        world.pack(&[(Some(&one), &some), (None, &plainly), (Some(&other), &more), (Some(&one), &more)]);
    let [plain, first, second] = [None, Some(&one), Some(&other)].map(|linking| packed.of(linking));
    let names = |tarballs: &[Tarball]| {
        let mut names: Vec<_> = tarballs.iter().map(|tarball| tarball.name[3..].to_owned()).collect();
        names.sort();
        names.concat()
    };
    assert_eq!((&*names(plain), &*names(first), &*names(second)), ("efg", "bcdeg", "cdeg"));
    assert!(of(plain, "g") == of(first, "g") && of(plain, "g") == of(second, "g"), "it names nobody");
    assert!(of(first, "d") != of(second, "d") && of(first, "e") != of(plain, "e"));
    // e f g; b c d e; c d e
    assert_eq!(made.len(), 10);
    let sorted: Vec<_> = made.values().map(|(tarball, _)| &tarball.name).collect();
    assert!(sorted.is_sorted());
    // Alone it comes to the same.
    assert_eq!(world.pack(&[(Some(&other), &more)]).0.of(Some(&other)), second);
    assert_eq!(packed.of(Some(&base("file:x/"))), []);
}

#[test]
fn what_a_surface_has_elsewhere_and_dropped_peers_make_another_tarball() {
    let peers =
        json!({"peerDependencies": {"@b/q": "1"}, "peerDependenciesMeta": {"@b/q": {"optional": true}}});
    let world =
        LinkedWorld::new(&[("a", needs(&["x"])), ("b", peers), ("c", needs(&["a"])), ("d", json!({}))]);
    let names = world.names();
    let linking =
        Linking { elsewhere: [("@b/x".to_owned(), "file:../x".to_owned())].into(), ..base("file:") };
    let files = |linking: &Linking| {
        let (packed, _) = world.pack(&[(Some(linking), &names), (None, &names)]);
        let plain = packed.of(None).to_vec();
        let linked = packed.of(Some(linking)).to_vec();
        ["a", "b", "c", "d"].map(|name| of(&plain, name) != of(&linked, name))
    };
    assert_eq!(files(&base("file:")), [false, false, true, false]);
    assert_eq!(files(&linking), [true, false, true, false]);
    assert_eq!(files(&Linking { drops_optional_peers: true, ..linking }), [true, true, true, false]);
}

#[test]
fn members_that_file_names_do_not_tell_apart_are_not_mixed_up() {
    let scope = |first: &str| {
        let member = |name: &str, needs: Value| {
            let manifest = json!({"name": name, "version": "1.0.0", "dependencies": needs});
            let manifest = Manifest(manifest.as_object().unwrap().clone());
            let text = js::stringify(&manifest.0).into_bytes();
            let entry = TarballEntry {
                path: "package.json".to_owned(),
                executable: false,
                source: ContentSource::Generated(text),
            };
            (
                name.to_owned(),
                Contents { manifest, entries: vec![entry], warnings: Vec::new(), footprint: None },
            )
        };
        let both = json!({"x": format!("npm:{first}@1"), "@a/b-c": "1", "@a-b/c": "1"});
        let packages = [
            member("@a/b-c", json!({"root": "1"})),
            member("@a-b/c", json!({"root": "1"})),
            member("root", both),
        ];
        let world = LinkedWorld { packages: packages.into(), scope: Scope::new(&["*".to_owned()]) };
        world.linked(&base("file:"))
    };
    let (one, other) = (scope("@a/b-c"), scope("@a-b/c"));
    assert_ne!(one["@a/b-c"], one["@a-b/c"]);
    assert_ne!(one["root"], other["root"]);
}

#[test]
fn a_long_chain_is_packed() {
    let names: Vec<String> = (0..2000).map(|number| format!("p{number:04}")).collect();
    let packages: Vec<(&str, Value)> = names
        .iter()
        .enumerate()
        .map(|(number, name)| {
            let next = names.get(number + 1).map_or(Vec::new(), |next| vec![&**next]);
            (&**name, needs(&next))
        })
        .collect();
    LinkedWorld::new(&packages).linked(&base("file:"));
}

/// Up to eight packages, each with the numbers of those that it needs.
fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1_usize..8)
        .prop_flat_map(|nodes| proptest::collection::vec(proptest::collection::vec(0..nodes, 0..4), nodes))
}

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// The graph's packages; one of them says something more.
fn world_of(graph: &[Vec<usize>], changed: Option<usize>) -> LinkedWorld {
    let package = |(number, leads_to): (usize, &Vec<usize>)| {
        let mut more = json!({"dependencies": {}, "optionalDependencies": {}});
        for (at, &next) in leads_to.iter().enumerate() {
            let field = if at % 2 == 0 { "dependencies" } else { "optionalDependencies" };
            let (key, spec) = if at == 2 {
                (format!("alias-{}", NAMES[next]), format!("npm:@b/{}@^1", NAMES[next]))
            } else {
                (format!("@b/{}", NAMES[next]), "^1.0.0".to_owned())
            };
            more[field][key] = spec.into();
        }
        if changed == Some(number) {
            more["description"] = "changed".into();
        }
        (NAMES[number], more)
    };
    LinkedWorld::new(&graph.iter().enumerate().map(package).collect::<Vec<_>>())
}

/// Whether a change of one package is one of another too.
fn needs_it(graph: &[Vec<usize>], from: usize, to: usize) -> bool {
    let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(node) = open.pop() {
        open.extend(graph[node].iter().filter(|next| seen.insert(**next)));
    }
    seen.contains(&to)
}

proptest! {
    #[test]
    fn a_change_of_a_package_changes_its_name_and_those_of_what_needs_it(
        graph in graphs(),
        changed in any::<proptest::sample::Index>(),
        base_text in "file:(\\.\\./){0,2}(d/)?",
    ) {
        let linking = base(&base_text);
        let changed = changed.index(graph.len());
        let before = world_of(&graph, None).linked(&linking);
        prop_assert_eq!(&world_of(&graph, None).linked(&linking), &before);
        let after = world_of(&graph, Some(changed)).linked(&linking);
        for (number, name) in NAMES.iter().enumerate().take(graph.len()) {
            let name = format!("@b/{name}");
            prop_assert_eq!(before[&name] != after[&name], needs_it(&graph, number, changed), "{}", name);
        }
    }
}
