//! In which order packages are built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::npm::{DEPENDENCY_FIELDS, Manifest, Member, SpecifierKind, Workspace, specifier};
use crate::rewrite::{Component, components};
use crate::text::path;

/// The members that are needed to build some, and how they hang together. Members go by their number in
/// [`Workspace::members`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// What is built together, each behind all that it needs. The members of a cycle are in the order of their folders, as
    /// pnpm takes them.
    pub(crate) groups: Vec<Vec<usize>>,
    /// By group, the groups that it needs.
    pub(crate) behind: Vec<BTreeSet<usize>>,
    /// By member, all other members that it needs, be it by way of others.
    pub(crate) needs: BTreeMap<usize, BTreeSet<usize>>,
}

/// The order for some members, and all that they need in the workspace: dependencies of every kind, those that are only
/// needed to build among them.
pub(crate) fn order(workspace: &Workspace, members: &[&Member]) -> Order {
    let edges = edges(workspace);
    let is_asked = |member: &Member| members.iter().any(|asked| asked.relative == member.relative);
    let asked = workspace.members.iter().enumerate().filter(|(_, member)| is_asked(member));
    let mut wanted = BTreeSet::new();
    for (number, _) in asked {
        wanted.insert(number);
        wanted.extend(reached(&edges, number));
    }
    let mut order = Order::default();
    let mut group_of = BTreeMap::new();
    for Component { members, .. } in components::levels(&edges).into_iter().flatten() {
        if !wanted.contains(&members[0]) {
            continue;
        }
        let group = order.groups.len();
        group_of.extend(members.iter().map(|member| (*member, group)));
        let next = members.iter().flat_map(|member| &edges[*member]);
        let behind = next.filter_map(|next| group_of.get(next)).copied().filter(|other| *other != group);
        order.behind.push(behind.collect());
        for member in &members {
            let mut needs = reached(&edges, *member);
            needs.remove(member);
            order.needs.insert(*member, needs);
        }
        order.groups.push(members);
    }
    order
}

/// All that a node leads to.
fn reached(edges: &[Vec<usize>], from: usize) -> BTreeSet<usize> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(node) = open.pop() {
        for next in &edges[node] {
            if seen.insert(*next) {
                open.push(*next);
            }
        }
    }
    seen
}

/// By member, the members that its manifest names: what installs it links those.
fn edges(workspace: &Workspace) -> Vec<Vec<usize>> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_folder: BTreeMap<&Path, usize> = BTreeMap::new();
    for (number, member) in workspace.members.iter().enumerate() {
        by_folder.insert(&member.dir, number);
        if let Some(name) = member.manifest.name() {
            by_name.entry(name).or_default().push(number);
        }
    }
    let named = |member: &Member| -> Vec<usize> {
        let mut found = BTreeSet::new();
        for (key, spec) in dependencies(&member.manifest) {
            let specifier = specifier::parse(key, spec);
            match &specifier.kind {
                SpecifierKind::Local(path) | SpecifierKind::WorkspacePath(path) => {
                    let path = path.split_once(':').map_or(path.as_str(), |(_, path)| path);
                    found.extend(by_folder.get(&*path::clean(member.dir.join(path))));
                }
                _ => found.extend(by_name.get(specifier.name.as_str()).into_iter().flatten()),
            }
        }
        found.into_iter().collect()
    };
    workspace.members.iter().map(named).collect()
}

/// The dependencies of every kind.
pub(crate) fn dependencies(manifest: &Manifest) -> impl Iterator<Item = (&str, &str)> {
    let fields = DEPENDENCY_FIELDS.into_iter().chain(["peerDependencies"]);
    fields.flat_map(|field| manifest.dependencies(field))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::npm::{Catalogs, PackSettings};

    fn workspace(members: &[(&str, Value)]) -> Workspace {
        let member = |(name, more): &(&str, Value)| {
            let mut manifest = json!({"name": format!("@x/{name}"), "version": "1.0.0"});
            manifest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let Value::Object(manifest) = manifest else { panic!("an object") };
            Member {
                dir: format!("/w/{name}").into(),
                relative: (*name).to_owned(),
                manifest_file: "package.json",
                manifest: Manifest(manifest),
                linked: None,
                settings: PackSettings::default(),
            }
        };
        Workspace {
            root: "/w".into(),
            is_pnpm: true,
            members: members.iter().map(member).collect(),
            catalogs: Catalogs::default(),
        }
    }

    fn shown(workspace: &Workspace, asked: &str) -> String {
        let members: Vec<&Member> =
            workspace.members.iter().filter(|member| asked.contains(&*member.relative)).collect();
        let order = order(workspace, &members);
        let group = |group: &Vec<usize>| -> String {
            group.iter().map(|member| workspace.members[*member].relative.as_str()).collect()
        };
        order.groups.iter().map(group).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_needed_comes_first_by_whatever_field_names_it() {
        let workspace = workspace(&[
            ("a", json!({"dependencies": {"@x/e": "workspace:*"}, "devDependencies": {"@x/d": "^1.0.0"}})),
            ("b", json!({"peerDependencies": {"@x/c": "*"}})),
            ("c", json!({"optionalDependencies": {"alias": "workspace:@x/b@*"}})),
            ("d", json!({"dependencies": {"y": "link:../b", "@x/none": "1"}})),
            ("e", json!({})),
            ("f", json!({"dependencies": {"@x/a": "workspace:*"}})),
        ]);
        assert_eq!(shown(&workspace, "a"), "bc e d a");
        assert_eq!(shown(&workspace, "b"), "bc");
        assert_eq!(shown(&workspace, "ef"), "bc e d a f");
        let order = order(&workspace, &[&workspace.members[0]]);
        assert_eq!(order.needs[&0], BTreeSet::from([1, 2, 3, 4]));
        assert_eq!(order.needs[&1], BTreeSet::from([2]), "not itself, though it is in a cycle");
        assert_eq!(order.behind, [[].into(), [].into(), [0].into(), [1, 2].into()]);
    }
}
