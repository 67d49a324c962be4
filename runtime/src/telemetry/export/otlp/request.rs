//! The request of an export: whose the items are, and the items of each scope together. Spans and log records have the same
//! frame around them.

use bytes::Bytes;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::super::batch::{Batch, Group};
use super::backwards::Backwards;
use super::values;

/// The fields that every export repeats, encoded: the resource and its schema.
pub(super) fn resource(resource: &Resource) -> Vec<u8> {
    let mut out = Backwards::with_room(1024);
    out.text(3, resource.schema_url().unwrap_or_default());
    out.message(1, |out| {
        let attributes: Vec<_> = resource.iter().collect();
        for (key, value) in attributes.into_iter().rev() {
            values::attribute(out, 1, key, value);
        }
    });
    out.written().to_vec()
}

/// The fields of `ScopeSpans` and `ScopeLogs` that tell the scope. The name is the scope's own, or what stands for it.
pub(in super::super) fn scope(name: &str, of: &InstrumentationScope) -> Backwards {
    let mut out = Backwards::with_room(256);
    out.text(3, of.schema_url().unwrap_or_default());
    out.message(1, |out| {
        for attribute in of.attributes() {
            values::attribute(out, 3, &attribute.key, &attribute.value);
        }
        out.text(2, of.version().unwrap_or_default());
        out.text(1, name);
    });
    out
}

/// `Export{Trace,Logs}ServiceRequest`, in pieces: the items stay where they were gathered.
pub(super) fn request(batch: Batch, resource: &[u8]) -> Vec<Bytes> {
    let groups = batch.into_groups();
    let frames: usize = groups.iter().map(|group| framed(group.len())).sum();
    let mut pieces = Vec::with_capacity(1 + 2 * groups.len());
    let mut head = Vec::with_capacity(resource.len() + 256);
    frame(&mut head, 1, resource.len() + frames);
    head.extend_from_slice(resource);
    for group in groups {
        frame(&mut head, 2, group.len());
        let Group { scope, items } = group;
        head.extend_from_slice(&scope);
        pieces.push(std::mem::take(&mut head).into());
        pieces.push(items.into());
    }
    pieces
}

/// What a message before which this stands has ahead of it.
fn frame(out: &mut Vec<u8>, field: u32, length: usize) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(length as u64, out);
}

/// How long a field is that holds so much: its number takes one byte.
fn framed(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}
