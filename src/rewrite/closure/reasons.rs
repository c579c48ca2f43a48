//! Who names which package, and so through whom a surface needs it.

use std::collections::BTreeSet;

use super::{Closure, Needs};
use crate::error::Problem;
use crate::project::Surface;

/// A manifest that names a package of the closure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    /// The package whose manifest it is; `None` for the surface itself.
    pub(crate) from: Option<String>,
    /// Where it stands: `dependencies`, or the keys of an override.
    pub(crate) field: String,
    /// The package.
    pub(crate) to: String,
    /// What is asked for, as it is written.
    pub(crate) specifier: String,
}

impl Edge {
    pub(super) fn new(from: Option<&str>, field: &str, to: &str, specifier: &str) -> Self {
        Self {
            from: from.map(str::to_owned),
            field: field.to_owned(),
            to: to.to_owned(),
            specifier: specifier.to_owned(),
        }
    }

    /// A tarball cannot say where a package of the product's own workspace lies; a peer is found all the same.
    pub(super) fn beyond_tarballs(&self) -> Option<Problem> {
        let Self { from: Some(from), field, to, .. } = self else { return None };
        let message = format!(
            "{from}: {field}: {to} is a package of this project's own workspace: the install may ask a registry for it"
        );
        (field != "peerDependencies").then(|| {
            Problem::new(message)
                .hint("move it to the shared workspace, or have it be a peer dependency there")
        })
    }

    /// The manifest and the field.
    pub(super) fn place(&self, surface: &Surface) -> String {
        format!("{}: {}", self.from.as_ref().unwrap_or(&surface.manifest_name), self.field)
    }
}

impl Closure {
    /// The packages that every way to them passes through an optional dependency: an install goes on without them.
    pub(crate) fn optional(&self) -> BTreeSet<String> {
        let mut optional = self.packages.clone();
        for needs in &self.surfaces {
            let mut open: Vec<Option<&str>> = vec![None];
            let mut required = BTreeSet::new();
            while let Some(from) = open.pop() {
                let edges = needs.edges.iter().filter(|edge| edge.from.as_deref() == from);
                for edge in edges.filter(|edge| edge.field != OPTIONAL) {
                    if required.insert(edge.to.as_str()) {
                        open.push(Some(&edge.to));
                    }
                }
            }
            optional.retain(|package| !required.contains(package.as_str()));
        }
        optional
    }
}

const OPTIONAL: &str = "optionalDependencies";

/// A line of the tree that leads from a surface to a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Who names whom.
    pub(crate) edge: Edge,
    /// How many lines lead to this one from the surface.
    pub(crate) depth: usize,
    /// Whether no line of the same depth follows below the same line.
    pub(crate) is_last: bool,
    /// Whether lines follow that lead on from it.
    pub(crate) leads_on: bool,
    /// Whether it leads on as an earlier line does, which is not said again.
    pub(crate) is_repeated: bool,
}

impl Needs {
    /// All ways from the surface to a package, as a tree in the order of its lines: each package leads on once.
    pub(crate) fn reasons(&self, package: &str) -> Vec<Reason> {
        let leading = self.leading_to(package);
        let next = |from: Option<&str>| -> Vec<&Edge> {
            let edges = self.edges.iter().filter(|edge| edge.from.as_deref() == from);
            edges.filter(|edge| leading.contains(edge.to.as_str())).collect()
        };
        let mut reasons = Vec::new();
        let mut shown = BTreeSet::new();
        let stacked = |edges: Vec<&'_ Edge>, depth: usize| {
            let last = edges.len().saturating_sub(1);
            let edges: Vec<_> = edges.into_iter().cloned().enumerate().collect();
            edges.into_iter().rev().map(move |(at, edge)| (edge, depth, at == last))
        };
        let mut open: Vec<(Edge, usize, bool)> = stacked(next(None), 0).collect();
        while let Some((edge, depth, is_last)) = open.pop() {
            let is_end = edge.to == package;
            let is_repeated = !is_end && !shown.insert(edge.to.clone());
            let leads_on = !is_end && !is_repeated;
            if leads_on {
                open.extend(stacked(next(Some(&edge.to)), depth + 1));
            }
            reasons.push(Reason { edge, depth, is_last, leads_on, is_repeated });
        }
        reasons
    }

    /// The packages from which a way leads to one, itself among them.
    fn leading_to<'a>(&'a self, package: &'a str) -> BTreeSet<&'a str> {
        let mut leading = BTreeSet::from([package]);
        let mut open = vec![package];
        while let Some(to) = open.pop() {
            for edge in self.edges.iter().filter(|edge| edge.to == to) {
                if let Some(from) = edge.from.as_deref()
                    && leading.insert(from)
                {
                    open.push(from);
                }
            }
        }
        leading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(edges: &[(&str, &str)], package: &str) -> Vec<String> {
        let edge = |(from, to): &(&str, &str)| {
            Edge::new((!from.is_empty()).then_some(*from), "dependencies", to, "1")
        };
        let needs = Needs { edges: edges.iter().map(edge).collect(), ..Needs::default() };
        let line = |reason: Reason| {
            let mark = if reason.is_repeated { "^" } else { "" };
            let last = if reason.is_last { "." } else { "" };
            format!("{}{}{mark}{last}", " ".repeat(reason.depth), reason.edge.to)
        };
        needs.reasons(package).into_iter().map(line).collect()
    }

    #[test]
    fn all_ways_are_shown_and_no_other() {
        let edges =
            [("", "a"), ("", "b"), ("", "x"), ("a", "c"), ("a", "y"), ("b", "c"), ("c", "d"), ("", "d")];
        assert_eq!(shown(&edges, "d"), ["a", " c.", "  d.", "b", " c^.", "d."]);
        assert_eq!(shown(&edges, "x"), ["x."]);
        assert_eq!(shown(&edges, "none"), [""; 0]);
    }

    #[test]
    fn a_cycle_ends() {
        let edges = [("", "a"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")];
        assert_eq!(shown(&edges, "c"), ["a.", " b.", "  a^", "  c."]);
    }
}
