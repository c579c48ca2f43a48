//! Lockfiles that say in which `node_modules` each package lies: npm's and bun's.

use std::collections::BTreeMap;

/// Names of packages from the top `node_modules` down.
pub(super) type InstallPath = Vec<String>;

/// How many packages a surface alone may have for each that the project has, before we leave the rest to the package
/// manager: only a text that was made for it comes near.
const MOST: usize = 16;

/// What a member of a workspace sees, as the tree of a project of its own: its own packages win over those that are
/// hoisted. Who used a hoisted one that gives way keeps a copy, and so its version.
pub(super) fn lifted<T: Clone>(
    hoisted: &BTreeMap<InstallPath, T>,
    own: &BTreeMap<InstallPath, T>,
    needs: &dyn Fn(&T) -> Vec<String>,
) -> BTreeMap<InstallPath, T> {
    let gives_way = |name: &String| {
        let top = std::slice::from_ref(name);
        hoisted.contains_key(top) && own.contains_key(top)
    };
    let mut lifted: BTreeMap<InstallPath, T> = hoisted
        .iter()
        .filter(|(place, _)| !place.first().is_some_and(gives_way))
        .map(|(place, package)| (place.clone(), package.clone()))
        .collect();
    // Where each one stood before.
    let mut origins: BTreeMap<InstallPath, InstallPath> =
        lifted.keys().map(|place| (place.clone(), place.clone())).collect();
    lifted.extend(own.iter().map(|(place, package)| (place.clone(), package.clone())));
    let mut waiting: Vec<InstallPath> = origins.keys().cloned().collect();
    let most = (hoisted.len() + own.len()).saturating_mul(MOST);
    while let Some(place) = waiting.pop() {
        let Some(package) = origins.get(&place).and_then(|origin| hoisted.get(origin)) else { continue };
        for name in needs(package) {
            let origin = origins.get(&place).and_then(|origin| seen_from(hoisted, origin, &name));
            let Some(origin) = origin.filter(|origin| origin.len() == 1 && gives_way(&name)) else {
                continue;
            };
            let sees = seen_from(&lifted, &place, &name);
            if sees.is_some_and(|sees| origins.get(&sees) == Some(&origin)) {
                continue;
            }
            for (from, package) in
                hoisted.range(origin.clone()..).take_while(|(from, _)| from.starts_with(&origin))
            {
                if lifted.len() >= most {
                    return lifted;
                }
                let to: InstallPath = place.iter().chain(from).cloned().collect();
                lifted.insert(to.clone(), package.clone());
                origins.insert(to.clone(), from.clone());
                waiting.push(to);
            }
        }
    }
    lifted
}

/// Where Node finds a package that the one at `place` requires.
pub(super) fn seen_from<T>(
    tree: &BTreeMap<InstallPath, T>,
    place: &[String],
    name: &str,
) -> Option<InstallPath> {
    (0..=place.len()).rev().find_map(|depth| {
        let candidate: InstallPath = place[..depth].iter().cloned().chain([name.to_owned()]).collect();
        tree.contains_key(&candidate).then_some(candidate)
    })
}
