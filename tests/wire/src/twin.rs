//! The same schema through prost's own derive.

use std::collections::{BTreeMap, HashMap};

use prost_types::{Any, Duration, FieldMask, ListValue, Struct, Timestamp, Value};

/// `Everything`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EverythingTwin {
    #[prost(message, optional, tag = "1")]
    pub scalars: Option<ScalarsTwin>,
    #[prost(message, optional, tag = "2")]
    pub formats: Option<FormatsTwin>,
    #[prost(message, optional, tag = "3")]
    pub presence: Option<PresenceTwin>,
    #[prost(message, optional, tag = "4")]
    pub lists: Option<ListsTwin>,
    #[prost(message, optional, tag = "5")]
    pub maps: Option<MapsTwin>,
    #[prost(message, optional, tag = "6")]
    pub choices: Option<ChoicesTwin>,
    #[prost(message, optional, tag = "7")]
    pub known: Option<KnownTwin>,
    #[prost(message, optional, tag = "8")]
    pub foreign: Option<OtherCratesTwin>,
    #[prost(message, optional, boxed, tag = "9")]
    pub child: Option<Box<EverythingTwin>>,
    #[prost(message, optional, tag = "10")]
    pub page: Option<LeafPageTwin>,
    #[prost(message, repeated, tag = "11")]
    pub pages: Vec<StringPageTwin>,
}

/// `Scalars`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ScalarsTwin {
    #[prost(bool, tag = "1")]
    pub flag: bool,
    #[prost(int32, tag = "2")]
    pub tiny: i32,
    #[prost(int32, tag = "3")]
    pub small: i32,
    #[prost(int32, tag = "4")]
    pub int_value: i32,
    #[prost(int64, tag = "5")]
    pub long: i64,
    #[prost(uint32, tag = "6")]
    pub utiny: u32,
    #[prost(uint32, tag = "7")]
    pub usmall: u32,
    #[prost(uint32, tag = "8")]
    pub uint: u32,
    #[prost(uint64, tag = "9")]
    pub ulong: u64,
    #[prost(float, tag = "10")]
    pub single: f32,
    #[prost(double, tag = "11")]
    pub double: f64,
    #[prost(string, tag = "12")]
    pub text: String,
    #[prost(bytes = "vec", tag = "13")]
    pub bytes: Vec<u8>,
    #[prost(bytes = "bytes", tag = "14")]
    pub shared: bytes::Bytes,
    #[prost(enumeration = "ColorTwin", tag = "15")]
    pub color: i32,
    #[prost(string, tag = "16")]
    pub id: String,
    #[prost(string, tag = "17")]
    pub r#type: String,
}

/// `Formats`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FormatsTwin {
    #[prost(sint32, tag = "1")]
    pub zigzag: i32,
    #[prost(sint64, tag = "2")]
    pub zigzag_long: i64,
    #[prost(fixed32, tag = "3")]
    pub fixed: u32,
    #[prost(fixed64, tag = "4")]
    pub fixed_long: u64,
    #[prost(sfixed32, tag = "5")]
    pub sfixed: i32,
    #[prost(sfixed64, tag = "6")]
    pub sfixed_long: i64,
    #[prost(sint64, repeated, tag = "10")]
    pub zigzags: Vec<i64>,
    #[prost(fixed32, repeated, tag = "11")]
    pub fixeds: Vec<u32>,
    #[prost(fixed64, optional, tag = "12")]
    pub maybe: Option<u64>,
    #[prost(btree_map = "string, sint32", tag = "13")]
    pub by_name: BTreeMap<String, i32>,
    #[prost(sint64, tag = "14")]
    pub always: i64,
}

/// `Presence`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PresenceTwin {
    #[prost(bool, optional, tag = "1")]
    pub flag: Option<bool>,
    #[prost(int32, optional, tag = "2")]
    pub int_value: Option<i32>,
    #[prost(uint64, optional, tag = "3")]
    pub ulong: Option<u64>,
    #[prost(double, optional, tag = "4")]
    pub double: Option<f64>,
    #[prost(string, optional, tag = "5")]
    pub text: Option<String>,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub bytes: Option<Vec<u8>>,
    #[prost(enumeration = "ColorTwin", optional, tag = "7")]
    pub color: Option<i32>,
    #[prost(string, optional, tag = "8")]
    pub id: Option<String>,
    #[prost(message, optional, tag = "9")]
    pub leaf: Option<LeafTwin>,
    #[prost(message, optional, tag = "10")]
    pub nothing: Option<()>,
}

/// `Lists`; without packing, which every reader must take as well.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListsTwin {
    #[prost(bool, repeated, packed = "false", tag = "1")]
    pub flags: Vec<bool>,
    #[prost(int32, repeated, tag = "2")]
    pub ints: Vec<i32>,
    #[prost(uint64, repeated, packed = "false", tag = "3")]
    pub ulongs: Vec<u64>,
    #[prost(double, repeated, packed = "false", tag = "4")]
    pub doubles: Vec<f64>,
    #[prost(string, repeated, tag = "5")]
    pub texts: Vec<String>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub blobs: Vec<Vec<u8>>,
    #[prost(enumeration = "ColorTwin", repeated, packed = "false", tag = "7")]
    pub colors: Vec<i32>,
    #[prost(message, repeated, tag = "8")]
    pub leaves: Vec<LeafTwin>,
    #[prost(string, repeated, tag = "9")]
    pub ids: Vec<String>,
    #[prost(string, repeated, tag = "10")]
    pub tags: Vec<String>,
    #[prost(uint32, repeated, tag = "11")]
    pub levels: Vec<u32>,
    #[prost(message, repeated, tag = "12")]
    pub durations: Vec<Duration>,
}

