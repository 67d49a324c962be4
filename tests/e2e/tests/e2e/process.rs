//! An app as a process: what it prints, where its configuration comes from, and what signals do to it.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};

use e2e::{bounded, call};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A server process. Dropping it kills it.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    log: Vec<String>,
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stubborn"));
    command
        .env("BIDENT_SERVER__ADDR", "127.0.0.1:0")
        .env("BIDENT_ADMIN__ADDR", "127.0.0.1:0")
        .env_remove("RUST_LOG")
        .env_remove("OTEL_LOG_LEVEL")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("a process");
        let lines = BufReader::new(child.stdout.take().expect("its stdout")).lines();
        Self { child, lines, log: Vec::new() }
    }

    /// The next line that is not of the log.
    async fn line(&mut self) -> String {
        loop {
            let next = bounded("a line", self.lines.next_line());
            let line = next.await.expect("text").expect("a line");
            if !support::process::is_log(&line) {
                return line;
            }
            self.log.push(line);
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().expect("a running process");
        support::process::signal(id, name).expect("it is there");
    }

    /// Waits for the end; gives the status, the log, and what was said on stderr.
    async fn ended(mut self) -> (ExitStatus, String, String) {
        let mut errors = String::new();
        let mut stderr = self.child.stderr.take().expect("its stderr");
        let read = async {
            let lines = async {
                while let Some(line) = self.lines.next_line().await.expect("text") {
                    self.log.push(line);
                }
            };
            tokio::join!(lines, stderr.read_to_string(&mut errors)).1.expect("text");
        };
        bounded("the end of its output", read).await;
        (
            bounded("the end", self.child.wait()).await.expect("a status"),
            self.log.join("\n"),
            errors,
        )
    }
}

#[tokio::test]
async fn one_line_on_stdout_says_where_it_listens() {
    let mut process = Process::start(&mut command());
    let line = process.line().await;
    let parts: Vec<_> = line.split([' ', ',']).collect();
    assert_eq!(
        [&parts[..4], &parts[5..8]].concat(),
        ["stubborn", "v1.2.3:", "http+grpc", "on", "", "admin", "on"]
    );
    let [server, admin] =
        [parts[4], parts[8]].map(|text| text.parse::<SocketAddr>().expect("an address"));
    assert!(server.port() != 0 && admin.port() != 0 && parts.len() == 9, "{line}");
    assert_eq!(call("GET", "/stubborn").send(server).await.status, 200);
    assert_eq!(call("GET", "/readyz").send(admin).await.status, 200);
}

#[tokio::test]
async fn each_signal_stops_it_in_order() {
    for signal in ["TERM", "INT", "QUIT"] {
        let mut process = Process::start(&mut command());
        process.line().await;
        process.signal(signal);
        assert_eq!(process.line().await, "stopping");
        let (status, log, errors) = process.ended().await;
        assert!(status.success(), "{signal}: {status} {errors}");
        assert!(log.contains(&format!("signal=\"SIG{signal}\"")), "{log}");
    }
}

#[tokio::test]
async fn a_second_signal_stops_it_at_once() {
    let mut process = Process::start(command().env("BIDENT_STUBBORN", "true"));
    process.line().await;
    process.signal("TERM");
    assert_eq!(process.line().await, "stopping");
    process.signal("INT");
    let (status, _, errors) = process.ended().await;
    assert_eq!(status.code(), Some(1), "{errors}");
    assert!(errors.contains("a second signal, SIGINT, stopped the app at once"), "{errors}");
}

