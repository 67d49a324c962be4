//! Placeholder.
#[derive(Default)]
pub struct Attributes(Vec<opentelemetry::KeyValue>);
impl Attributes {
    pub(crate) fn into_key_values(self) -> Vec<opentelemetry::KeyValue> {
        self.0
    }
}
