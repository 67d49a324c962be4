//! Values of the messages, for property tests and for the peers.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use proptest::collection::{btree_map, hash_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use prost_types::value::Kind;

use crate::*;

/// So many values the peers get.
const COUNT: usize = 120;

/// The same values in every run, made once.
pub fn samples() -> &'static [Everything] {
    static SAMPLES: LazyLock<Vec<Everything>> = LazyLock::new(|| {
        let mut runner = TestRunner::deterministic();
        let strategy = everything();
        let trees = (0..COUNT).filter_map(|_| strategy.new_tree(&mut runner).ok());
        trees.map(|tree| tree.current()).collect()
    });
    &SAMPLES
}

/// Any value.
pub fn everything() -> impl Strategy<Value = Everything> {
    flat().prop_recursive(2, 4, 1, |inner| {
        (flat(), inner).prop_map(|(mut outer, inner)| {
            outer.child = Some(Box::new(inner));
            outer
        })
    })
}

fn flat() -> impl Strategy<Value = Everything> {
    // Boxed, or the whole tree of generators would be one value on the stack.
    let head = (
        scalars().boxed(),
        of(formats()).boxed(),
        presence().boxed(),
        lists().boxed(),
        maps().boxed(),
    );
    let tail = (
        choices().boxed(),
        known().boxed(),
        of(other_crates()).boxed(),
        page(leaf()).boxed(),
        vec(page(text()), 0..3).boxed(),
    );
    (head, tail).prop_map(|(head, tail)| {
        let (scalars, formats, presence, lists, maps) = head;
        let (choices, known, foreign, page, pages) = tail;
        Everything {
            scalars,
            formats,
            presence,
            lists,
            maps,
            choices,
            known,
            foreign,
            child: None,
            page,
            pages,
        }
    })
}

fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof![Just(String::new()), "[a-z]{1,8}", any::<String>()]
}

fn blob() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..12)
}

/// Finite numbers, zero of both signs among them, and the three that JSON has names for. NaN has no equal.
fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        any::<f64>().prop_filter("a number", |value| value.is_finite()),
    ]
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Unspecified),
        Just(Color::Red),
        Just(Color::DeepBlue),
        Just(Color::Infra)
    ]
}

fn id() -> impl Strategy<Value = UserId> {
    text().prop_map(UserId)
}

fn leaf() -> impl Strategy<Value = Leaf> + Clone {
    (text(), any::<u64>()).prop_map(|(name, count)| Leaf { name, count })
}

