//! The request of an export: whose the items are, and the items of each scope together. Spans and log records have the same
//! frame around them.

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::backwards::Backwards;
use super::values;

/// What is exported one by one.
pub(in super::super) trait Item: Send + Sync + 'static {
    /// Where a collector takes it over gRPC.
    const METHOD: &'static str;

    fn scope(&self) -> Scope<'_>;

    /// The fields of its message.
    fn write(&self, out: &mut Backwards);
}

/// Who made an item.
#[derive(Clone, Copy, PartialEq)]
pub(in super::super) struct Scope<'i> {
    /// The name that is sent.
    pub(super) name: &'i str,
    /// What else there is to say of it.
    pub(super) of: &'i InstrumentationScope,
}

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

/// Writes `Export{Trace,Logs}ServiceRequest`.
pub(super) fn write<T: Item>(out: &mut Backwards, batch: &[T], resource: &[u8]) {
    let mut scopes: Vec<Scope<'_>> = Vec::with_capacity(4);
    let mut last = 0;
    let scope_of: Vec<usize> = batch
        .iter()
        .map(|item| {
            let scope = item.scope();
            // Mostly the one before has the same.
            if scopes.get(last) != Some(&scope) {
                last = scopes.iter().position(|known| *known == scope).unwrap_or(scopes.len());
                if last == scopes.len() {
                    scopes.push(scope);
                }
            }
            last
        })
        .collect();
    out.message(1, |out| {
        for (number, scope) in scopes.iter().enumerate().rev() {
            out.message(2, |out| {
                out.text(3, scope.of.schema_url().unwrap_or_default());
                let items = batch.iter().zip(&scope_of).rev();
                for (item, _) in items.filter(|(_, of)| **of == number) {
                    out.message(2, |out| item.write(out));
                }
                out.message(1, |out| {
                    for attribute in scope.of.attributes() {
                        values::attribute(out, 3, &attribute.key, &attribute.value);
                    }
                    out.text(2, scope.of.version().unwrap_or_default());
                    out.text(1, scope.name);
                });
            });
        }
        out.raw(resource);
    });
}
