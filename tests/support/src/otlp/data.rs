//! What a receiver keeps: plain data, so that a test reads what was sent and no library's view of it.

use std::collections::BTreeMap;

/// Attributes by their keys. A key that was sent twice is kept once here and named among the duplicates.
pub type Attributes = BTreeMap<String, Value>;

/// The value of an attribute, with its type as it was sent.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "they are called what they are")]
pub enum Value {
    Nothing,
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(Attributes),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl Value {
    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, where it is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }
}

/// Who wrote something, and whose.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// The name of the scope.
    pub scope: String,
    /// Its version.
    pub version: String,
    /// The schema of the scope.
    pub schema: String,
    /// The attributes of the resource.
    pub resource: Attributes,
    /// The keys that the resource had twice.
    pub duplicates: Vec<String>,
}

/// What a span is to its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub enum Kind {
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// How a span ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nothing was said.
    Unset,
    /// It was called good.
    Ok,
    /// It was called an error, with this description.
    Error(String),
}

/// One span. Ids are hexadecimal, and empty where there are none.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub struct Span {
    pub name: String,
    pub kind: Kind,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub state: String,
    pub flags: u32,
    pub status: Status,
    pub attributes: Attributes,
    pub duplicates: Vec<String>,
    pub events: Vec<SpanEvent>,
    pub links: Vec<Link>,
    /// Nanoseconds since 1970.
    pub start: u64,
    pub end: u64,
    pub origin: Origin,
}

impl Span {
    /// How long it took, in seconds.
    pub fn seconds(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 / 1e9
    }

    /// An attribute.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.attributes.get(key)
    }

    /// An attribute that is a text; empty where there is none.
    pub fn text(&self, key: &str) -> &str {
        self.get(key).and_then(Value::text).unwrap_or_default()
    }
}

/// An event of a span.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub struct SpanEvent {
    pub name: String,
    pub attributes: Attributes,
}

/// A link of a span.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub struct Link {
    pub trace: String,
    pub span: String,
    pub state: String,
    pub flags: u32,
    pub attributes: Attributes,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub enum Shape {
    Gauge,
    Counter,
    UpDownCounter,
    Histogram,
    ExponentialHistogram,
    Other,
}

/// What the numbers of a metric count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub enum Temporality {
    Unspecified,
    Delta,
    Cumulative,
}

/// One metric of one export.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub struct Metric {
    pub name: String,
    pub unit: String,
    pub description: String,
    pub shape: Shape,
    pub temporality: Temporality,
    pub points: Vec<Point>,
    pub origin: Origin,
}

impl Metric {
    /// The points whose attributes are among others these.
    pub fn with<'a>(&'a self, attributes: &'a [(&str, Value)]) -> impl Iterator<Item = &'a Point> {
        self.points.iter().filter(|point| {
            attributes.iter().all(|(key, value)| point.attributes.get(*key) == Some(value))
        })
    }
}

/// One point of a metric: a number, or what a histogram has gathered.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub struct Point {
    pub attributes: Attributes,
    pub duplicates: Vec<String>,
    /// Of a counter or a gauge.
    pub value: f64,
    /// Of a histogram.
    pub count: u64,
    pub sum: f64,
    pub bounds: Vec<f64>,
    pub counts: Vec<u64>,
    pub exemplars: usize,
}

/// One log record.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub struct Record {
    pub body: Value,
    pub severity: i32,
    pub severity_text: String,
    pub event: String,
    pub trace: String,
    pub span: String,
    pub attributes: Attributes,
    pub duplicates: Vec<String>,
    pub origin: Origin,
}

/// What is sent over OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are OpenTelemetry's")]
pub enum Signal {
    Traces,
    Metrics,
    Logs,
}

/// One export, as it came.
#[derive(Debug, Clone)]
pub struct Export {
    /// What it brought.
    pub signal: Signal,
    /// Whether it came over gRPC; over HTTP otherwise.
    pub grpc: bool,
    /// Whether it was compressed.
    pub compressed: bool,
    /// The headers of the request.
    pub headers: http::HeaderMap,
}

/// Everything that has come so far.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "they are called what they are")]
pub struct Received {
    pub spans: Vec<Span>,
    /// All exports of all metrics, in the order of their coming.
    pub metrics: Vec<Metric>,
    pub logs: Vec<Record>,
    pub exports: Vec<Export>,
    /// What could not be understood: empty unless the sender is wrong.
    pub mistakes: Vec<String>,
}

impl Received {
    /// The newest export of a metric: with cumulative temporality, everything about it.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().rev().find(|metric| metric.name == name)
    }

    /// The spans of this name.
    pub fn named(&self, name: &str) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.name == name).collect()
    }
}
