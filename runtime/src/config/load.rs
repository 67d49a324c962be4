//! From files, arguments and variables to one tree, lowest layer first: the kit's defaults, `App::defaults`,
//! `configs/config.yaml`, every `-c FILE|FOLDER`, the environment.
//!
//! Every mistake of every layer is collected; a file is read once.

use std::ffi::OsString;
use std::path::PathBuf;

use super::files::Files;
use super::tree::{Mistake, Node, Origin};
use super::{env, yaml};

/// The file that is read where it exists.
pub(super) const USUAL: &str = "configs/config.yaml";

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
pub(super) fn load(
    defaults: &[String],
    start: &Start,
    files: &mut Files,
    mistakes: &mut Vec<Mistake>,
) -> Node {
    let mut tree = kit_defaults();
    if start.variables.iter().any(|(name, _)| name == KUBERNETES) {
        tree.merge(own(IN_KUBERNETES));
    }
    let texts = defaults.iter().map(|text| yaml::parse("App::defaults", text));
    let named = named_paths(&start.arguments, mistakes);
    for layer in texts.chain(files.layers(&start.folder, &named)) {
        match layer {
            Ok(layer) => tree.merge(layer),
            Err(found) => mistakes.extend(found),
        }
    }
    env::apply(&mut tree, variables(start, mistakes));
    tree
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
