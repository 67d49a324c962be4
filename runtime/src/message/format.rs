//! How a field is written on the wire, beyond what its type says: the `F` of [`Field`](super::Field).

use std::marker::PhantomData;

/// As the type says: `int32`, `uint64`, `string`, ...
#[derive(Debug)]
pub struct Plain;
/// `sint32`, `sint64`.
#[derive(Debug)]
pub struct Zigzag;
/// `fixed32`, `sfixed64`, ...
#[derive(Debug)]
pub struct Fixed;
/// A type made by prost that nobody registered. `N` gives its full protobuf name; `S` says which shape the field
/// has, and is always inferred.
#[derive(Debug)]
pub struct Foreign<N, S>(PhantomData<fn() -> (N, S)>);

/// The shape of one foreign value.
#[derive(Debug)]
pub struct One;
/// The shape of a foreign value in an `Option`.
#[derive(Debug)]
pub struct Maybe;
/// The shape of foreign values in a `Vec`.
#[derive(Debug)]
pub struct Many;
/// The shape of foreign values in a map.
#[derive(Debug)]
pub struct Keyed;
