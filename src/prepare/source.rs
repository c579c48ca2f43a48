//! Where packages come from: what was asked for or, where the registry is to be asked, what it answered.

use std::path::Path;
use std::time::Duration;

use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::npm::as_seen_from;
use crate::prepare::call::PrepareOptions;
use crate::prepare::observed::Needed;
use crate::project::{
    Environment, InstallContext, Originals, PROBE_TIMEOUT, PackageSource, Project, ProjectPicture, Requested,
    Surface, local, package_manager,
};
use crate::registry::{Question, Registry, probe, settings};
use crate::report::{Event, Notice, Report, warn};
use crate::source::{Decision, Probe, Reply, Sought, Verdict, apply as job_summary, plan as source};

/// What was decided, with what is needed to go on.
pub(crate) struct SourceChoice {
    /// What was decided.
    pub(crate) decision: Decision,
    /// What to pack; `None` where nothing is touched.
    pub(crate) needed: Option<Needed>,
}

/// The words that follow where the registry is used.
const NOTHING: &str = "nothing is packed";

/// Decides, and says so where that was not plain from the call.
///
/// # Errors
/// [`ErrorKind::Environment`] where a registry does not let us in, or where it is down and there is no workspace; all that
/// reading the workspace meets with, where that is used; the signal that came meanwhile.
#[expect(clippy::too_many_arguments, reason = "each is another part of the call")]
pub(crate) fn choose(
    project: &Project,
    picture: &ProjectPicture,
    surfaces: Vec<Surface>,
    originals: &Originals,
    requested: &Requested,
    options: &PrepareOptions,
    cancel: &CancelToken,
    report: Report<'_>,
) -> Result<SourceChoice> {
    let asked = &project.source;
    let find = || Needed::find(project, picture, surfaces.clone(), originals, requested, options.lockfile);
    let by = if asked.by.is_empty() { "by default".to_owned() } else { format!("by {}", asked.by) };
    let decision = |used, reason, then: &str, probe| Decision {
        asked: asked.source,
        used,
        reason,
        then: then.to_owned(),
        probe,
    };
    let registry = |decision: Decision| {
        report(Event::Decided { reason: &decision.reason, then: &decision.then });
        Ok(SourceChoice { decision, needed: None })
    };
    match asked.source {
        PackageSource::Workspace | PackageSource::Vendor => {
            let needed = find()?;
            let decision = decision(asked.source, by, &packing(project, &needed), None);
            Ok(SourceChoice { decision, needed: Some(needed) })
        }
        PackageSource::Registry => {
            let reason = format!("packages come from the registry, {by}");
            registry(decision(PackageSource::Registry, reason, NOTHING, None))
        }
        PackageSource::Auto => {
            let needed = find();
            let asked = ask(project, picture, &surfaces, &needed, requested, cancel)?;
            let (reason, probe) = match asked {
                ProbeOutcome { verdict: Verdict::Up(reason), probe, doubts } => {
                    warn(report, &doubts);
                    if let Err(error) = &needed {
                        report(Event::Notice(Notice::AskedWithoutWorkspace));
                        warn(report, &error.problems);
                    }
                    return registry(decision(PackageSource::Registry, reason, NOTHING, probe));
                }
                ProbeOutcome { verdict: Verdict::Denied { problems, .. }, .. }
                    if !requested.fallback_on_auth =>
                {
                    return Err(Error::all(ErrorKind::Environment, problems));
                }
                ProbeOutcome {
                    verdict: Verdict::Down(reason) | Verdict::Denied { reason, .. },
                    probe,
                    ..
                } => (reason, probe),
            };
            let needed = needed.map_err(|mut error| {
                error.problems.insert(0, Problem::new(reason.clone()));
                error
            })?;
            let decision = decision(PackageSource::Workspace, reason, &packing(project, &needed), probe);
            report(Event::Decided { reason: &decision.reason, then: &decision.then });
            Ok(SourceChoice { decision, needed: Some(needed) })
        }
    }
}

fn packing(project: &Project, needed: &Needed) -> String {
    let count = needed.closure.packages.len();
    let packages = if count == 1 { "package" } else { "packages" };
    let Some(workspace) = &needed.workspace else { return "nothing to pack".to_owned() };
    format!("packing {count} {packages} from {}", as_seen_from(&project.root, &workspace.root))
}

/// What asking came to.
struct ProbeOutcome {
    verdict: Verdict,
    /// `None` where nobody had to be asked.
    probe: Option<Probe>,
    /// What may keep the build from a registry that answers us.
    doubts: Vec<Problem>,
}

