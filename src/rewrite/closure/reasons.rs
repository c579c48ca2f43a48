//! Through whom a surface needs a package.

use std::collections::BTreeSet;

use super::{Edge, Needs};

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
