//! The merged configuration: a tree whose every value knows where it came from.
//!
//! Scalars stay text until somebody asks for a type, so that a value from the environment and one from a file are read
//! alike. Nothing in here reads files or variables.

use std::fmt;
use std::sync::Arc;

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By the kit itself.
    Default,
    /// In a document, at a line and column that count from 1.
    At { document: Arc<str>, line: usize, column: usize },
    /// In a document as a whole.
    Whole(Arc<str>),
    /// By an environment variable.
    Env(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::At { document, line, column } => write!(f, "{document}:{line}:{column}"),
            Self::Whole(document) => f.write_str(document),
            Self::Env(name) => write!(f, "env {name}"),
        }
    }
}

impl Origin {
    /// What it is a place in: a document, a variable, the kit.
    pub(crate) fn source(&self) -> String {
        match self {
            Self::At { document, .. } => document.to_string(),
            other => other.to_string(),
        }
    }
}

/// A value and its origin.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) origin: Origin,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing: `~`, `null`, or a key without a value.
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A value that is still text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// How a scalar was written, which decides what it may be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it stands: any type that its text fits.
    Plain,
    /// In quotes: text and nothing else.
    Quoted,
    /// From the environment: any type that its text fits, lists and maps too.
    Environment,
}

/// One key of a map.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) origin: Origin,
    pub(crate) node: Node,
}

impl Node {
    /// A map without keys.
    pub(crate) fn empty(origin: Origin) -> Self {
        Self { origin, value: Value::Map(Vec::new()) }
    }

    /// The child with exactly this name, where there is one.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| e.key == name).map(|e| &e.node),
            _ => None,
        }
    }

    /// The value at a dotted path; the empty path is the node itself.
    pub(crate) fn find(&self, path: &str) -> Option<&Node> {
        path.split('.')
            .filter(|name| !name.is_empty())
            .try_fold(self, |node, name| node.child(name))
    }

    /// Says of the whole tree that it was set at `origin`.
    pub(crate) fn relocate(&mut self, origin: &Origin) {
        self.origin = origin.clone();
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.relocate(origin)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| {
                entry.origin = origin.clone();
                entry.node.relocate(origin);
            }),
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// Lays `above` over this node: maps join key by key, anything else replaces. A key without a value leaves a map as
    /// it is, so that a section whose lines are all commented out takes nothing away.
    pub(crate) fn merge(&mut self, above: Node) {
        match (&mut self.value, above.value) {
            (Value::Map(mine), Value::Map(theirs)) => {
                for entry in theirs {
                    match mine.iter_mut().find(|e| e.key == entry.key) {
                        Some(known) => {
                            known.origin = entry.origin;
                            known.node.merge(entry.node);
                        }
                        None => mine.push(entry),
                    }
                }
            }
            (Value::Map(_), Value::Null) => {}
            (_, value) => {
                self.value = value;
                self.origin = above.origin;
            }
        }
    }
}

/// Something wrong in the configuration: where, at which key, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) origin: Option<Origin>,
    pub(crate) key: String,
    pub(crate) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}
