//! The configuration as a program meets it: layers, types, and the texts of mistakes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::*;

fn load(documents: &[&str], variables: &[(&str, &str)]) -> (Config, Option<Settings>, Vec<String>) {
    let start = Start {
        variables: variables.iter().map(|(k, v)| (k.into(), v.into())).collect(),
        ..Start::default()
    };
    let stack = Stack::new();
    documents.iter().for_each(|text| stack.add_defaults((*text).to_owned()));
    let (settings, mistakes) = stack.load(start);
    (Config::new(stack), settings, mistakes.iter().map(Mistake::to_string).collect())
}

fn mistakes(document: &str) -> Vec<String> {
    load(&[document], &[]).2
}

fn config(documents: &[&str], variables: &[(&str, &str)]) -> Config {
    let (config, _, mistakes) = load(documents, variables);
    assert_eq!(mistakes, [""; 0]);
    config
}

pub(crate) fn settings(
    document: &str,
    variables: &[(&str, &str)],
) -> Result<Settings, Vec<String>> {
    let (_, settings, mistakes) = load(&[document], variables);
    settings.ok_or(mistakes)
}

fn text<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.expect_err("a mistake").message().to_owned()
}

#[test]
fn the_defaults_are_whole() {
    let settings = settings("", &[]).unwrap();
    assert_eq!(settings.server.addr.0, "0.0.0.0:8000");
    assert_eq!(settings.server.grpc_addr, None);
    assert_eq!(settings.server.timeout, Some(Duration::from_secs(10)));
    assert_eq!(settings.server.drain, Duration::from_secs(10));
    assert_eq!(settings.server.grace, Duration::ZERO);
    assert_eq!(settings.server.max_body, 4 << 20);
    assert_eq!(settings.server.max_connections.get(), 10_000);
    assert!(settings.server.reflection);
    assert_eq!(settings.admin.addr.0, "0.0.0.0:9090");
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(settings.log.access, AccessLog::Errors);
}

#[test]
fn a_pod_lets_its_peers_notice_the_stop() {
    let pod = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    assert_eq!(settings("", &[pod]).unwrap().server.grace, Duration::from_secs(5));
    let said = settings("server: {grace: 1s}", &[pod]).unwrap();
    assert_eq!(said.server.grace, Duration::from_secs(1));
}

