//! Browsers' questions about origins, over HTTP/1.1.

use ::http::HeaderValue;
#[cfg(feature = "ws")]
use ::http::header::{AUTHORIZATION, COOKIE};

use super::*;
#[cfg(feature = "ws")]
use crate::error::BoxError;
use crate::server::Cors;
use crate::{call::Body, server::HttpService};

const PAGE: &str = "https://page.test";

async fn guarded(origins: Option<&'static str>, credentials: bool) -> Harness {
    let origins = origins.map(|origin| vec![HeaderValue::from_static(origin)]);
    let exposed = ["x-beside".to_owned()];
    let cors = Cors::new(origins, credentials, &exposed, Duration::from_secs(60));
    start(Options { cors: Some(cors), ..Options::default() }).await
}

async fn ask(harness: &Harness, method: &str, origin: &str, more: &str) -> (String, String) {
    let mut client = harness.raw().await;
    let origin = if origin.is_empty() { String::new() } else { format!("origin: {origin}\r\n") };
    let body = if method == "POST" {
        "content-type: application/json\r\ncontent-length: 13\r\n"
    } else {
        ""
    };
    let message = if method == "POST" { r#"{"text":"hi"}"# } else { "" };
    client
        .send(&format!(
            "{method} /v1/echo HTTP/1.1\r\nhost: t\r\n{origin}{more}{body}\r\n{message}"
        ))
        .await;
    client.response().await
}

#[tokio::test]
async fn a_page_that_is_named_may_call() {
    let mut harness = guarded(Some(PAGE), true).await;
    let more = "access-control-request-method: POST\r\naccess-control-request-headers: x-a,content-type\r\n";
    let (head, _) = ask(&harness, "OPTIONS", PAGE, more).await;
    for line in [
        "http/1.1 204",
        "access-control-allow-origin: https://page.test\r\n",
        "access-control-allow-methods: post\r\n",
        "access-control-allow-headers: x-a,content-type\r\n",
        "access-control-allow-credentials: true\r\n",
        "access-control-max-age: 60\r\n",
        "vary: origin\r\n",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let (head, body) = ask(&harness, "POST", PAGE, "").await;
    assert_eq!(body, r#"{"text":"hi"}"#);
    assert!(head.contains("access-control-allow-origin: https://page.test\r\n"), "{head}");
    let exposed = head.lines().find(|line| line.starts_with("access-control-expose-headers"));
    assert!(exposed.unwrap().contains("grpc-status") && exposed.unwrap().ends_with("x-beside"));
    // The question before the call is none.
    assert_eq!(harness.outcome().await, ("/test.v1.Echo/Echo".to_owned(), 200, String::new()));
    assert!(harness.ended.try_recv().is_err());
}

#[tokio::test]
async fn any_other_page_is_told_nothing() {
    let harness = guarded(Some(PAGE), false).await;
    let more = "access-control-request-method: POST\r\n";
    for (method, more) in [("OPTIONS", more), ("POST", "")] {
        let (head, _) = ask(&harness, method, "https://other.test", more).await;
        assert!(!head.contains("\naccess-control"), "{head}");
        assert!(head.contains("vary: origin\r\n"), "{head}");
    }
}

#[tokio::test]
async fn every_page_may_call_where_that_is_said() {
    let harness = guarded(None, false).await;
    let (head, _) = ask(&harness, "POST", PAGE, "").await;
    assert!(head.contains("access-control-allow-origin: *\r\n"), "{head}");
    assert!(head.contains("access-control-expose-headers: *\r\n"), "{head}");
}

#[tokio::test]
async fn who_is_no_page_gets_plain_answers() {
    let harness = guarded(None, false).await;
    let (head, _) = ask(&harness, "POST", "", "").await;
    assert!(head.starts_with("http/1.1 200") && !head.contains("access-control"), "{head}");
    // What a cache keeps of a named page's server is not for everyone.
    let named = guarded(Some(PAGE), false).await;
    let (head, _) = ask(&named, "POST", "", "").await;
    assert!(head.contains("vary: origin\r\n") && !head.contains("access-control"), "{head}");
    // An OPTIONS that asks for the methods of a path.
    let (head, _) = ask(&harness, "OPTIONS", PAGE, "").await;
    assert!(head.contains("allow: options, post\r\n"), "{head}");
}

#[tokio::test]
async fn a_page_reads_how_a_layer_failed() {
    let failing = tower_layer::layer_fn(|_: HttpService| {
        tower::service_fn(async |request: Request<Body>| match request.method().as_str() {
            "POST" => Err::<Response<Body>, _>(Error::unauthorized("NOT_YOU", "somebody else")),
            _ => panic!("on purpose"),
        })
    });
    let cors =
        Cors::new(Some(vec![HeaderValue::from_static(PAGE)]), true, &[], Duration::from_secs(60));
    let layers = vec![wrap(failing)];
    let harness = start(Options { cors: Some(cors), layers, ..Options::default() }).await;
    for (method, status) in [("POST", 401), ("GET", 500)] {
        let (head, body) = ask(&harness, method, PAGE, "").await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
        assert!(body.contains(&format!("\"code\":{status}")), "{body}");
        assert!(head.contains("access-control-allow-origin: https://page.test\r\n"), "{head}");
        assert!(head.contains("vary: origin\r\n"), "{head}");
        let (head, _) = ask(&harness, method, "https://other.test", "").await;
        assert!(!head.contains("access-control"), "{head}");
    }
    // The question before the call does not get as far.
    let more = "access-control-request-method: POST\r\n";
    let (head, _) = ask(&harness, "OPTIONS", PAGE, more).await;
    assert!(head.starts_with("http/1.1 204"), "{head}");
}

#[cfg(feature = "ws")]
const ASKING: &str = "GET /chat/x HTTP/1.1\r\nhost: t\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

#[cfg(feature = "ws")]
#[tokio::test]
async fn a_websocket_is_for_pages_that_may_call() {
    let own = "http://t";
    for (origins, page, status) in [
        (Some(Some(PAGE)), PAGE, 101),
        (Some(Some(PAGE)), own, 101),
        (Some(Some(PAGE)), "https://other.test", 403),
        (Some(Some(PAGE)), "http://page.test", 403),
        (Some(Some(PAGE)), "null", 403),
        (Some(None), "https://other.test", 101),
        (Some(None), "null", 101),
        (None, own, 101),
        (None, PAGE, 403),
    ] {
        let harness = match origins {
            Some(origins) => guarded(origins, false).await,
            None => start(Options::default()).await,
        };
        let mut client = harness.raw().await;
        client.send(&format!("{ASKING}origin: {page}\r\n\r\n")).await;
        let (head, body) = client.response().await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{origins:?} {page}: {head}");
        if status == 403 {
            assert!(body.contains("ORIGIN_NOT_ALLOWED") && body.contains("server.cors.origins"));
        }
    }
}

#[cfg(feature = "ws")]
#[tokio::test]
async fn a_page_of_the_same_host_has_come_by_the_same_scheme() {
    let proxy = ["loopback"];
    let by = |scheme| format!("x-forwarded-for: 198.51.100.1\r\nx-forwarded-proto: {scheme}\r\n");
    for (secure, trusted, told, http, https) in [
        // A plain socket may be a proxy's that nobody has named, whatever headers say.
        (false, &[][..], String::new(), 101, 101),
        (false, &[], by("https"), 101, 101),
        (true, &[], String::new(), 403, 101),
        (true, &[], by("http"), 403, 101),
        (false, &proxy, String::new(), 101, 101),
        (false, &proxy, by("https"), 403, 101),
        (false, &proxy, by("http"), 101, 403),
        (true, &proxy, by("http"), 101, 403),
        (true, &proxy, String::new(), 403, 101),
    ] {
        let trusted = TrustedProxies::parse(trusted).unwrap();
        let harness = start(Options { secure, trusted, ..Options::default() }).await;
        for (scheme, status) in [("http", http), ("https", https)] {
            let mut client = harness.raw().await;
            client.send(&format!("{ASKING}{told}origin: {scheme}://T\r\n\r\n")).await;
            let (head, _) = client.response().await;
            let expected = format!("http/1.1 {status} ");
            assert!(head.starts_with(&expected), "{secure} {told} {scheme}: {head}");
        }
    }
}

#[cfg(feature = "ws")]
#[tokio::test]
async fn a_websocket_brings_cookies_where_calls_may() {
    let seen = tower_layer::layer_fn(|inner: HttpService| {
        tower::service_fn(move |request: Request<Body>| {
            let mut inner = inner.clone();
            let named = [COOKIE, AUTHORIZATION].map(|name| request.headers().contains_key(name));
            async move {
                let mut response = tower::Service::call(&mut inner, request).await?;
                response.headers_mut().insert("x-seen", format!("{named:?}").parse()?);
                Ok::<_, BoxError>(response)
            }
        })
    });
    for (credentials, page, expected) in [
        (true, PAGE, true),
        (false, PAGE, false),
        (false, "http://t", true),
        (true, "https://other.test", false),
        (false, "", true),
    ] {
        let cors = Cors::new(
            Some(vec![HeaderValue::from_static(PAGE)]),
            credentials,
            &[],
            Duration::from_secs(60),
        );
        let layers = vec![wrap(seen)];
        let harness = start(Options { cors: Some(cors), layers, ..Options::default() }).await;
        let mut client = harness.raw().await;
        let origin = if page.is_empty() { String::new() } else { format!("origin: {page}\r\n") };
        let own = "cookie: a=b\r\nauthorization: Basic YTpi\r\n";
        client.send(&format!("{ASKING}{origin}{own}\r\n")).await;
        let (head, _) = client.response().await;
        let expected = format!("x-seen: {:?}", [expected; 2]);
        assert!(head.contains(&expected), "{credentials} {page}: {head}");
    }
}
