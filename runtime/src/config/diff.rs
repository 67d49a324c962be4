//! What two states of the configuration differ in. Where a value was set is no part of it: a file may be sorted anew.

use std::collections::BTreeSet;

use super::tree::{Entry, Node, Value};

/// What has changed, of which there is something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Diff {
    /// Every value that changed, came or went, by its key.
    pub(crate) keys: BTreeSet<String>,
    /// What set them; of those that went, what had.
    pub(crate) sources: BTreeSet<String>,
}

impl Diff {
    pub(super) fn between(old: &Node, new: &Node) -> Option<Self> {
        let mut diff = Self { keys: BTreeSet::new(), sources: BTreeSet::new() };
        diff.compare("", Some(old), Some(new));
        (!diff.keys.is_empty()).then_some(diff)
    }

    /// The deepest key that holds all that has changed; empty where only the whole does.
    pub(crate) fn key(&self) -> &str {
        // Of what is sorted, the first and the last have no more in common than all.
        let (Some(first), Some(last)) = (self.keys.first(), self.keys.last()) else { return "" };
        let shared = first.split('.').zip(last.split('.')).take_while(|(a, b)| a == b);
        let length = shared.map(|(part, _)| part.len() + 1).sum::<usize>();
        &first[..length.saturating_sub(1)]
    }

    fn compare(&mut self, path: &str, old: Option<&Node>, new: Option<&Node>) {
        if same(old, new) {
            return;
        }
        let (before, after) = match (inside(old), inside(new)) {
            (Some(before), Some(after)) if before.len() + after.len() > 0 => (before, after),
            _ => {
                self.keys.insert(path.to_owned());
                self.sources.extend(new.or(old).map(|node| node.origin.source()));
                return;
            }
        };
        let names: BTreeSet<_> = before.iter().chain(after).map(|entry| &entry.key).collect();
        for name in names {
            let within = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.compare(&within, child(before, name), child(after, name));
        }
    }
}

/// The entries of a map; nothing has none, and anything else cannot have any.
fn inside(node: Option<&Node>) -> Option<&[Entry]> {
    match node.map(|node| &node.value) {
        None => Some(&[]),
        Some(Value::Map(entries)) => Some(entries),
        Some(_) => None,
    }
}

fn child<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Node> {
    entries.iter().find(|entry| entry.key == name).map(|entry| &entry.node)
}

/// Whether both say the same.
pub(super) fn same(old: Option<&Node>, new: Option<&Node>) -> bool {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (&old.value, &new.value),
        (None, None) => return true,
        _ => return false,
    };
    match (old, new) {
        (Value::Null, Value::Null) => true,
        (Value::Scalar(old), Value::Scalar(new)) => old == new,
        (Value::List(old), Value::List(new)) => {
            old.len() == new.len()
                && old.iter().zip(new).all(|(old, new)| same(Some(old), Some(new)))
        }
        (Value::Map(old), Value::Map(new)) => {
            old.len() == new.len()
                && old.iter().all(|entry| same(Some(&entry.node), child(new, &entry.key)))
        }
        _ => false,
    }
}
