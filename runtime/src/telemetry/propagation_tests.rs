//! Every format: what is valid is read, everything else is ignored, and what is written is read again.

use http::{HeaderName, HeaderValue};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId};

use super::Propagator::{
    B3 as B3Single, B3Multi, Baggage as W3cBaggage, Jaeger as Uber, TraceContext as W3c,
};
use super::*;

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const SPAN: u64 = 0x00f0_67aa_0ba9_02b7;
const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const S: &str = "00f067aa0ba902b7";

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in list {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    }
    map
}

/// The ids and the caller's decision.
fn found(list: &[Propagator], map: &[(&'static str, &str)]) -> Option<(u128, u64, Option<bool>)> {
    let incoming = Propagation::new(list).extract(&headers(map))?;
    Some((incoming.trace_id, incoming.span_id, incoming.sampled))
}

#[test]
fn what_is_valid_is_read() {
    let parent = format!("00-{T}-{S}-01");
    let all = |sampled| Some((TRACE, SPAN, sampled));
    assert_eq!(found(&[W3c], &[("traceparent", &parent)]), all(Some(true)));
    assert_eq!(found(&[W3c], &[("traceparent", &format!(" 00-{T}-{S}-fe "))]), all(Some(false)));
    assert_eq!(found(&[W3c], &[("traceparent", &format!("cc-{T}-{S}-01-more"))]), all(Some(true)));
    for (text, sampled) in [
        (format!("{T}-{S}"), None),
        (format!("{T}-{S}-0"), Some(false)),
        (format!("{T}-{S}-1"), Some(true)),
        (format!("{T}-{S}-d"), Some(true)),
        (format!("{T}-{S}-1-{S}"), Some(true)),
    ] {
        assert_eq!(found(&[B3Single], &[("b3", &text)]), all(sampled), "{text}");
        assert_eq!(found(&[B3Multi], &[("b3", &text)]), all(sampled), "either reads both: {text}");
    }
    let short = Some((0xa3ce_929d_0e0e_4736, SPAN, Some(true)));
    assert_eq!(found(&[B3Single], &[("b3", &format!("{}-{S}-1", &T[16..]))]), short);
    for (more, sampled) in [
        (&[][..], None),
        (&[("x-b3-sampled", "1")], Some(true)),
        (&[("x-b3-sampled", "false")], Some(false)),
        (&[("x-b3-flags", "1")], Some(true)),
        (&[("x-b3-flags", "1"), ("x-b3-sampled", "0")], Some(true)),
    ] {
        let map = [&[("x-b3-traceid", T), ("x-b3-spanid", S)], more].concat();
        assert_eq!(found(&[B3Multi], &map), all(sampled), "{more:?}");
        assert_eq!(found(&[B3Single], &map), all(sampled), "{more:?}");
    }
    assert_eq!(found(&[Uber], &[("uber-trace-id", &format!("{T}:{S}:0:1"))]), all(Some(true)));
}

#[test]
fn every_part_of_something_valid_is_ignored() {
    let parent = format!("00-{T}-{S}-01");
    let single = format!("{T}-{S}-1-{S}");
    let uber = format!("{T}:{S}:0:1");
    // Where a text that is cut off is whole again: without a parent, without a decision.
    let whole = [format!("{T}-{S}"), format!("{T}-{S}-1")];
    for (list, name, text) in
        [(W3c, "traceparent", &parent), (B3Single, "b3", &single), (Uber, "uber-trace-id", &uber)]
    {
        assert!(found(&[list], &[(name, text)]).is_some(), "{text}");
        for end in 0..text.len() {
            let part = &text[..end];
            let expected = list == B3Single && whole.iter().any(|it| it == part);
            assert_eq!(found(&[list], &[(name, part)]).is_some(), expected, "{name}: {part}");
        }
    }
}

#[test]
fn what_is_wrong_is_ignored() {
    let upper = T.to_uppercase();
    let zero = "0".repeat(32);
    for text in [
        format!("00-{zero}-{S}-01"),
        format!("00-{T}-{}-01", &zero[..16]),
        format!("00-{upper}-{S}-01"),
        format!("00-{T}-{}-01", S.to_uppercase()),
        format!("00-{T}-{S}-0A"),
        format!("ff-{T}-{S}-01"),
        format!("00-{T}-{S}-01-"),
        format!("00-{T}-{S}-01-more"),
        format!("00-+{}-{S}-01", &T[1..]),
        format!("00-{T}-+{}-01", &S[1..]),
        format!("00-g{}-{S}-01", &T[1..]),
        format!("00-{T}0-{S}-01"),
        format!("00_{T}_{S}_01"),
        format!("0-{T}-{S}-01"),
    ] {
        assert_eq!(found(&[W3c], &[("traceparent", &text)]), None, "{text}");
    }
    let parent = format!("00-{T}-{S}-01");
    assert_eq!(found(&[W3c], &[("traceparent", &parent), ("traceparent", &parent)]), None, "two");
    for text in [
        format!("{zero}-{S}-1"),
        format!("{T}-{}-1", &zero[..16]),
        format!("{upper}-{S}-1"),
        format!("{T}-{S}-2"),
        format!("{T}-{S}-"),
        format!("{T}-{S}-1-"),
        format!("{T}-{S}-1-{T}"),
        format!("{T}-{S}-1-{S}-1"),
        format!("+{}-{S}-1", &T[1..]),
        format!("{T}0-{S}-1"),
        "0".to_owned(),
        "d".to_owned(),
    ] {
        assert_eq!(found(&[B3Single], &[("b3", &text)]), None, "{text}");
    }
    for (trace, span, sampled) in [
        (&*zero, S, "1"),
        (T, &zero[..16], "1"),
        (&*upper, S, "1"),
        (&T[1..], S, "1"),
        (T, S, "2"),
        (T, S, ""),
    ] {
        let map = [("x-b3-traceid", trace), ("x-b3-spanid", span), ("x-b3-sampled", sampled)];
        assert_eq!(found(&[B3Multi], &map), None, "{map:?}");
    }
    assert_eq!(found(&[B3Multi], &[("x-b3-traceid", T)]), None);
}

#[test]
fn the_first_of_the_list_that_is_valid_counts() {
    let (parent, single) = (format!("00-{T}-{S}-01"), format!("{:032x}-{:016x}-0", 7, 8));
    let both = [("traceparent", &*parent), ("b3", &*single)];
    assert_eq!(found(&[W3c, B3Single], &both), Some((TRACE, SPAN, Some(true))));
    assert_eq!(found(&[W3cBaggage, B3Single, W3c], &both), Some((7, 8, Some(false))));
    assert_eq!(
        found(&[B3Single, W3c], &[("traceparent", &parent), ("b3", "x")]),
        Some((TRACE, SPAN, Some(true)))
    );
    assert_eq!(found(&[Uber], &both), None);
    assert_eq!(found(&[], &both), None);
    assert!(Propagation::new(&[W3cBaggage, W3c, B3Single]).trace_context_first());
    assert!(!Propagation::new(&[B3Single, W3c]).trace_context_first());
    assert!(
        Propagation::new(&[]).trace_context_only() && !Propagation::new(&[]).trace_context_first()
    );
}

#[test]
fn of_the_two_forms_of_b3_the_single_header_counts() {
    let single = format!("{:032x}-{:016x}-0", 7, 8);
    let both = [("b3", &*single), ("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-sampled", "1")];
    for list in [B3Single, B3Multi] {
        assert_eq!(found(&[list], &both), Some((7, 8, Some(false))), "{list:?}");
    }
}

#[test]
fn debug_goes_along_with_b3_and_with_nothing_else() {
    let single = format!("{T}-{S}-d");
    let multi = [("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-flags", "1")];
    for sent in [&[("b3", &*single)][..], &multi] {
        let all = [W3c, B3Single, B3Multi, Uber];
        let context = Propagation::new(&all).text_map().extract(&HeaderExtractor(&headers(sent)));
        let mut map = HeaderMap::new();
        Propagation::new(&all).inject(&context, &mut map);
        let written = [
            ("traceparent", format!("00-{T}-{S}-01")),
            ("b3", single.clone()),
            ("x-b3-traceid", T.to_owned()),
            ("x-b3-spanid", S.to_owned()),
            ("x-b3-flags", "1".to_owned()),
            ("uber-trace-id", format!("{T}:{S}:0:1")),
        ];
        assert_eq!(map.len(), written.len(), "{map:?}");
        for (name, value) in written {
            assert_eq!(map[name], value, "{name}");
        }
    }
}

#[test]
fn state_goes_along_within_its_bounds() {
    let parent = format!("00-{T}-{S}-01");
    let state = |values: &[&str]| {
        let mut map = headers(&[("traceparent", &parent)]);
        for value in values {
            map.append("tracestate", HeaderValue::from_str(value).expect("a value"));
        }
        Propagation::new(&[W3c]).extract(&map).expect("a span").state.header()
    };
    assert_eq!(state(&["a=1,b=2"]), "a=1,b=2");
    assert_eq!(state(&["a=1", " b=2 ,"]), "a=1,b=2", "over several headers");
    assert_eq!(state(&["A=1"]), "", "the trace goes on without");
    // One member that is wrong is enough.
    for wrong in ["nothing", "=", "=,,=", "a=1,=2", "a=1,b=", "a=1,b=2=3", "a=1,b= ", "a=1,b =2"] {
        assert_eq!(state(&[wrong]), "", "{wrong}");
        assert_eq!(state(&["c=3", wrong]), "", "{wrong}");
    }
    assert_eq!(state(&[",, a=1 ,\t,"]), "a=1");
    let many: Vec<_> = (0..40).map(|n| format!("k{n}=1")).collect();
    assert_eq!(state(&[&many.join(",")]).split(',').count(), 32);
}

fn baggage(values: &[&str]) -> Vec<String> {
    let mut map = HeaderMap::new();
    for value in values {
        map.append("baggage", HeaderValue::from_str(value).expect("a value"));
    }
    let context = Propagation::new(&[W3c, W3cBaggage]).baggage(&map);
    let members = context.baggage().iter();
    let mut members: Vec<_> =
        members.map(|(key, (value, more))| format!("{key}={value}|{more}")).collect();
    members.sort();
    members
}

#[test]
fn baggage_is_read_within_its_bounds() {
    assert_eq!(baggage(&["a=1, b = x%20y ;p=1; q"]), ["a=1|", "b=x y|p=1; q"]);
    assert_eq!(baggage(&["a=1", "b=2"]), ["a=1|", "b=2|"], "over several headers");
    assert_eq!(baggage(&["a=b=c"]), ["a=b=c|"]);
    assert_eq!(baggage(&["a=1,nothing,=2,b b=3,c=%ff,d="]), ["a=1|", "d=|"]);
    assert!(baggage(&[]).is_empty() && baggage(&[""]).is_empty());
    let many: Vec<_> = (0..100).map(|n| format!("k{n}=1")).collect();
    assert_eq!(baggage(&[&many.join(",")]).len(), 64);
    let longest = format!("a={}", "x".repeat(8190));
    assert_eq!(baggage(&[&longest]).len(), 1);
    assert!(baggage(&[&longest, "b=1"]).is_empty(), "one byte too many is too many");
    let off = Propagation::new(&[W3c]).baggage(&headers(&[("baggage", "a=1")]));
    assert!(off.baggage().is_empty());
}

#[test]
fn baggage_of_all_formats_is_joined_within_the_same_bounds() {
    let of = |list: &[Propagator], map: &HeaderMap| {
        let context = Propagation::new(list).baggage(map);
        let joined = Propagation::new(list).text_map().extract(&HeaderExtractor(map));
        assert_eq!(context.baggage().len(), joined.baggage().len());
        let members = context.baggage().iter();
        let mut members: Vec<_> =
            members.map(|(key, (value, more))| format!("{key}={value}|{more}")).collect();
        members.sort();
        members
    };
    let map = headers(&[
        ("baggage", "a=1;p=1,b=2"),
        ("uberctx-b", "3%20x"),
        ("uberctx-c", "4"),
        ("jaeger-baggage", "d=5, e = 6"),
    ]);
    assert_eq!(of(&[W3cBaggage, Uber], &map), ["a=1|p=1", "b=2|", "c=4|", "d=5|", "e=6|"]);
    assert_eq!(of(&[Uber, W3cBaggage], &map)[..2], ["a=1|p=1", "b=3 x|"], "the first counts");
    assert_eq!(of(&[Uber], &map), ["b=3 x|", "c=4|", "d=5|", "e=6|"]);
    assert_eq!(of(&[W3cBaggage, B3Single], &map), ["a=1|p=1", "b=2|"]);
    assert!(of(&[W3c, B3Single], &map).is_empty());
    let many = |prefix| (0..60).map(|n| format!("{prefix}{n}=1")).collect::<Vec<_>>().join(",");
    let map = headers(&[("baggage", &many("k")), ("jaeger-baggage", &many("j"))]);
    assert_eq!(of(&[W3cBaggage, Uber], &map).len(), 64);
    let long = "x".repeat(5000);
    let map = headers(&[("baggage", &format!("a={long}")), ("uberctx-b", &long)]);
    assert_eq!(of(&[W3cBaggage, Uber], &map), [format!("a={long}|")]);
}

fn context(sampled: bool, state: &str, members: &[(&'static str, String)]) -> Context {
    let flags = TraceFlags::default().with_sampled(sampled);
    let state = state.parse().expect("a state");
    let span = SpanContext::new(TraceId::from(TRACE), SpanId::from(SPAN), flags, false, state);
    let members =
        members.iter().map(|(key, value)| opentelemetry::KeyValue::new(*key, value.clone()));
    Context::new().with_remote_span_context(span).with_baggage(members)
}

#[test]
fn what_is_written_is_read_again() {
    let all = [W3c, W3cBaggage, B3Single, B3Multi, Uber];
    let propagation = Propagation::new(&all);
    for sampled in [true, false] {
        let mut map = headers(&[("other", "1")]);
        propagation.inject(&context(sampled, "a=1", &[("k", "ü, ;=\"%".into())]), &mut map);
        let digit = u8::from(sampled);
        assert_eq!(map["traceparent"], format!("00-{T}-{S}-0{digit}"));
        assert_eq!(
            (&map["tracestate"], &map["other"]),
            (&HeaderValue::from_static("a=1"), &HeaderValue::from_static("1"))
        );
        assert_eq!(map["b3"], format!("{T}-{S}-{digit}"));
        assert_eq!(
            (&map["x-b3-traceid"], &map["x-b3-spanid"]),
            (&HeaderValue::from_static(T), &HeaderValue::from_static(S))
        );
        assert_eq!(map["x-b3-sampled"], digit.to_string());
        assert_eq!(map["uber-trace-id"], format!("{T}:{S}:0:{digit}"));
        for one in [W3c, B3Single, B3Multi, Uber] {
            let incoming = Propagation::new(&[one]).extract(&map).expect("a span");
            assert_eq!(
                (incoming.trace_id, incoming.span_id, incoming.sampled),
                (TRACE, SPAN, Some(sampled)),
                "{one:?}"
            );
        }
        let again = Propagation::new(&[W3cBaggage]).baggage(&map);
        assert_eq!(again.baggage().get("k").map(|it| it.to_string()).as_deref(), Some("ü, ;=\"%"));
    }
}

#[test]
fn nothing_is_written_of_nothing() {
    let propagation = Propagation::new(&[W3c, W3cBaggage, B3Single, B3Multi]);
    let mut map = HeaderMap::new();
    propagation.inject(&Context::new(), &mut map);
    assert!(map.is_empty(), "{map:?}");
    propagation.inject(&context(true, "", &[]), &mut map);
    assert!(!map.contains_key("tracestate") && !map.contains_key("baggage"), "{map:?}");
    let large = |name| (name, "x".repeat(3000));
    propagation.inject(&context(true, "", &[large("a"), large("b"), large("c")]), &mut map);
    let sent = map["baggage"].to_str().expect("a text");
    assert!(sent.len() <= 8192 && sent.split(',').count() == 2, "{}", sent.len());
}

#[test]
fn what_the_program_set_itself_stays() {
    let propagation = Propagation::new(&[W3c, W3cBaggage, B3Single, B3Multi, Uber]);
    let all = {
        let mut map = HeaderMap::new();
        propagation.inject(&context(true, "a=1", &[("k", "v".into())]), &mut map);
        map
    };
    for (own, with) in [
        ("traceparent", &["tracestate"][..]),
        ("tracestate", &[]),
        ("baggage", &[]),
        ("b3", &[]),
        ("x-b3-traceid", &["x-b3-spanid", "x-b3-sampled"]),
        ("uber-trace-id", &["uberctx-k"]),
    ] {
        let mut map = headers(&[(own, "own")]);
        propagation.inject(&context(true, "a=1", &[("k", "v".into())]), &mut map);
        let mut expected = all.clone();
        expected.insert(own, HeaderValue::from_static("own"));
        // What belongs to it would be a lie beside it.
        for name in with {
            expected.remove(*name);
        }
        assert_eq!(map, expected, "{own}");
    }
}

#[test]
fn the_process_reads_as_the_server_does() {
    let map = headers(&[("b3", &format!("{T}-{S}-1")), ("baggage", "a=1")]);
    let context =
        Propagation::new(&[B3Single, W3cBaggage]).text_map().extract(&HeaderExtractor(&map));
    assert_eq!(context.span().span_context().trace_id(), TraceId::from(TRACE));
    assert_eq!(context.baggage().len(), 1);
}
