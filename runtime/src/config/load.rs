//! From files, arguments and variables to one tree, lowest layer first: the kit's defaults, `App::defaults`,
//! `configs/config.yaml`, every `-c FILE|FOLDER`, the environment.
//!
//! Every mistake of every layer is collected; nothing is read twice.

use std::ffi::{OsStr, OsString};
use std::io;
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

/// Set in every container of a pod.
const KUBERNETES: &str = "KUBERNETES_SERVICE_HOST";
/// A pod is told to stop while its peers still send to it: endpoints take a while to be known everywhere.
const IN_KUBERNETES: &str = "server: {grace: 5s}";

/// The kit's own defaults.
pub(crate) fn kit_defaults() -> Node {
    own(include_str!("defaults.yaml"))
}

fn own(yaml: &str) -> Node {
    let mut tree = yaml::parse("default", yaml).unwrap_or_else(|_| Node::empty(Origin::Default));
    tree.relocate(&Origin::Default);
    tree
}

/// Lays all layers over each other. `defaults` are the program's own, later ones above earlier ones.
pub(crate) fn load(defaults: &[String], start: &Start, mistakes: &mut Vec<Mistake>) -> Node {
    let mut tree = kit_defaults();
    if start.variables.iter().any(|(name, _)| name == KUBERNETES) {
        tree.merge(own(IN_KUBERNETES));
    }
    for text in defaults {
        lay(&mut tree, yaml::parse("App::defaults", text), mistakes);
    }
    let usual = start.folder.join(USUAL);
    if usual.exists() {
        lay(&mut tree, read(&usual, USUAL), mistakes);
    }
    for named in named_paths(&start.arguments, mistakes) {
        let path = start.folder.join(&named);
        if !path.is_dir() {
            lay(&mut tree, read(&path, &named.to_string_lossy()), mistakes);
            continue;
        }
        match files_in(&path) {
            Ok(names) => names.iter().for_each(|name| {
                let file = read(&path.join(name), &named.join(name).to_string_lossy());
                lay(&mut tree, file, mistakes);
            }),
            Err(error) => mistakes.push(unreadable(&named.to_string_lossy(), &error)),
        }
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

/// The configuration files of a folder, by name: neither hidden ones nor those of folders below it.
fn files_in(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        // A link to a file is one, which is how mounted configuration looks.
        if !hidden && is_yaml(Path::new(&name)) && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn is_yaml(path: &Path) -> bool {
    matches!(path.extension().and_then(OsStr::to_str), Some("yaml" | "yml"))
}

fn unreadable(name: &str, error: &io::Error) -> Mistake {
    Mistake { origin: None, key: name.to_owned(), what: format!("cannot be read: {error}") }
}

fn read(path: &Path, name: &str) -> Result<Node, Vec<Mistake>> {
    let wrong = |what: String| vec![Mistake { origin: None, key: name.to_owned(), what }];
    if !is_yaml(path) {
        return Err(wrong("not a configuration file: expected .yaml or .yml".into()));
    }
    let bytes = std::fs::read(path).map_err(|error| vec![unreadable(name, &error)])?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("not UTF-8".into()))?;
    yaml::parse(name, &text)
}

/// The files and folders given as `-c PATH` or `--conf PATH`, or with Kratos's `-conf`, each also with `=`. Other arguments are the
/// program's own.
fn named_paths(arguments: &[OsString], mistakes: &mut Vec<Mistake>) -> Vec<PathBuf> {
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
                what: "expected the path of a configuration file or folder".into(),
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
