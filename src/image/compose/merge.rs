//! How one file's services come over those of the files before it, and over those that they extend
//! (<https://docs.docker.com/reference/compose-file/merge/>).

use super::tree::{Entry, MergeTag, Node, NodeValue};

/// Maps of a build whose values are replaced whole, also by one that says nothing: `args: [A]` is the process's own `A`,
/// whatever stood there before.
const SHALLOW: [&str; 3] = ["args", "additional_contexts", "extra_hosts"];

/// Whose place a map has in which both write something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    Base,
    Over,
}

/// A value over another one. What is reset stays as a mark, for it resets what further files say too.
pub(super) fn merge(base: Node, over: Node, keeps: Keeps) -> Node {
    if over.tag != MergeTag::Merge || base.tag == MergeTag::Reset {
        return over;
    }
    let spot = if keeps == Keeps::Base { base.spot } else { over.spot };
    let value = match (base.value, over.value) {
        (base, NodeValue::Null) => base,
        (NodeValue::Map(base), NodeValue::Map(over)) => NodeValue::Map(merge_entries(base, over, keeps)),
        (NodeValue::List(mut base), NodeValue::List(over)) => {
            base.extend(over);
            NodeValue::List(base)
        }
        (_, over) => over,
    };
    Node { value, spot, tag: base.tag }
}

fn merge_entries(mut base: Vec<Entry>, over: Vec<Entry>, keeps: Keeps) -> Vec<Entry> {
    for entry in over {
        let Some(known) = base.iter_mut().find(|known| known.key == entry.key) else {
            base.push(entry);
            continue;
        };
        let before = std::mem::replace(&mut known.value, Node::new(NodeValue::Null, entry.spot.clone()));
        if keeps == Keeps::Over {
            known.spot = entry.spot;
        }
        known.value = if SHALLOW.contains(&known.key.as_str()) {
            merge_shallow(before, entry.value, keeps)
        } else {
            merge(before, entry.value, keeps)
        };
    }
    base
}

fn merge_shallow(base: Node, over: Node, keeps: Keeps) -> Node {
    match (base, over) {
        (
            Node { value: NodeValue::Map(mut base), tag: MergeTag::Merge | MergeTag::Override, spot },
            Node { value: NodeValue::Map(over), tag: MergeTag::Merge, .. },
        ) => {
            for entry in over {
                base.retain(|known| known.key != entry.key);
                base.push(entry);
            }
            Node::new(NodeValue::Map(base), spot)
        }
        (base, over) => merge(base, over, keeps),
    }
}

/// A value without what is reset in it; its tags have done their work.
pub(super) fn settled(node: Node) -> Option<Node> {
    let value = match node.value {
        _ if node.tag == MergeTag::Reset => return None,
        NodeValue::Map(entries) => {
            let settle = |entry: Entry| Some(Entry { value: settled(entry.value)?, ..entry });
            NodeValue::Map(entries.into_iter().filter_map(settle).collect())
        }
        NodeValue::List(items) => NodeValue::List(items.into_iter().filter_map(settled).collect()),
        value => value,
    };
    Some(Node::new(value, node.spot))
}
