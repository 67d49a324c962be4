//! What the service tells of a call, and the errors that a call asks for.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bident::prelude::*;
use bident::{Any, Code};

use super::messages::{Failure, Header, RequestInfo};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The call so far.
pub(super) fn info(ctx: &Context, requests: Vec<Any>) -> RequestInfo {
    let timeout = ctx.deadline().map(|end| end.saturating_duration_since(Instant::now()));
    RequestInfo {
        request_headers: listed!(ctx.headers()),
        timeout_ms: timeout.map(|left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
        requests,
        connect_get_info: None,
    }
}

/// Headers as the suite lists them. A macro, because their type has no name here.
macro_rules! listed {
    ($headers:expr) => {{
        let headers = $headers;
        let named = |name| {
            let values = headers.get_all(name).iter();
            values.filter_map(|value| Some(value.to_str().ok()?.to_owned())).collect()
        };
        let names = headers.keys();
        names
            .map(|name| Header { name: name.as_str().to_owned(), value: named(name) })
            .collect::<Vec<_>>()
    }};
}

pub(super) use listed;

/// Sets what goes beside an answer.
pub(super) fn beside(ctx: &Context, headers: &[Header], trailers: &[Header]) {
    for (name, value) in entries(headers) {
        ctx.add_header(name, value);
    }
    for (name, value) in entries(trailers) {
        ctx.add_trailer(name, value);
    }
}

/// Every value with its name. The suite writes binary ones as base64, as they are on the wire.
pub(super) fn entries(headers: &[Header]) -> impl Iterator<Item = (&str, Vec<u8>)> {
    headers.iter().flat_map(|Header { name, value }| {
        value.iter().map(|value| {
            let binary = name.ends_with("-bin").then(|| BASE64.decode(value).ok()).flatten();
            (&**name, binary.unwrap_or_else(|| value.clone().into_bytes()))
        })
    })
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let code = Code::from_number(failure.code as u32);
        let message = failure.message.unwrap_or_default();
        let error = Error::new(code.http(), "", message).with_grpc(code).expose();
        failure.details.into_iter().fold(error, Error::with_detail)
    }
}

pub(super) async fn wait(millis: u32) {
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis.into())).await;
    }
}
