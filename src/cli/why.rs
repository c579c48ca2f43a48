//! What `why` prints.

use serde_json::{Value, json};

use super::args::WhyArgs;
use super::lines::Lines;
use super::report::Reporter;
use crate::error::Result;
use crate::prepare::{SurfaceReasons, Why, why};
use crate::project::Requested;
use crate::rewrite::{Edge, Reason};

/// A tree for each surface; the exit code is 1 where none needs the package.
pub(super) fn run(requested: &Requested, args: &WhyArgs, reporter: &Reporter) -> Result<u8> {
    let why = why::why(requested, &args.package, &|event| reporter.event(event))?;
    let is_needed = !why.surfaces.is_empty();
    if reporter.wants_json() {
        reporter.document(to_json(&why));
    } else if is_needed {
        let mut lines = Lines::default();
        for (number, surface) in why.surfaces.iter().enumerate() {
            if number > 0 {
                lines.add("");
            }
            lines.append(&tree(surface));
        }
        reporter.data(&lines);
    } else {
        reporter.tell(&format!("no surface needs {}", why.package));
    }
    Ok(u8::from(!is_needed))
}

fn to_json(why: &Why) -> Value {
    let reason = |(reason, version): &(Reason, Option<String>)| {
        let Edge { from, field, to, specifier } = &reason.edge;
        json!({"from": from, "field": field, "to": to, "specifier": specifier, "version": version})
    };
    let surface = |of: &SurfaceReasons| {
        let reasons: Vec<Value> = of.reasons.iter().map(reason).collect();
        json!({"surface": of.surface, "manifest": of.manifest, "reasons": reasons})
    };
    let surfaces: Vec<Value> = why.surfaces.iter().map(surface).collect();
    json!({"ok": !surfaces.is_empty(), "package": why.package, "surfaces": surfaces})
}

/// As `pnpm why` draws it.
fn tree(of: &SurfaceReasons) -> Lines {
    let mut out = Lines::of(&of.manifest);
    let mut before: Vec<&str> = Vec::new();
    for (reason, version) in &of.reasons {
        before.truncate(reason.depth);
        let corner = if reason.is_last { "└─" } else { "├─" };
        let line = if reason.leads_on { "┬ " } else { "─ " };
        let Edge { field, to, specifier, .. } = &reason.edge;
        let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let asked = if specifier.is_empty() { field.clone() } else { format!("{field}: {specifier}") };
        let repeated = if reason.is_repeated { ", as above" } else { "" };
        out.add(format!("{}{corner}{line}{to}{version} ({asked}){repeated}", before.concat()));
        before.push(if reason.is_last { "  " } else { "│ " });
    }
    out
}
