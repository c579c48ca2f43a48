//! A graph's strongly connected components in the order in which they can be made: what others need comes first.

/// Nodes that lead to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Sorted.
    pub members: Vec<usize>,
    /// Whether one leads to itself: there are several, or the only one says so.
    pub is_cyclic: bool,
}

/// The components, in levels: each leads to components of levels before its own only. `edges` has for each node the
/// nodes that it leads to. Tarjan's algorithm, on no stack but its own: a chain may be as long as it likes.
#[must_use]
pub fn levels(edges: &[Vec<usize>]) -> Vec<Vec<Component>> {
    let mut search = Search::new(edges);
    for node in 0..edges.len() {
        if search.order[node].is_none() {
            search.from(node);
        }
    }
    search.levels
}

struct Search<'a> {
    edges: &'a [Vec<usize>],
    /// When a node was found.
    order: Vec<Option<usize>>,
    /// The first found of the nodes that it leads back to.
    lowest: Vec<usize>,
    /// The level of the node's component, once that is complete.
    level: Vec<Option<usize>>,
    found: usize,
    /// Nodes whose components are not complete, in the order in which they were found.
    open: Vec<usize>,
    levels: Vec<Vec<Component>>,
}

impl<'a> Search<'a> {
    fn new(edges: &'a [Vec<usize>]) -> Self {
        let nodes = edges.len();
        Self {
            edges,
            order: vec![None; nodes],
            lowest: vec![0; nodes],
            level: vec![None; nodes],
            found: 0,
            open: Vec::new(),
            levels: Vec::new(),
        }
    }

    fn from(&mut self, start: usize) {
        // The way to a node: each with the number of its edges that were followed.
        let mut way = vec![(self.enter(start), 0)];
        while let Some((node, followed)) = way.last_mut() {
            let node = *node;
            if let Some(&next) = self.edges[node].get(*followed) {
                *followed += 1;
                match self.order[next] {
                    None => way.push((self.enter(next), 0)),
                    Some(order) if self.level[next].is_none() => {
                        self.lowest[node] = self.lowest[node].min(order);
                    }
                    Some(_) => {}
                }
                continue;
            }
            way.pop();
            if let Some((before, _)) = way.last() {
                self.lowest[*before] = self.lowest[*before].min(self.lowest[node]);
            }
            if self.order[node] == Some(self.lowest[node]) {
                self.complete(node);
            }
        }
    }

    fn enter(&mut self, node: usize) -> usize {
        self.order[node] = Some(self.found);
        self.lowest[node] = self.found;
        self.found += 1;
        self.open.push(node);
        node
    }

    /// Takes off the component whose first node this is.
    fn complete(&mut self, first: usize) {
        let at = self.open.iter().rposition(|node| *node == first).unwrap_or(0);
        let mut members = self.open.split_off(at);
        members.sort_unstable();
        let leads_to = || members.iter().flat_map(|member| &self.edges[*member]);
        let is_cyclic = leads_to().any(|node| members.binary_search(node).is_ok());
        let level = leads_to().filter_map(|node| self.level[*node]).max().map_or(0, |level| level + 1);
        for member in &members {
            self.level[*member] = Some(level);
        }
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(Component { members, is_cyclic });
    }
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
