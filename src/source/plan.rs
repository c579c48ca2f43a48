//! Whether the registries have what the surfaces need, from what they answered.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::error::{Hint, Problem};
use crate::npm::{DEPENDENCY_FIELDS, Scope, SpecifierKind, Workspace, specifier};
use crate::project::{LocalPackages, Surface};
use crate::registry::{Answer, ProbeFinding, Registry, RegistryUrl, Wanted, is_loopback};
use crate::rewrite::{Closure, MemberIndex};
use crate::source::decision::{Probe, Probed};

/// A package that a surface needs of its registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sought {
    /// The number of the surface.
    pub(crate) surface: usize,
    /// The package's name.
    pub(crate) package: String,
    /// Its version.
    pub(crate) wanted: Wanted,
}

/// What became of one that was sought.
#[derive(Clone, Debug)]
pub(crate) struct Reply<'a> {
    /// What was sought.
    pub(crate) sought: &'a Sought,
    /// Whom the surface's settings name for it, or why nobody.
    pub(crate) registry: Result<&'a Registry, &'a Problem>,
    /// What that one answered, if it was waited for.
    pub(crate) answer: Option<&'a Answer>,
}

/// What it all comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Each package is there.
    Up(String),
    /// The build would not get them all: why.
    Down(String),
    /// Who asks is not let in, so that nothing is known.
    Denied {
        /// The same as a reason to pack.
        reason: String,
        /// What to tell, of each credential once.
        problems: Vec<Problem>,
    },
}

/// Every package of the closure, at the version that the workspace has.
pub(crate) fn sought(workspace: &Workspace, closure: &Closure) -> Vec<Sought> {
    let index = MemberIndex::new(workspace);
    let version = |package: &str| index.get(package).ok().and_then(|member| member.manifest.version());
    let of_surface = |(surface, needs): (usize, &crate::rewrite::Needs)| {
        let one = |package: &String| Sought {
            surface,
            package: package.clone(),
            wanted: version(package).map_or_else(|| Wanted::Range("*".to_owned()), Wanted::Version),
        };
        needs.closure.iter().map(one).collect::<Vec<_>>()
    };
    closure.surfaces.iter().enumerate().flat_map(of_surface).collect()
}

/// What is known without a workspace: the surfaces' own dependencies, by their ranges.
pub(crate) fn sought_directly(surfaces: &[Surface], scope: &Scope, local: &LocalPackages) -> Vec<Sought> {
    let mut sought = Vec::new();
    for (surface, package, kind) in direct(surfaces, scope, local) {
        let range = match kind {
            SpecifierKind::Range(range) => range,
            SpecifierKind::Catalog(_) => "*".to_owned(),
            _ => continue,
        };
        sought.push(Sought { surface, package, wanted: Wanted::Range(range) });
    }
    sought
}

/// A dependency that no registry answers for, as `web/package.json: @x/time is workspace:^`: the image has no workspace.
pub(crate) fn beyond_any_registry(
    surfaces: &[Surface],
    scope: &Scope,
    local: &LocalPackages,
) -> Option<String> {
    direct(surfaces, scope, local).into_iter().find_map(|(surface, package, kind)| {
        let Surface { manifest_name, dir, .. } = surfaces.get(surface)?;
        let spec = match kind {
            SpecifierKind::Workspace(what) | SpecifierKind::WorkspacePath(what) => {
                format!("workspace:{}", what.strip_prefix("workspace:").unwrap_or(&what))
            }
            SpecifierKind::Local(spec) if local.linked(dir, &spec).is_some() => spec,
            _ => return None,
        };
        Some(format!("{manifest_name} has {package} as {spec}, which no registry answers for"))
    })
}

/// The dependencies in scope that are not packages of the product's own workspace.
fn direct(surfaces: &[Surface], scope: &Scope, local: &LocalPackages) -> Vec<(usize, String, SpecifierKind)> {
    let mut found = Vec::new();
    for (number, surface) in surfaces.iter().enumerate() {
        for field in DEPENDENCY_FIELDS {
            for (key, spec) in surface.manifest.dependencies(field) {
                let mut specifier = specifier::parse(key, spec);
                if let Some(name) = local.linked(&surface.dir, spec) {
                    specifier.name = name.to_owned();
                }
                if scope.contains(&specifier.name) && local.own(&surface.dir, &specifier.name).is_none() {
                    found.push((number, specifier.name, specifier.kind));
                }
            }
        }
    }
    found
}

