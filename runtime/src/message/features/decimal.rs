//! `rust_decimal::Decimal` as a string, which keeps its digits; the empty string is zero.

use rust_decimal::Decimal;
use serde::{Deserializer, Serializer};

use crate::message::format::Plain;
use crate::message::{Dialect, Fault, JsonCx, Kind, Raw, Types, Value, WireCx, WireType};

super::text_value!(Decimal, Decimal::ZERO, "a decimal number", |value| value.is_zero()
    && value.scale() == 0);