impl ProbeOutcome {
    /// Decided without asking.
    fn unasked(verdict: Verdict) -> Self {
        Self { verdict, probe: None, doubts: Vec::new() }
    }
}

fn ask(
    project: &Project,
    picture: &ProjectPicture,
    found: &[Surface],
    needed: &Result<Needed>,
    requested: &Requested,
    cancel: &CancelToken,
) -> Result<ProbeOutcome> {
    let without_workspace;
    let local = match needed {
        Ok(needed) => &needed.local,
        Err(_) => {
            without_workspace = local::find(project, None, found);
            &without_workspace
        }
    };
    // Without a workspace, the surfaces' own dependencies are all that is known.
    let (surfaces, sought, installs) = match needed {
        Ok(Needed { surfaces, workspace: Some(workspace), closure, installs, .. }) => {
            (surfaces.as_slice(), source::sought(workspace, closure), Some(installs))
        }
        _ => (found, source::sought_directly(found, &project.scope, local), None),
    };
    if let Some(reason) = source::beyond_any_registry(surfaces, &project.scope, local) {
        return Ok(ProbeOutcome::unasked(Verdict::Down(reason)));
    }
    if sought.is_empty() {
        let reason = format!("no surface needs a package in scope {}", project.scope);
        return Ok(ProbeOutcome::unasked(Verdict::Up(reason)));
    }
    let looked_at;
    let around: Vec<&InstallContext> = match installs {
        Some(installs) => installs.iter().map(|install| &install.around).collect(),
        None => {
            looked_at = package_manager::surroundings(project, requested, surfaces, picture);
            looked_at.iter().collect()
        }
    };
    let read = |(surface, around)| settings::all(project, surface, around, &requested.environment);
    let settings: Vec<_> = surfaces.iter().zip(around).map(read).collect();
    let registries: Vec<Result<Registry, Problem>> = sought
        .iter()
        .filter_map(|Sought { surface, package, .. }| {
            // One build that cannot use it is enough.
            let found = settings.get(*surface)?.iter().map(|settings| settings.registry(package));
            let found: Result<Vec<Registry>, Problem> = found.collect();
            found.map(|found| found.into_iter().next()).transpose()
        })
        .collect();
    let limit = requested.probe_timeout.or(project.config.probe_timeout).unwrap_or(PROBE_TIMEOUT);
    let (answers, took) = if registries.iter().all(Result::is_ok) {
        let question = |(sought, registry): (&Sought, &Result<Registry, Problem>)| {
            let registry = registry.as_ref().ok()?.clone();
            Some(Question { registry, package: sought.package.clone(), wanted: sought.wanted.clone() })
        };
        let questions: Vec<_> = sought.iter().zip(&registries).filter_map(question).collect();
        let (answers, took) = probe::ask_timed(&questions, limit, &|| cancel.is_cancelled());
        cancel.check()?;
        (answers.unwrap_or_default(), took)
    } else {
        (Vec::new(), Duration::ZERO)
    };
    let replies: Vec<_> = sought
        .iter()
        .zip(&registries)
        .enumerate()
        .map(|(number, (sought, registry))| Reply {
            sought,
            registry: registry.as_ref(),
            answer: answers.get(number).and_then(Option::as_ref),
        })
        .collect();
    let lacking = settings.iter().flatten().find_map(|settings| settings.lacking());
    let lacking =
        lacking.or_else(|| registries.iter().flatten().find_map(|registry| registry.lacking.clone()));
    let verdict = match (source::verdict(&replies, took), lacking) {
        (Verdict::Up(_) | Verdict::Denied { .. }, Some(lacking)) => Verdict::Down(lacking),
        (verdict, _) => verdict,
    };
    Ok(ProbeOutcome {
        verdict,
        probe: Some(source::probe(&replies, took)),
        doubts: source::own_to_containers(&replies),
    })
}

/// Tells the job's page in GitHub Actions and Gitea Actions.
pub(crate) fn summarize(decision: &Decision, environment: &Environment, report: Report<'_>) {
    let is_set = |name: &str| environment.get(name);
    let in_actions = ["GITHUB_ACTIONS", "GITEA_ACTIONS"].into_iter().any(|name| is_set(name).is_some());
    if let Some(path) = is_set("GITHUB_STEP_SUMMARY")
        && in_actions
        && decision.asked != PackageSource::Workspace
        && let Err(problem) = job_summary::append(
            Path::new(path),
            &format!("docker-prep: {}: {}", decision.reason, decision.then),
        )
    {
        report(Event::Warning(&problem));
    }
}
