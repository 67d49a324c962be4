//! `chrono::DateTime<Utc>` as a Timestamp and `chrono::TimeDelta` as a Duration.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserializer, Serializer};

use crate::message::time::{Epoch, Timed, Which, out_of_range, timed_values, upward};
use crate::message::time_text::Stamp;
use crate::message::wire::{len_size, write_varint};
use crate::message::{Dialect, Fault, JsonCx, Kind, Raw, Single, Types, Value, WireCx, WireType};

timed_values! { DateTime<Utc> TimeDelta }

impl Epoch for DateTime<Utc> {
    const EPOCH: Self = Self::UNIX_EPOCH;
}

impl Epoch for TimeDelta {
    const EPOCH: Self = Self::zero();
}

impl Timed for DateTime<Utc> {
    const WHICH: Which = Which::Timestamp;

    fn to_stamp(&self) -> Stamp {
        // A leap second of chrono's reads as the last nanosecond before it: a Timestamp has none.
        let nanos = self.timestamp_subsec_nanos().min(999_999_999).cast_signed();
        Stamp { seconds: self.timestamp(), nanos }
    }

    fn from_stamp(stamp: Stamp) -> Result<Self, Fault> {
        Self::from_timestamp(stamp.seconds, upward(stamp.nanos)?).ok_or_else(out_of_range)
    }
}

impl Timed for TimeDelta {
    const WHICH: Which = Which::Duration;

    fn to_stamp(&self) -> Stamp {
        Stamp { seconds: self.num_seconds(), nanos: self.subsec_nanos() }
    }

    fn from_stamp(stamp: Stamp) -> Result<Self, Fault> {
        let seconds = Self::try_seconds(stamp.seconds).ok_or_else(out_of_range)?;
        seconds.checked_add(&Self::nanoseconds(stamp.nanos.into())).ok_or_else(out_of_range)
    }
}
