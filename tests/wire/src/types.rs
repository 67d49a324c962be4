//! The messages. `python/wire.proto` and `twin.rs` are the same schema, written by hand.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use bident::message;
use bytes::Bytes;

/// All of it.
#[message(package = "wire.v1")]
pub struct Everything {
    pub scalars: Scalars,
    pub formats: Option<Formats>,
    pub presence: Presence,
    pub lists: Lists,
    pub maps: Maps,
    pub choices: Choices,
    pub known: Known,
    pub foreign: Option<OtherCrates>,
    pub child: Option<Box<Everything>>,
    pub page: Page<Leaf>,
    pub pages: Vec<Page<String>>,
}

#[message(package = "wire.v1")]
pub struct Scalars {
    pub flag: bool,
    pub tiny: i8,
    pub small: i16,
    pub int_value: i32,
    pub long: i64,
    pub utiny: u8,
    pub usmall: u16,
    pub uint: u32,
    pub ulong: u64,
    pub single: f32,
    pub double: f64,
    pub text: String,
    pub bytes: Vec<u8>,
    pub shared: Bytes,
    pub color: Color,
    pub id: UserId,
    pub r#type: String,
}

#[message(package = "wire.v1")]
pub struct Formats {
    #[field(zigzag)]
    pub zigzag: i32,
    #[field(zigzag)]
    pub zigzag_long: i64,
    #[field(fixed)]
    pub fixed: u32,
    #[field(fixed)]
    pub fixed_long: u64,
    #[field(fixed)]
    pub sfixed: i32,
    #[field(fixed)]
    pub sfixed_long: i64,
    #[field(10, zigzag)]
    pub zigzags: Vec<i64>,
    #[field(fixed)]
    pub fixeds: Vec<u32>,
    #[field(fixed)]
    pub maybe: Option<u64>,
    #[field(zigzag)]
    pub by_name: BTreeMap<String, i32>,
    pub always: Zigzagged,
}

#[message(package = "wire.v1")]
pub struct Presence {
    pub flag: Option<bool>,
    pub int_value: Option<i32>,
    pub ulong: Option<u64>,
    pub double: Option<f64>,
    pub text: Option<String>,
    pub bytes: Option<Vec<u8>>,
    pub color: Option<Color>,
    pub id: Option<UserId>,
    pub leaf: Option<Leaf>,
    pub nothing: Option<()>,
}

#[message(package = "wire.v1")]
pub struct Lists {
    pub flags: Vec<bool>,
    pub ints: Vec<i32>,
    pub ulongs: Vec<u64>,
    pub doubles: Vec<f64>,
    pub texts: Vec<String>,
    pub blobs: Vec<Vec<u8>>,
    pub colors: Vec<Color>,
    pub leaves: Vec<Leaf>,
    pub ids: Vec<UserId>,
    pub tags: Tags,
    pub levels: Vec<Level>,
    pub durations: Vec<Duration>,
}

#[message(package = "wire.v1")]
pub struct Maps {
    pub by_text: HashMap<String, i32>,
    pub by_long: BTreeMap<i64, Leaf>,
    pub by_flag: BTreeMap<bool, Color>,
    pub by_id: BTreeMap<UserId, String>,
    pub blobs: HashMap<u32, Vec<u8>>,
    pub times: BTreeMap<String, SystemTime>,
}

#[message(package = "wire.v1")]
pub struct Choices {
    pub shape: Option<Shape>,
    pub shapes: Vec<Shape>,
    #[field(oneof)]
    pub contact: Option<Contact>,
    pub last: i32,
}

#[message(package = "wire.v1")]
pub struct Known {
    pub at: SystemTime,
    pub maybe_at: Option<SystemTime>,
    pub took: Duration,
    pub empty: (),
    pub mask: prost_types::FieldMask,
    pub structure: prost_types::Struct,
    pub value: prost_types::Value,
    pub list: prost_types::ListValue,
    pub any: Option<prost_types::Any>,
    pub stamp: Option<prost_types::Timestamp>,
    pub span: Option<prost_types::Duration>,
}

#[message(package = "wire.v1")]
pub struct OtherCrates {
    pub id: uuid::Uuid,
    pub amount: rust_decimal::Decimal,
    pub chrono_at: chrono::DateTime<chrono::Utc>,
    pub chrono_took: chrono::TimeDelta,
    pub jiff_at: jiff::Timestamp,
    pub jiff_took: jiff::SignedDuration,
    pub json: serde_json::Value,
    pub by_uuid: BTreeMap<uuid::Uuid, i32>,
}

#[message(package = "wire.v1")]
pub struct Leaf {
    pub name: String,
    pub count: u64,
}

#[message(package = "wire.v1")]
pub struct Page<T> {
    pub items: Vec<T>,
    pub first: Option<T>,
    pub next_token: String,
}

#[message(package = "wire.v1")]
#[derive(Copy)]
pub enum Color {
    Unspecified,
    Red,
    DeepBlue = 5,
    Infra = -1,
}

/// A proto string.
#[message]
#[derive(Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub String);

/// A repeated proto string.
#[message]
pub struct Tags(pub Vec<String>);

/// A number of its own: a list of them is no bytes.
#[message]
#[derive(Copy)]
pub struct Level(pub u8);

/// A sint64 wherever it is used.
#[message]
#[derive(Copy)]
pub struct Zigzagged(#[field(zigzag)] pub i64);

#[message(package = "wire.v1")]
pub enum Shape {
    Nothing,
    Circle(f64),
    Named { name: String, sides: Option<u32>, inner: Option<Box<Shape>> },
    Leaf(Leaf),
    Color(Color),
    Bytes(Vec<u8>),
}

#[message(package = "wire.v1")]
pub enum Contact {
    #[field(10)]
    Email(String),
    #[field(11)]
    Phone { country: u32, number: String },
    #[field(12)]
    Post(Leaf),
    #[field(13)]
    Unreachable,
}
