//! The configuration files, each as it was read last.
//!
//! A file is read when it is known to be whole: whoever watches says which have changed. One that was given by its name and
//! vanishes keeps what it said; one that leaves a folder takes its keys along.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::load::USUAL;
use super::tree::{Mistake, Node, Origin};
use super::yaml;

/// What a file says, or what is wrong with it.
type Layer = Result<Node, Vec<Mistake>>;

/// What may have changed since the files were read last.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    Everything,
    Files(BTreeSet<PathBuf>),
}

impl Changed {
    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Files(mut files), Self::Files(more)) => {
                files.extend(more);
                Self::Files(files)
            }
            _ => Self::Everything,
        }
    }
}

#[derive(Default)]
pub(super) struct Files {
    /// By absolute path.
    known: BTreeMap<PathBuf, Known>,
    /// The folders that were given, by absolute path.
    folders: BTreeSet<PathBuf>,
    /// The names of what was there before and is not now.
    gone: Vec<String>,
}

struct Known {
    layer: Layer,
    /// Where the file really lies.
    real: PathBuf,
    stale: bool,
}

impl Files {
    /// Says that what was read of these may not hold any more.
    pub(super) fn expire(&mut self, changed: &Changed) {
        for (path, known) in &mut self.known {
            known.stale |= match changed {
                Changed::Everything => true,
                Changed::Files(files) => files.contains(path),
            };
        }
    }

    /// The layers of the usual file and of those named, lowest first. Relative paths start from `start`.
    pub(super) fn layers(&mut self, start: &Path, named: &[PathBuf]) -> Vec<Layer> {
        self.gone.clear();
        self.folders.clear();
        let (mut layers, mut read) = (Vec::new(), BTreeSet::new());
        let usual = absolute(start, Path::new(USUAL));
        if usual.exists() || self.known.contains_key(&usual) {
            layers.push(self.layer(&usual, Path::new(USUAL)));
            read.insert(usual);
        }
        for name in named {
            let path = absolute(start, name);
            if !self.is_folder(&path) {
                layers.push(self.layer(&path, name));
                read.insert(path);
                continue;
            }
            match self.names_in(&path, name) {
                Ok(names) => {
                    for file in names {
                        let path = path.join(&file);
                        layers.push(self.layer(&path, &name.join(&file)));
                        read.insert(path);
                    }
                }
                Err(error) => layers.push(Err(vec![unreadable(name, &error)])),
            }
            self.folders.insert(path);
        }
        self.known.retain(|path, _| read.contains(path));
        layers
    }

    /// The names of what was there before and is not now.
    pub(super) fn gone(&self) -> &[String] {
        &self.gone
    }

    /// The folders in which a change of the files, or of a link to them, can be seen.
    pub(super) fn places(&self, start: &Path) -> BTreeSet<PathBuf> {
        let mut places: BTreeSet<_> = self.folders.clone();
        let usual = absolute(start, Path::new(USUAL));
        let files = self.known.iter().flat_map(|(path, known)| [path, &known.real]);
        let links = self.folders.iter().filter(|folder| folder.is_symlink());
        let within = files.chain(links).chain([&usual]).filter_map(|path| path.parent());
        places.extend(within.filter(|folder| folder.is_dir()).map(Path::to_owned));
        places
    }

    /// What changes where something happens to this path; `None` where it is nothing of ours.
    pub(super) fn touched(&self, start: &Path, path: &Path) -> Option<Changed> {
        let one = |path: &Path| Some(Changed::Files(BTreeSet::from([path.to_owned()])));
        let joins = path.parent().is_some_and(|folder| self.folders.contains(folder))
            && path.file_name().is_some_and(is_read);
        if self.known.contains_key(path) || joins || path == absolute(start, Path::new(USUAL)) {
            return one(path);
        }
        if let Some((file, _)) = self.known.iter().find(|(_, known)| known.real == path) {
            return one(file);
        }
        // Links and folders that files lie behind: mounted configuration is changed by renaming one, `..data`.
        let hides = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".."));
        let behind = hides || path.is_symlink() || path.is_dir() || self.folders.contains(path);
        behind.then_some(Changed::Everything)
    }

    /// Whether the path is a folder, or was one.
    fn is_folder(&self, path: &Path) -> bool {
        let was = || self.known.keys().any(|file| file.parent() == Some(path));
        path.is_dir() || !path.exists() && was()
    }

    /// The files of a folder that are read, by name: neither hidden ones nor those of folders below it.
    fn names_in(&mut self, folder: &Path, name: &Path) -> io::Result<BTreeSet<OsString>> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.gone.push(name.display().to_string());
                let within =
                    self.known.iter_mut().filter(|(file, _)| file.parent() == Some(folder));
                let names = within.filter_map(|(file, known)| {
                    // It is told of the folder, once for all.
                    known.stale = false;
                    file.file_name().map(OsStr::to_owned)
                });
                return Ok(names.collect());
            }
            entries => entries?,
        };
        let mut names = BTreeSet::new();
        for entry in entries {
            let entry = entry?;
            // A link to a file is one, which is how mounted configuration looks.
            if is_read(&entry.file_name()) && entry.path().is_file() {
                names.insert(entry.file_name());
            }
        }
        Ok(names)
    }

    fn layer(&mut self, path: &Path, name: &Path) -> Layer {
        let known = self.known.get_mut(path);
        if let Some(known) = &known
            && !known.stale
        {
            return known.layer.clone();
        }
        let layer = match (read(path, name), known) {
            (Ok(layer), _) => layer,
            (Err(error), Some(known)) if error.kind() == io::ErrorKind::NotFound => {
                self.gone.push(name.display().to_string());
                return known.layer.clone();
            }
            (Err(error), _) => Err(vec![unreadable(name, &error)]),
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.known.insert(path.to_owned(), Known { layer: layer.clone(), real, stale: false });
        layer
    }
}

/// Without the working directory there is nothing better than what was said.
fn absolute(start: &Path, path: &Path) -> PathBuf {
    let path = start.join(path);
    std::path::absolute(&path).unwrap_or(path)
}

/// Whether a file of a folder is read, by its name.
fn is_read(name: &OsStr) -> bool {
    !name.as_encoded_bytes().starts_with(b".") && is_yaml(Path::new(name))
}

fn is_yaml(path: &Path) -> bool {
    matches!(path.extension().and_then(OsStr::to_str), Some("yaml" | "yml"))
}

fn mistake(name: &Path, what: String) -> Mistake {
    let origin = Origin::Whole(Arc::from(name.to_string_lossy()));
    Mistake { origin: Some(origin), key: String::new(), what }
}

fn unreadable(name: &Path, error: &io::Error) -> Mistake {
    mistake(name, format!("cannot be read: {error}"))
}

/// # Errors
/// Where the file cannot be read at all.
fn read(path: &Path, name: &Path) -> io::Result<Layer> {
    if !is_yaml(path) {
        let what = "not a configuration file: expected .yaml or .yml";
        return Ok(Err(vec![mistake(name, what.to_owned())]));
    }
    Ok(match String::from_utf8(std::fs::read(path)?) {
        Ok(text) => yaml::parse(&name.to_string_lossy(), &text),
        Err(_) => Err(vec![mistake(name, "not UTF-8".to_owned())]),
    })
}