fn page<T: Clone + std::fmt::Debug>(
    item: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Page<T>> {
    (vec(item.clone(), 0..3), of(item), text()).prop_map(|(items, first, next_token)| Page {
        items,
        first,
        next_token,
    })
}

fn scalars() -> impl Strategy<Value = Scalars> {
    let single = any::<f32>().prop_filter("a number", |value| value.is_finite());
    let small = (any::<i8>(), any::<i16>(), any::<u8>(), any::<u16>());
    let large = (any::<i32>(), any::<i64>(), any::<u32>(), any::<u64>());
    let rest = (any::<bool>(), single, double(), text(), blob(), blob(), color(), id(), text());
    (small, large, rest).prop_map(|(small, large, rest)| {
        let (tiny, small, utiny, usmall) = small;
        let (int_value, long, uint, ulong) = large;
        let (flag, single, double, text, bytes, shared, color, id, r#type) = rest;
        let shared = shared.into();
        Scalars {
            flag,
            tiny,
            small,
            int_value,
            long,
            utiny,
            usmall,
            uint,
            ulong,
            single,
            double,
            text,
            bytes,
            shared,
            color,
            id,
            r#type,
        }
    })
}

fn formats() -> impl Strategy<Value = Formats> {
    let numbers =
        (any::<i32>(), any::<i64>(), any::<u32>(), any::<u64>(), any::<i32>(), any::<i64>());
    let rest = (
        vec(any::<i64>(), 0..4),
        vec(any::<u32>(), 0..4),
        of(any::<u64>()),
        btree_map(text(), any::<i32>(), 0..3),
        any::<i64>(),
    );
    (numbers, rest).prop_map(|(numbers, (zigzags, fixeds, maybe, by_name, always))| {
        let (zigzag, zigzag_long, fixed, fixed_long, sfixed, sfixed_long) = numbers;
        let always = Zigzagged(always);
        Formats {
            zigzag,
            zigzag_long,
            fixed,
            fixed_long,
            sfixed,
            sfixed_long,
            zigzags,
            fixeds,
            maybe,
            by_name,
            always,
        }
    })
}

fn presence() -> impl Strategy<Value = Presence> {
    (
        of(any::<bool>()),
        of(any::<i32>()),
        of(any::<u64>()),
        of(double()),
        of(text()),
        of(blob()),
        of(color()),
        of(id()),
        of(leaf()),
        of(Just(())),
    )
        .prop_map(|(flag, int_value, ulong, double, text, bytes, color, id, leaf, nothing)| {
            Presence { flag, int_value, ulong, double, text, bytes, color, id, leaf, nothing }
        })
}

fn lists() -> impl Strategy<Value = Lists> {
    let numbers = (
        vec(any::<bool>(), 0..4),
        vec(any::<i32>(), 0..4),
        vec(any::<u64>(), 0..4),
        vec(double(), 0..4),
        vec(any::<u8>().prop_map(Level), 0..4),
        vec(color(), 0..4),
    );
    let rest = (
        vec(text(), 0..4),
        vec(blob(), 0..4),
        vec(leaf(), 0..4),
        vec(id(), 0..4),
        vec(text(), 0..4).prop_map(Tags),
        vec(duration(), 0..4),
    );
    (numbers, rest).prop_map(|(numbers, (texts, blobs, leaves, ids, tags, durations))| {
        let (flags, ints, ulongs, doubles, levels, colors) = numbers;
        Lists {
            flags,
            ints,
            ulongs,
            doubles,
            texts,
            blobs,
            colors,
            leaves,
            ids,
            tags,
            levels,
            durations,
        }
    })
}

fn maps() -> impl Strategy<Value = Maps> {
    (
        hash_map(text(), any::<i32>(), 0..3),
        btree_map(any::<i64>(), leaf(), 0..3),
        btree_map(any::<bool>(), color(), 0..3),
        btree_map(id(), text(), 0..3),
        hash_map(any::<u32>(), blob(), 0..3),
        btree_map(text(), time(), 0..3),
    )
        .prop_map(|(by_text, by_long, by_flag, by_id, blobs, times)| Maps {
            by_text,
            by_long,
            by_flag,
            by_id,
            blobs,
            times,
        })
}

fn shape() -> impl Strategy<Value = Shape> {
    let plain = prop_oneof![
        Just(Shape::Nothing),
        double().prop_map(Shape::Circle),
        leaf().prop_map(Shape::Leaf),
        color().prop_map(Shape::Color),
        blob().prop_map(Shape::Bytes),
    ];
    plain.prop_recursive(3, 6, 1, |inner| {
        (text(), of(any::<u32>()), of(inner.prop_map(Box::new)))
            .prop_map(|(name, sides, inner)| Shape::Named { name, sides, inner })
    })
}

fn contact() -> impl Strategy<Value = Contact> {
    prop_oneof![
        text().prop_map(Contact::Email),
        (any::<u32>(), text()).prop_map(|(country, number)| Contact::Phone { country, number }),
        leaf().prop_map(Contact::Post),
        Just(Contact::Unreachable),
    ]
}

fn choices() -> impl Strategy<Value = Choices> {
    (of(shape()), vec(shape(), 0..3), of(contact()), any::<i32>())
        .prop_map(|(shape, shapes, contact, last)| Choices { shape, shapes, contact, last })
}

/// Seconds of the years 1 to 9999, and nanoseconds of every precision.
fn moment() -> impl Strategy<Value = (i64, u32)> {
    let nanos = prop_oneof![
        Just(0u32),
        (0u32..1000).prop_map(|millis| millis * 1_000_000),
        (0u32..1_000_000).prop_map(|micros| micros * 1000),
        0u32..1_000_000_000,
    ];
    (prop_oneof![Just(0), -62_135_596_800i64..=253_402_300_799], nanos)
}

fn time() -> impl Strategy<Value = SystemTime> {
    moment().prop_map(|(seconds, nanos)| {
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let time = match seconds < 0 {
            true => SystemTime::UNIX_EPOCH - whole,
            false => SystemTime::UNIX_EPOCH + whole,
        };
        time + Duration::from_nanos(nanos.into())
    })
}

fn duration() -> impl Strategy<Value = Duration> {
    moment().prop_map(|(seconds, nanos)| Duration::new(seconds.unsigned_abs() % 1_000_000, nanos))
}

/// A `google.protobuf.Value` whose numbers JSON prints alike everywhere.
fn json() -> impl Strategy<Value = prost_types::Value> {
    let plain = prop_oneof![
        Just(Kind::NullValue(0)),
        any::<bool>().prop_map(Kind::BoolValue),
        any::<i32>().prop_map(|number| Kind::NumberValue(number.into())),
        Just(Kind::NumberValue(0.25)),
        text().prop_map(Kind::StringValue),
    ];
    plain.prop_map(prost_types::Value::from).prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3)
                .prop_map(|values| Kind::ListValue(prost_types::ListValue { values })),
            btree_map(text(), inner, 0..3)
                .prop_map(|fields| Kind::StructValue(prost_types::Struct { fields })),
        ]
        .prop_map(prost_types::Value::from)
    })
}

