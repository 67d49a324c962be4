//! Which package every type belongs to, and what its full name is.

use std::collections::{BTreeMap, BTreeSet};

use crate::message::{Kind, Label, TypeRef, Types};
use crate::service::ServiceSpec;

/// The names of all types in a [`Types`], by index.
pub(crate) struct Names {
    pub(crate) messages: Vec<Name>,
    pub(crate) enums: Vec<Name>,
}

/// Where a type stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Name {
    pub(crate) package: String,
    /// `helloworld.v1.HelloRequest`.
    pub(crate) full: String,
    /// The message that it is written inside of.
    pub(crate) parent: Option<usize>,
}

impl Names {
    pub(crate) fn of(&self, of: &TypeRef) -> Option<&Name> {
        match of {
            TypeRef::Message(index) => self.messages.get(*index),
            TypeRef::Enum(index) => self.enums.get(*index),
            TypeRef::Named(_) => None,
        }
    }
}

/// Names every type; mistakes are told by the Rust paths of the types.
pub(crate) fn assign(
    types: &Types,
    roots: &[(&'static ServiceSpec, Vec<TypeRef>)],
    mistakes: &mut Vec<String>,
) -> Names {
    let reached = reach(types, roots);
    let parents = parents(types);
    let none = BTreeMap::new();
    let mut package = |of: &TypeRef, declared: Option<&'static str>, rust: &str| {
        let by = reached.get(&key(of)).unwrap_or(&none);
        if declared.is_none() && by.len() > 1 {
            let by: Vec<_> =
                by.iter().map(|(package, service)| format!("`{package}` ({service})")).collect();
            mistakes.push(format!(
                "the type `{rust}` is reached from the packages {}: say which one it belongs to with `#[message(package = \"...\")]`",
                by.join(" and ")
            ));
        }
        declared.or_else(|| by.keys().next().copied()).unwrap_or("").to_owned()
    };
    let mut messages: Vec<Name> = Vec::new();
    for (index, message) in types.messages().iter().enumerate() {
        let of = TypeRef::Message(index);
        let outermost = outermost(&parents, &of);
        let package = match outermost {
            // A nested type goes with the outermost one, which is asked about once, at its own turn.
            TypeRef::Message(outer) if outer != index => String::new(),
            _ => package(&of, message.package, message.rust),
        };
        messages.push(Name {
            package,
            full: String::new(),
            parent: parents.get(&key(&of)).copied(),
        });
    }
    let mut enums: Vec<Name> = Vec::new();
    for (index, desc) in types.enums().iter().enumerate() {
        let of = TypeRef::Enum(index);
        let parent = parents.get(&key(&of)).copied();
        let package = match parent {
            Some(_) => String::new(),
            None => package(&of, desc.package, desc.rust),
        };
        enums.push(Name { package, full: String::new(), parent });
    }
    complete(types, &parents, &mut messages, &mut enums);
    Names { messages, enums }
}

/// Fills in the packages of nested types and every full name.
fn complete(types: &Types, parents: &Parents, messages: &mut [Name], enums: &mut [Name]) {
    let refs = (0..messages.len()).map(TypeRef::Message).chain((0..enums.len()).map(TypeRef::Enum));
    for of in refs {
        let mut path = vec![types.name(&of).to_owned()];
        let mut at = of.clone();
        while let Some(parent) = parents.get(&key(&at)) {
            path.insert(0, types.messages()[*parent].name.clone());
            at = TypeRef::Message(*parent);
        }
        let package = match at {
            TypeRef::Message(outer) => messages[outer].package.clone(),
            TypeRef::Enum(outer) => enums[outer].package.clone(),
            TypeRef::Named(_) => String::new(),
        };
        let name = match of {
            TypeRef::Message(index) => &mut messages[index],
            TypeRef::Enum(index) => &mut enums[index],
            TypeRef::Named(_) => continue,
        };
        name.full = join(&package, &path.join("."));
        name.package = package;
    }
}

/// `helloworld.v1.Greeter`, or the name alone where there is no package.
pub(crate) fn join(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
}

type Key = (bool, usize);
type Parents = BTreeMap<Key, usize>;

fn key(of: &TypeRef) -> Key {
    match of {
        TypeRef::Message(index) => (false, *index),
        TypeRef::Enum(index) => (true, *index),
        TypeRef::Named(_) => (true, usize::MAX),
    }
}

fn parents(types: &Types) -> Parents {
    let mut parents = Parents::new();
    for (index, message) in types.messages().iter().enumerate() {
        for nested in &message.nested {
            // A type cannot stand inside itself, however it is described.
            if outermost(&parents, &TypeRef::Message(index)) != *nested {
                parents.insert(key(nested), index);
            }
        }
    }
    parents
}

fn outermost(parents: &Parents, of: &TypeRef) -> TypeRef {
    let mut at = of.clone();
    while let Some(parent) = parents.get(&key(&at)) {
        at = TypeRef::Message(*parent);
    }
    at
}

/// For every type the packages that reach it, each with one service that does.
fn reach(
    types: &Types,
    roots: &[(&'static ServiceSpec, Vec<TypeRef>)],
) -> BTreeMap<Key, BTreeMap<&'static str, &'static str>> {
    let mut reached: BTreeMap<Key, BTreeMap<&'static str, &'static str>> = BTreeMap::new();
    for (spec, refs) in roots {
        let mut seen = BTreeSet::new();
        let mut open = refs.clone();
        while let Some(of) = open.pop() {
            if matches!(of, TypeRef::Named(_)) || !seen.insert(key(&of)) {
                continue;
            }
            reached.entry(key(&of)).or_default().entry(spec.package).or_insert(spec.full_name);
            if let TypeRef::Message(index) = of {
                open.extend(used(types, index));
            }
        }
    }
    reached
}

/// The types that a message mentions.
pub(crate) fn used(types: &Types, message: usize) -> Vec<TypeRef> {
    let message = &types.messages()[message];
    let of = |kind: &Kind| match kind {
        Kind::Type(of) => Some(of.clone()),
        _ => None,
    };
    let fields = message.fields.iter().flat_map(|field| {
        let by = match &field.label {
            Label::Map(by) => of(by),
            _ => None,
        };
        by.into_iter().chain(of(&field.kind))
    });
    fields.chain(message.nested.iter().cloned()).collect()
}
