//! What can be put on a span: `#[field(traced = "user.id")]`, and `traced(...)` on a method.

use std::borrow::Cow;

pub use crate::__private::{Attribute, Attributes};

/// A value that can be put on a span: a plain value, an enum, a time, an `Option` or a list of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put on a span",
    label = "expected a number, `bool`, text, an enum or a time, or an `Option` or a list of them",
    note = "of a message, the fields that are `traced` themselves are put there",
    note = "in `traced(...)` of a method, `%value` and `?value` are put there as `Display` and `Debug` show them"
)]
pub trait Traced {
    /// The value of the attribute; `None` where there is none.
    #[doc(hidden)]
    fn attribute(&self) -> Option<Attribute>;
}

/// What may stand in a list on a span. Bytes may not, and so a list of `u8` is none.
#[diagnostic::on_unimplemented(
    message = "a list of `{Self}` cannot be put on a span",
    label = "expected a list of numbers, `bool`, texts, enums or times",
    note = "`Vec<u8>` is bytes, which have no place on a span"
)]
pub trait TracedItem: Traced {}

impl<T: Traced + ?Sized> Traced for &T {
    fn attribute(&self) -> Option<Attribute> {
        T::attribute(self)
    }
}

impl<T: TracedItem + ?Sized> TracedItem for &T {}

impl<T: Traced> Traced for Option<T> {
    fn attribute(&self) -> Option<Attribute> {
        self.as_ref()?.attribute()
    }
}

impl<T: TracedItem> Traced for [T] {
    fn attribute(&self) -> Option<Attribute> {
        Some(Attribute::list(self.iter().filter_map(Traced::attribute)))
    }
}

impl<T: TracedItem> Traced for Vec<T> {
    fn attribute(&self) -> Option<Attribute> {
        self[..].attribute()
    }
}

impl<T: TracedItem, const N: usize> Traced for [T; N] {
    fn attribute(&self) -> Option<Attribute> {
        self[..].attribute()
    }
}

/// `impl Traced` for types, by what makes an attribute of a reference to one.
macro_rules! traced {
    ($($($type:ty),* => |$value:ident| $attribute:expr;)*) => {
        $($(impl Traced for $type {
            fn attribute(&self) -> Option<Attribute> {
                let $value = self;
                $attribute
            }
        })*)*
    };
}

traced! {
    i8, i16, i32, i64, u8, u16, u32, u64 => |value| Some(Attribute::integer((*value).into()));
    isize, usize => |value| i128::try_from(*value).ok().map(Attribute::integer);
    f32 => |value| Some(Attribute::float(f64::from(*value)));
    f64 => |value| Some(Attribute::float(*value));
    bool => |value| Some(Attribute::bool(*value));
    str, String, Cow<'_, str> => |value| Some(Attribute::text(value));
}

macro_rules! items {
    ($($type:ty),*) => {
        $(impl TracedItem for $type {})*
    };
}

items!(i8, i16, i32, i64, u16, u32, u64, isize, usize, f32, f64, bool, str, String, Cow<'_, str>);
