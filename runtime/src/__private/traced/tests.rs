//! `#[traced]` seen by a subscriber.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Subscriber, subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::{Error, error_reason, traced};

/// A span as it was when it closed.
#[derive(Debug, Clone, Default, PartialEq)]
struct Seen {
    name: &'static str,
    parent: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Vec<Seen>>>);

struct Values<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Values<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collect {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let parent = span.parent().map(|parent| parent.name());
        let mut seen = Seen { name: span.name(), parent, fields: BTreeMap::new() };
        attributes.record(&mut Values(&mut seen.fields));
        span.extensions_mut().insert(seen);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(seen) = span.extensions_mut().get_mut::<Seen>() {
            values.record(&mut Values(&mut seen.fields));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if let Some(seen) = span.extensions().get::<Seen>() {
            self.0.lock().expect("no test panics with it").push(seen.clone());
        }
    }
}

/// The spans that `f` opens, in the order in which they close.
fn spans(f: impl FnOnce()) -> Vec<Seen> {
    crate::listening::ask_all();
    let collect = Collect::default();
    subscriber::with_default(tracing_subscriber::registry().with(collect.clone()), f);
    let seen = collect.0.lock().expect("no test panics with it");
    seen.clone()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn fields(pairs: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
}

#[error_reason(code = 404)]
#[derive(Debug, thiserror::Error)]
#[error("gone")]
struct BookGone;

struct Books<T> {
    shelf: Vec<T>,
}

impl<T: Clone + Send + Sync> Books<T> {
    #[traced(fields(at, shelf.size = self.shelf.len(), note = %"short", ?at_debug))]
    async fn find(&self, at: usize, at_debug: Option<u8>) -> Result<T, BookGone> {
        let found = self.shelf.get(at).ok_or(BookGone)?;
        tokio::task::yield_now().await;
        Ok(found.clone())
    }

    #[traced(name = "books.first", kind = "client")]
    fn first(&mut self) -> Option<&mut T> {
        self.shelf.first_mut()
    }
}

struct Shop(Books<u32>);

#[traced]
impl Shop {
    async fn sell(&self, at: usize) -> Result<u32, Error> {
        let book = self.0.find(at, None).await?;
        Ok(book + plain(2))
    }

    fn parse(&self, text: &str) -> Result<u32, std::num::ParseIntError> {
        text.parse()
    }

    fn words<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        text.split(' ')
    }
}

#[traced]
fn plain(n: u32) -> u32 {
    if n > 1 {
        return n * 2;
    }
    n
}

fn shop() -> Shop {
    Shop(Books { shelf: vec![40, 50] })
}

#[test]
fn spans_are_named_after_type_and_method_and_nest() {
    let seen = spans(|| assert_eq!(run(shop().sell(0)).ok(), Some(44)));
    let names: Vec<_> = seen.iter().map(|span| (span.name, span.parent)).collect();
    assert_eq!(
        names,
        [("Books::find", Some("Shop::sell")), ("plain", Some("Shop::sell")), ("Shop::sell", None),]
    );
}

#[test]
fn fields_are_the_named_ones_and_no_argument_by_itself() {
    let seen = spans(|| drop(run(shop().sell(1))));
    let expected = [("at", "1"), ("shelf.size", "2"), ("note", "short"), ("at_debug", "None")];
    assert_eq!(seen[0].fields, fields(&expected));
    assert_eq!(seen[2].fields, fields(&[]), "the argument is not recorded");
}

#[test]
fn an_error_is_recorded_by_its_reason() {
    let seen = spans(|| assert!(run(shop().sell(9)).is_err()));
    let [find, sell] = &seen[..] else { panic!("two spans: {seen:?}") };
    for span in [find, sell] {
        assert_eq!(span.fields.get("error.type").map(String::as_str), Some("\"BOOK_GONE\""));
        assert_eq!(span.fields.get("otel.status_code").map(String::as_str), Some("\"ERROR\""));
    }
}

#[test]
fn an_error_without_a_reason_is_recorded_by_its_type() {
    let seen = spans(|| assert!(shop().parse("x").is_err()));
    let expected = "\"core::num::error::ParseIntError\"";
    assert_eq!(seen[0].fields.get("error.type").map(String::as_str), Some(expected));
}

#[test]
fn plain_functions_keep_their_borrows_and_their_hidden_types() {
    let mut books = Books { shelf: vec![1_u8] };
    let seen = spans(|| {
        if let Some(first) = books.first() {
            *first = 7;
        }
        assert_eq!(shop().words("a b").count(), 2);
    });
    assert_eq!(books.shelf, [7]);
    let names: Vec<_> = seen.iter().map(|span| span.name).collect();
    assert_eq!(names, ["books.first", "Shop::words"]);
    assert_eq!(seen[0].fields, fields(&[("otel.kind", "\"client\"")]));
}

#[test]
fn nobody_listening_means_no_span_and_the_same_result() {
    assert_eq!(run(shop().sell(0)).ok(), Some(44));
}
