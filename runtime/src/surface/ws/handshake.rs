//! The request that asks for a WebSocket, and the answer that gives one.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use sha1::{Digest as _, Sha1};

use crate::call::{Added, metadata};
use crate::error::reasons;
use crate::{Error, Result};

/// What the server proves with that it knows the protocol: RFC 6455, section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
/// What the framing of sockets is called among subprotocols. A browser that offers some gives up where none is chosen, and none
/// is confirmed here that is not spoken.
const SUBPROTOCOL: &str = "bident.v1";

/// A request for a WebSocket that is in order.
pub(crate) struct Handshake {
    accept: HeaderValue,
    /// Whether the subprotocol was offered by its name.
    named: bool,
}

impl Handshake {
    /// Whether these headers ask for one. Without its `connection` an `upgrade` is not meant for whoever reads it.
    pub(crate) fn asked(headers: &HeaderMap) -> bool {
        lists(headers, UPGRADE, "websocket") && lists(headers, CONNECTION, "upgrade")
    }

    /// # Errors
    /// `UPGRADE_REQUIRED` (426) for another version of the protocol, `CODEC` for a request without a proper key.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self> {
        if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(upgrade_required());
        }
        let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
        if BASE64_STANDARD.decode(key).ok().is_none_or(|key| key.len() != 16) {
            return Err(Error::codec("`sec-websocket-key` is no 16 bytes in base64"));
        }
        let proof = Sha1::new().chain_update(key).chain_update(GUID).finalize();
        let accept = HeaderValue::from_str(&BASE64_STANDARD.encode(proof))
            .map_err(|_| Error::codec("`sec-websocket-key` cannot be answered"))?;
        // Names of subprotocols are compared as they are, unlike those of headers.
        let named = metadata::members(headers, SEC_WEBSOCKET_PROTOCOL)
            .any(|offered| offered == SUBPROTOCOL.as_bytes());
        Ok(Self { accept, named })
    }

    /// The answer that gives it.
    pub(crate) fn answer<B>(self, body: B) -> Response<B> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if self.named {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        response
    }
}

/// Whether a header that is a list has this member, in whatever case.
fn lists(headers: &HeaderMap, name: HeaderName, member: &str) -> bool {
    metadata::members(headers, name).any(|it| it.eq_ignore_ascii_case(member.as_bytes()))
}

/// The error of a request to a path that speaks WebSocket alone.
pub(crate) fn upgrade_required() -> Error {
    let mut added = Added::default();
    added.headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    added.headers.insert(UPGRADE, WEBSOCKET);
    Error::new(426, reasons::UPGRADE_REQUIRED, "this path speaks WebSocket, version 13")
        .with_added(Box::new(added))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> HeaderMap {
        HeaderMap::from_iter([
            (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            (SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==")),
        ])
    }

    #[test]
    fn a_request_asks_by_two_lists() {
        for (upgrade, connection, asked) in [
            ("websocket", "Upgrade", true),
            ("foo/2, WebSocket", "keep-alive , upgrade", true),
            ("websocket", "keep-alive", false),
            ("websockets", "upgrade", false),
            ("foo", "upgrade", false),
        ] {
            let upgrade = (UPGRADE, HeaderValue::from_static(upgrade));
            let connection = (CONNECTION, HeaderValue::from_static(connection));
            let headers = HeaderMap::from_iter([upgrade.clone(), connection]);
            assert_eq!(Handshake::asked(&headers), asked, "{headers:?}");
            assert!(!Handshake::asked(&HeaderMap::from_iter([upgrade])));
        }
    }

    #[test]
    fn the_key_of_the_standard_has_the_answer_of_the_standard() {
        let answer = Handshake::read(&request()).unwrap().answer(());
        assert_eq!(answer.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_subprotocol_is_chosen_where_ours_is_offered() {
        for (offered, chosen) in [
            (&[][..], None),
            (&["chat, superchat"], None),
            (&["Bident.v1"], None),
            (&["bident.v1"], Some("bident.v1")),
            (&["token.c2VjcmV0 , bident.v1"], Some("bident.v1")),
            (&["chat", "bident.v1"], Some("bident.v1")),
        ] {
            let mut headers = request();
            for offered in offered {
                headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(offered));
            }
            let answer = Handshake::read(&headers).unwrap().answer(());
            let answered = answer.headers().get(SEC_WEBSOCKET_PROTOCOL);
            assert_eq!(answered.map(|it| it.to_str().unwrap()), chosen, "{offered:?}");
        }
    }
}
