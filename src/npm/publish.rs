//! The manifest as it is published: pnpm's `createExportableManifest`.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::manifest::{DEPENDENCY_FIELDS, Manifest};
use super::workspace::Catalogs;
use super::{js, package_name};
use crate::error::Problem;

/// What `workspace:` is resolved from: the packages of the workspace as an install would link them.
pub(crate) trait Siblings {
    /// What `node_modules/<name>` would show once the workspace is installed.
    fn named(&self, name: &str) -> Option<Manifest>;
    /// What lies at a path that is relative to the package's folder.
    fn at(&self, path: &str) -> Option<Manifest>;
    /// The folders of members that share a name but not a version: which one is meant, nobody can tell.
    fn rivals(&self, name: &str) -> Vec<&str>;
    /// All names, for suggestions.
    fn names(&self) -> Vec<&str>;
}

const DROPPED_FIELDS: [&str; 3] = ["pnpm", "scripts", "packageManager"];

const DROPPED_SCRIPTS: [&str; 6] =
    ["prepublishOnly", "prepack", "prepare", "postpack", "publish", "postpublish"];

/// The keys of `publishConfig` that take the place of the manifest's own.
const HOISTED: [&str; 17] = [
    "bin",
    "type",
    "imports",
    "main",
    "module",
    "typings",
    "types",
    "exports",
    "browser",
    "esnext",
    "es2015",
    "unpkg",
    "umd:main",
    "os",
    "cpu",
    "libc",
    "typesVersions",
];

/// The manifest that goes into the tarball.
///
/// # Errors
///
/// One problem for each dependency that cannot be resolved.
pub(crate) fn published(
    manifest: &Manifest,
    siblings: &dyn Siblings,
    catalogs: &Catalogs,
    readme: Option<&str>,
) -> Result<Manifest, Vec<Problem>> {
    let mut out = omit(&manifest.0, &DROPPED_FIELDS);
    match manifest.0.get("scripts") {
        None | Some(Value::Null) => {}
        Some(scripts) => {
            let scripts: Map<String, Value> = js::entries(scripts).into_iter().collect();
            out.insert("scripts".to_owned(), Value::Object(omit(&scripts, &DROPPED_SCRIPTS)));
        }
    }
    let resolver = Resolver { package: manifest.name().unwrap_or("package.json"), siblings, catalogs };
    let mut problems = Vec::new();
    for field in DEPENDENCY_FIELDS {
        if let Some(value) = manifest.0.get(field).filter(|value| !value.is_null()) {
            out.insert(field.to_owned(), resolver.field(field, value, &mut problems));
        }
    }
    if let Some(peers) = manifest.0.get(PEERS).filter(|value| js::truthy(Some(value))) {
        out.insert(PEERS.to_owned(), resolver.field(PEERS, peers, &mut problems));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    hoist(&mut out);
    if let Some(readme) = readme.filter(|text| !text.is_empty())
        && out.get("readme").is_none_or(Value::is_null)
    {
        out.insert("readme".to_owned(), Value::String(readme.to_owned()));
    }
    Ok(Manifest(out))
}

const PEERS: &str = "peerDependencies";

/// Ramda's `omit`. A key `__proto__` is lost on the way, as in every object that JavaScript copies by hand.
fn omit(map: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    map.iter()
        .filter(|(key, _)| !keys.contains(&key.as_str()) && *key != "__proto__")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// `overridePublishConfig`: what is hoisted leaves `publishConfig`, and an empty one goes.
fn hoist(manifest: &mut Map<String, Value>) {
    let empty = match manifest.get("publishConfig") {
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(config)) => {
            let mut config = config.clone();
            for (key, value) in config.clone() {
                if HOISTED.contains(&key.as_str()) {
                    config.shift_remove(&key);
                    manifest.insert(key, value);
                }
            }
            let empty = config.is_empty();
            manifest.insert("publishConfig".to_owned(), Value::Object(config));
            empty
        }
        _ => false,
    };
    if empty {
        manifest.shift_remove("publishConfig");
    }
}

struct Resolver<'a> {
    package: &'a str,
    siblings: &'a dyn Siblings,
    catalogs: &'a Catalogs,
}

/// One dependency, for messages.
struct Dependency<'a> {
    field: &'a str,
    name: &'a str,
    spec: &'a str,
}