/// What the replies come to. A broken way or server outranks a credential that is not accepted, and that a package
/// which is not there: a registry that does not know who asks may say so of any.
pub(crate) fn verdict(replies: &[Reply<'_>], took: Duration) -> Verdict {
    if let Some(problem) = replies.iter().find_map(|reply| reply.registry.err()) {
        return Verdict::Down(problem.message.clone());
    }
    let ranked = |rank: Rank| {
        replies
            .iter()
            .filter(move |reply| reply.answer.is_some_and(|answer| self::rank(&answer.finding) == rank))
    };
    if let Some(reason) = ranked(Rank::Broken).find_map(|reply| reason(reply, 0)) {
        return Verdict::Down(reason);
    }
    if let Some(reason) = ranked(Rank::Denied).find_map(|reply| reason(reply, 0)) {
        let mut problems: Vec<Problem> = ranked(Rank::Denied).filter_map(denial).collect();
        problems.dedup();
        return Verdict::Denied { reason, problems };
    }
    if let Some(reason) = ranked(Rank::Missing).find_map(|first| {
        let same = |reply: &&Reply<'_>| registry_url(reply) == registry_url(first);
        reason(first, ranked(Rank::Missing).filter(same).count().saturating_sub(1))
    }) {
        return Verdict::Down(reason);
    }
    // Nobody waited for one of them: then another one had decided.
    if let Some(silent) = replies.iter().find(|reply| reply.answer.is_none()) {
        let url = registry_url(silent).map(ToString::to_string).unwrap_or_default();
        return Verdict::Down(format!("registry {url} did not answer in {}", milliseconds(took)));
    }
    Verdict::Up(up(replies, took))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    There,
    Missing,
    Denied,
    Broken,
}

fn rank(finding: &ProbeFinding) -> Rank {
    match finding {
        ProbeFinding::There => Rank::There,
        ProbeFinding::MissingPackage | ProbeFinding::MissingVersion(_) => Rank::Missing,
        ProbeFinding::Denied(_) => Rank::Denied,
        ProbeFinding::NoName
        | ProbeFinding::Refused
        | ProbeFinding::Unreachable(_)
        | ProbeFinding::Proxy(_)
        | ProbeFinding::TimedOut
        | ProbeFinding::Tls(_)
        | ProbeFinding::Status(_)
        | ProbeFinding::NotNpm(_) => Rank::Broken,
    }
}

/// The word for JSON.
fn word(finding: &ProbeFinding) -> &'static str {
    match finding {
        ProbeFinding::There => "up",
        ProbeFinding::NoName => "no-name",
        ProbeFinding::Refused => "refused",
        ProbeFinding::Unreachable(_) => "unreachable",
        ProbeFinding::Proxy(_) => "proxy",
        ProbeFinding::TimedOut => "timed-out",
        ProbeFinding::Tls(_) => "tls",
        ProbeFinding::Status(_) => "server-error",
        ProbeFinding::NotNpm(_) => "not-npm",
        ProbeFinding::MissingPackage => "missing-package",
        ProbeFinding::MissingVersion(_) => "missing-version",
        ProbeFinding::Denied(_) => "denied",
    }
}

fn registry_url<'a>(reply: &Reply<'a>) -> Option<&'a RegistryUrl> {
    reply.registry.ok().map(|registry| &registry.url)
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis().max(1))
}

/// The registry as it was asked, and as it is named where that is another address.
fn called(registry: &Registry, answer: &Answer) -> String {
    if answer.url == registry.url {
        return format!("registry {}", registry.url);
    }
    format!("registry {} (for {}, which only containers know)", answer.url, registry.url)
}

/// Why a reply keeps the build from the registry; `more` packages share its fate.
fn reason(reply: &Reply<'_>, more: usize) -> Option<String> {
    let (registry, answer) = (reply.registry.ok()?, reply.answer?);
    let Sought { package, wanted, .. } = reply.sought;
    let version = match wanted {
        Wanted::Version(version) | Wanted::Range(version) => version,
    };
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    let time = milliseconds(answer.took);
    let what = match &answer.finding {
        ProbeFinding::There => return None,
        ProbeFinding::NoName => format!("has no address: its name was not found in {time}"),
        ProbeFinding::Refused => format!("refused the connection in {time}"),
        ProbeFinding::Unreachable(why) => format!("broke off in {time}: {why}"),
        ProbeFinding::Proxy(why) => format!("was not reached through {why} in {time}"),
        ProbeFinding::TimedOut => format!("did not answer in {time}"),
        ProbeFinding::Tls(why) => format!("failed at TLS in {time}: {why}"),
        ProbeFinding::Status(code) => format!("answered {code} in {time}"),
        ProbeFinding::NotNpm(what) => format!("answered with {what} in {time}"),
        ProbeFinding::MissingPackage => format!("has no {package}{more} ({time})"),
        ProbeFinding::MissingVersion(Some(newest)) => {
            format!("has no {package} {version}{more} ({time}); its newest is {newest}")
        }
        ProbeFinding::MissingVersion(None) => format!("has no {package} {version}{more} ({time})"),
        ProbeFinding::Denied(code) => format!("answered {code} {}", to_whom(registry)),
    };
    Some(format!("{} {what}", called(registry, answer)))
}

fn to_whom(registry: &Registry) -> String {
    match (&registry.credential, &registry.unset) {
        (Some(credential), _) => format!("to the token of {}", credential.named_by),
        (None, Some(unset)) => format!("without a token: {unset}"),
        (None, None) => "without a token: no file names one for it".to_owned(),
    }
}

