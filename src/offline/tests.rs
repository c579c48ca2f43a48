use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use super::plan::needed;
use super::read::tarball::ThirdParty;
use super::*;
use crate::image::ImagePlatform;
use crate::lockfile::graph::{PackageGraph, PackagePlatforms, PinnedPackage, PinnedSource};
use crate::npm::{EncodeError, Manifest};
use crate::threads::Threads;

/// A graph of `a -> b, c?` (`?` for an optional one, `!` for a peer), the surface first.
fn graph(lines: &[&str], systems: &[(&str, &str)]) -> PackageGraph {
    let names: Vec<&str> = lines.iter().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    let number = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let links = |line: &str| -> Vec<String> {
        let (_, links) = line.split_once(" ->").unwrap_or(("", ""));
        links.split(',').map(|link| link.trim().to_owned()).filter(|link| !link.is_empty()).collect()
    };
    let mut graph = PackageGraph::default();
    for key in links(lines[0]) {
        let key = key.trim_end_matches('?');
        graph.direct.insert(key.to_owned(), number(key));
    }
    for (line, name) in lines.iter().skip(1).zip(&names) {
        let mut package = PinnedPackage {
            id: (*name).to_owned(),
            name: (*name).to_owned(),
            version: "1.0.0".to_owned(),
            from: PinnedSource::Remote { integrity: Some("sha512-x".to_owned()), address: None },
            links: BTreeMap::new(),
            optional: BTreeSet::new(),
            peers: BTreeMap::new(),
            platforms: PackagePlatforms::default(),
        };
        if let Some((_, cpu)) = systems.iter().find(|(of, _)| of == name) {
            package.platforms.cpu.push((*cpu).to_owned());
        }
        for link in links(line) {
            let key = link.trim_end_matches(['?', '!']);
            if link.ends_with('!') {
                package.peers.insert(key.to_owned(), Some(number(key)));
            } else {
                package.links.insert(key.to_owned(), number(key));
                package.optional.extend(link.ends_with('?').then(|| key.to_owned()));
            }
        }
        graph.packages.push(package);
    }
    graph
}

fn shown(graph: &PackageGraph, optional: &[&str]) -> (String, String, String) {
    let optional = optional.iter().map(|key| (*key).to_owned()).collect();
    let amd64 = [ImagePlatform::parse("linux/amd64").unwrap()];
    let needed = needed(graph, &optional, &amd64, &|_| false).unwrap();
    let joined = |names: Vec<&str>| names.join(" ");
    (
        joined(needed.packages.iter().map(|number| graph.packages[*number].name.as_str()).collect()),
        joined(needed.added.keys().map(String::as_str).collect()),
        joined(needed.left_out.iter().map(String::as_str).collect()),
    )
}

#[test]
fn what_is_optional_and_for_another_system_is_left_out() {
    let systems = [("x64", "x64"), ("arm", "arm64"), ("own", "arm64"), ("must", "arm64")];
    let graph = graph(
        &["app -> a, own?, must", "a -> x64?, arm?", "x64", "arm -> deep", "deep", "own", "must"],
        &systems,
    );
    let (packages, added, left_out) = shown(&graph, &["own"]);
    assert_eq!((&*packages, &*added, &*left_out), ("a x64 must", "", "own"));
}

#[test]
fn a_peer_that_some_way_lacks_joins_the_surface() {
    let of = |lines: &[&str]| shown(&graph(lines, &[]), &[]).1;
    assert_eq!(of(&["app -> a", "a -> p!", "p"]), "p");
    assert_eq!(of(&["app -> a, p", "a -> p!", "p"]), "");
    assert_eq!(of(&["app -> host", "host -> a, p", "a -> p!", "p"]), "");
    assert_eq!(of(&["app -> host, a", "host -> a, p", "a -> p!", "p"]), "p");
    // A plugin inside its host, which is somebody else's dependency.
    assert_eq!(of(&["app -> b", "b -> host", "host -> plugin", "plugin -> host!"]), "");
    // One that joins may want another one.
    assert_eq!(of(&["app -> a", "a -> p!", "p -> q!", "q"]), "p q");
}

#[test]
fn what_no_tarball_can_be_had_of_is_refused() {
    let mut graph = graph(&["app -> a, b, c, ours", "a", "b", "c", "ours"], &[]);
    graph.packages[0].from = PinnedSource::Other("git+ssh://host/a.git#1a2b".to_owned());
    graph.packages[1].from = PinnedSource::Local("../b".to_owned());
    graph.packages[2].from = PinnedSource::Remote { integrity: None, address: None };
    graph.packages[3].from = PinnedSource::Local("../ours.tgz".to_owned());
    let problems =
        needed(&graph, &BTreeSet::new(), &ImagePlatform::all(), &|name| name == "ours").unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| &*problem.message).collect();
    assert_eq!(
        messages,
        [
            "a: cannot be had without a network: it comes from a repository (git+ssh://host/a.git#1a2b)",
            "b: cannot be had without a network: it lies in the project (../b)",
            "c: cannot be had without a network: the lockfile does not say by which digest it is known",
        ]
    );
}

