//! What a surface's requests look like: paths, headers, and messages as they are sent.

use base64::Engine as _;
use e2e::WebSocket;
use prost::Message as _;
use serde_json::Value;

use super::table::{Form, Shape, Surface, Way};
use crate::common::{Plain, json, wire};

impl Way {
    /// A message of a request, as it is sent.
    pub(super) fn encode(self, shape: Shape, text: &str) -> Vec<u8> {
        self.envelop(shape, self.payload(text))
    }

    /// Any bytes in the place of a message.
    pub(super) fn envelop(self, shape: Shape, payload: Vec<u8>) -> Vec<u8> {
        match self.surface {
            Surface::Grpc => e2e::frame(&payload).to_vec(),
            Surface::Web if self.form == Form::Text => base64(&e2e::frame(&payload)),
            Surface::Web => e2e::frame(&payload).to_vec(),
            Surface::Connect if shape == Shape::Unary => payload,
            Surface::Connect => e2e::frame(&payload).to_vec(),
            Surface::Rest if shape.asks() => [payload, b"\n".to_vec()].concat(),
            Surface::Rest => payload,
            Surface::Socket => WebSocket::text(&String::from_utf8_lossy(&payload)),
        }
    }

    fn payload(self, text: &str) -> Vec<u8> {
        match self.form {
            Form::Proto | Form::Text => wire(text).encode_to_vec(),
            Form::Json | Form::Events | Form::Lines => json(text).into_bytes(),
        }
    }

    /// The text of a message of an answer.
    pub(super) fn text(self, payload: &[u8]) -> String {
        match self.form {
            Form::Proto | Form::Text => Plain::decode(payload).expect("a message").text,
            Form::Json | Form::Events | Form::Lines => {
                let json: Value = serde_json::from_slice(payload).expect("JSON");
                json["text"].as_str().expect("a text").to_owned()
            }
        }
    }

    pub(super) fn path(self, shape: Shape) -> &'static str {
        match (self.surface, shape) {
            (Surface::Rest, Shape::Unary) => "/one",
            (Surface::Rest, Shape::ServerStream) => "/many",
            (Surface::Rest | Surface::Socket, Shape::ClientStream) => "/join",
            (Surface::Rest | Surface::Socket, Shape::Bidi) => "/chat",
            (_, Shape::Unary) => "/matrix.v1.Matrix/One",
            (_, Shape::ServerStream) => "/matrix.v1.Matrix/Many",
            (_, Shape::ClientStream) => "/matrix.v1.Matrix/Join",
            (_, Shape::Bidi) => "/matrix.v1.Matrix/Chat",
        }
    }

    /// The headers that say which surface is spoken.
    pub(super) fn headers(self, shape: Shape) -> Vec<(String, String)> {
        let format = if self.form == Form::Json { "json" } else { "proto" };
        let headers = match self.surface {
            Surface::Grpc => vec![
                ("content-type", format!("application/grpc+{format}")),
                ("te", "trailers".to_owned()),
            ],
            Surface::Web if self.form == Form::Text => {
                vec![("content-type", "application/grpc-web-text".to_owned())]
            }
            Surface::Web => vec![("content-type", format!("application/grpc-web+{format}"))],
            Surface::Connect if shape == Shape::Unary => vec![
                ("content-type", format!("application/{format}")),
                ("connect-protocol-version", "1".to_owned()),
            ],
            Surface::Connect => vec![("content-type", format!("application/connect+{format}"))],
            Surface::Rest => {
                let asks = if shape.asks() { "x-ndjson" } else { "json" };
                let events = self.form == Form::Events;
                let accept = if events { "text/event-stream" } else { "application/x-ndjson" };
                let mut headers = vec![("content-type", format!("application/{asks}"))];
                if shape.answers() {
                    headers.push(("accept", accept.to_owned()));
                }
                headers
            }
            Surface::Socket => Vec::new(),
        };
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.encode(bytes).into_bytes()
}
