//! protoc-made Python classes read what we write, and we read what they write, on the wire and in JSON.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bident::message::{self, Dialect};
use bident_test_wire::{Everything, samples};
use serde_json::Value;

/// What `peer.py` exits with where there is no Python protobuf.
const NOT_INSTALLED: i32 = 42;

/// The peer's answers to the cases, or `None` where Python protobuf is not installed.
fn ask(cases: &str) -> Option<String> {
    let python = std::env::var("BIDENT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/peer.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().expect("a pipe");
    let cases = cases.to_owned();
    // The peer may leave without reading everything; its exit code says why.
    let writer = std::thread::spawn(move || drop(stdin.write_all(cases.as_bytes())));
    let output = child.wait_with_output().expect("the peer ends when its input does");
    writer.join().expect("no panic");
    if output.status.code() == Some(NOT_INSTALLED) {
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// `-0.0` and `0.0` are equal as numbers, `1` and `1.0` are not equal as JSON: every number becomes a double.
fn comparable(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64().expect("a double")),
        Value::Array(values) => values.into_iter().map(comparable).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (key, comparable(value))).collect()
        }
        other => other,
    }
}

/// Python writes the numbers of a `google.protobuf.Value` with a point; `serde_json::Value` keeps that.
fn without_points(mut message: Everything) -> Everything {
    if let Some(foreign) = &mut message.foreign {
        foreign.json = comparable(std::mem::take(&mut foreign.json));
    }
    message.child = message.child.map(|child| Box::new(without_points(*child)));
    message
}

#[test]
fn python_agrees_on_the_wire_and_in_json() {
    let samples = samples();
    let mut cases = String::new();
    let mut texts = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let wire = STANDARD.encode(message::encode(sample));
        // Python reads both dialects.
        let dialect = if index % 2 == 0 { Dialect::Proto } else { Dialect::Original };
        let json = message::to_json(sample, dialect).expect("a JSON form");
        let json = String::from_utf8(json).expect("text");
        cases.push_str(&format!("{wire} {json}\n"));
        texts.push(message::to_json(sample, Dialect::Proto).expect("a JSON form"));
    }
    let Some(answers) = ask(&cases) else {
        support::outside::missing("python protobuf");
        return;
    };
    assert_eq!(answers.lines().count(), samples.len());
    for ((sample, text), answer) in samples.iter().zip(&texts).zip(answers.lines()) {
        let (wire, json) = answer.split_once(' ').expect("two parts");
        let wire = STANDARD.decode(wire).expect("base64");
        let read: Everything = message::decode(wire.into()).expect("what Python wrote");
        assert_eq!(&read, sample);
        let read: Everything = message::from_json(json.as_bytes()).expect("what Python wrote");
        assert_eq!(without_points(read), without_points(sample.clone()));
        let theirs: Value = serde_json::from_str(json).expect("JSON");
        let ours: Value = serde_json::from_slice(text).expect("JSON");
        assert_eq!(comparable(ours), comparable(theirs));
    }
}
