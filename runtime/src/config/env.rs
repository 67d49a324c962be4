//! The environment as a layer: `BIDENT_SERVER__ADDR` is `server.addr`.
//!
//! `__` separates keys. A name matches a key that exists, without case and with `-` as `_`; else it is a new key in
//! lower case. Values stay text and are read by the target's type.

use super::tree::{Entry, Node, Origin, Scalar, Style, Value};

/// What every variable of ours begins with.
pub(crate) const PREFIX: &str = "BIDENT_";

/// Lays the variables over the tree, in the order of their names.
pub(crate) fn apply(tree: &mut Node, variables: impl IntoIterator<Item = (String, String)>) {
    let mut variables: Vec<_> =
        variables.into_iter().filter_map(|(name, text)| Some((path(&name)?, name, text))).collect();
    variables.sort_by(|a, b| a.1.cmp(&b.1));
    for (path, name, text) in variables {
        let origin = Origin::Env(name.into());
        let scalar = Scalar { text, style: Style::Environment };
        set(tree, &path, &origin, Node { origin: origin.clone(), value: Value::Scalar(scalar) });
    }
}

/// The keys that a variable stands for, or `None` for one that is not ours.
fn path(name: &str) -> Option<Vec<String>> {
    let name = name.strip_prefix(PREFIX)?;
    if name == "LOG" {
        // The one short form, so that a shell needs no section for the key that is set by hand most often.
        return Some(vec!["log".into(), "level".into()]);
    }
    let path: Vec<_> = name.split("__").map(str::to_owned).collect();
    path.iter().all(|part| !part.is_empty()).then_some(path)
}

fn set(node: &mut Node, path: &[String], origin: &Origin, value: Node) {
    let Some((name, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    if !matches!(node.value, Value::Map(_)) {
        *node = Node::empty(origin.clone());
    }
    let Value::Map(entries) = &mut node.value else { return };
    let index = entries.iter().position(|e| same(&e.key, name)).unwrap_or_else(|| {
        entries.push(Entry {
            key: name.to_lowercase(),
            origin: origin.clone(),
            node: Node { origin: origin.clone(), value: Value::Null },
        });
        entries.len() - 1
    });
    entries[index].origin = origin.clone();
    set(&mut entries[index].node, rest, origin, value);
}

/// Whether a variable's part names this key.
fn same(key: &str, name: &str) -> bool {
    key.len() == name.len()
        && key.bytes().zip(name.bytes()).all(|(a, b)| {
            let fold = |c: u8| if c == b'-' { b'_' } else { c.to_ascii_lowercase() };
            fold(a) == fold(b)
        })
}
