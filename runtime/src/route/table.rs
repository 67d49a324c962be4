//! The table of routes: exact paths in a hash map, templates in a trie of segments.
//!
//! A lookup allocates nothing as long as a path has few segments and no escapes in literal places. The most specific
//! route wins: an exact path, then segment by segment a literal before `*` before `**`; with the path's closing `:verb`
//! before without. Only then does the HTTP method choose among what has the same shape.

use hashbrown::HashMap;
use http::{HeaderValue, Method};
use smallvec::SmallVec;

use super::template::{Span, normalise};

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    /// The index that the operation was entered with.
    pub(crate) operation: usize,
    /// Which of its HTTP bindings; `None` for its RPC path.
    pub(crate) binding: Option<usize>,
}

/// What the variables of a template took: byte ranges of the raw path, in the order of the template.
pub(crate) type Captures = SmallVec<[(u32, u32); 2]>;

/// What a lookup gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A route. A HEAD request may get one of a GET.
    Route(Route, Captures),
    /// An OPTIONS request to a path that has routes, none of them for OPTIONS: answer 204 with this `Allow`.
    Options(HeaderValue),
    /// The path has routes, none of them for this method: answer 405 with this `Allow`.
    MethodNotAllowed(HeaderValue),
    /// Nothing has this path.
    Nothing,
}

/// Every route of a server. Made by [`Builder`](super::Builder), never changed after.
#[derive(Default)]
pub(crate) struct Table {
    pub(super) exact: HashMap<Box<[u8]>, SmallVec<[Leaf; 1]>>,
    pub(super) nodes: Vec<Node>,
    /// Every closing verb that some template has.
    pub(super) verbs: Vec<Box<[u8]>>,
    /// What speaks WebSocket, whatever its HTTP method is beside.
    pub(super) sockets: Option<Box<Table>>,
}

/// A place in the trie: what may follow, and what ends here.
#[derive(Default)]
pub(super) struct Node {
    pub(super) literals: HashMap<Box<[u8]>, usize>,
    pub(super) one: Option<usize>,
    pub(super) ends: Vec<Leaf>,
    /// Templates that take everything from here on.
    pub(super) rests: Vec<Leaf>,
}

/// One route at the end of its template.
pub(super) struct Leaf {
    /// `None` for a custom kind of `*`: every method.
    pub(super) method: Option<Method>,
    pub(super) verb: Option<Box<[u8]>>,
    pub(super) route: Route,
    pub(super) spans: Box<[Span]>,
    /// The place in the builder's list, for its messages.
    pub(super) entry: usize,
}

type Segments = SmallVec<[(u32, u32); 12]>;

impl Table {
    /// Finds the route for a method and the raw path of a request, the query left out.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found {
        let raw = path.as_bytes();
        if let Some(leaf) = self.exact(raw, |leaves| choose(leaves, None, method)) {
            return Found::Route(leaf.route, Captures::new());
        }
        let found = self.visit(raw, |leaves, verb, segments| {
            choose(leaves, verb, method).map(|leaf| (leaf.route, captures(&leaf.spans, segments)))
        });
        match found {
            Some((route, captures)) => Found::Route(route, captures),
            None => self.unanswered(method, raw),
        }
    }

    /// Finds the route of a path that speaks WebSocket.
    #[cfg(feature = "ws")]
    pub(crate) fn socket(&self, path: &str) -> Option<(Route, Captures)> {
        match self.sockets.as_ref()?.find(&Method::GET, path) {
            Found::Route(route, captures) => Some((route, captures)),
            _ => None,
        }
    }

    /// The exact routes of a path, as it is written or in the form that all its spellings share.
    fn exact<'t, R>(&'t self, raw: &[u8], choose: impl Fn(&'t [Leaf]) -> Option<R>) -> Option<R> {
        if let Some(found) = self.exact.get(raw).and_then(|leaves| choose(leaves)) {
            return Some(found);
        }
        if !escaped(raw) {
            return None;
        }
        self.exact.get(&normalise(raw)[..]).and_then(|leaves| choose(leaves))
    }

    /// Shows `visit` the leaves of every template that has this path, the most specific first, until it takes one.
    fn visit<R, V: Visit<R>>(&self, raw: &[u8], mut visit: V) -> Option<R> {
        if self.nodes.is_empty() {
            return None;
        }
        let segments = split(raw)?;
        if let Some((verb, shorter)) = self.closing_verb(raw, &segments)
            && let Some(found) = self.walk(0, 0, raw, &shorter, Some(verb), &mut visit)
        {
            return Some(found);
        }
        self.walk(0, 0, raw, &segments, None, &mut visit)
    }

    /// The verb that the path closes with, if some template has it, and the segments without it.
    fn closing_verb<'p>(&self, raw: &'p [u8], segments: &Segments) -> Option<(&'p [u8], Segments)> {
        if self.verbs.is_empty() {
            return None;
        }
        let &(start, end) = segments.last()?;
        let last = slice(raw, (start, end));
        let colon = last.iter().rposition(|&byte| byte == b':')?;
        let verb = &last[colon + 1..];
        if colon == 0 || !self.verbs.iter().any(|known| **known == *verb) {
            return None;
        }
        let mut shorter = segments.clone();
        shorter.last_mut()?.1 = start + colon as u32;
        Some((verb, shorter))
    }

    fn walk<R, V: Visit<R>>(
        &self,
        node: usize,
        depth: usize,
        raw: &[u8],
        segments: &Segments,
        verb: Option<&[u8]>,
        visit: &mut V,
    ) -> Option<R> {
        let node = &self.nodes[node];
        let Some(&segment) = segments.get(depth) else {
            if !node.ends.is_empty()
                && let Some(found) = visit(&node.ends, verb, segments)
            {
                return Some(found);
            }
            return node.rests(verb, segments, visit);
        };
        if let Some(next) = node.literal(slice(raw, segment))
            && let Some(found) = self.walk(next, depth + 1, raw, segments, verb, visit)
        {
            return Some(found);
        }
        if let Some(next) = node.one
            && let Some(found) = self.walk(next, depth + 1, raw, segments, verb, visit)
        {
            return Some(found);
        }
        node.rests(verb, segments, visit)
    }

    /// What to say of a path that has no route for this method.
    #[cold]
    fn unanswered(&self, method: &Method, raw: &[u8]) -> Found {
        let mut methods = Vec::new();
        let mut add = |leaves: &[Leaf], verb: Option<&[u8]>| {
            let same = leaves.iter().filter(|leaf| leaf.verb.as_deref() == verb);
            methods.extend(same.filter_map(|leaf| leaf.method.clone()));
            None::<()>
        };
        self.exact(raw, Some).map(|leaves| add(leaves, None));
        self.visit(raw, |leaves, verb, _| add(leaves, verb));
        if methods.is_empty() {
            return Found::Nothing;
        }
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
        methods.push(Method::OPTIONS);
        methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        methods.dedup();
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        // Method names are tokens, which every header value may hold.
        let allow = HeaderValue::from_str(&names.join(", "))
            .unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"));
        if method == Method::OPTIONS {
            Found::Options(allow)
        } else {
            Found::MethodNotAllowed(allow)
        }
    }
}