fn known() -> impl Strategy<Value = Known> {
    let times = (time(), of(time()), duration(), of(moment()), of(moment()));
    let mask = vec("[a-z]{1,4}(_[a-z]{1,3})?(\\.[a-z]{1,3})?", 0..3)
        .prop_map(|paths| prost_types::FieldMask { paths });
    let json = (btree_map(text(), json(), 0..3), json(), vec(json(), 0..3));
    let any = of(moment().prop_map(|(seconds, nanos)| {
        let stamp = prost_types::Timestamp { seconds, nanos: nanos.cast_signed() };
        prost_types::Any {
            type_url: "type.googleapis.com/google.protobuf.Timestamp".to_owned(),
            value: prost::Message::encode_to_vec(&stamp),
        }
    }));
    (times, mask, json, any).prop_map(|(times, mask, (fields, value, values), any)| {
        let (at, maybe_at, took, stamp, span) = times;
        Known {
            at,
            maybe_at,
            took,
            empty: (),
            mask,
            structure: prost_types::Struct { fields },
            value,
            list: prost_types::ListValue { values },
            any,
            stamp: stamp.map(|(seconds, nanos)| prost_types::Timestamp {
                seconds,
                nanos: nanos.cast_signed(),
            }),
            span: span.map(|(seconds, nanos)| {
                let nanos = nanos.cast_signed();
                let nanos = if seconds < 0 { -nanos } else { nanos };
                prost_types::Duration { seconds, nanos }
            }),
        }
    })
}

fn other_crates() -> impl Strategy<Value = OtherCrates> {
    let ids = (any::<[u8; 16]>(), btree_map(any::<[u8; 16]>(), any::<i32>(), 0..3));
    let decimal = (any::<i64>(), 0u32..20);
    (ids, decimal, moment(), duration(), moment(), duration(), plain_json()).prop_map(
        |((id, by_uuid), (digits, scale), chrono_at, chrono_took, jiff_at, jiff_took, json)| {
            OtherCrates {
                id: uuid::Uuid::from_bytes(id),
                amount: rust_decimal::Decimal::new(digits, scale),
                chrono_at: chrono::DateTime::from_timestamp(chrono_at.0, chrono_at.1)
                    .unwrap_or_default(),
                chrono_took: chrono::TimeDelta::from_std(chrono_took).unwrap_or_default(),
                jiff_at: jiff::Timestamp::new(
                    jiff_at.0.min(253_402_200_000),
                    jiff_at.1.cast_signed(),
                )
                .unwrap_or_default(),
                jiff_took: jiff_took.try_into().unwrap_or_default(),
                json,
                by_uuid: by_uuid
                    .into_iter()
                    .map(|(id, count)| (uuid::Uuid::from_bytes(id), count))
                    .collect::<BTreeMap<_, _>>(),
            }
        },
    )
}

fn plain_json() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        Just(serde_json::Value::Null),
        Just(serde_json::json!({"a": [1, -2, 0.5, "x", null, true], "b": {}})),
        any::<i32>().prop_map(serde_json::Value::from),
        text().prop_map(serde_json::Value::from),
    ]
}
