//! The files of a schema, encoded, and where each name stands.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

use super::messages::{self, Foreign};
use super::names::{self, Names, join};
use super::{known, services};
use crate::message::{TypeRef, Types, enter_known};
use crate::service::ServiceSpec;

/// Everything that reflection answers from.
#[derive(Default)]
pub(crate) struct Schema {
    files: Vec<File>,
    /// From a full name, without a dot before it, to the file that declares it.
    symbols: HashMap<String, usize>,
    /// The extended message, the number, and the file that declares the extension.
    extensions: Vec<(String, i32, usize)>,
}

/// One encoded file.
pub(crate) struct File {
    pub(crate) name: String,
    /// A `google.protobuf.FileDescriptorProto`.
    pub(crate) bytes: Bytes,
}

impl Schema {
    /// The file of this name.
    pub(crate) fn file(&self, name: &str) -> Option<&File> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The file that declares this name: a service, a method, a type, a field or an enum's value.
    pub(crate) fn declaring(&self, symbol: &str) -> Option<&File> {
        self.symbols.get(symbol.trim_start_matches('.')).map(|index| &self.files[*index])
    }

    /// The file that declares the extension with this number of this message.
    pub(crate) fn extending(&self, message: &str, number: i32) -> Option<&File> {
        let found = self.extensions.iter().find(|(of, n, _)| of == message && *n == number);
        found.map(|(_, _, index)| &self.files[*index])
    }

    /// The numbers of all extensions of this message.
    pub(crate) fn extension_numbers(&self, message: &str) -> Vec<i32> {
        self.extensions
            .iter()
            .filter(|(of, ..)| of == message)
            .map(|(_, number, _)| *number)
            .collect()
    }

    /// Enters a file; `tail` is encoded parts that `file` has no field for.
    fn add(&mut self, file: &FileDescriptorProto, tail: &[u8]) {
        let index = self.files.len();
        let package = file.package();
        for message in &file.message_type {
            self.enter(&join(package, message.name()), message, index);
        }
        for desc in &file.enum_type {
            self.enter_enum(package, desc, index);
        }
        for extension in &file.extension {
            self.symbols.insert(join(package, extension.name()), index);
            let extendee = extension.extendee().trim_start_matches('.').to_owned();
            self.extensions.push((extendee, extension.number(), index));
        }
        let mut bytes = file.encode_to_vec();
        bytes.extend_from_slice(tail);
        self.files.push(File { name: file.name().to_owned(), bytes: bytes.into() });
    }

    fn enter(&mut self, full: &str, message: &DescriptorProto, index: usize) {
        for field in message.field.iter().map(|f| f.name()) {
            self.symbols.insert(join(full, field), index);
        }
        for oneof in message.oneof_decl.iter().map(|o| o.name()) {
            self.symbols.insert(join(full, oneof), index);
        }
        for nested in &message.nested_type {
            self.enter(&join(full, nested.name()), nested, index);
        }
        for desc in &message.enum_type {
            self.enter_enum(full, desc, index);
        }
        self.symbols.insert(full.to_owned(), index);
    }

    /// The values of an enum stand beside it, not inside.
    fn enter_enum(&mut self, scope: &str, desc: &EnumDescriptorProto, index: usize) {
        for value in &desc.value {
            self.symbols.insert(join(scope, value.name()), index);
        }
        self.symbols.insert(join(scope, desc.name()), index);
    }
}