impl Resolver<'_> {
    fn field(&self, field: &str, value: &Value, problems: &mut Vec<Problem>) -> Value {
        let mut out = Map::new();
        for (name, spec) in js::entries(value) {
            let Value::String(spec) = &spec else {
                problems.push(
                    Problem::new(format!(
                        "{}: {field}[{name:?}] is {spec}, and a version must be a string",
                        self.package
                    ))
                    .hint(format!("write it in quotes, as {name:?}: \"^1.0.0\"")),
                );
                continue;
            };
            let dependency = Dependency { field, name: &name, spec };
            match self.resolve(&dependency) {
                Ok(_) if name == "__proto__" => {}
                Ok(resolved) => {
                    out.insert(name, Value::String(resolved));
                }
                Err(problem) => problems.push(problem),
            }
        }
        Value::Object(out)
    }

    fn resolve(&self, dependency: &Dependency<'_>) -> Result<String, Problem> {
        let spec =
            if dependency.field == PEERS { self.peer(dependency)? } else { self.workspace(dependency)? };
        self.catalog(dependency, spec)
    }

    /// `replaceWorkspaceProtocol`.
    fn workspace(&self, dependency: &Dependency<'_>) -> Result<String, Problem> {
        let Some(rest) = dependency.spec.strip_prefix("workspace:") else {
            return Ok(dependency.spec.to_owned());
        };
        let name = dependency.name;
        if let Some(token) = rest.strip_suffix('*').map(|_| "").or_else(|| {
            rest.chars().last().and_then(|last| match last {
                '^' => Some("^"),
                '~' => Some("~"),
                _ => None,
            })
        }) && !rest.contains(js::is_line_end)
        {
            let (found, version) = self.installed(dependency, alias(rest).unwrap_or(name))?;
            return Ok(if found == name {
                format!("{token}{version}")
            } else {
                format!("npm:{found}@{token}{version}")
            });
        }
        if is_path(rest) {
            let (found, version) = self.lying_at(dependency, rest)?;
            return Ok(if found == name { version } else { format!("npm:{found}@{version}") });
        }
        Ok(if rest.contains('@') { format!("npm:{rest}") } else { rest.to_owned() })
    }

    /// `replaceWorkspaceProtocolPeerDependency`: a `workspace:` anywhere in a range, and only the first.
    fn peer(&self, dependency: &Dependency<'_>) -> Result<String, Problem> {
        let Some((before, after)) = dependency.spec.split_once("workspace:") else {
            return Ok(dependency.spec.to_owned());
        };
        let token = ["^", "~", "*", ">=", ">", "<=", "<"].into_iter().find(|token| after.starts_with(token));
        let rest = &after[token.map_or(0, str::len)..];
        if rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*')) {
            return Ok(format!("{before}{after}"));
        }
        // What an install links under the key is what the whole specifier means, also here.
        let (_, version) = match before {
            "" if is_path(after) && self.siblings.at(after).is_some() => self.lying_at(dependency, after)?,
            "" => self.installed(dependency, alias(after).unwrap_or(dependency.name))?,
            _ => self.installed(dependency, dependency.name)?,
        };
        let token = token.filter(|token| *token != "*").unwrap_or_default();
        Ok(format!("{before}{token}{version}{rest}"))
    }

    fn lying_at(&self, dependency: &Dependency<'_>, path: &str) -> Result<(String, String), Problem> {
        let found = self.siblings.at(path).ok_or_else(|| {
            self.problem(dependency, "and no package.json lies there")
                .hint("correct the path; it is meant from the package's own folder")
        })?;
        self.checked(dependency, &found)
    }

    fn installed(&self, dependency: &Dependency<'_>, name: &str) -> Result<(String, String), Problem> {
        let rivals = self.siblings.rivals(name);
        if !rivals.is_empty() {
            let folders = rivals.join(" and ");
            let cause = format!("and members of the workspace have that name at several versions: {folders}");
            return Err(self.problem(dependency, &cause).hint("rename one of them"));
        }
        let Some(found) = self.siblings.named(name) else {
            let mut known = self.siblings.names();
            known.sort_unstable();
            let near = package_name::nearest(name, known);
            let problem = self.problem(dependency, &format!("and the workspace has no package {name:?}"));
            return Err(problem.hint(if near.is_empty() {
                "add its folder to `packages` of the pnpm-workspace.yaml, or correct the name".to_owned()
            } else {
                let near: Vec<String> = near.iter().map(|name| format!("{name:?}")).collect();
                format!("did you mean {}?", near.join(" or "))
            }));
        };
        self.checked(dependency, &found)
    }

    /// `readAndCheckManifest`: name and version, which both must be there.
    fn checked(&self, dependency: &Dependency<'_>, found: &Manifest) -> Result<(String, String), Problem> {
        let text = |field: &str| {
            found.0.get(field).filter(|value| js::truthy(Some(value))).map(js::to_string).ok_or_else(|| {
                self.problem(dependency, &format!("and the package found there has no {field}"))
                    .hint(format!("give it a {field}"))
            })
        };
        Ok((text("name")?, text("version")?))
    }

    /// `resolveFromCatalog`.
    fn catalog(&self, dependency: &Dependency<'_>, spec: String) -> Result<String, Problem> {
        let Some(catalog) = spec.strip_prefix("catalog:") else { return Ok(spec) };
        let catalog = match js::trim(catalog) {
            "" => "default",
            named => named,
        };
        let Some(entries) = self.catalogs.0.get(catalog) else {
            return Err(self
                .problem(dependency, &format!("and the workspace has no catalog {catalog:?}"))
                .hint("add it to the pnpm-workspace.yaml"));
        };
        let Some(entry) = entries.get(dependency.name) else {
            let near = package_name::nearest(dependency.name, entries.keys().map(String::as_str));
            let did_you_mean = near.first().map(|name| format!(" (it has {name:?})")).unwrap_or_default();
            return Err(self
                .problem(dependency, &format!("and the catalog {catalog:?} has no such entry{did_you_mean}"))
                .hint("add it to the pnpm-workspace.yaml"));
        };
        let protocol = entry.split(':').next().unwrap_or_default();
        if entry.starts_with("catalog:") || matches!(protocol, "workspace" | "link" | "file") {
            return Err(self
                .problem(
                    dependency,
                    &format!("and the entry of the catalog {catalog:?} is {entry:?}, which pnpm refuses"),
                )
                .hint("write a version range there"));
        }
        Ok(entry.clone())
    }

    fn problem(&self, dependency: &Dependency<'_>, cause: &str) -> Problem {
        let Dependency { field, name, spec } = dependency;
        Problem::new(format!("{}: {field}[{name:?}] is {spec:?}, {cause}", self.package))
    }
}

fn is_path(rest: &str) -> bool {
    rest.starts_with("./") || rest.starts_with("../")
}

/// The package that `workspace:<alias>@…` means: pnpm's `WorkspaceSpec`.
fn alias(spec: &str) -> Option<&str> {
    if spec.starts_with(['.', '_', '/']) {
        return None;
    }
    let from = spec.chars().next()?.len_utf8();
    let at = spec[from..].find('@')? + from;
    Some(&spec[..at])
}