#[tokio::test]
async fn files_come_below_arguments_and_those_below_the_environment() {
    let folder = std::env::temp_dir().join(format!("bident-process-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("configs")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
    // The file's port would be refused, the argument's too: only the environment's can be bound.
    write("configs/config.yaml", "server: { addr: '192.0.2.1:1' }\nstubborn: true\n");
    write("more.yaml", "server: { addr: '192.0.2.1:2' }\nlog: { level: 'off' }\n");
    for flag in ["-c", "--conf", "-conf"] {
        let mut command = command();
        let mut process = Process::start(command.current_dir(&folder).args([flag, "more.yaml"]));
        let line = process.line().await;
        let address =
            line.split([' ', ',']).nth(4).expect("an address").parse().expect("an address");
        assert_eq!(call("GET", "/stubborn").send(address).await.json()["stubborn"], true, "{flag}");
    }
    let mut refused = command();
    refused.env_remove("BIDENT_SERVER__ADDR").current_dir(&folder).args(["-c", "more.yaml"]);
    let (status, _, errors) = Process::start(&mut refused).ended().await;
    assert_eq!(status.code(), Some(1));
    assert!(
        errors.contains("more.yaml:1:17: server.addr: cannot listen on 192.0.2.1:2: "),
        "{errors}"
    );
    std::fs::remove_dir_all(folder).expect("the folder");
}

#[tokio::test]
async fn all_mistakes_are_told_and_the_process_ends() {
    let mut command = command();
    command
        .env("BIDENT_SERVER__TIMEOUT", "soon")
        .env("BIDENT_SERVER__ADRR", "x")
        .env("BIDENT_LOG", "loud")
        .args(["--conf=absent.yaml"]);
    let (status, _, errors) = Process::start(&mut command).ended().await;
    assert_eq!(status.code(), Some(1));
    for expected in [
        "absent.yaml: cannot be read: ",
        "env BIDENT_SERVER__ADRR: server.adrr: unknown key; did you mean `addr`?",
        "env BIDENT_SERVER__TIMEOUT: server.timeout: expected a duration such as 500ms, 1s or 1m30s, found \"soon\"",
        "env BIDENT_LOG: log.level: expected off, error, warn, info, debug or trace",
    ] {
        assert!(errors.contains(expected), "{expected} is not in {errors}");
    }
}

#[tokio::test]
async fn log_lines_are_text_or_json_and_calls_are_among_them_when_asked_for() {
    for (format, access, expected) in [
        ("json", "all", Some("\"operation\":\"/stubborn.v1.Stubborn/IsStubborn\"")),
        ("text", "all", Some("operation=\"/stubborn.v1.Stubborn/IsStubborn\"")),
        ("text", "errors", None),
    ] {
        let environment = [("BIDENT_LOG__FORMAT", format), ("BIDENT_LOG__ACCESS", access)];
        let log = called_once(&environment, &[]).await;
        match expected {
            Some(expected) => assert!(log.contains(expected), "{log}"),
            None => assert!(!log.contains("IsStubborn"), "{log}"),
        }
    }
}

/// Starts a process with the environment and the arguments, calls it once with success, ends it: its log, which is all on stdout.
async fn called_once(environment: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = command();
    let environment = environment.iter().copied();
    let mut process = Process::start(command.envs(environment).args(arguments));
    let line = process.line().await;
    let address = line.split([' ', ',']).nth(4).expect("an address").parse().expect("an address");
    assert_eq!(call("GET", "/stubborn").send(address).await.status, 200);
    process.signal("TERM");
    let (status, log, errors) = process.ended().await;
    assert!(status.success() && errors.is_empty(), "{errors}");
    log
}

#[tokio::test]
async fn every_line_of_json_is_whole_and_a_calls_has_its_trace() {
    let environment =
        [("BIDENT_LOG__FORMAT", "json"), ("BIDENT_LOG", "debug"), ("BIDENT_LOG__ACCESS", "all")];
    let log = called_once(&environment, &[]).await;
    let lines: Vec<serde_json::Value> = log
        .lines()
        .filter(|line| *line != "stopping")
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let access = lines.iter().find(|line| line["target"] == "bident::access").expect("a record");
    let length = |id: &str| access[id].as_str().map_or(0, str::len);
    assert_eq!((length("trace_id"), length("span_id")), (32, 16), "{access}");
    assert_eq!((&access["client"], &access["code"]), (&"127.0.0.1".into(), &200.into()));
    assert!(
        lines.iter().any(|line| line.get("trace_id").is_none()),
        "the stop is in no trace: {log}"
    );
}

#[tokio::test]
async fn the_level_is_the_environments_before_rust_logs_before_the_files() {
    let file = std::env::temp_dir().join(format!("bident-level-{}.yaml", std::process::id()));
    std::fs::write(&file, "log: { level: debug }").expect("a file");
    let file = file.to_str().expect("UTF-8");
    let (debug, info, warn) = (("RUST_LOG", "debug"), ("RUST_LOG", "info"), ("RUST_LOG", "warn"));
    let all = ("BIDENT_LOG__ACCESS", "all");
    for (environment, arguments, shown) in [
        (&[][..], &[][..], false),
        (&[debug], &[], true),
        (&[info], &[], false),
        (&[info, all], &[], true),
        (&[warn, all], &[], false),
        (&[("RUST_LOG", "off,bident::access=debug")], &[], true),
        (&[("RUST_LOG", "debug,bident::access=off")], &[], false),
        (&[], &["-c", file], true),
        (&[warn], &["-c", file], false),
        (&[("RUST_LOG", "")], &["-c", file], true),
        (&[warn, ("BIDENT_LOG", "debug")], &[], true),
        (&[debug, ("BIDENT_LOG__LEVEL", "info")], &["-c", file], false),
    ] {
        let log = called_once(environment, arguments).await;
        let line = log.lines().find(|line| line.contains("/stubborn.v1.Stubborn/IsStubborn"));
        assert_eq!(line.is_some(), shown, "{environment:?} {arguments:?}: {log}");
    }
    std::fs::remove_file(file).expect("the file");
}

#[tokio::test]
async fn a_rust_log_that_cannot_be_read_is_told_and_changes_nothing() {
    let environment =
        [("RUST_LOG", "bident=loud"), ("OTEL_LOG_LEVEL", "loud"), ("BIDENT_LOG__ACCESS", "all")];
    let log = called_once(&environment, &[]).await;
    assert!(log.contains("OTEL_LOG_LEVEL=\"loud\" is not a level: ignored"), "{log}");
    let text = "RUST_LOG=\"bident=loud\" is not a level nor a list of target=level: ignored";
    assert!(log.contains(text), "{log}");
    assert!(log.contains("/stubborn.v1.Stubborn/IsStubborn"), "{log}");
}
