//! What the specifier of a dependency asks for, as pnpm 10.6.5 reads it.
//!
//! pnpm asks its resolvers in this order and takes the first answer: catalogs (`resolveFromCatalog`), the npm
//! resolver (which takes `workspace:`, `npm:`, versions, ranges and tags), tarballs on the web, git, and at last the
//! disk (default-resolver, `createResolver`). So `a/b` is a repository, `a/b/c` a folder and `a.tgz` a tag.

/// A dependency as a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Specifier {
    /// The package that is asked for: the alias's target, or else the dependency's key. A catalog's entry and the
    /// manifest in a folder may still name another.
    pub(crate) name: String,
    /// Where it is to come from.
    pub(crate) kind: SpecifierKind,
}

/// Where a dependency is to come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpecifierKind {
    /// The registry: a version, range or tag. What no resolver of pnpm takes is found here too.
    Range(String),
    /// `workspace:` with what follows it and an alias: `*`, `^`, `~` or a range.
    Workspace(String),
    /// `workspace:` with a path relative to the manifest.
    WorkspacePath(String),
    /// The catalog's name; `default` where none is given.
    Catalog(String),
    /// Something on the disk: `file:`, `link:`, `portal:` or a bare path, protocol included.
    Local(String),
    /// A git repository or a tarball on the web.
    Remote(String),
}

/// What pnpm installs where nothing is said (`defaultTag` in npm-resolver).
const DEFAULT_TAG: &str = "latest";

/// `gitProtocols` of git-resolver's parsePref, and the hosts' shortcuts of hosted-git-info.
const GIT_PROTOCOLS: [&str; 12] = [
    "git",
    "git+http",
    "git+https",
    "git+rsync",
    "git+ftp",
    "git+file",
    "git+ssh",
    "ssh",
    "github",
    "gitlab",
    "bitbucket",
    "gist",
];

/// `domain` of each of hosted-git-info's hosts.
const GIT_HOSTS: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "gist.github.com"];

/// Reads a specifier that stands under a key of a dependency field.
pub(crate) fn parse(dependency_key: &str, spec: &str) -> Specifier {
    let of = |name: &str, kind| Specifier { name: name.to_owned(), kind };
    // catalogs/protocol-parser, `parseCatalogProtocol`.
    if let Some(catalog) = spec.strip_prefix("catalog:") {
        let catalog = if catalog.trim().is_empty() { "default" } else { catalog.trim() };
        return of(dependency_key, SpecifierKind::Catalog(catalog.to_owned()));
    }
    if let Some(rest) = spec.strip_prefix("workspace:") {
        // `resolveNpm` leaves what begins with a dot to the local resolver.
        if rest.starts_with('.') {
            return of(dependency_key, SpecifierKind::WorkspacePath(rest.to_owned()));
        }
        let (alias, version) = workspace(rest);
        return of(alias.unwrap_or(dependency_key), SpecifierKind::Workspace(version.to_owned()));
    }
    // npm-resolver's `parsePref`: the last `@` that is not the first character parts name and version.
    if let Some(rest) = spec.strip_prefix("npm:") {
        let (name, range) = match rest.rfind('@') {
            Some(at) if at > 0 => (&rest[..at], &rest[at + 1..]),
            _ => (rest, DEFAULT_TAG),
        };
        let name = if name.is_empty() { dependency_key } else { name };
        return of(name, SpecifierKind::Range(range.to_owned()));
    }
    if spec.is_empty() {
        return of(dependency_key, SpecifierKind::Range(DEFAULT_TAG.to_owned()));
    }
    let kind = if is_tag(spec) {
        SpecifierKind::Range
    } else if is_remote(spec) {
        SpecifierKind::Remote
    } else if is_local(spec) {
        SpecifierKind::Local
    } else {
        SpecifierKind::Range
    };
    of(dependency_key, kind(spec.to_owned()))
}