fn denial(reply: &Reply<'_>) -> Option<Problem> {
    let (registry, answer) = (reply.registry.ok()?, reply.answer?);
    let ProbeFinding::Denied(code) = &answer.finding else { return None };
    let message = format!("{} answered {code} {}", called(registry, answer), to_whom(registry));
    Some(Problem::new(message).hint(Hint::lines([
        &*credential_hint(registry),
        "or take the packages from the workspace: --source workspace, or --fallback-on-auth",
    ])))
}

/// What to type, or to write where, so that the registry lets the build in.
fn credential_hint(registry: &Registry) -> String {
    let Registry { credential, unset, variable, named_by, .. } = registry;
    match (credential, unset, variable) {
        (Some(_), _, Some(name)) => format!("give it a token that is valid: export {name}=TOKEN"),
        (Some(credential), _, None) => format!("write a token there that is valid: {}", credential.named_by),
        (None, Some(_), Some(name)) => format!("give it a token: export {name}=TOKEN"),
        (None, Some(_), None) => "write the token itself there, or the variable that holds it".to_owned(),
        (None, None, _) => {
            let file = named_by.split(": ").next().unwrap_or_default();
            let line = token_line(file, &registry.url.to_string());
            format!("give it a token: export NPM_TOKEN=TOKEN, with this line in {file}: {line}")
        }
    }
}

/// The line that has a registry asked with the token of a variable, in the form of a file of settings.
fn token_line(file: &str, url: &str) -> String {
    match file.rsplit('/').next() {
        Some(".yarnrc.yml") => "npmAuthToken: ${NPM_TOKEN}".to_owned(),
        Some("bunfig.toml" | ".bunfig.toml") => "token = \"$NPM_TOKEN\"".to_owned(),
        _ => {
            let address = url.split_once(':').map_or(url, |(_, address)| address);
            format!("{address}:_authToken=${{NPM_TOKEN}}")
        }
    }
}

/// How many packages were asked for, whoever needs them.
fn packages(replies: &[Reply<'_>]) -> usize {
    replies.iter().map(|reply| reply.sought.package.as_str()).collect::<BTreeSet<_>>().len()
}

fn up(replies: &[Reply<'_>], took: Duration) -> String {
    let mut registries: Vec<String> =
        replies.iter().filter_map(|reply| Some(called(reply.registry.ok()?, reply.answer?))).collect();
    registries.sort_unstable();
    registries.dedup();
    let has = if registries.len() == 1 { "has" } else { "have" };
    let count = match packages(replies) {
        1 => "the 1 package".to_owned(),
        many => format!("all {many} packages"),
    };
    format!("{} {has} {count} ({})", registries.join(" and "), milliseconds(took))
}

/// The registries that are this machine to us and the container itself to a build, though a file for Docker names them.
pub(crate) fn own_to_containers(replies: &[Reply<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for reply in replies {
        let (Ok(registry), Some(answer)) = (reply.registry, reply.answer) else { continue };
        let is_for_docker = registry.named_by.contains(".npmrc.docker");
        if is_for_docker && answer.url == registry.url && is_loopback(&registry.url) {
            problems.push(
                Problem::new(format!(
                    "registry {} ({}): answered here, but inside of a build that address is the container itself",
                    registry.url, registry.named_by
                ))
                .hint("name a host that both know, such as host.docker.internal, or build with the host's network"),
            );
        }
    }
    problems.dedup();
    problems
}

/// The same for programs: each registry once, with the worst that it answered.
pub(crate) fn probe(replies: &[Reply<'_>], took: Duration) -> Probe {
    let mut found: Vec<(Option<Rank>, Probed)> = Vec::new();
    for reply in replies {
        let (rank, probed) = match (reply.registry, reply.answer) {
            (Ok(registry), Some(answer)) => (
                Some(rank(&answer.finding)),
                Probed {
                    url: answer.url.to_string(),
                    named_by: registry.named_by.clone(),
                    answer: word(&answer.finding).to_owned(),
                },
            ),
            (Ok(registry), None) => (
                None,
                Probed {
                    url: registry.url.to_string(),
                    named_by: registry.named_by.clone(),
                    answer: "not-waited-for".to_owned(),
                },
            ),
            (Err(problem), _) => (
                Some(Rank::Broken),
                Probed {
                    url: String::new(),
                    named_by: problem.message.clone(),
                    answer: "no-registry".to_owned(),
                },
            ),
        };
        match found.iter_mut().find(|(_, known)| known.named_by == probed.named_by) {
            Some(known) if known.0 < rank => *known = (rank, probed),
            Some(_) => {}
            None => found.push((rank, probed)),
        }
    }
    let registries = found.into_iter().map(|(_, probed)| probed).collect();
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Probe { milliseconds, packages: packages(replies), registries }
}
