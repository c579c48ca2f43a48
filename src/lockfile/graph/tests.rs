use super::*;

/// Each package as `id = from: key -> id`, without what is empty.
fn shown(graph: &PackageGraph) -> Vec<String> {
    let id = |number: usize| graph.packages[number].id.as_str();
    let direct = graph.direct.iter().map(|(key, number)| format!("{key} -> {}", id(*number)));
    let packages = graph.packages.iter().map(|package| {
        let from = match &package.from {
            PinnedSource::Remote { integrity, address } => {
                format!("{} {}", integrity.as_deref().unwrap_or("-"), address.as_deref().unwrap_or("-"))
            }
            PinnedSource::Local(path) => path.clone(),
            PinnedSource::Other(what) => format!("other {what}"),
        };
        let link = |(key, number): (&String, &usize)| {
            let mark = if package.optional.contains(key) { "?" } else { "" };
            format!(", {key}{mark} -> {}", id(*number))
        };
        let peer = |(key, number): (&String, &Option<usize>)| {
            format!(", {key}! -> {}", number.map_or("nothing", id))
        };
        let links: String = package.links.iter().map(link).chain(package.peers.iter().map(peer)).collect();
        let PinnedPackage { id, name, version, platforms, .. } = package;
        let system = [&platforms.os[..], &platforms.cpu[..], &platforms.libc[..]].concat().join("+");
        let system = if system.is_empty() { system } else { format!(", {system}") };
        format!("{id} = {name} {version}, {from}{system}{links}")
    });
    direct.chain(packages).collect()
}

