//! What a handler says of the compression of its answer, and hears of its request's.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::surface::Encoding;

/// What a handler has said last, with what its caller reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    on: bool,
    /// What the head of the answer is to name; `Identity` where that is left to the surface.
    named: Encoding,
}

impl Said {
    /// What the head of the answer names, in place of `agreed` where the handler asked for compression in time.
    pub(crate) fn head(self, agreed: Encoding) -> Encoding {
        if self.named == Encoding::Identity { agreed } else { self.named }
    }

    /// What a message is compressed with in an answer whose head names `agreed` by itself.
    pub(crate) fn message(self, agreed: Encoding) -> Encoding {
        if self.on { self.head(agreed) } else { Encoding::Identity }
    }
}

/// What is said and heard in one call. It is one byte that is changed at once, so that no head names another encoding than
/// the messages behind it have, whichever task speaks.
#[derive(Default)]
pub(super) struct Compression {
    said: AtomicU8,
    /// Whether the request message last read was compressed.
    heard: AtomicBool,
}

/// The number of an encoding, 0 for none.
const NAMED: u8 = 0b00011;
const SAID: u8 = 0b00100;
const ON: u8 = 0b01000;
/// The head of the answer has left.
const LEFT: u8 = 0b10000;

impl Compression {
    /// Messages from now on are compressed or not. `readable` is what the caller reads: it is asked while the head can
    /// still name that.
    pub(super) fn say(&self, on: bool, readable: impl FnOnce() -> Encoding) {
        let open = self.said.load(Ordering::Relaxed) & (NAMED | LEFT) == 0;
        let named = if on && open { readable().number() } else { 0 };
        let change = |said: u8| {
            let kept = said & (NAMED | LEFT);
            Some(kept | SAID | if on { ON } else { 0 } | if kept == 0 { named } else { 0 })
        };
        // There is always something to change it to.
        let _ = self.said.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }

    #[inline]
    pub(super) fn said(&self) -> Option<Said> {
        read(self.said.load(Ordering::Relaxed))
    }

    /// The same, for the head of a stream, which leaves now.
    pub(super) fn leave(&self) -> Option<Said> {
        read(self.said.fetch_or(LEFT, Ordering::Relaxed))
    }

    pub(super) fn hear(&self, compressed: bool) {
        self.heard.store(compressed, Ordering::Relaxed);
    }

    pub(super) fn heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }
}

#[inline]
fn read(said: u8) -> Option<Said> {
    (said & SAID != 0).then(|| Said { on: said & ON != 0, named: Encoding::numbered(said & NAMED) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: fn() -> Encoding = || Encoding::Gzip;

    #[test]
    fn nothing_is_said_until_something_is() {
        let call = Compression::default();
        assert_eq!(call.said(), None);
        assert_eq!(call.leave(), None);
    }

    #[test]
    fn what_is_said_before_the_head_leaves_is_named_by_it_whatever_is_said_then() {
        let call = Compression::default();
        call.say(true, READ);
        call.say(false, READ);
        let head = call.leave().unwrap();
        assert_eq!(head.head(Encoding::Identity), Encoding::Gzip);
        assert_eq!(head.message(Encoding::Identity), Encoding::Identity);
        call.say(true, || unreachable!("it is known"));
        assert_eq!(call.said().unwrap().message(Encoding::Identity), Encoding::Gzip);
    }

    #[test]
    fn what_is_said_later_keeps_to_what_the_head_names() {
        let call = Compression::default();
        call.leave();
        call.say(true, || unreachable!("it is too late"));
        for agreed in [Encoding::Identity, Encoding::Deflate] {
            assert_eq!(call.said().unwrap().message(agreed), agreed);
        }
        call.say(false, READ);
        assert_eq!(call.said().unwrap().message(Encoding::Deflate), Encoding::Identity);
    }

    #[test]
    fn who_reads_nothing_compressed_gets_nothing_compressed() {
        let call = Compression::default();
        call.say(true, || Encoding::Identity);
        let said = call.leave().unwrap();
        assert_eq!(said.message(Encoding::Identity), Encoding::Identity);
    }
}
