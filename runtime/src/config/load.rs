//! From files, arguments and variables to one tree, lowest layer first: the kit's defaults, `App::defaults`,
//! `configs/config.yaml`, every `-c FILE`, the environment.
//!
//! Every mistake of every layer is collected; nothing is read twice.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::tree::{Mistake, Node, Origin};
use super::{env, yaml};

/// The file that is read where it exists.
const USUAL: &str = "configs/config.yaml";

/// What the process was started with.
#[derive(Debug, Default)]
pub(crate) struct Start {
    /// Without the program's own name.
    pub(crate) arguments: Vec<OsString>,
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// What relative paths start from; empty for the working directory.
    pub(crate) folder: PathBuf,
}

impl Start {
    /// This process's own.
    pub(crate) fn of_process() -> Self {
        Self {
            arguments: std::env::args_os().skip(1).collect(),
            variables: std::env::vars_os().collect(),
            folder: PathBuf::new(),
        }
    }
}

/// The kit's own defaults.
pub(crate) fn kit_defaults() -> Node {
    let mut tree = yaml::parse("default", include_str!("defaults.yaml"))
        .unwrap_or_else(|_| Node::empty(Origin::Default));
    tree.relocate(&Origin::Default);
    tree
}

/// Lays all layers over each other. `defaults` are the program's own, later ones above earlier ones.
pub(crate) fn load(defaults: &[String], start: &Start, mistakes: &mut Vec<Mistake>) -> Node {
    let mut tree = kit_defaults();
    for text in defaults {
        lay(&mut tree, yaml::parse("App::defaults", text), mistakes);
    }
    let usual = start.folder.join(USUAL);
    if usual.exists() {
        lay(&mut tree, read(&usual, USUAL), mistakes);
    }
    for file in named_files(&start.arguments, mistakes) {
        lay(&mut tree, read(&start.folder.join(&file), &file.to_string_lossy()), mistakes);
    }
    env::apply(&mut tree, variables(start, mistakes));
    tree
}

fn lay(tree: &mut Node, layer: Result<Node, Vec<Mistake>>, mistakes: &mut Vec<Mistake>) {
    match layer {
        Ok(layer) => tree.merge(layer),
        Err(found) => mistakes.extend(found),
    }
}

fn read(path: &Path, name: &str) -> Result<Node, Vec<Mistake>> {
    let wrong = |what: String| vec![Mistake { origin: None, key: name.to_owned(), what }];
    let suffix = path.extension().and_then(OsStr::to_str).unwrap_or("");
    if !matches!(suffix, "yaml" | "yml") {
        return Err(wrong("not a configuration file: expected .yaml or .yml".into()));
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("not UTF-8".into()))?;
    yaml::parse(name, &text)
}

/// The files given as `-c FILE` or `--conf FILE`, or with Kratos's `-conf`, each also with `=`. Other arguments are the
/// program's own.
fn named_files(arguments: &[OsString], mistakes: &mut Vec<Mistake>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == "--" {
            break;
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text.as_ref(), None),
        };
        if !matches!(name, "-c" | "-conf" | "--conf") {
            continue;
        }
        match value.map(PathBuf::from).or_else(|| arguments.next().map(PathBuf::from)) {
            Some(file) if !file.as_os_str().is_empty() => files.push(file),
            _ => mistakes.push(Mistake {
                origin: None,
                key: name.to_owned(),
                what: "expected the path of a configuration file".into(),
            }),
        }
    }
    files
}

/// The variables that can be read at all; one of ours that is not text is a mistake.
fn variables(start: &Start, mistakes: &mut Vec<Mistake>) -> Vec<(String, String)> {
    let mut readable = Vec::new();
    for (name, value) in &start.variables {
        let Some(name) = name.to_str() else { continue };
        match value.to_str() {
            Some(value) => readable.push((name.to_owned(), value.to_owned())),
            None if name.starts_with(env::PREFIX) => mistakes.push(Mistake {
                origin: Some(Origin::Env(name.into())),
                key: String::new(),
                what: "not UTF-8".into(),
            }),
            None => {}
        }
    }
    readable
}
