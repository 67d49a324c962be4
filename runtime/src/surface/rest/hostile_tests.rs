//! Whatever a peer sends is a message or an error: never a panic, never a large allocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Uri};
use proptest::prelude::*;

use super::{Answer, Plan, Rest};
use crate::message;
use crate::message::{Message, Types};
use crate::route::{Builder, Found, Route};
use crate::service::{BindingSpec, MethodSpec};

#[message]
struct Inner {
    name: String,
    again: Option<Box<Inner>>,
}

#[message]
struct Hostile {
    text: String,
    count: i32,
    ratio: f64,
    data: Vec<u8>,
    numbers: Vec<u64>,
    labels: BTreeMap<String, u32>,
    inner: Inner,
}

static METHOD: MethodSpec = MethodSpec {
    form: true,
    ..MethodSpec::new("Take", "/h.v1.H/Take", Hostile::describe, Hostile::describe)
};

static BINDINGS: [BindingSpec; 3] = [
    BindingSpec { verb: "POST", path: "/a/{text}/{count}", body: None, response_body: None },
    BindingSpec { verb: "POST", path: "/b/{text=**}", body: Some("inner"), response_body: None },
    BindingSpec { verb: "POST", path: "/c/{inner.name}", body: Some("*"), response_body: None },
];

/// Takes a request through the table and its binding, as a server does.
fn take(uri: &Uri, content_type: &str, body: Vec<u8>) -> Option<crate::Result<Hostile>> {
    let mut routes = Builder::default();
    for (binding, spec) in BINDINGS.iter().enumerate() {
        let route = Route { operation: 0, binding: Some(binding) };
        routes.binding(route, "Take", spec.verb, spec.path);
    }
    let table = routes.build().ok()?;
    let Found::Route(route, captures) = table.find(&Method::POST, uri.path()) else { return None };
    let spec = &BINDINGS[route.binding?];
    let plan = Plan::binding(&METHOD, spec, &mut Types::default(), true).ok()?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).ok()?);
    let answer = Answer::negotiate(&Method::POST, &headers);
    let target = Some(uri.clone().into_parts().path_and_query?);
    let rest = Rest::new(Arc::new(plan), captures, target, answer, &headers);
    Some(rest.decode(Bytes::from(body)))
}

proptest! {
    #[test]
    fn no_request_is_a_panic(
        path in "/[abc]/[a-z0-9%F:/]{1,12}",
        query in "((text|count|numbers|labels\\[k\\]|inner\\.again|inner\\.name|[a-z\\[\\].%]{0,6})=[a-z0-9%+]{0,6}&?){0,4}",
        content_type in prop_oneof![
            Just("application/json"), Just("application/proto"), Just("application/x-www-form-urlencoded"), Just("a/b"),
        ],
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[\\[\\]{}\":,a-z0-9%&=.]{0,40}".prop_map(String::into_bytes),
        ],
    ) {
        if let Ok(uri) = format!("{path}?{query}").parse::<Uri>()
            && let Some(Err(error)) = take(&uri, content_type, body)
        {
            prop_assert!(matches!(error.code(), 400 | 415), "{error:?}");
        }
    }

    /// What is escaped in a path comes out as it was.
    #[test]
    fn every_text_goes_through_a_path_unchanged(text in "\\PC{1,12}") {
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let uri: Uri = format!("/a/{escaped}/7").parse().unwrap();
        let taken = take(&uri, "application/json", Vec::new()).unwrap().unwrap();
        prop_assert_eq!((taken.text, taken.count), (text, 7));
    }
}

#[test]
fn a_query_cannot_nest_without_end() {
    let deep = "inner.".to_owned() + &"again.".repeat(5_000) + "name=x";
    let uri: Uri = format!("/a/x/1?{deep}").parse().unwrap();
    let error = take(&uri, "application/json", Vec::new()).unwrap().unwrap_err();
    assert_eq!(error.code(), 400, "{error:?}");
}

#[test]
fn a_form_cannot_grow_lists_without_end() {
    let uri: Uri = "/c/x".parse().unwrap();
    let send = |count: usize| {
        let body = "numbers=7&".repeat(count).into_bytes();
        take(&uri, "application/x-www-form-urlencoded", body).unwrap()
    };
    assert_eq!(send(16_384).unwrap().numbers.len(), 16_384);
    let error = send(16_385).unwrap_err();
    assert_eq!(error.code(), 400, "{error:?}");
    assert!(error.message().contains("names in a query or a form"), "{error:?}");
}