/// Describes the services and every type that they reach.
///
/// # Errors
/// Everything that is wrong across them, a line each.
pub(crate) fn describe(specs: &[&'static ServiceSpec]) -> Result<Schema, Vec<String>> {
    let mut types = Types::default();
    let mut roots = Vec::new();
    for spec in specs {
        let refs: Vec<_> = spec
            .methods
            .iter()
            .flat_map(|method| [(method.input)(&mut types), (method.output)(&mut types)])
            .collect();
        roots.push((*spec, refs));
    }
    let mut mistakes = types.settle().err().unwrap_or_default();
    let names = names::assign(&types, &roots, &mut mistakes);
    for (index, id, codec) in types.codecs() {
        enter_known(id, &names.messages[index].full, codec);
    }
    clashes(&types, &names, specs, &mut mistakes);

    let known = known::files();
    let foreign = Foreign::new(&known, &types, &roots);
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    for spec in specs {
        packages.entry(spec.package.to_owned()).or_default();
    }
    for name in names.messages.iter().chain(&names.enums) {
        packages.entry(name.package.clone()).or_default();
    }
    for package in foreign.packages() {
        packages.entry(package).or_default();
    }
    for (package, parts) in &mut packages {
        messages::fill(parts, package, &types, &names, &foreign);
        for (spec, refs) in roots.iter().filter(|(spec, _)| spec.package == package) {
            services::fill(parts, spec, refs, &names, &foreign);
        }
    }
    import_cycles(&packages, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(assemble(packages, known, specs))
}

/// What one package's file is made of.
#[derive(Default)]
pub(crate) struct Package {
    pub(crate) messages: Vec<DescriptorProto>,
    pub(crate) enums: Vec<EnumDescriptorProto>,
    /// Encoded services: field 6 of the file.
    pub(crate) services: Vec<u8>,
    pub(crate) imports: BTreeSet<String>,
}

/// `user/v1/user.proto` for `user.v1`: the folders say the whole package, the file its last part that is no version.
pub(crate) fn file_name(package: &str) -> String {
    let version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let parts: Vec<_> = package.split('.').collect();
    let name = parts.iter().rev().find(|part| !version(part)).or(parts.last()).copied();
    match name {
        Some(name) if !name.is_empty() => format!("{}/{name}.proto", parts.join("/")),
        _ => "unnamed.proto".to_owned(),
    }
}

/// Where what every error carries is declared.
const ERROR_DETAILS: &str = "google/rpc/error_details.proto";

fn assemble(
    packages: BTreeMap<String, Package>,
    known: Vec<FileDescriptorProto>,
    specs: &[&'static ServiceSpec],
) -> Schema {
    let mut schema = Schema::default();
    // Nothing imports the details of errors: clients that meet them ask for them by name.
    let mut wanted = BTreeSet::from([ERROR_DETAILS.to_owned()]);
    for (package, parts) in packages {
        wanted.extend(parts.imports.iter().cloned());
        let file = FileDescriptorProto {
            name: Some(file_name(&package)),
            dependency: parts.imports.into_iter().collect(),
            message_type: parts.messages,
            enum_type: parts.enums,
            syntax: Some("proto3".into()),
            package: (!package.is_empty()).then(|| package.clone()),
            ..FileDescriptorProto::default()
        };
        let index = schema.files.len();
        schema.add(&file, &parts.services);
        for spec in specs.iter().filter(|spec| spec.package == package) {
            schema.symbols.insert(spec.full_name.to_owned(), index);
            for method in spec.methods {
                schema.symbols.insert(join(spec.full_name, method.name), index);
            }
        }
    }
    // What is imported may import more; the known files are few enough to look for it again and again.
    let mut open: Vec<_> = wanted.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for import in known.iter().filter(|f| f.name() == name).flat_map(|f| &f.dependency) {
            if wanted.insert(import.clone()) {
                open.push(import.clone());
            }
        }
    }
    for file in known.iter().filter(|file| wanted.contains(file.name())) {
        schema.add(file, &[]);
    }
    schema
}

/// No two declarations may have one full name.
fn clashes(
    types: &Types,
    names: &Names,
    specs: &[&'static ServiceSpec],
    mistakes: &mut Vec<String>,
) {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut enter = |full: String, what: String| match seen.get(&full) {
        Some(first) => mistakes.push(format!("{first} and {what} are both called `{full}`")),
        None => {
            seen.insert(full, what);
        }
    };
    for spec in specs {
        enter(spec.full_name.to_owned(), format!("the service `{}`", spec.name));
    }
    for (desc, name) in types.messages().iter().zip(&names.messages) {
        enter(name.full.clone(), format!("the message `{}`", desc.rust));
    }
    for (desc, name) in types.enums().iter().zip(&names.enums) {
        enter(name.full.clone(), format!("the enum `{}`", desc.rust));
        let scope = name.full.rsplit_once('.').map_or("", |(scope, _)| scope);
        for value in &desc.values {
            enter(join(scope, &value.name), format!("a value of the enum `{}`", desc.rust));
        }
    }
}

/// Files may not import each other in a circle; types can, so somebody must be told.
fn import_cycles(packages: &BTreeMap<String, Package>, mistakes: &mut Vec<String>) {
    let by_file: BTreeMap<String, &str> =
        packages.keys().map(|package| (file_name(package), package.as_str())).collect();
    let reaches = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(package) = open.pop() {
            let imports = packages.get(package).into_iter().flat_map(|parts| &parts.imports);
            for next in imports.filter_map(|file| by_file.get(file).copied()) {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let circle: Vec<_> = packages.keys().filter(|p| reaches(p).contains(p.as_str())).collect();
    if !circle.is_empty() {
        let circle: Vec<_> = circle.iter().map(|package| format!("`{package}`")).collect();
        mistakes.push(format!(
            "the types of the packages {} use each other, which no schema can say: give the shared ones a package of their own with `#[message(package = \"...\")]`",
            circle.join(", ")
        ));
    }
}

/// The file and full name of a type, for whoever mentions it.
pub(crate) fn locate<'a>(
    of: &'a TypeRef,
    names: &'a Names,
    foreign: &'a Foreign,
) -> (String, &'a str) {
    match (of, names.of(of)) {
        (_, Some(name)) => (file_name(&name.package), &name.full),
        (TypeRef::Named(full), None) => (foreign.file(full), full),
        (_, None) => (String::new(), ""),
    }
}
