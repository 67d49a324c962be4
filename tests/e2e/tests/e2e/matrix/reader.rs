//! What a surface's answers say: messages, and how a call ended.

use std::collections::BTreeMap;

use base64::Engine as _;
use e2e::{Base64, Envelopes, Part, Said, SentEvents, WebSocket};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use prost::Message as _;
use serde_json::Value;

use super::table::{Form, Shape, Surface, Way};

/// What a caller hears.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Message(String),
    End(End),
}

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Well,
    Failed(Failure),
    /// Without a word.
    Abrupt,
}

/// An error as its surface tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The status of gRPC, the code of Connect, or the code in the kit's JSON.
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) metadata: BTreeMap<String, String>,
}

/// What is heard next on a socket.
pub(super) async fn hear_socket(way: Way, socket: &mut WebSocket) -> Vec<Heard> {
    match socket.next().await {
        Said::Text(text) => match text.strip_prefix("\u{1e}error:") {
            None => vec![Heard::Message(way.text(text.as_bytes()))],
            Some(error) => {
                let failure = kits(&serde_json::from_str(error).expect("JSON"));
                let close = socket.next().await;
                // What is too large is the frame's fault, not the call's.
                let code = if failure.reason == "BODY_TOO_LARGE" { 1009 } else { 1011 };
                assert_eq!(close, Said::Close(code, failure.reason.clone()));
                vec![Heard::End(End::Failed(failure))]
            }
        },
        Said::Close(code, why) => {
            assert_eq!((code, &*why), (1000, ""));
            vec![Heard::End(End::Well)]
        }
        Said::End => vec![Heard::End(End::Abrupt)],
    }
}

/// What the reader of an answer has not made a message of yet.
#[derive(Default)]
pub(super) struct Reader {
    envelopes: Envelopes,
    base64: Base64,
    events: SentEvents,
    bytes: Vec<u8>,
    pub(super) ended: bool,
}

impl Reader {
    /// What a part of an answer completes.
    pub(super) fn take(
        &mut self,
        way: Way,
        shape: Shape,
        (status, headers): &(StatusCode, HeaderMap),
        part: Part,
    ) -> Vec<Heard> {
        let whole = match way.surface {
            Surface::Grpc | Surface::Web => false,
            Surface::Connect => shape == Shape::Unary || *status != StatusCode::OK,
            Surface::Rest => !shape.answers() || *status != StatusCode::OK,
            Surface::Socket => unreachable!("a socket has a reader of its own"),
        };
        if part == Part::Broken {
            return vec![Heard::End(End::Abrupt)];
        }
        if whole {
            return self.whole(way, *status, part);
        }
        match (way.surface, part) {
            (Surface::Grpc, Part::Trailers(trailers)) => vec![ended(&trailers)],
            (Surface::Grpc, Part::End) => vec![ended(headers)],
            (Surface::Grpc | Surface::Web | Surface::Connect, Part::Data(data)) => {
                if way.form == Form::Text {
                    self.envelopes.push(&self.base64.decode(&data));
                } else {
                    self.envelopes.push(&data);
                }
                let cut = std::iter::from_fn(|| self.envelopes.cut());
                cut.map(|(flags, payload)| enveloped(way, flags, &payload)).collect()
            }
            (Surface::Rest, Part::Data(data)) if way.form == Form::Events => {
                let events = self.events.read(&data);
                events.iter().map(|(name, data)| event(way, name, data)).collect()
            }
            (Surface::Rest, Part::Data(data)) => {
                e2e::lines(&mut self.bytes, &data).iter().map(|text| line(way, text)).collect()
            }
            // Well, for whatever failed has said so.
            (Surface::Rest, Part::End) => {
                assert!(self.events.is_empty() && self.bytes.is_empty(), "half a message");
                vec![Heard::End(End::Well)]
            }
            (_, part) => panic!("{part:?} without an end before"),
        }
    }

    /// An answer that is one body.
    fn whole(&mut self, way: Way, status: StatusCode, part: Part) -> Vec<Heard> {
        match part {
            Part::Data(data) => self.bytes.extend_from_slice(&data),
            Part::End if status == StatusCode::OK => {
                return vec![Heard::Message(way.text(&self.bytes)), Heard::End(End::Well)];
            }
            Part::End => {
                let json: Value = serde_json::from_slice(&self.bytes).expect("an error in JSON");
                let failure = match way.surface {
                    Surface::Connect => connects(&json),
                    _ => kits(&json),
                };
                return vec![Heard::End(End::Failed(failure))];
            }
            other => panic!("{other:?} in a plain body"),
        }
        Vec::new()
    }
}

fn enveloped(way: Way, flags: u8, payload: &[u8]) -> Heard {
    match (way.surface, flags) {
        (_, 0) => Heard::Message(way.text(payload)),
        (Surface::Web, 0x80) => {
            let text = std::str::from_utf8(payload).expect("text");
            let trailers = text.lines().map(|line| {
                let (name, value) = line.split_once(": ").expect("a trailer");
                let name: HeaderName = name.parse().expect("a name");
                (name, HeaderValue::from_str(value).expect("a value"))
            });
            ended(&trailers.collect())
        }
        (Surface::Connect, 2) => {
            let json: Value = serde_json::from_slice(payload).expect("JSON");
            Heard::End(match json.get("error") {
                None => End::Well,
                Some(error) => End::Failed(connects(error)),
            })
        }
        (_, flags) => panic!("an envelope with the flags {flags:#x}"),
    }
}

fn event(way: Way, name: &str, data: &str) -> Heard {
    match name {
        "message" => Heard::Message(way.text(data.as_bytes())),
        "error" => Heard::End(End::Failed(kits(&serde_json::from_str(data).expect("JSON")))),
        other => panic!("an event called {other:?}"),
    }
}

fn line(way: Way, line: &str) -> Heard {
    let json: Value = serde_json::from_str(line).expect("JSON");
    match json.get("error") {
        None => Heard::Message(way.text(line.as_bytes())),
        Some(error) => Heard::End(End::Failed(kits(error))),
    }
}

/// How gRPC's trailers say that it ended.
fn ended(trailers: &HeaderMap) -> Heard {
    let (code, info) = e2e::trailers_say(trailers);
    if code == "0" {
        return Heard::End(End::Well);
    }
    let info = info.unwrap_or_default();
    Heard::End(End::Failed(Failure { code, reason: info.reason, metadata: info.metadata }))
}

/// An error in the kit's JSON.
fn kits(json: &Value) -> Failure {
    let metadata = json["metadata"].as_object().expect("metadata").iter();
    Failure {
        code: json["code"].to_string(),
        reason: json["reason"].as_str().unwrap_or_default().to_owned(),
        metadata: metadata
            .map(|(key, value)| (key.clone(), value.as_str().expect("a text").to_owned()))
            .collect(),
    }
}

/// An error in Connect's JSON.
fn connects(json: &Value) -> Failure {
    let details = json["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let info = details.iter().find(|detail| detail["type"] == "google.rpc.ErrorInfo");
    let info = info.map(|detail| {
        let value = detail["value"].as_str().expect("base64").trim_end_matches('=');
        let value = base64::engine::general_purpose::STANDARD_NO_PAD.decode(value).expect("base64");
        e2e::ErrorInfo::decode(&*value).expect("google.rpc.ErrorInfo")
    });
    let info = info.unwrap_or_default();
    let code = json["code"].as_str().unwrap_or_default().to_owned();
    Failure { code, reason: info.reason, metadata: info.metadata }
}
