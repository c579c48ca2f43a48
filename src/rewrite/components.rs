//! A graph's strongly connected components in the order in which they can be made: what others need comes first.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::DfsPostOrder;

/// Nodes that lead to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// Sorted.
    pub(crate) members: Vec<usize>,
    /// Whether one leads to itself: there are several, or the only one says so.
    pub(crate) is_cyclic: bool,
}

/// The components, in levels: each leads to components of levels before its own only. `edges` has for each node the
/// nodes that it leads to.
pub(crate) fn levels(edges: &[Vec<usize>]) -> Vec<Vec<Component>> {
    let pairs = edges.iter().enumerate().flat_map(|(node, next)| next.iter().map(move |next| (node, *next)));
    let mut graph: DiGraph<(), (), usize> = DiGraph::from_edges(pairs);
    while graph.node_count() < edges.len() {
        graph.add_node(());
    }
    let finished = finished(&graph);
    let components = kosaraju_scc(&graph).into_iter();
    let mut components: Vec<Vec<usize>> =
        components.map(|members| members.into_iter().map(NodeIndex::index).collect()).collect();
    // What a component leads to comes before it.
    components.sort_by_key(|members| members.iter().map(|node| finished[*node]).max());

    let mut level_of: Vec<Option<usize>> = vec![None; edges.len()];
    let mut levels: Vec<Vec<Component>> = Vec::new();
    for mut members in components {
        members.sort_unstable();
        let leads_to = || members.iter().flat_map(|member| &edges[*member]);
        let is_cyclic = leads_to().any(|node| members.binary_search(node).is_ok());
        let level = leads_to().filter_map(|node| level_of[*node]).max().map_or(0, |level| level + 1);
        for member in &members {
            level_of[*member] = Some(level);
        }
        if levels.len() == level {
            levels.push(Vec::new());
        }
        levels[level].push(Component { members, is_cyclic });
    }
    levels
}

/// When a search in depth, which takes nodes and edges in their order, is done with each node.
fn finished(graph: &DiGraph<(), (), usize>) -> Vec<usize> {
    let mut finished = vec![0; graph.node_count()];
    let mut search = DfsPostOrder::empty(graph);
    let mut count = 0;
    for start in graph.node_indices() {
        search.move_to(start);
        while let Some(node) = search.next(graph) {
            finished[node.index()] = count;
            count += 1;
        }
    }
    finished
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(edges: &[Vec<usize>]) -> String {
        let component = |component: &Component| {
            let ring = if component.is_cyclic { "@" } else { "" };
            format!("{ring}{:?}", component.members)
        };
        let level = |level: &Vec<Component>| level.iter().map(component).collect::<String>();
        levels(edges).iter().map(level).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_others_need_comes_first() {
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&[vec![], vec![]]), "[0][1]");
        assert_eq!(shown(&[vec![1, 2], vec![2], vec![]]), "[2] [1] [0]");
        assert_eq!(shown(&[vec![0], vec![]]), "@[0][1]");
        assert_eq!(shown(&[vec![1], vec![2, 3], vec![1, 3, 3], vec![]]), "[3] @[1, 2] [0]");
        assert_eq!(shown(&[vec![1], vec![2], vec![0], vec![1, 4], vec![3]]), "@[0, 1, 2] @[3, 4]");
    }

    #[test]
    fn no_depth_overflows() {
        const DEEP: usize = 200_000;
        let chain = |last: Vec<usize>| -> Vec<Vec<usize>> {
            (1..DEEP).map(|next| vec![next]).chain([last]).collect()
        };
        assert_eq!(levels(&chain(Vec::new())).len(), DEEP);
        assert_eq!(levels(&chain(vec![0])).len(), 1);
    }

    /// Whether one node leads to another, by nothing but following edges.
    fn reaches(edges: &[Vec<usize>], from: usize, to: usize) -> bool {
        let (mut seen, mut open) = (vec![false; edges.len()], vec![from]);
        while let Some(node) = open.pop() {
            for &next in &edges[node] {
                if next == to {
                    return true;
                }
                if !std::mem::replace(&mut seen[next], true) {
                    open.push(next);
                }
            }
        }
        false
    }

    fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
        (1_usize..9).prop_flat_map(|nodes| {
            proptest::collection::vec(proptest::collection::vec(0..nodes, 0..4), nodes)
        })
    }

    proptest! {
        #[test]
        fn members_lead_to_each_other_and_all_else_lies_below(edges in graphs()) {
            let levels = levels(&edges);
            let mut place = vec![None; edges.len()];
            for (level, components) in levels.iter().enumerate() {
                for (number, component) in components.iter().enumerate() {
                    for member in &component.members {
                        prop_assert_eq!(place[*member].replace((level, number)), None);
                        prop_assert_eq!(component.is_cyclic, reaches(&edges, *member, *member));
                    }
                }
            }
            for one in 0..edges.len() {
                prop_assert!(place[one].is_some());
                for other in 0..edges.len() {
                    let together = reaches(&edges, one, other) && reaches(&edges, other, one);
                    prop_assert_eq!(one == other || together, place[one] == place[other]);
                }
                for next in &edges[one] {
                    prop_assert!(place[one] == place[*next] || place[one].unwrap().0 > place[*next].unwrap().0);
                }
            }
        }
    }
}
