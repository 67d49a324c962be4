//! The configuration as it changes: what is read again, what holds, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::*;

/// A folder with configuration files, and what is read from it.
struct Files {
    folder: PathBuf,
    stack: Arc<Stack>,
    config: Config,
}

impl Files {
    /// `arguments` are those of the process; `files` are there before it starts.
    fn new(name: &str, arguments: &[&str], files: &[(&str, &str)]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("bident-change-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let stack = Stack::new();
        let files_ = Self { folder, config: Config::new(Arc::clone(&stack)), stack };
        files.iter().for_each(|(name, text)| files_.write(name, text));
        let arguments = arguments.iter().map(Into::into).collect();
        let start = Start { arguments, folder: files_.folder.clone(), ..Start::default() };
        let (_, mistakes) = files_.stack.load(start);
        assert_eq!(mistakes, []);
        files_
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn look(&self) -> Look {
        self.stack.look(&Changed::Everything)
    }

    /// Writes and looks: what was applied, as key, sources and revision.
    fn applied(&self, name: &str, text: &str) -> (String, Vec<String>, u64) {
        self.write(name, text);
        match self.look().change {
            Some(Change::Applied { diff, revision, .. }) => {
                (diff.key().to_owned(), diff.sources.iter().cloned().collect(), revision)
            }
            Some(Change::Refused(mistakes)) => panic!("refused: {mistakes:?}"),
            None => panic!("nothing has changed"),
        }
    }

    fn refused(&self, name: &str, text: &str) -> Vec<String> {
        self.write(name, text);
        match self.look().change {
            Some(Change::Refused(mistakes)) => mistakes,
            Some(Change::Applied { diff, .. }) => panic!("applied: {diff:?}"),
            None => panic!("nothing has changed"),
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn what_has_changed_is_named_by_the_deepest_key_that_holds_it() {
    let files =
        Files::new("key", &["-c", "a.yaml"], &[("a.yaml", "demo: {n: 1, m: {x: 1, y: 1}}")]);
    let source = || vec!["a.yaml".to_owned()];
    let changes = [
        ("demo: {n: 2, m: {x: 1, y: 1}}", "demo.n"),
        ("demo: {n: 2, m: {x: 2, y: 2}}", "demo.m"),
        ("demo: {n: 3, m: {x: 2, y: 3}}", "demo"),
        ("demo: {n: 3, m: 1}", "demo.m"),
        ("demo: {n: 3}", "demo.m"),
        ("demo: {n: 3, m: {x: [1, 2]}}", "demo.m.x"),
        ("demo: {n: 3, m: {x: [1, 3]}}", "demo.m.x"),
        ("demo: {n: 3, m: {x: [1, 3]}}\nother: {}", "other"),
        ("demo: {n: 3, m: {x: [1, 3]}}\nother: {a-b: 1}\nother2: {}", ""),
    ];
    for (revision, (text, key)) in (2..).zip(changes) {
        assert_eq!(files.applied("a.yaml", text), (key.to_owned(), source(), revision), "{text}");
    }
    // Neither the order of keys nor where they stand is a change.
    files.write("a.yaml", "\n\nother2: {}\nother: {a-b: 1}\ndemo:\n  m: {x: [1, 3]}\n  n: 3\n");
    assert!(files.look().change.is_none());
    let error = files.config.get::<Vec<u8>>("demo.n").unwrap_err();
    assert_eq!(error.message(), "a.yaml:7:6: demo.n: expected a sequence, found 3");
}

#[test]
fn a_change_may_come_from_several_places() {
    let files = Files::new(
        "sources",
        &["-c", "a.yaml", "-c", "b.yaml"],
        &[("a.yaml", "x: 1\nz: 1"), ("b.yaml", "y: 1")],
    );
    files.write("b.yaml", "y: 2");
    let (key, sources, _) = files.applied("a.yaml", "z: 2");
    // What went is told of the file that had it.
    assert_eq!((key.as_str(), sources), ("", vec!["a.yaml".to_owned(), "b.yaml".to_owned()]));
    assert!(files.config.get::<u8>("x").is_err());
}

#[test]
fn a_change_holds_as_a_whole_or_not_at_all() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Demo {
        n: u32,
        name: Option<String>,
    }
    let files = Files::new("whole", &["-c", "a.yaml"], &[("a.yaml", "demo: {n: 1}\nother: 1")]);
    let mut demo: Watched<Demo> = files.config.watch("demo").unwrap();
    let other: Watched<Option<u8>> = files.config.watch("other").unwrap();
    let error = files.config.watch::<u8>("demo").unwrap_err();
    assert_eq!((error.reason(), error.code()), (REASON, 500));
    assert!(error.message().starts_with("a.yaml:1:7: demo: expected u8"), "{}", error.message());

    let refused = files.refused("a.yaml", "demo: {n: many}\nother: 2");
    assert_eq!(refused, ["a.yaml:1:11: demo.n: expected u32, found \"many\""]);
    assert_eq!((demo.get().n, *other.get()), (1, Some(1)));
    assert_eq!(files.config.get::<u8>("other").unwrap(), 1);
    assert!(!changed(&mut demo));

    // A second mistake is told, the first is not told again; the same once more is none.
    let text = "demo: {n: many}\nother: 2\nserver: {timeout: soon}";
    let refused = files.refused("a.yaml", text);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].starts_with("a.yaml:3:19: server.timeout: expected a duration"));
    files.write("a.yaml", text);
    assert!(files.look().change.is_none());

    let (key, _, revision) = files.applied("a.yaml", "demo: {n: 2, name: a}");
    assert_eq!((key.as_str(), revision), ("", 2));
    assert_eq!(*demo.get(), Demo { n: 2, name: Some("a".into()) });
    assert_eq!(*other.get(), None);
    assert!(changed(&mut demo));
    assert!(!changed(&mut demo));
    // What broke once may break again.
    assert_eq!(files.refused("a.yaml", "demo: {n: many}").len(), 1);
    // What nobody watches any more is nobody's mistake.
    drop((demo, other));
    files.applied("a.yaml", "demo: {n: few}");
}

/// Whether there is a value that was not waited for.
fn changed<T>(watched: &mut Watched<T>) -> bool {
    use std::task::{Context, Waker};
    let waiting = std::pin::pin!(watched.changed());
    waiting.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn every_copy_of_a_watched_value_hears_of_a_change_by_itself() {
    let files = Files::new("copies", &["-c", "a.yaml"], &[("a.yaml", "n: 1\nm: 1")]);
    let mut one: Watched<u8> = files.config.watch("n").unwrap();
    let mut two = one.clone();
    files.applied("a.yaml", "n: 2\nm: 1");
    assert!(changed(&mut one) && changed(&mut two) && !changed(&mut one));
    files.applied("a.yaml", "n: 2\nm: 2");
    assert!(!changed(&mut one), "another part");
    assert_eq!(format!("{one:?}"), "Watched(\"n\")");
}

#[test]
fn a_reader_that_panics_refuses_the_change() {
    #[derive(Debug)]
    struct Touchy;
    impl<'de> Deserialize<'de> for Touchy {
        fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
            match u8::deserialize(input)? {
                1 => Ok(Self),
                _ => panic!("only one"),
            }
        }
    }
    let files = Files::new("touchy", &["-c", "a.yaml"], &[("a.yaml", "n: 1\nm: 1")]);
    let _touchy: Watched<Touchy> = files.config.watch("n").unwrap();
    assert_eq!(
        files.refused("a.yaml", "n: 2\nm: 2"),
        ["a.yaml:1:4: n: what reads it has panicked"]
    );
    assert_eq!(files.applied("a.yaml", "n: 1\nm: 2").0, "m");
}

#[test]
fn a_file_that_vanishes_keeps_what_it_said_and_one_that_leaves_a_folder_does_not() {
    let files = Files::new(
        "gone",
        &["-c", "a.yaml", "-c", "many"],
        &[
            ("configs/config.yaml", "usual: 1"),
            ("a.yaml", "a: 1"),
            ("many/1.yaml", "b: 1"),
            ("many/2.yaml", "c: 1"),
        ],
    );
    let get = |key: &str| files.config.get::<Option<u8>>(key).unwrap();
    fs::remove_file(files.path("a.yaml")).unwrap();
    fs::remove_file(files.path("configs/config.yaml")).unwrap();
    let Look { gone, change } = files.look();
    assert_eq!(gone, ["a.yaml", "configs/config.yaml"]);
    assert!(change.is_none());
    assert_eq!((get("a"), get("usual")), (Some(1), Some(1)));
    assert!(files.look().gone.is_empty(), "told once");
    assert_eq!(files.applied("a.yaml", "a: 2").0, "a");
    fs::remove_file(files.path("a.yaml")).unwrap();
    assert_eq!(files.look().gone, ["a.yaml"], "it was back in between");

    fs::remove_file(files.path("many/2.yaml")).unwrap();
    let Look { gone, change } = files.look();
    assert!(gone.is_empty() && change.is_some());
    assert_eq!((get("b"), get("c")), (Some(1), None));
    assert_eq!(files.applied("many/3.yaml", "d: 1").0, "d");
    fs::remove_dir_all(files.path("many")).unwrap();
    let Look { gone, change } = files.look();
    assert_eq!(gone, ["many"]);
    assert!(change.is_none());
    assert_eq!((get("b"), get("d")), (Some(1), Some(1)));
}

#[test]
fn only_what_is_known_to_be_whole_is_read() {
    let files = Files::new(
        "parts",
        &["-c", "a.yaml", "-c", "many"],
        &[("a.yaml", "a: 1"), ("many/b.yaml", "b: 1")],
    );
    let touched = |name: &str| files.stack.touched(&files.path(name));
    let one = |name: &str| Some(Changed::Files([files.path(name)].into()));
    assert_eq!(touched("a.yaml"), one("a.yaml"));
    assert_eq!(touched("many/b.yaml"), one("many/b.yaml"));
    assert_eq!(touched("many/new.yaml"), one("many/new.yaml"));
    assert_eq!(touched("configs/config.yaml"), one("configs/config.yaml"));
    assert_eq!(touched("many"), Some(Changed::Everything));
    for other in ["b.yaml", ".a.yaml.swp", "many/.new.yaml", "many/new.txt", "many/4913"] {
        assert_eq!(touched(other), None, "{other}");
    }
    // `a.yaml` is being written while the other one has been.
    files.write("a.yaml", "a: [");
    files.write("many/b.yaml", "b: 2");
    let changed = touched("many/b.yaml").unwrap();
    assert!(matches!(files.stack.look(&changed).change, Some(Change::Applied { .. })));
    assert_eq!(files.config.get::<u8>("b").unwrap(), 2);
    let both = one("a.yaml").unwrap().and(changed);
    assert!(matches!(files.stack.look(&both).change, Some(Change::Refused(_))));
}

#[test]
#[cfg(unix)]
fn mounted_configuration_changes_by_a_link() {
    let files = Files::new("mounted", &[], &[("..1/app.yaml", "n: 1"), ("..2/app.yaml", "n: 2")]);
    let folder = files.path("mount");
    let link = |target: &Path, name: &str| {
        std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
    };
    fs::create_dir(&folder).unwrap();
    link(&files.path("..1"), "..data");
    link(Path::new("..data/app.yaml"), "app.yaml");
    let start = Start {
        arguments: vec!["-c".into(), folder.clone().into()],
        folder: files.folder.clone(),
        ..Start::default()
    };
    assert_eq!(files.stack.load(start).1, []);
    let places = files.stack.places();
    for place in [&folder, &files.path("..1").canonicalize().unwrap()] {
        assert!(places.contains(place), "{places:?}");
    }
    link(&files.path("..2"), "..data_tmp");
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    assert_eq!(files.stack.touched(&folder.join("..data")), Some(Changed::Everything));
    assert!(files.look().change.is_some());
    assert_eq!(files.config.get::<u8>("n").unwrap(), 2);
    assert!(files.stack.places().contains(&files.path("..2").canonicalize().unwrap()));
}

#[test]
fn a_secret_is_not_shown_in_what_is_wrong_with_it() {
    let files = Files::new("secret", &["-c", "a.yaml"], &[("a.yaml", "n: 1")]);
    let _port: Watched<Option<u16>> = files.config.watch("db.password").unwrap();
    let _map: Watched<Option<BTreeMap<String, u16>>> = files.config.watch("keys").unwrap();
    let text = "db: {password: hunter2}\nkeys: {Api-Key: hunter2, tokens: 1}";
    let refused = files.refused("a.yaml", text);
    assert_eq!(
        refused,
        [
            "a.yaml:1:16: db.password: expected u16, found ***",
            "a.yaml:2:17: keys.Api-Key: expected u16, found ***",
        ]
    );
}

#[test]
fn whoever_is_told_late_is_told_everything() {
    let files = Files::new("journal", &["-c", "a.yaml"], &[("a.yaml", "n: 1")]);
    let _n: Watched<u8> = files.config.watch("n").unwrap();
    let (send, told) = std::sync::mpsc::channel();
    files.stack.journal().open(move |happening| {
        let what = match &happening.what {
            What::Load => "load".to_owned(),
            What::Watch { key } => format!("watch {key}"),
            What::Update { key, source, revision } => format!("update {key} {source} {revision}"),
        };
        assert!(happening.began <= happening.ended);
        send.send((what, happening.error.clone())).unwrap();
    });
    let _ = files.config.watch::<u8>("m").unwrap_err();
    files.applied("a.yaml", "n: 2");
    files.refused("a.yaml", "n: many");
    let told: Vec<_> = told.try_iter().collect();
    let fine = |what: &str| (what.to_owned(), None);
    let wrong = |what: &str, why: &str| (what.to_owned(), Some(why.to_owned()));
    assert_eq!(
        told,
        [
            fine("load"),
            fine("watch n"),
            wrong("watch m", "m: missing"),
            fine("update n a.yaml 2"),
            wrong("update n a.yaml 2", "a.yaml:1:4: n: expected u8, found \"many\""),
        ]
    );
}
