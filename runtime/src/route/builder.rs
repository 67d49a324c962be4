//! Fills a [`Table`] and reports every conflict, each with both operations.

use hashbrown::HashMap;
use http::Method;

use super::table::{Leaf, Node, Route, Table};
use super::template::{Segment, Template};

/// A table in the making.
#[derive(Default)]
pub(crate) struct Builder {
    table: Table,
    /// What was entered, as messages call it: the operation and the path as it was written.
    entries: Vec<(String, String)>,
    mistakes: Vec<String>,
    sockets: Option<Box<Builder>>,
    /// Who answers each path that has no wildcard, whether it is exact or gives a variable its value.
    literals: HashMap<Box<[u8]>, Vec<Answering>>,
}

/// A method, or every one, and the place of who answers it in the builder's list.
type Answering = (Option<Method>, usize);

impl Builder {
    /// Enters an operation's RPC path, `/helloworld.v1.Greeter/SayHello`, which answers POST.
    pub(crate) fn rpc(&mut self, operation: usize, path: &str) {
        let leaf = self.leaf(Route { operation, binding: None }, path, path, Some(Method::POST));
        if self.literal(path.as_bytes(), &leaf) {
            self.exact(path.as_bytes(), leaf);
        }
    }

    /// Lets an operation's RPC path answer GET too, unless a binding of the user's does already.
    pub(crate) fn rpc_get(&mut self, operation: usize, path: &str) {
        let leaf = self.leaf(Route { operation, binding: None }, path, path, Some(Method::GET));
        let leaves = self.table.exact.get(path.as_bytes());
        if leaves.is_none_or(|leaves| conflict(leaves, &leaf).is_none()) {
            self.exact(path.as_bytes(), leaf);
        }
    }

    /// Enters one HTTP binding. `name` is the operation's, for messages; `verb` a method, or `*` for every one.
    pub(crate) fn binding(&mut self, route: Route, name: &str, verb: &str, path: &str) {
        let method = match verb {
            "*" => None,
            _ => match Method::from_bytes(verb.as_bytes()) {
                Ok(method) => Some(method),
                Err(_) => {
                    return self.mistakes.push(format!("{name}: `{verb}` is not an HTTP method"));
                }
            },
        };
        let template = match Template::parse(path) {
            Ok(template) => template,
            Err(why) => return self.mistakes.push(format!("{name}: `{path}`: {why}")),
        };
        let leaf = self.leaf(route, name, path, method);
        let literal = template.literal();
        if literal.as_ref().is_some_and(|path| !self.literal(path, &leaf)) {
            return;
        }
        match literal {
            Some(path) if template.variables.is_empty() => self.exact(&path, leaf),
            // What a variable takes is found segment by segment, even where it can only be one text.
            _ => self.template(template, leaf),
        }
    }

    /// Enters a path on which an operation speaks WebSocket.
    #[cfg(feature = "ws")]
    pub(crate) fn socket(&mut self, route: Route, name: &str, path: &str) {
        self.sockets.get_or_insert_default().binding(route, name, "GET", path);
    }

    /// The table.
    ///
    /// # Errors
    /// Every mistake and every conflict, one text each.
    pub(crate) fn build(mut self) -> Result<Table, Vec<String>> {
        match self.sockets.map(|sockets| sockets.build()).transpose() {
            Ok(sockets) => self.table.sockets = sockets.map(Box::new),
            // What is no path at all has been told of already.
            Err(mistakes) if self.mistakes.is_empty() => {
                let told = mistakes.iter().map(|mistake| format!("over WebSocket, {mistake}"));
                self.mistakes.extend(told);
            }
            Err(_) => {}
        }
        if self.mistakes.is_empty() { Ok(self.table) } else { Err(self.mistakes) }
    }

    fn leaf(&mut self, route: Route, name: &str, path: &str, method: Option<Method>) -> Leaf {
        self.entries.push((name.to_owned(), path.to_owned()));
        Leaf { method, verb: None, route, spans: [].into(), entry: self.entries.len() - 1 }
    }

    /// Whether a path without a wildcard was still free; else the conflict is noted.
    fn literal(&mut self, path: &[u8], leaf: &Leaf) -> bool {
        let taken = self.literals.entry(path.into()).or_default();
        if let Some((_, other)) = taken.iter().find(|(method, _)| *method == leaf.method) {
            self.mistakes.push(told(&self.entries, leaf, *other));
            return false;
        }
        taken.push((leaf.method.clone(), leaf.entry));
        true
    }

    fn exact(&mut self, path: &[u8], leaf: Leaf) {
        self.table.exact.entry(path.into()).or_default().push(leaf);
    }

    fn template(&mut self, template: Template<'_>, mut leaf: Leaf) {
        leaf.spans = template.variables.iter().map(|variable| variable.span).collect();
        if let Some(verb) = template.verb {
            let verb: Box<[u8]> = verb.as_bytes().into();
            if !self.table.verbs.contains(&verb) {
                self.table.verbs.push(verb.clone());
            }
            leaf.verb = Some(verb);
        }
        let nodes = &mut self.table.nodes;
        if nodes.is_empty() {
            nodes.push(Node::default());
        }
        let mut at = 0;
        let mut rest = false;
        for segment in template.segments {
            let fresh = nodes.len();
            let next = match segment {
                Segment::Literal(text) => *nodes[at].literals.entry(text).or_insert(fresh),
                Segment::One => *nodes[at].one.get_or_insert(fresh),
                Segment::Rest => {
                    rest = true;
                    break;
                }
            };
            if next == fresh {
                nodes.push(Node::default());
            }
            at = next;
        }
        let leaves = if rest { &mut nodes[at].rests } else { &mut nodes[at].ends };
        match conflict(leaves, &leaf) {
            Some(other) => self.mistakes.push(told(&self.entries, &leaf, other)),
            None => leaves.push(leaf),
        }
    }
}

fn conflict(leaves: &[Leaf], leaf: &Leaf) -> Option<usize> {
    leaves
        .iter()
        .find(|other| other.method == leaf.method && other.verb == leaf.verb)
        .map(|other| other.entry)
}

fn told(entries: &[(String, String)], leaf: &Leaf, other: usize) -> String {
    let ((name, path), (other, taken)) = (&entries[leaf.entry], &entries[other]);
    let verb = leaf.method.as_ref().map_or("*", Method::as_str);
    if path == taken {
        format!("{name} and {other} both answer {verb} {path}")
    } else {
        format!("{name} with {verb} {path} and {other} with {verb} {taken} answer the same paths")
    }
}