/// workspace/spec-parser: `/^workspace:(?:(?<alias>[^._/][^@]*)@)?(?<version>.*)$/`.
fn workspace(rest: &str) -> (Option<&str>, &str) {
    let Some(first) = rest.chars().next().filter(|first| !matches!(first, '.' | '_' | '/')) else {
        return (None, rest);
    };
    match rest[first.len_utf8()..].find('@') {
        Some(at) => {
            let at = first.len_utf8() + at;
            (Some(&rest[..at]), &rest[at + 1..])
        }
        None => (None, rest),
    }
}

/// version-selector-type: what `encodeURIComponent` leaves as it is counts as a tag, where it is no version.
fn is_tag(spec: &str) -> bool {
    spec.chars().all(|c| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c))
}

fn is_remote(spec: &str) -> bool {
    let protocol = spec.split_once(':').map(|(protocol, _)| protocol.to_ascii_lowercase());
    match protocol.as_deref() {
        // tarball-resolver, `resolveFromTarball`; what is a repository goes to git.
        Some("http" | "https") => true,
        Some(protocol) if GIT_PROTOCOLS.contains(&protocol) => true,
        // pnpm's local resolver means `~/x` to be in the home folder, but is never asked: a user `~` of GitHub wins.
        // What was meant is clear.
        _ if spec.starts_with("~/") => false,
        _ => is_github_shorthand(spec) || is_known_host(spec),
    }
}

/// hosted-git-info, `isGitHubShorthand`: `user/repository#anything`.
fn is_github_shorthand(spec: &str) -> bool {
    let path = spec.split_once('#').map_or(spec, |(path, _)| path);
    let only_one_slash = path.split_once('/').is_some_and(|(user, repository)| {
        !user.is_empty() && !repository.contains('/') && !repository.is_empty()
    });
    only_one_slash
        && !path.contains(['@', ':'])
        && !path.contains(char::is_whitespace)
        && !spec.starts_with('.')
}

/// `git@github.com:user/repository`, as git itself takes it; pnpm knows it for its own hosts only.
fn is_known_host(spec: &str) -> bool {
    let address = spec.split_once('#').map_or(spec, |(address, _)| address);
    let host = address.rsplit_once('@').and_then(|(_, rest)| rest.split_once(':')).map(|(host, _)| host);
    host.is_some_and(|host| GIT_HOSTS.contains(&host))
}

