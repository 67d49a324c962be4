//! `jiff::Timestamp` as a Timestamp and `jiff::SignedDuration` as a Duration.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserializer, Serializer};

use crate::message::time::{Epoch, Timed, Which, out_of_range, timed_values, upward};
use crate::message::time_text::Stamp;
use crate::message::wire::{len_size, write_varint};
use crate::message::{Dialect, Fault, JsonCx, Kind, Raw, Single, Types, Value, WireCx, WireType};

timed_values! { Timestamp SignedDuration }

impl Epoch for Timestamp {
    const EPOCH: Self = Self::UNIX_EPOCH;
}

impl Epoch for SignedDuration {
    const EPOCH: Self = Self::ZERO;
}

impl Timed for Timestamp {
    const WHICH: Which = Which::Timestamp;

    fn to_stamp(&self) -> Stamp {
        // Before the epoch jiff counts the nanoseconds downwards from the second, a Timestamp upwards.
        let (seconds, nanos) = (self.as_second(), self.subsec_nanosecond());
        match nanos < 0 {
            true => Stamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 },
            false => Stamp { seconds, nanos },
        }
    }

    fn from_stamp(stamp: Stamp) -> Result<Self, Fault> {
        let nanos = upward(stamp.nanos)?.cast_signed();
        Self::new(stamp.seconds, nanos).map_err(|_| out_of_range())
    }
}

impl Timed for SignedDuration {
    const WHICH: Which = Which::Duration;

    fn to_stamp(&self) -> Stamp {
        Stamp { seconds: self.as_secs(), nanos: self.subsec_nanos() }
    }

    fn from_stamp(stamp: Stamp) -> Result<Self, Fault> {
        let nanos = Self::from_nanos(stamp.nanos.into());
        Self::from_secs(stamp.seconds).checked_add(nanos).ok_or_else(out_of_range)
    }
}