/// `Maps`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MapsTwin {
    #[prost(map = "string, int32", tag = "1")]
    pub by_text: HashMap<String, i32>,
    #[prost(map = "int64, message", tag = "2")]
    pub by_long: HashMap<i64, LeafTwin>,
    #[prost(map = "bool, enumeration(ColorTwin)", tag = "3")]
    pub by_flag: HashMap<bool, i32>,
    #[prost(map = "string, string", tag = "4")]
    pub by_id: HashMap<String, String>,
    #[prost(map = "uint32, bytes", tag = "5")]
    pub blobs: HashMap<u32, Vec<u8>>,
    #[prost(map = "string, message", tag = "6")]
    pub times: HashMap<String, Timestamp>,
}

/// `Choices`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ChoicesTwin {
    #[prost(message, optional, tag = "1")]
    pub shape: Option<ShapeTwin>,
    #[prost(message, repeated, tag = "2")]
    pub shapes: Vec<ShapeTwin>,
    #[prost(oneof = "ContactTwin", tags = "10, 11, 12, 13")]
    pub contact: Option<ContactTwin>,
    #[prost(int32, tag = "3")]
    pub last: i32,
}

/// `Known`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct KnownTwin {
    #[prost(message, optional, tag = "1")]
    pub at: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    pub maybe_at: Option<Timestamp>,
    #[prost(message, optional, tag = "3")]
    pub took: Option<Duration>,
    #[prost(message, optional, tag = "4")]
    pub empty: Option<()>,
    #[prost(message, optional, tag = "5")]
    pub mask: Option<FieldMask>,
    #[prost(message, optional, tag = "6")]
    pub structure: Option<Struct>,
    #[prost(message, optional, tag = "7")]
    pub value: Option<Value>,
    #[prost(message, optional, tag = "8")]
    pub list: Option<ListValue>,
    #[prost(message, optional, tag = "9")]
    pub any: Option<Any>,
    #[prost(message, optional, tag = "10")]
    pub stamp: Option<Timestamp>,
    #[prost(message, optional, tag = "11")]
    pub span: Option<Duration>,
}

/// `OtherCrates`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OtherCratesTwin {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub amount: String,
    #[prost(message, optional, tag = "3")]
    pub chrono_at: Option<Timestamp>,
    #[prost(message, optional, tag = "4")]
    pub chrono_took: Option<Duration>,
    #[prost(message, optional, tag = "5")]
    pub jiff_at: Option<Timestamp>,
    #[prost(message, optional, tag = "6")]
    pub jiff_took: Option<Duration>,
    #[prost(message, optional, tag = "7")]
    pub json: Option<Value>,
    #[prost(btree_map = "string, int32", tag = "8")]
    pub by_uuid: BTreeMap<String, i32>,
}

/// `Leaf`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LeafTwin {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint64, tag = "2")]
    pub count: u64,
}

/// `LeafPage`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LeafPageTwin {
    #[prost(message, repeated, tag = "1")]
    pub items: Vec<LeafTwin>,
    #[prost(message, optional, tag = "2")]
    pub first: Option<LeafTwin>,
    #[prost(string, tag = "3")]
    pub next_token: String,
}

/// `StringPage`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StringPageTwin {
    #[prost(string, repeated, tag = "1")]
    pub items: Vec<String>,
    #[prost(string, optional, tag = "2")]
    pub first: Option<String>,
    #[prost(string, tag = "3")]
    pub next_token: String,
}

/// `Color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum ColorTwin {
    Unspecified = 0,
    Red = 1,
    DeepBlue = 5,
    Infra = -1,
}

/// `Shape`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ShapeTwin {
    #[prost(oneof = "ShapeKindTwin", tags = "1, 2, 3, 4, 5, 6")]
    pub kind: Option<ShapeKindTwin>,
}

/// `Shape.kind`.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ShapeKindTwin {
    #[prost(message, tag = "1")]
    Nothing(()),
    #[prost(double, tag = "2")]
    Circle(f64),
    #[prost(message, tag = "3")]
    Named(Box<NamedTwin>),
    #[prost(message, tag = "4")]
    Leaf(LeafTwin),
    #[prost(enumeration = "ColorTwin", tag = "5")]
    Color(i32),
    #[prost(bytes, tag = "6")]
    Bytes(Vec<u8>),
}

/// `Shape.Named`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamedTwin {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint32, optional, tag = "2")]
    pub sides: Option<u32>,
    #[prost(message, optional, tag = "3")]
    pub inner: Option<ShapeTwin>,
}

/// `Choices.contact`.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ContactTwin {
    #[prost(string, tag = "10")]
    Email(String),
    #[prost(message, tag = "11")]
    Phone(PhoneTwin),
    #[prost(message, tag = "12")]
    Post(LeafTwin),
    #[prost(message, tag = "13")]
    Unreachable(()),
}

/// `Contact.Phone`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PhoneTwin {
    #[prost(uint32, tag = "1")]
    pub country: u32,
    #[prost(string, tag = "2")]
    pub number: String,
}