/// What is shown the leaves of one shape, the verb that the path closes with, and the path's segments.
trait Visit<R>: FnMut(&[Leaf], Option<&[u8]>, &Segments) -> Option<R> {}

impl<R, F: FnMut(&[Leaf], Option<&[u8]>, &Segments) -> Option<R>> Visit<R> for F {}

impl Node {
    fn rests<R>(
        &self,
        verb: Option<&[u8]>,
        segments: &Segments,
        visit: &mut impl Visit<R>,
    ) -> Option<R> {
        if self.rests.is_empty() { None } else { visit(&self.rests, verb, segments) }
    }

    fn literal(&self, segment: &[u8]) -> Option<usize> {
        if self.literals.is_empty() {
            return None;
        }
        if let Some(&next) = self.literals.get(segment) {
            return Some(next);
        }
        if !escaped(segment) {
            return None;
        }
        self.literals.get(&normalise(segment)[..]).copied()
    }
}

/// The leaf for a method among those of one shape: its own, for HEAD then GET's, then the one for every method.
fn choose<'t>(leaves: &'t [Leaf], verb: Option<&[u8]>, method: &Method) -> Option<&'t Leaf> {
    let with = |wanted: Option<&Method>| {
        leaves.iter().find(|leaf| leaf.method.as_ref() == wanted && leaf.verb.as_deref() == verb)
    };
    with(Some(method))
        .or_else(|| if method == Method::HEAD { with(Some(&Method::GET)) } else { None })
        .or_else(|| with(None))
}

/// The segments of a path as byte ranges; `None` where one is empty or the path does not start with a slash.
fn split(raw: &[u8]) -> Option<Segments> {
    let mut segments = Segments::new();
    if raw.first() != Some(&b'/') || u32::try_from(raw.len()).is_err() {
        return None;
    }
    if raw.len() == 1 {
        return Some(segments);
    }
    let mut start = 1;
    for (before, &byte) in raw[1..].iter().enumerate() {
        if byte == b'/' {
            let at = before + 1;
            if at == start {
                return None;
            }
            segments.push((start as u32, at as u32));
            start = at + 1;
        }
    }
    if start == raw.len() {
        return None;
    }
    segments.push((start as u32, raw.len() as u32));
    Some(segments)
}

/// Whether there is an escape. Looking at every byte is cheaper than stopping at one: paths are short, and have none.
fn escaped(raw: &[u8]) -> bool {
    raw.iter().fold(false, |found, &byte| found | (byte == b'%'))
}

fn slice(raw: &[u8], (start, end): (u32, u32)) -> &[u8] {
    &raw[start as usize..end as usize]
}

/// The byte range of each variable. A variable that took no segment is empty.
fn captures(spans: &[Span], segments: &Segments) -> Captures {
    let range = |span: &Span| {
        let end = span.end.map_or(segments.len(), usize::from);
        match segments.get(usize::from(span.first)..end) {
            Some([first, .., last]) => (first.0, last.1),
            Some([only]) => *only,
            _ => (0, 0),
        }
    };
    spans.iter().map(range).collect()
}
