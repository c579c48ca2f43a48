//! What `doctor` prints.

mod explain;
mod formats;
mod json;
mod overview;
mod text;

use std::num::NonZero;
use std::path::PathBuf;

pub(super) use self::explain::explain;
use super::args::{DoctorArgs, DoctorFormat};
use super::lines::Lines;
use super::report::Reporter;
use super::text::count;
use crate::doctor::{
    Baseline, Chosen, Examined, FixPlan, Repository, Severity, apply, chosen, compare, examine, plan, read,
    read_baseline, repositories, write_baseline,
};
use crate::error::{Error, ErrorKind, Problem, Result};
use crate::project::Requested;
use crate::threads::Threads;

/// A repository that was named, and what came of it.
pub(super) struct Patient {
    /// As it was named; nothing where the call names none.
    named: Option<PathBuf>,
    outcome: Result<(Repository, Examined)>,
}

impl Patient {
    /// Its name for people.
    fn name(&self) -> String {
        match (&self.outcome, &self.named) {
            (Ok((repository, _)), _) => repository.name.clone(),
            (_, Some(named)) => named.file_name().unwrap_or(named.as_os_str()).to_string_lossy().into_owned(),
            _ => ".".to_owned(),
        }
    }

    /// As a command names it.
    fn argument(&self) -> Option<String> {
        self.named.as_ref().map(|named| crate::text::quoted(named.as_os_str().as_encoded_bytes()))
    }

    /// From which severity on a finding of it is a failure.
    fn threshold(&self, asked: Option<Option<Severity>>) -> Option<Severity> {
        let own = self.outcome.as_ref().ok().and_then(|(repository, _)| repository.chosen.threshold);
        asked.or(own).unwrap_or(Some(Severity::Error))
    }
}

/// Judges repositories, mends them where that is asked for, and prints what is left.
pub(super) fn run(requested: &Requested, args: &DoctorArgs, reporter: &Reporter) -> Result<u8> {
    let of_call = of_call(args)?;
    let named: Vec<Option<PathBuf>> = match (&args.repos, args.dirs.as_slice()) {
        (Some(folder), _) => repositories(folder)?.into_iter().map(Some).collect(),
        (None, []) => vec![None],
        (None, dirs) => dirs.iter().cloned().map(Some).collect(),
    };
    let is_one = named.len() == 1 && args.repos.is_none();
    let mut patients = judge(requested, &named, &of_call);
    if is_one && let [Patient { outcome: Err(error), .. }] = patients.as_slice() {
        return Err(error.clone());
    }
    if args.fix {
        fix(requested, args, &of_call, &mut patients, reporter)?;
    }
    let mut made = None;
    if let Some(file) = &args.baseline {
        made = leave_out(file, &mut patients)?;
    }
    match args.format {
        _ if reporter.wants_json() => reporter.document(json::document(&patients, code(&patients, &of_call))),
        DoctorFormat::Text | DoctorFormat::Json => {
            if is_one {
                reporter.data(&text::of_one(&patients, reporter.wants_more()));
            } else {
                reporter.data(&overview::table(&patients, args, reporter.wants_more()));
            }
        }
        DoctorFormat::Github => reporter.data(&formats::github(&patients)),
        DoctorFormat::Sarif => reporter.text(&formats::sarif(&patients)),
        DoctorFormat::Checkstyle => reporter.text(&formats::checkstyle(&patients)),
        DoctorFormat::Markdown => reporter.data(&formats::markdown(&patients)),
    }
    if let Some(made) = made {
        reporter.tell(&made);
    }
    Ok(code(&patients, &of_call))
}

/// What the words of a call choose.
fn of_call(args: &DoctorArgs) -> Result<Chosen> {
    let wrong = |what: &str, hint: &str| Error::new(ErrorKind::Usage, what.to_owned()).hint(hint);
    let threshold = args.failure_threshold.as_deref().map(|text| match text {
        "never" => Ok(None),
        text => Severity::parse(text).map(Some).ok_or_else(|| {
            wrong(
                &format!("--failure-threshold: {text} is no severity"),
                "it is error, warning, note or never",
            )
        }),
    });
    let rules = |flag: &str, texts: &[String]| -> Result<Vec<String>> {
        let all = texts.iter().map(|text| {
            let id = text.trim().to_ascii_uppercase();
            if crate::doctor::is_rule_prefix(&id) {
                return Ok(id);
            }
            Err(wrong(
                &format!("{flag}: {text} is no rule"),
                "name rules as DP101, or the begins of their ids as DP5; all are in: docker-prep help doctor",
            ))
        });
        all.collect()
    };
    Ok(Chosen {
        select: rules("--select", &args.select)?,
        ignore: rules("--ignore", &args.ignore)?,
        threshold: threshold.transpose()?,
        ..Chosen::default()
    })
}

