//! How a trace comes in: in every format, from anybody or, at the edge, from nobody.

use e2e::{Call, GrpcCall, call};

use super::*;
use crate::common::wire;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

type Headers<'a> = &'a [(&'a str, &'a str)];

/// The spans of a call over HTTP and one over gRPC with these headers.
async fn called(settings: &str, headers: Headers<'_>) -> Vec<Span> {
    let told = Told::open(desk(), settings).await;
    let add = |call: Call, (name, value): &(&str, &str)| call.header(name, value);
    headers.iter().fold(call("GET", "/desk/fine"), add).send(told.addr).await;
    let add = |call: GrpcCall, (name, value): &(&str, &str)| call.header(name, value);
    headers.iter().fold(GrpcCall::new(WORK, &wire("fine")), add).send(told.addr).await;
    told.end().await.spans
}

const W3C: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const B3: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1";
const JAEGER: &str = "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1";
const MULTI: [(&str, &str); 3] =
    [("x-b3-traceid", TRACE), ("x-b3-spanid", PARENT), ("x-b3-sampled", "1")];

#[tokio::test]
async fn every_format_is_read_where_it_is_asked_for() {
    let formats: [(&str, Headers<'_>); 4] = [
        ("tracecontext", &[("traceparent", W3C)]),
        ("b3", &[("b3", B3)]),
        ("b3multi", &MULTI),
        ("jaeger", &[("uber-trace-id", JAEGER)]),
    ];
    for (format, headers) in formats {
        let settings = format!("telemetry: {{propagators: [{format}]}}");
        for span in called(&settings, headers).await {
            assert_eq!((&*span.trace, &*span.parent), (TRACE, PARENT), "{format}: {span:?}");
            assert_eq!(span.flags & 0x300, 0x300, "{format}: it came from elsewhere");
        }
        // And where it is not, it is nobody's.
        let other = if format == "jaeger" { "b3" } else { "jaeger" };
        for span in called(&format!("telemetry: {{propagators: [{other}]}}"), headers).await {
            assert!(span.trace != TRACE && span.parent.is_empty(), "{format}: {span:?}");
        }
    }
}

#[tokio::test]
async fn the_first_that_is_valid_counts() {
    let own = "00f067aa0ba902b8";
    let w3c = format!("00-{TRACE}-{own}-01");
    let headers = [("traceparent", w3c.as_str()), ("b3", B3)];
    for (order, parent) in [("[tracecontext, b3]", own), ("[b3, tracecontext]", PARENT)] {
        let spans = called(&format!("telemetry: {{propagators: {order}}}"), &headers).await;
        for span in &spans {
            assert_eq!(span.parent, parent, "{order}: {span:?}");
        }
        let broken = [("traceparent", "00-zz-zz-01"), ("b3", B3)];
        for span in called(&format!("telemetry: {{propagators: {order}}}"), &broken).await {
            assert_eq!(span.parent, PARENT, "{order}: {span:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_trace_context_begins_a_trace() {
    let zero_trace = format!("00-{}-{PARENT}-01", "0".repeat(32));
    let zero_span = format!("00-{TRACE}-{}-01", "0".repeat(16));
    let upper = W3C.to_uppercase();
    for header in [
        "",
        "00-zz-zz-01",
        &zero_trace,
        &zero_span,
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        &upper,
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    ] {
        let spans = called("", &[("traceparent", header)]).await;
        assert_eq!(spans.len(), 2, "{header}");
        for span in spans {
            assert!(span.parent.is_empty() && span.trace != TRACE, "{header}: {span:?}");
        }
    }
    // Of two nobody knows which is meant, be they the same.
    for other in [W3C, "00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b8-01"] {
        for span in called("", &[("traceparent", W3C), ("traceparent", other)]).await {
            assert!(span.parent.is_empty() && span.trace != TRACE, "{other}: {span:?}");
        }
    }
    // A version of the future is read as far as it is known.
    let future = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
    for span in called("", &[("traceparent", future)]).await {
        assert_eq!((&*span.trace, &*span.parent), (TRACE, PARENT), "{span:?}");
    }
}

#[tokio::test]
async fn the_state_of_a_trace_stays_with_it() {
    let headers = [("traceparent", W3C), ("tracestate", "a=1,b=2")];
    for span in called("", &headers).await {
        assert_eq!(span.state, "a=1,b=2");
    }
    for span in called("", &[("traceparent", W3C), ("tracestate", "no state")]).await {
        assert_eq!((&*span.trace, &*span.state), (TRACE, ""), "the trace is fine all the same");
    }
}

#[tokio::test]
async fn at_the_edge_a_trace_begins_and_has_a_link_to_the_callers() {
    let edge = "server: {public: true}";
    for flags in ["01", "00"] {
        let header = format!("00-{TRACE}-{PARENT}-{flags}");
        let spans = called(edge, &[("traceparent", &header), ("tracestate", "a=1")]).await;
        // What the caller decided is its own affair.
        assert_eq!(spans.len(), 2, "{flags}");
        for span in spans {
            assert!(span.parent.is_empty() && span.trace != TRACE, "{span:?}");
            let [link] = &span.links[..] else { panic!("{span:?}") };
            assert_eq!((&*link.trace, &*link.span), (TRACE, PARENT));
            // It came from elsewhere, and its state stays with it.
            let sampled = u32::from(flags == "01");
            assert_eq!((link.flags, &*link.state, &*span.state), (0x300 | sampled, "a=1", ""));
        }
    }
    let formats: [(&str, Headers<'_>); 3] =
        [("b3", &[("b3", B3)]), ("b3multi", &MULTI), ("jaeger", &[("uber-trace-id", JAEGER)])];
    for (format, headers) in formats {
        let settings = format!("{edge}\ntelemetry: {{propagators: [{format}]}}");
        for span in called(&settings, headers).await {
            assert!(span.parent.is_empty() && span.trace != TRACE, "{format}: {span:?}");
            let [link] = &span.links[..] else { panic!("{format}: {span:?}") };
            assert_eq!((&*link.trace, &*link.span), (TRACE, PARENT), "{format}");
        }
    }
    for span in called(edge, &[]).await {
        assert_eq!(span.links.len(), 0, "there is nobody to link to");
    }
}
