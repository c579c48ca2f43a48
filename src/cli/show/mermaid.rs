//! The graph of `show --format mermaid` (<https://mermaid.js.org/syntax/flowchart.html>).

use std::collections::{BTreeMap, BTreeSet};

use super::super::lines::Lines;
use super::super::text::count;
use super::title;
use crate::prepare::{Shown, ShownSurface};
use crate::text::shown;

/// Mermaid draws no graph of more than 500 edges.
const MAX_EDGES: usize = 450;

/// From builds through surfaces to packages.
pub(super) fn flowchart(shown: &Shown) -> Lines {
    let mut out = Lines::of("flowchart LR");
    for (number, build) in shown.builds.iter().enumerate() {
        out.add(format!("  b{number}[{}]", label(&title(&build.build))));
    }
    for (number, surface) in shown.surfaces.iter().enumerate() {
        out.add(format!("  s{number}([{}])", label(&surface.manifest)));
        for build in &surface.builds {
            let manager = label(&surface.detected.manager.to_string());
            out.add(format!("  b{build} -->|{manager}| s{number}"));
        }
    }
    for (number, manifest) in shown.uninstalled.iter().enumerate() {
        let told = label(&format!("{manifest}: no build installs it"));
        out.add(format!("  u{number}([{told}])"));
    }
    let edges: BTreeSet<(Source<'_>, &str)> =
        shown.surfaces.iter().enumerate().flat_map(|(number, surface)| edges(number, surface)).collect();
    let packages = shown.surfaces.iter().filter_map(|surface| surface.packages.as_ref()).flatten();
    let packages: BTreeSet<&str> = packages.map(String::as_str).collect();
    if edges.len() > MAX_EDGES {
        for (number, surface) in shown.surfaces.iter().enumerate() {
            let needs = surface.packages.as_ref().map_or(0, BTreeSet::len);
            out.add(format!("  s{number} --> n{number}[[{}]]", label(&count(needs, "package"))));
        }
        return out;
    }
    let ids: BTreeMap<&str, usize> = packages.iter().copied().zip(0..).collect();
    for (package, id) in &ids {
        out.add(format!("  p{id}[[{}]]", label(package)));
    }
    for (from, to) in &edges {
        let from = match from {
            Source::Surface(number) => Some(format!("s{number}")),
            Source::Package(name) => ids.get(name).map(|id| format!("p{id}")),
        };
        if let (Some(from), Some(to)) = (from, ids.get(to)) {
            out.add(format!("  {from} --> p{to}"));
        }
    }
    out
}

/// Who names a package.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source<'a> {
    Surface(usize),
    Package(&'a str),
}

fn edges(number: usize, surface: &ShownSurface) -> impl Iterator<Item = (Source<'_>, &str)> {
    surface.edges.iter().map(move |(from, to)| {
        let from = from.as_deref().map_or(Source::Surface(number), Source::Package);
        (from, to.as_str())
    })
}

/// A text in quotes: what means something to mermaid is written by its code.
fn label(text: &str) -> String {
    let mut label = "\"".to_owned();
    for c in shown(text).chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' | '%' => {
                label.push_str(&format!("#{};", u32::from(c)));
            }
            _ => label.push(c),
        }
    }
    label.push('"');
    label
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::{MAX_EDGES, flowchart, label};
    use crate::image::{Detected, PackageManager};
    use crate::prepare::{Shown, ShownSurface};

    /// A surface that needs packages, each of which names the next.
    fn chain(packages: usize) -> Shown {
        let names: Vec<String> = (0..packages).map(|number| format!("s{number}")).collect();
        let from = std::iter::once(None).chain(names.iter().cloned().map(Some));
        let surface = ShownSurface {
            manifest: "web/package.json".to_owned(),
            detected: Detected { manager: PackageManager::pinned(), reason: String::new() },
            builds: BTreeSet::new(),
            lockfiles: Vec::new(),
            packages: Some(names.iter().cloned().collect()),
            edges: from.zip(names.iter().cloned()).collect(),
        };
        Shown {
            project: PathBuf::new(),
            workspace: None,
            without_packages: Vec::new(),
            builds: Vec::new(),
            unread: Vec::new(),
            surfaces: vec![surface],
            uninstalled: Vec::new(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn a_package_with_the_name_of_an_id_is_no_surface() {
        let expected = "flowchart LR\n  s0([\"web/package.json\"])\n  p0[[\"s0\"]]\n  p1[[\"s1\"]]\n  \
                        s0 --> p0\n  p0 --> p1\n";
        assert_eq!(flowchart(&chain(2)).as_str(), expected);
    }

    #[test]
    fn more_edges_than_are_drawn_are_counted() {
        assert_eq!(flowchart(&chain(MAX_EDGES)).as_str().matches("-->").count(), MAX_EDGES);
        let graph = flowchart(&chain(MAX_EDGES + 1));
        let graph = graph.as_str();
        assert_eq!(graph.matches("-->").count(), 1);
        assert!(graph.ends_with("  s0 --> n0[[\"451 packages\"]]\n"), "{graph}");
    }

    #[test]
    fn a_label_cannot_end_early() {
        assert_eq!(label("@a/b"), "\"@a/b\"");
        assert_eq!(label("x\"]-->y"), "\"x#34;]--#62;y\"");
        assert_eq!(label("`#quot;`"), "\"#96;#35;quot#59;#96;\"");
        assert_eq!(label("a\nb\u{1b}"), "\"a#92;nb#92;u{1b}\"");
        assert_eq!(label("%%{init}%%"), "\"#37;#37;{init}#37;#37;\"");
    }
}