#[test]
fn pnpm_9_has_peers_and_aliases() {
    let text = "lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a: {specifier: ^1, version: 1.0.0(p@2.0.0)}
      b: {specifier: 'npm:a@1', version: 'a@1.0.0(p@3.0.0)'}
      '@o/x': {specifier: file:../d/x.tgz, version: 'file:../d/x.tgz'}
packages:
  a@1.0.0:
    resolution: {integrity: sha512-a}
    peerDependencies: {p: '>1'}
  '@o/x@file:../d/x.tgz': {resolution: {integrity: sha512-x, tarball: file:../d/x.tgz}, version: 1.4.2}
  p@2.0.0: {resolution: {integrity: sha512-p, tarball: https://else/p.tgz}, os: [linux], cpu: ['!x64'], libc: [musl]}
  p@3.0.0: {resolution: {integrity: sha512-q}}
snapshots:
  a@1.0.0(p@2.0.0): {dependencies: {p: 2.0.0, q: p@3.0.0}}
  a@1.0.0(p@3.0.0): {dependencies: {p: 3.0.0}, optionalDependencies: {q: p@2.0.0}}
  '@o/x@file:../d/x.tgz': {dependencies: {p: 2.0.0}}
  p@2.0.0: {}
  p@3.0.0: {}
";
    assert_eq!(
        shown(&graph(Name::Pnpm, text).unwrap()),
        [
            "@o/x -> @o/x@file:../d/x.tgz",
            "a -> a@1.0.0(p@2.0.0)",
            "b -> a@1.0.0(p@3.0.0)",
            "a@1.0.0(p@2.0.0) = a 1.0.0, sha512-a -, q -> p@3.0.0, p! -> p@2.0.0",
            "a@1.0.0(p@3.0.0) = a 1.0.0, sha512-a -, q? -> p@2.0.0, p! -> p@3.0.0",
            "@o/x@file:../d/x.tgz = @o/x 1.4.2, file:../d/x.tgz, p -> p@2.0.0",
            "p@2.0.0 = p 2.0.0, sha512-p https://else/p.tgz, linux+!x64+musl",
            "p@3.0.0 = p 3.0.0, sha512-q -",
        ]
    );
}

#[test]
fn pnpm_8_says_it_in_one_map() {
    let text = "lockfileVersion: '6.0'
dependencies:
  a: {specifier: ^1, version: 1.0.0}
  b: {specifier: 'npm:a@1', version: /a@1.0.0}
  x: {specifier: file:../d/x.tgz, version: 'file:../d/x.tgz'}
packages:
  /a@1.0.0: {resolution: {integrity: sha512-a}}
  file:../d/x.tgz: {resolution: {integrity: sha512-x, tarball: file:../d/x.tgz}, name: x, version: 1.4.2, dependencies: {c: /a@1.0.0}}
  github.com/o/g/1a2b: {resolution: {tarball: https://else/g.tar.gz}, name: g, version: 2.0.0}
";
    assert_eq!(
        shown(&graph(Name::Pnpm, text).unwrap()),
        [
            "a -> /a@1.0.0",
            "b -> /a@1.0.0",
            "x -> file:../d/x.tgz",
            "/a@1.0.0 = a 1.0.0, sha512-a -",
            "file:../d/x.tgz = x 1.4.2, file:../d/x.tgz, c -> /a@1.0.0",
            "github.com/o/g/1a2b = g 2.0.0, - https://else/g.tar.gz",
        ]
    );
}

#[test]
fn npm_finds_packages_as_node_does() {
    let text = r#"{"lockfileVersion": 3, "packages": {
        "": {"dependencies": {"a": "1", "c": "npm:b@1"}, "devDependencies": {"x": "file:../d/x.tgz"}, "optionalDependencies": {"gone": "1"}},
        "node_modules/a": {"version": "1.0.0", "integrity": "sha512-a", "dependencies": {"b": "2", "in": "1"}, "bundleDependencies": ["in"], "peerDependencies": {"p": "1", "q": "1"}, "peerDependenciesMeta": {"q": {"optional": true}}},
        "node_modules/a/node_modules/b": {"version": "2.0.0", "resolved": "https://else/b.tgz", "integrity": "sha512-b2", "dependencies": {"a": "1"}, "optionalDependencies": {"o": "1", "gone": "1"}},
        "node_modules/a/node_modules/in": {"version": "1.0.0", "inBundle": true, "dependencies": {"none": "1"}},
        "node_modules/c": {"name": "b", "version": "1.0.0", "integrity": "sha512-b1"},
        "node_modules/o": {"version": "1.0.0", "integrity": "sha512-o", "optional": true, "os": ["linux"], "libc": "glibc"},
        "node_modules/p": {"version": "1.0.0", "resolved": "git+ssh://host/p.git#1a2b", "peer": true},
        "node_modules/x": {"version": "1.4.2", "resolved": "file:../d/x.tgz"}}}"#;
    assert_eq!(
        shown(&graph(Name::Npm, text).unwrap()),
        [
            "a -> a",
            "c -> c",
            "x -> x",
            "a = a 1.0.0, sha512-a -, b -> a/node_modules/b, p! -> p",
            "a/node_modules/b = b 2.0.0, sha512-b2 https://else/b.tgz, a -> a, o? -> o",
            "c = b 1.0.0, sha512-b1 -",
            "o = o 1.0.0, sha512-o -, linux+glibc",
            "p = p 1.0.0, other git+ssh://host/p.git#1a2b",
            "x = x 1.4.2, file:../d/x.tgz",
        ]
    );
}

#[test]
fn bun_has_rows() {
    let text = r#"{"lockfileVersion": 1, "workspaces": {"": {"dependencies": {"a": "1", "@o/x": "file:../d/x.tgz"}}},
        "packages": {
            "@o/x": ["@o/x@../d/x.tgz", {"dependencies": {"a": "1"}}, "sha512-x"],
            "a": ["a@1.0.0", "", {"dependencies": {"b": "2"}, "optionalDependencies": {"gone": "1"}, "peerDependencies": {"p": "1", "q": "1"}, "optionalPeers": ["q"]}, "sha512-a"],
            "a/b": ["b@2.0.0", "https://else/b.tgz", {"os": "linux", "cpu": ["x64", "arm64"]}, "sha512-b"],
            "p": ["p@github:o/p#1a2b", {}, "o-p-1a2b"],
        }}"#;
    assert_eq!(
        shown(&graph(Name::Bun, text).unwrap()),
        [
            "@o/x -> @o/x",
            "a -> a",
            "@o/x = @o/x , ../d/x.tgz, a -> a",
            "a = a 1.0.0, sha512-a -, b -> a/node_modules/b, p! -> p",
            "a/node_modules/b = b 2.0.0, sha512-b https://else/b.tgz, linux+x64+arm64",
            "p = p , other github:o/p#1a2b",
        ]
    );
}

#[test]
fn what_is_missing_is_said() {
    let npm = |text: &str| graph(Name::Npm, text).unwrap_err();
    assert_eq!(npm(r#"{"packages": {"": {"dependencies": {"a": "1"}}}}"#), "it has no package 'a'");
    assert_eq!(
        npm(r#"{"packages": {"": {}, "node_modules/a": {"dependencies": {"b": "1"}}}}"#),
        "its package 'a' needs 'b', which it does not have"
    );
    let pnpm =
        "lockfileVersion: '9.0'\nimporters:\n  .: {dependencies: {a: {specifier: '1', version: 1.0.0}}}\n";
    assert_eq!(graph(Name::Pnpm, pnpm).unwrap_err(), "it has no package 'a' at 1.0.0");
}
