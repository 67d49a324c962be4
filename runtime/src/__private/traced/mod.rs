//! What `#[traced]` expands to calls of: a span per call where somebody listens, and nearly nothing where nobody does.

#[cfg(all(test, feature = "telemetry"))]
mod tests;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Once, OnceLock};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::callsite::{self, Callsite, Identifier};
use tracing::field::{Field, FieldSet, Visit};
use tracing::level_filters::LevelFilter;
use tracing::metadata::{Kind, Metadata};
use tracing::subscriber::Interest;
use tracing::{Level, Span, Value, dispatcher};

use crate::error::Reason;

/// What the span is called.
pub enum Name {
    /// As written, or with the type that the macro saw.
    Fixed(&'static str),
    /// `Type::method` for the full path of `Self` and the method.
    Of(fn() -> &'static str, &'static str),
}

/// One traced function. Its name is made at the first call that is recorded.
pub struct Site {
    fields: &'static [&'static str],
    module: &'static str,
    file: &'static str,
    line: u32,
    metadata: OnceLock<Metadata<'static>>,
    registered: Once,
    interest: AtomicU8,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

impl Site {
    /// A site with these fields.
    pub const fn new(
        fields: &'static [&'static str],
        module: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self {
            fields,
            module,
            file,
            line,
            metadata: OnceLock::new(),
            registered: Once::new(),
            interest: AtomicU8::new(SOMETIMES),
        }
    }

    /// Whether this call gets a span. Within a call whose trace is not recorded this reads one thread-local.
    pub fn wanted(&'static self, name: Name) -> bool {
        if !cfg!(feature = "telemetry")
            || Level::INFO > LevelFilter::current()
            || !crate::call::sampled()
        {
            return false;
        }
        let metadata = self.metadata.get_or_init(|| self.make(name));
        self.registered.call_once(|| callsite::register(self));
        match self.interest.load(Ordering::Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => dispatcher::get_default(|current| current.enabled(metadata)),
        }
    }

    /// The span, with a value or none for every field. [`Site::wanted`] comes first.
    pub fn span<const N: usize>(&'static self, values: &[Option<&dyn Value>; N]) -> Span {
        let Some(metadata) = self.metadata.get() else { return Span::none() };
        let fields: Vec<_> = metadata.fields().iter().collect();
        let Ok(fields) = <[_; N]>::try_from(fields) else { return Span::none() };
        let mut integers = [None; N];
        for ((field, value), integer) in fields.iter().zip(values).zip(&mut integers) {
            if let Some(value) = value {
                value.record(field, &mut Integer(integer));
            }
        }
        let mut values = values.iter().zip(&integers).map(|(value, integer)| match integer {
            Some(integer) => Some(integer as &dyn Value),
            None => *value,
        });
        let pairs = fields.each_ref().map(|field| (field, values.next().flatten()));
        let values = metadata.fields().value_set(&pairs);
        match crate::call::current() {
            // Outside of any span of this task the call's own is the parent. It is entered and not named as such: where it
            // is disabled, or unknown to the layer that exports spans, to be named would make this one a root, and that
            // layer finds the parent in OpenTelemetry's current context.
            Some(call) if Span::current().is_none() => {
                call.span().in_scope(|| Span::new(metadata, &values))
            }
            _ => Span::new(metadata, &values),
        }
    }

    fn make(&'static self, name: Name) -> Metadata<'static> {
        let name = match name {
            Name::Fixed(name) => name,
            // Once per function and process.
            Name::Of(path, method) => format!("{}::{method}", short(path())).leak(),
        };
        let fields = FieldSet::new(self.fields, Identifier(self));
        let (file, line, module) = (Some(self.file), Some(self.line), Some(self.module));
        Metadata::new(name, self.module, Level::INFO, file, line, module, fields, Kind::SPAN)
    }
}

/// A number without a sign, or a wide one, where an `i64` holds it: what exports spans would make a text of it, for
/// OpenTelemetry has no other integers. It asks the value, whose type no macro knows.
struct Integer<'a>(&'a mut Option<i64>);

impl Visit for Integer<'_> {
    fn record_u64(&mut self, _: &Field, value: u64) {
        *self.0 = i64::try_from(value).ok();
    }

    fn record_u128(&mut self, _: &Field, value: u128) {
        *self.0 = i64::try_from(value).ok();
    }

    fn record_i128(&mut self, _: &Field, value: i128) {
        *self.0 = i64::try_from(value).ok();
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// `Books` for `shop::books::Books<shop::Store>`.
fn short(path: &str) -> &str {
    let path = path.trim_start_matches(['&', ' ']);
    let path = path.split_once('<').map_or(path, |(path, _)| path);
    path.rsplit_once("::").map_or(path, |(_, name)| name)
}

impl Callsite for Site {
    fn set_interest(&self, interest: Interest) {
        let interest = if interest.is_never() {
            NEVER
        } else if interest.is_always() {
            ALWAYS
        } else {
            SOMETIMES
        };
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        // Registered after its metadata is made.
        self.metadata.get().expect("a site is registered once its metadata is made")
    }
}

pin_project! {
    /// A body that runs inside a span.
    pub struct Traced<'a, F> {
        span: &'a Option<Span>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Traced<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.span.as_ref().map(Span::enter);
        this.future.poll(cx)
    }
}

/// The body of an `async fn`.
pub fn future<F: Future>(span: &Option<Span>, future: F) -> Traced<'_, F> {
    Traced { span, future }
}

/// The body of a plain function. That the closure runs once lets it return what it borrows.
pub fn enter<T>(span: &Option<Span>, body: impl FnOnce() -> T) -> T {
    let _entered = span.as_ref().map(Span::enter);
    body()
}

/// Stands for a value in code that is never run, to say its type.
pub fn unreached<T>() -> T {
    unreachable!("generated code asks for a type here, never for a value")
}

/// Notes an error on the span.
pub fn ended(span: &Span, error: Option<&str>) {
    if let Some(error) = error {
        span.record("error.type", error);
        span.record("otel.status_code", "ERROR");
    }
}

/// What a traced function returned. `error_type()` is its reason, else its error's type, else nothing: the compiler
/// takes the first that applies.
pub struct Probe<'a, T>(pub &'a T);

impl<'a, T, E: Reason> Probe<'a, Result<T, E>> {
    /// The reason.
    pub fn error_type(&self) -> Option<&'a str> {
        self.0.as_ref().err().map(Reason::reason)
    }
}

/// The type of an error that is no reason.
pub trait AnyError {
    /// Its full path.
    fn error_type(&self) -> Option<&'static str>;
}

impl<T, E> AnyError for Probe<'_, Result<T, E>> {
    fn error_type(&self) -> Option<&'static str> {
        self.0.is_err().then(std::any::type_name::<E>)
    }
}

/// What is no `Result` is no error.
pub trait NoError {
    /// `None`.
    fn error_type(&self) -> Option<&'static str> {
        None
    }
}

impl<T> NoError for &Probe<'_, T> {}