/// Reads and judges all of them, several at a time.
fn judge(requested: &Requested, named: &[Option<PathBuf>], of_call: &Chosen) -> Vec<Patient> {
    let threads = Threads::new(requested.threads.and_then(|count| NonZero::new(count.get())));
    let mut patients = threads.map(named, |named| {
        let own =
            Requested { project: named.clone().or_else(|| requested.project.clone()), ..requested.clone() };
        let outcome = read(&own, &|project| chosen(project, of_call)).map(|repository| {
            let examined = examine(&repository);
            (repository, examined)
        });
        Patient { named: named.clone(), outcome }
    });
    compare(patients.iter_mut().filter_map(|patient| patient.outcome.as_mut().ok()).collect());
    patients
}

/// Shows and makes what can be mended, and judges anew.
fn fix(
    requested: &Requested,
    args: &DoctorArgs,
    of_call: &Chosen,
    patients: &mut [Patient],
    reporter: &Reporter,
) -> Result<()> {
    let is_text = args.format == DoctorFormat::Text && !reporter.wants_json();
    let mut plans: Vec<Option<FixPlan>> = Vec::new();
    for patient in patients.iter() {
        let of = patient.outcome.as_ref().ok().map(|(repository, examined)| {
            plan(&examined.findings, args.with_unsafe, |path| repository.text(path))
        });
        plans.push(of.filter(|plan| !plan.files.is_empty()));
    }
    let many = patients.len() > 1;
    for (patient, plan) in patients.iter().zip(&plans) {
        let Some(plan) = plan else { continue };
        let mut lines = Lines::default();
        if many {
            lines.add(patient.name());
        }
        plan.files.iter().for_each(|file| lines.add_diff(&file.diff()));
        if is_text { reporter.data(&lines) } else { reporter.lines(&lines) }
    }
    if args.dry_run {
        return Ok(());
    }
    let mut refused: Vec<Problem> = Vec::new();
    for (patient, plan) in patients.iter_mut().zip(plans) {
        let (Some(plan), Ok((repository, _))) = (plan, &patient.outcome) else { continue };
        if let Err(error) = apply(&repository.root, &plan) {
            if error.kind != ErrorKind::Refused {
                return Err(error);
            }
            refused.extend(error.problems);
            continue;
        }
        let what = format!(
            "{}: {} fixed in {}",
            patient.name(),
            count(plan.findings, "finding"),
            count(plan.files.len(), "file")
        );
        reporter.tell(&what);
        let mut again = judge(requested, std::slice::from_ref(&patient.named), of_call);
        if let Some(again) = again.pop() {
            *patient = again;
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(Error::all(ErrorKind::Refused, refused)) }
}

/// Leaves out what a baseline holds; makes it where there is none, and says so.
fn leave_out(file: &std::path::Path, patients: &mut [Patient]) -> Result<Option<String>> {
    let judged = patients.iter_mut().filter_map(|patient| patient.outcome.as_mut().ok());
    let mut judged: Vec<(&Repository, &mut Examined)> =
        judged.map(|(repository, examined)| (&*repository, examined)).collect();
    let Some(baseline) = read_baseline(file)? else {
        let baseline = Baseline::of(judged.iter().map(|(repository, examined)| (*repository, &**examined)));
        write_baseline(file, &baseline)?;
        judged.iter_mut().for_each(|(repository, examined)| baseline.leave_out(repository, examined));
        let findings = count(baseline.len(), "finding");
        return Ok(Some(format!("wrote {findings} to {}: from now on they are left out", file.display())));
    };
    judged.iter_mut().for_each(|(repository, examined)| baseline.leave_out(repository, examined));
    Ok(None)
}

/// The exit code.
fn code(patients: &[Patient], of_call: &Chosen) -> u8 {
    let fails = patients.iter().any(|patient| {
        let threshold = patient.threshold(of_call.threshold);
        let findings = patient.outcome.iter().flat_map(|(_, examined)| &examined.findings);
        threshold.is_some_and(|least| findings.into_iter().any(|found| found.finding.severity >= least))
    });
    let is_open = patients.iter().any(|patient| match &patient.outcome {
        Ok((_, examined)) => !examined.not_judged.is_empty(),
        Err(_) => true,
    });
    match (fails, is_open) {
        (true, _) => 1,
        (false, true) => ErrorKind::Environment.exit_code(),
        (false, false) => 0,
    }
}
