//! YAML into the tree, with the position of every key and value.
//!
//! One document a file. Aliases are copied in, within a bound on what the whole document may hold; a key that is given
//! twice is a mistake. Tags other than `!!str` are passed over: a value's type is the reader's choice.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::tree::{Entry, Mistake, Node, Origin, Scalar, Style, Value};

/// What one document may hold, aliases copied in: a bound for files that are made to explode.
const MAX_NODES: usize = 100_000;
/// How deep a document may nest.
const MAX_DEPTH: usize = 64;

/// Reads one document. An empty one is an empty map.
pub(crate) fn parse(document: &str, text: &str) -> Result<Node, Vec<Mistake>> {
    let mut builder = Builder::new(document);
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    while let Some(next) = parser.next_event() {
        let step = match next {
            Ok((event, span)) => builder.event(event, span.start),
            Err(error) => {
                let at = builder.at(*error.marker());
                Err(mistake(Some(at), format!("not YAML: {}", error.info())))
            }
        };
        if let Err(fatal) = step {
            builder.mistakes.push(fatal);
            break;
        }
    }
    builder.finish()
}

struct Builder {
    document: Arc<str>,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, (Node, usize)>,
    documents: usize,
    nodes: usize,
    mistakes: Vec<Mistake>,
}

/// A list or map whose end has not been reached.
struct Open {
    node: Node,
    anchor: usize,
    /// How many nodes the document held when this one began.
    nodes_before: usize,
    /// In a map: the key whose value comes next.
    key: Option<(String, Origin)>,
}

impl Builder {
    fn new(document: &str) -> Self {
        Self {
            document: document.into(),
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            documents: 0,
            nodes: 0,
            mistakes: Vec::new(),
        }
    }

    fn at(&self, mark: Marker) -> Origin {
        Origin::At { document: self.document.clone(), line: mark.line(), column: mark.col() + 1 }
    }

    fn event(&mut self, event: Event<'_>, mark: Marker) -> Result<(), Mistake> {
        let origin = self.at(mark);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(mistake(Some(origin), "a second document in one file"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(text.into_owned(), style, tag.as_deref());
                self.value(Node { origin, value }, anchor, 1)
            }
            Event::SequenceStart(anchor, _) => self.open(origin, Value::List(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => self.open(origin, Value::Map(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(done) => {
                    let size = 1 + self.nodes - done.nodes_before;
                    self.nodes = done.nodes_before;
                    self.value(done.node, done.anchor, size)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some((node, size)) => {
                    let (node, size) = (node.clone(), *size);
                    self.value(node, 0, size)
                }
                None => Err(mistake(Some(origin), "an alias inside the value that it names")),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, origin: Origin, value: Value, anchor: usize) -> Result<(), Mistake> {
        if self.open.len() >= MAX_DEPTH {
            let what = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(mistake(Some(origin), what));
        }
        let node = Node { origin, value };
        self.open.push(Open { node, anchor, nodes_before: self.nodes, key: None });
        Ok(())
    }

    /// Puts a finished value where it belongs; `size` is how many nodes it is made of.
    fn value(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Mistake> {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            let what = format!("more than {MAX_NODES} values, aliases counted");
            return Err(mistake(Some(node.origin), what));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some((key, origin))) => {
                match entries.iter().find(|e| e.key == key) {
                    Some(first) => {
                        let what = format!("`{key}` is given twice; first at {}", first.origin);
                        self.mistakes.push(mistake(Some(origin), what));
                    }
                    None => entries.push(Entry { key, origin, node }),
                }
            }
            (Value::Map(_), None) => match node.value {
                Value::Scalar(scalar) => open.key = Some((scalar.text, node.origin)),
                _ => return Err(mistake(Some(node.origin), "a key must be text")),
            },
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Node, Vec<Mistake>> {
        let start = Origin::At { document: self.document.clone(), line: 1, column: 1 };
        let root = self.root.take().unwrap_or_else(|| Node::empty(start));
        let root = match root.value {
            Value::Map(_) => root,
            Value::Null => Node::empty(root.origin),
            _ => {
                self.mistakes.push(mistake(Some(root.origin.clone()), "expected a map of keys"));
                root
            }
        };
        if self.mistakes.is_empty() { Ok(root) } else { Err(self.mistakes) }
    }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let named_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    let style = match style {
        ScalarStyle::Plain if !named_text => Style::Plain,
        _ => Style::Quoted,
    };
    let nothing = matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
    if style == Style::Plain && nothing {
        Value::Null
    } else {
        Value::Scalar(Scalar { text, style })
    }
}

fn mistake(origin: Option<Origin>, what: impl Into<String>) -> Mistake {
    Mistake { origin, key: String::new(), what: what.into() }
}