#[test]
fn a_manifest_names_tarballs_and_keeps_the_rest() {
    let links = |keys: &[&str]| -> BTreeMap<String, String> {
        keys.iter().map(|key| ((*key).to_owned(), format!("file:{key}.tgz"))).collect()
    };
    let linked = |manifest: Value, keys: &[&str]| {
        let manifest = Manifest(manifest.as_object().unwrap().clone());
        Value::Object(manifest::linked(&manifest, &links(keys)).0)
    };
    let before = json!({
        "scripts": {"install": "node x"}, "dependencies": {"a": "^1", "in": "1"}, "bundleDependencies": ["in"],
        "optionalDependencies": {"linux": "1", "darwin": "1"}, "peerDependencies": {"p": "1"}, "devDependencies": {"d": "1"},
    });
    let after = json!({
        "scripts": {"install": "node x"}, "dependencies": {"a": "file:a.tgz", "in": "1", "more": "file:more.tgz"}, "bundleDependencies": ["in"],
        "optionalDependencies": {"linux": "file:linux.tgz"}, "peerDependencies": {"p": "1"}, "devDependencies": {"d": "1"},
    });
    assert_eq!(linked(before, &["a", "linux", "more", "p"]), after);
    assert_eq!(
        linked(json!({"bundledDependencies": true, "dependencies": {"a": "1"}}), &[]),
        json!({"bundledDependencies": true, "dependencies": {"a": "1"}})
    );
    assert_eq!(linked(json!({"dependencies": null}), &["a"]), json!({"dependencies": {"a": "file:a.tgz"}}));
}

type Entry<'a> = (&'a str, EntryType, u32, &'a str);

fn tarball(original: &Path, entries: &[Entry<'_>]) -> ThirdParty {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, kind, mode, text) in entries {
        let mut header = Header::new_ustar();
        header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        header.set_size(text.len() as u64);
        header.set_mtime(1_700_000_000);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }
    std::fs::write(original, builder.into_inner().unwrap().finish().unwrap()).unwrap();
    let text = |text: &str| text.to_owned();
    let wanted =
        Wanted { name: text("@s/a"), version: text("1.0.0"), integrity: text("sha512-x"), address: None };
    ThirdParty { wanted, links: BTreeMap::from([(text("b"), text("file:../b.tgz"))]) }
}

/// What [`ThirdParty::encode`] makes: path, mode and text of each entry; or why not.
fn made(entries: &[Entry<'_>]) -> Result<Vec<(String, u32, String)>, String> {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original");
    let package = tarball(&original, entries);
    let (made, bytes) =
        package.encode(&original, None, Threads::new(None), Vec::new()).map_err(|error| match error {
            EncodeError::Package(problem) => problem.message,
            EncodeError::Sink(error) => panic!("{error}"),
        })?;
    assert_eq!(made.filename, format!("s-a-1.0.0-{}.tgz", made.sha256.short()));
    let mut archive = tar::Archive::new(GzDecoder::new(&bytes[..]));
    let entry = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry: tar::Entry<'_, GzDecoder<&[u8]>> = entry.unwrap();
        let (path, mode) = (entry.path().unwrap().display().to_string(), entry.header().mode().unwrap());
        assert_eq!(entry.header().mtime().unwrap(), 499_162_500);
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (path, mode, text)
    };
    Ok(archive.entries().unwrap().map(entry).collect())
}

const FILE: EntryType = EntryType::Regular;

#[test]
fn files_and_exec_bits_stay_and_nothing_else() {
    let manifest = r#"{"dependencies": {"b": "1"}}"#;
    let entries = made(&[
        ("node/bin/run", FILE, 0o775, "run"),
        ("node/package.json", FILE, 0o600, "{}"),
        ("node/lib/x", EntryType::Directory, 0o755, ""),
        ("node/link", EntryType::Symlink, 0o777, ""),
        ("node/./b", FILE, 0o640, "b"),
        ("beside", FILE, 0o644, "beside"),
        ("node/package.json", FILE, 0o600, manifest),
    ])
    .unwrap();
    let linked = "{\n  \"dependencies\": {\n    \"b\": \"file:../b.tgz\"\n  }\n}";
    let expected = [
        ("package/b", 0o644, "b"),
        ("package/bin/run", 0o755, "run"),
        ("package/package.json", 0o644, linked),
    ];
    assert_eq!(entries, expected.map(|(path, mode, text)| (path.to_owned(), mode, text.to_owned())));
}

#[test]
fn a_hostile_tarball_is_refused() {
    let manifest = ("package/package.json", FILE, 0o644, "{}");
    let cannot = |why: &str| Err(format!("@s/a@1.0.0: its tarball cannot be used: {why}"));
    for path in ["package/../../x", "/etc/x", "package/a/.."] {
        let why = format!("'{path}' would leave the package");
        assert_eq!(made(&[manifest, (path, FILE, 0o644, "x")]), cannot(&why));
    }
    assert_eq!(made(&[("package/x", FILE, 0o644, "x")]), cannot("it holds no package.json"));
    assert!(made(&[("package/package.json", FILE, 0o644, "{")]).is_err());
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original");
    let package = tarball(&original, &[manifest]);
    std::fs::write(&original, "no tarball").unwrap();
    assert!(package.encode(&original, None, Threads::new(None), Vec::new()).is_err());
}