#[test]
fn later_layers_win_key_by_key() {
    let config = config(
        &["a: {x: 1, y: 1, z: 1}\nlist: [1, 2]", "a: {y: 2, z: 2}\nlist: [3]"],
        &[("BIDENT_A__Z", "3"), ("OTHER_A__Z", "4")],
    );
    let a: BTreeMap<String, u8> = config.get("a").unwrap();
    assert_eq!(a.into_values().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(config.get::<Vec<u8>>("list").unwrap(), [3]);
}

#[test]
fn a_section_without_lines_takes_nothing_away() {
    let config = config(&["a: {x: 1}", "a:\n  # x: 2\n"], &[]);
    assert_eq!(config.get::<u8>("a.x").unwrap(), 1);
}

#[test]
fn variables_match_keys_without_case_and_dash() {
    let document = "clients: {user-API: {target: a}}\nname: x";
    let config = config(
        &[document],
        &[
            ("BIDENT_CLIENTS__USER_API__TARGET", "grpc://b:1"),
            ("BIDENT_NEW__KEY", ""),
            ("BIDENT_NAME", "12"),
        ],
    );
    assert_eq!(config.get::<String>("clients.user-API.target").unwrap(), "grpc://b:1");
    assert_eq!(config.get::<String>("new.key").unwrap(), "");
    assert_eq!(config.get::<String>("name").unwrap(), "12");
    assert_eq!(config.get::<u8>("name").unwrap(), 12);
}

#[test]
fn variables_are_read_by_the_targets_type() {
    let config = config(
        &[],
        &[
            ("BIDENT_A", "a, b"),
            ("BIDENT_B", r#"["a","b,c"]"#),
            ("BIDENT_C", ""),
            ("BIDENT_D", "1m30s"),
            ("BIDENT_E", "{x: 1, y: [2]}"),
            ("BIDENT_F", "1,2"),
            ("BIDENT_G", "true"),
        ],
    );
    assert_eq!(config.get::<Vec<String>>("a").unwrap(), ["a", "b"]);
    assert_eq!(config.get::<Vec<String>>("b").unwrap(), ["a", "b,c"]);
    assert_eq!(config.get::<Vec<String>>("c").unwrap(), [""; 0]);
    assert_eq!(config.get::<Duration>("d").unwrap(), Duration::from_secs(90));
    let e: serde_json::Value =
        config.get::<BTreeMap<String, serde_json::Value>>("e").unwrap()["y"].clone();
    assert_eq!(e, serde_json::json!([2]));
    assert_eq!(config.get::<(u8, u8)>("f").unwrap(), (1, 2));
    assert!(config.get::<bool>("g").unwrap());
    assert_eq!(text(config.get::<Vec<u8>>("a")), r#"env BIDENT_A: a[0]: expected u8, found "a""#);
}

#[derive(Debug, Deserialize, PartialEq)]
struct Demo {
    n: u32,
    every: Duration,
    #[serde(default)]
    words: Vec<String>,
    mode: Option<Mode>,
    ratio: f32,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Slow { by: Duration },
}

#[test]
fn typed_reads() {
    let yaml =
        "demo:\n  n: 0x10\n  every: 0.2s\n  words: [a, 1, \"true\"]\n  mode: fast\n  ratio: 1\n";
    let demo: Demo = config(&[yaml], &[]).get("demo").unwrap();
    let words = vec!["a".to_owned(), "1".to_owned(), "true".to_owned()];
    let every = Duration::from_millis(200);
    assert_eq!(demo, Demo { n: 16, every, words, mode: Some(Mode::Fast), ratio: 1.0 });

    let yaml = "demo: {n: 1, every: 2h, mode: {slow: {by: 1s}}, ratio: 1.5}";
    let demo: Demo = config(&[yaml], &[]).get("demo").unwrap();
    assert_eq!(demo.mode, Some(Mode::Slow { by: Duration::from_secs(1) }));
    let any: serde_json::Value =
        config(&["a: [1, -1, 1.5, true, ~, x, '1']"], &[]).get("a").unwrap();
    assert_eq!(any, serde_json::json!([1, -1, 1.5, true, null, "x", "1"]));
}

#[test]
fn missing_keys() {
    let config = config(&["a: {b: 1}"], &[]);
    assert_eq!(config.get::<Option<u8>>("a.c").unwrap(), None);
    assert_eq!(config.get::<Option<u8>>("a.b").unwrap(), Some(1));
    assert_eq!(text(config.get::<u8>("a.c")), "a.c: missing");
    assert_eq!(text(config.get::<Demo>("a")), "App::defaults:1:4: a.n: missing");
}

#[test]
fn mistakes_say_where_and_what() {
    for (yaml, expected) in [
        ("demo:\n  n: many", r#"App::defaults:2:6: demo.n: expected u32, found "many""#),
        ("demo:\n  n: -1", "App::defaults:2:6: demo.n: expected u32, found -1"),
        ("demo:\n  n: '1'", r#"App::defaults:2:6: demo.n: expected u32, found "1""#),
        ("demo:\n  n: 4294967296", "App::defaults:2:6: demo.n: expected u32, found 4294967296"),
        ("demo: {n: {x: 1}}", "App::defaults:1:11: demo.n: expected u32, found a map"),
        (
            "demo: {n: 1, every: 10}",
            r#"App::defaults:1:21: demo.every: expected a duration such as 500ms, 1s or 1m30s, found "10""#,
        ),
        (
            "demo: {mode: fats}",
            r#"App::defaults:1:14: demo.mode: expected one of `fast`, `slow`, found "fats""#,
        ),
        (
            "demo: {words: [a, [b]]}",
            "App::defaults:1:19: demo.words[1]: expected a string, found a list",
        ),
    ] {
        assert_eq!(text(config(&[yaml], &[]).get::<Demo>("demo")), expected, "{yaml}");
    }
}

#[test]
fn yaml_that_is_wrong() {
    for (yaml, expected) in [
        ("a: 1\nb: 2\na: 3", "App::defaults:3:1: `a` is given twice; first at App::defaults:1:1"),
        ("- a", "App::defaults:1:1: expected a map of keys"),
        ("a: 1\n---\nb: 2", "App::defaults:2:1: a second document in one file"),
        ("a: *b", "App::defaults:1:4: not YAML: while parsing node, found unknown anchor"),
    ] {
        assert_eq!(mistakes(yaml), [expected], "{yaml}");
    }
    assert_eq!(mistakes("a: 1\na: 2\nb: {c: 1, c: 2}").len(), 2);
    assert_eq!(load(&["", "# nothing\n"], &[]).2, [""; 0]);
}

#[test]
fn hostile_yaml_ends() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", "));
    }
    assert!(mistakes(&bomb)[0].contains("more than 100000 values"));
    let deep = format!("a: {}{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(mistakes(&deep).len(), 1);
    assert!(!mistakes("a: &b [*b]").is_empty());
    assert!(!mistakes("a: \"\\").is_empty());
}

#[test]
fn every_mistake_of_our_own_settings_at_once() {
    let yaml = "server:\n  adr: x\n  addr: nowhere\n  timeout: soon\nadmin: 9090\nlog: {level: loud, format: xml}\nclients: {user: {targt: x}}\n";
    let found =
        settings(yaml, &[("BIDENT_SERVER__MAX_BODY", "4MB"), ("BIDENT_SERVER__ADDRESS", "x")])
            .unwrap_err();
    assert_eq!(
        found,
        [
            "App::defaults:2:3: server.adr: unknown key; did you mean `addr`?",
            "env BIDENT_SERVER__ADDRESS: server.address: unknown key; did you mean `addr`?",
            "App::defaults:5:8: admin: expected a map of keys",
            "App::defaults:7:18: clients.user: unknown key `targt`; did you mean `target`?",
            r#"App::defaults:3:9: server.addr: expected an address such as 127.0.0.1:8000, found "nowhere""#,
            r#"App::defaults:4:12: server.timeout: expected a duration such as 500ms, 1s or 1m30s, found "soon""#,
            r#"env BIDENT_SERVER__MAX_BODY: server.max_body: expected usize, found "4MB""#,
            r#"App::defaults:6:14: log.level: expected off, error, warn, info, debug or trace, alone or as target=level, found "loud""#,
            r#"App::defaults:6:28: log.format: expected one of `text`, `json`, found "xml""#,
        ]
    );
}

#[test]
fn origins_are_named_as_browsers_name_them() {
    let cors = |inside: &str| settings(&format!("server: {{cors: {{{inside}}}}}"), &[]);
    assert!(cors("").unwrap().server.cors.is_none());
    let found = cors("origins: ['https://a.test', 'http://b.test:8080'], credentials: true");
    assert_eq!(found.unwrap().server.cors.unwrap().origins.unwrap().len(), 2);
    assert!(cors("origins: ['*']").unwrap().server.cors.unwrap().origins.is_none());
    for wrong in ["a.test", "https://a.test/", "https://A.test", "ftp://a.test", "https://a.test?"]
    {
        let told = cors(&format!("origins: ['{wrong}']")).unwrap_err();
        assert!(told[0].contains("expected an origin such as https://example.com"), "{told:?}");
    }
    assert!(cors("origins: ['*'], credentials: true").unwrap_err()[0].contains("by name"));
    assert!(cors("origins: ['*'], expose: ['a b']").unwrap_err()[0].contains("names of headers"));
}

#[test]
fn sections_of_the_users_own_are_free() {
    settings("data: {anything: [1]}\nregistry: {etcd: {}}\nclients: {user: {target: x}}", &[])
        .unwrap();
}

#[test]
fn the_short_form_of_the_log_level() {
    let found = settings("log: {level: warn}", &[("BIDENT_LOG", "debug,hyper=off")]).unwrap();
    assert_eq!(found.log.level, "debug,hyper=off");
}

#[test]
fn values_that_cannot_work() {
    let yaml = "server: {max_connections: 0, max_streams: 0, drain: 99999h, timeout: 0}";
    assert_eq!(
        settings(yaml, &[]).unwrap_err(),
        [
            "App::defaults:1:53: server.drain: expected at most 365 days",
            "App::defaults:1:27: server.max_connections: expected a nonzero usize, found 0",
            "App::defaults:1:43: server.max_streams: expected a nonzero u32, found 0",
        ]
    );
    assert_eq!(settings("server: {timeout: 0}", &[]).unwrap().server.timeout, None);
}

#[test]
fn addresses() {
    for (given, bound) in [
        ("127.0.0.1:0", "127.0.0.1:0"),
        (":8000", "0.0.0.0:8000"),
        ("localhost:1", "localhost:1"),
        ("[::1]:5", "[::1]:5"),
    ] {
        let found = settings("", &[("BIDENT_SERVER__ADDR", given)]).unwrap();
        assert_eq!(found.server.addr.0, bound);
    }
    for given in ["8000", "127.0.0.1", "host:99999", "::1:5:", ""] {
        assert_eq!(
            settings("", &[("BIDENT_SERVER__ADDR", given)]).unwrap_err().len(),
            1,
            "{given}"
        );
    }
}

#[test]
fn trusted_proxies() {
    let trusted = |list: &str| settings(&format!("server: {{trusted_proxies: {list}}}"), &[]);
    let inside = trusted("[10.0.0.0/8, '::1']").unwrap().server.trusted_proxies;
    assert!(inside.contains([10, 1, 2, 3].into()) && !inside.contains([11, 1, 2, 3].into()));
    assert!(!trusted("[]").unwrap().server.trusted_proxies.contains([127, 0, 0, 1].into()));
    let told = trusted("[10.0.0.0/8, proxy.test]").unwrap_err();
    let what = "server.trusted_proxies: expected addresses and networks such as 10.0.0.0/8, found \"proxy.test\"";
    assert!(told[0].ends_with(what), "{told:?}");
}

#[test]
fn files_and_arguments() {
    let folder = std::env::temp_dir().join(format!("bident-config-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("configs")).unwrap();
    std::fs::write(folder.join("configs/config.yaml"), "a: 1\nb: 1\nc: 1\n").unwrap();
    std::fs::write(folder.join("more.yaml"), "b: 2\n").unwrap();
    std::fs::write(folder.join("last.yml"), "c: 3\n").unwrap();
    std::fs::create_dir_all(folder.join("many/below.yaml")).unwrap();
    for (name, text) in
        [("1.yaml", "b: 4\nc: 4\n"), ("2.yml", "c: 5\n"), (".3.yaml", "c: 6"), ("4.txt", "c: 7")]
    {
        std::fs::write(folder.join("many").join(name), text).unwrap();
    }
    let load = |arguments: &[&str]| {
        let arguments = arguments.iter().map(Into::into).collect();
        let start = Start { arguments, folder: folder.clone(), ..Start::default() };
        let stack = Stack::new();
        stack.add_defaults("a: 0\nd: 0".to_owned());
        let (_, mistakes) = stack.load(start);
        let config = Config::new(stack);
        let all = ["a", "b", "c", "d"].map(|key| config.get::<u8>(key).unwrap());
        (all, mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>())
    };
    assert_eq!(load(&[]), ([1, 1, 1, 0], vec![]));
    assert_eq!(load(&["serve", "-c", "more.yaml", "--conf=last.yml"]), ([1, 2, 3, 0], vec![]));
    assert_eq!(load(&["-conf", "more.yaml", "--", "-c", "last.yml"]), ([1, 2, 1, 0], vec![]));
    assert_eq!(load(&["-c", "many"]), ([1, 4, 5, 0], vec![]));
    let (_, mistakes) = load(&["-c", "absent.yaml", "-c", "a.toml", "-c"]);
    assert_eq!(mistakes.len(), 3);
    assert_eq!(mistakes[0], "-c: expected the path of a configuration file or folder");
    assert!(mistakes[1].starts_with("absent.yaml: cannot be read: "), "{mistakes:?}");
    assert!(mistakes[2].starts_with("a.toml: not a configuration file"), "{mistakes:?}");
    std::fs::remove_dir_all(folder).unwrap();
}