/// local-resolver's `parsePref`.
fn is_local(spec: &str) -> bool {
    let letters = spec.as_bytes();
    let drive = letters.len() > 1 && letters[0].is_ascii_alphabetic() && letters[1] == b':';
    ["file:", "link:", "portal:", "."].iter().any(|start| spec.starts_with(start))
        || [".tgz", ".tar.gz", ".tar"].iter().any(|end| spec.ends_with(end))
        || spec.contains('/')
        || drive
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What pnpm 10.6.5's own functions answer, asked in its order.
    const ANSWERS: &[(&str, &str)] = &[
        ("", "@b/a range latest"),
        ("^1 || ^2", "@b/a range ^1 || ^2"),
        ("latest", "@b/a range latest"),
        (">=1 <2", "@b/a range >=1 <2"),
        ("x.tgz", "@b/a range x.tgz"),
        ("..", "@b/a range .."),
        ("~", "@b/a range ~"),
        ("npm:foo", "foo range latest"),
        ("npm:@c/d", "@c/d range latest"),
        ("npm:@c/d@^1", "@c/d range ^1"),
        ("npm:foo@bar@1", "foo@bar range 1"),
        ("npm:a@^1||^2", "a range ^1||^2"),
        ("workspace:", "@b/a workspace "),
        ("workspace:*", "@b/a workspace *"),
        ("workspace:foo", "@b/a workspace foo"),
        ("workspace:@c/d", "@b/a workspace @c/d"),
        ("workspace:@c/d@*", "@c/d workspace *"),
        ("workspace:foo@^1.2", "foo workspace ^1.2"),
        ("workspace:_a@1", "@b/a workspace _a@1"),
        ("workspace:/x", "@b/a workspace /x"),
        ("workspace:^1.2@beta", "^1.2 workspace beta"),
        ("workspace:../x", "@b/a workspace path ../x"),
        ("workspace:./x", "@b/a workspace path ./x"),
        ("workspace:.x@1", "@b/a workspace path .x@1"),
        ("catalog:", "@b/a catalog default"),
        ("catalog: x ", "@b/a catalog x"),
        ("./x", "@b/a local ./x"),
        ("../x", "@b/a local ../x"),
        ("/x", "@b/a local /x"),
        ("a/b/c", "@b/a local a/b/c"),
        ("a/b/", "@b/a local a/b/"),
        ("@c/d@1", "@b/a local @c/d@1"),
        ("x/y z", "@b/a local x/y z"),
        (" ./x", "@b/a local  ./x"),
        ("..\\a", "@b/a local ..\\a"),
        ("C:/x", "@b/a local C:/x"),
        ("c:x", "@b/a local c:x"),
        ("link:x", "@b/a local link:x"),
        ("file:x", "@b/a local file:x"),
        ("portal:../x", "@b/a local portal:../x"),
        ("jsr:@c/d@1", "@b/a local jsr:@c/d@1"),
        ("git@example.com:a/b", "@b/a local git@example.com:a/b"),
        ("github.com/a/b", "@b/a local github.com/a/b"),
        ("a/b", "@b/a remote a/b"),
        ("a/b#c/d", "@b/a remote a/b#c/d"),
        ("~x/y", "@b/a remote ~x/y"),
        ("github:a/b", "@b/a remote github:a/b"),
        ("GitHub:a/b", "@b/a remote GitHub:a/b"),
        ("gist:abc", "@b/a remote gist:abc"),
        ("git@github.com:a/b", "@b/a remote git@github.com:a/b"),
        ("user:pw@github.com:a/b", "@b/a remote user:pw@github.com:a/b"),
        ("ssh://git@x/y", "@b/a remote ssh://git@x/y"),
        ("GIT+SSH://x/y", "@b/a remote GIT+SSH://x/y"),
        ("git:x", "@b/a remote git:x"),
        ("http://x/y.tgz", "@b/a remote http://x/y.tgz"),
        ("https://github.com/a/b", "@b/a remote https://github.com/a/b"),
        // No resolver takes these.
        ("a b", "@b/a range a b"),
        ("foo@1.0.0", "@b/a range foo@1.0.0"),
        ("npm:", "@b/a range latest"),
        // Here we differ, and say so.
        ("~/x", "@b/a local ~/x"),
        ("portal:x", "@b/a local portal:x"),
    ];

    fn described(spec: &str) -> String {
        let Specifier { name, kind } = parse("@b/a", spec);
        let (kind, rest) = match kind {
            SpecifierKind::Range(rest) => ("range", rest),
            SpecifierKind::Workspace(rest) => ("workspace", rest),
            SpecifierKind::WorkspacePath(rest) => ("workspace path", rest),
            SpecifierKind::Catalog(rest) => ("catalog", rest),
            SpecifierKind::Local(rest) => ("local", rest),
            SpecifierKind::Remote(rest) => ("remote", rest),
        };
        format!("{name} {kind} {rest}")
    }

    #[test]
    fn a_specifier_is_what_pnpm_takes_it_for() {
        for (spec, expected) in ANSWERS {
            assert_eq!(described(spec), *expected, "{spec:?}");
        }
    }

    proptest! {
        #[test]
        fn no_specifier_panics(key in any::<String>(), spec in "(workspace:|npm:|catalog:)?[@/:#.~é^a ]{0,8}") {
            let _ = parse(&key, &spec);
        }
    }
}
