//! The base64 of `application/grpc-web-text`, in which padding may stand after any group of four.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bident::__fuzzing::web_text as read_text;
use futures_util::FutureExt as _;

use crate::body;

/// The most bytes of a body.
const LIMIT: usize = 1 << 20;

/// An input is a byte for the size of the pieces, and a body in base64.
pub fn web_text(data: &[u8]) {
    let [size, text @ ..] = data else { return };
    let size = usize::from(*size);
    let whole = read(text, 0);
    assert_eq!(whole, read(text, size), "in pieces of {size}");
    if text.len().is_multiple_of(4) {
        let groups = text.chunks(4).map(|group| BASE64_STANDARD.decode(group).ok());
        let plainly: Option<Vec<Vec<u8>>> = groups.collect();
        assert_eq!(whole.ok(), plainly.map(|groups| groups.concat()), "group by group");
    }
    // Flushed after every few bytes, and once.
    for flushed in [size.max(1), text.len().max(1)] {
        let written: String = text.chunks(flushed).map(|it| BASE64_STANDARD.encode(it)).collect();
        assert_eq!(read(written.as_bytes(), size), Ok(text.to_vec()));
    }
}

fn read(text: &[u8], size: usize) -> Result<Vec<u8>, u16> {
    let collected = read_text(body(text, size)).collect(LIMIT).now_or_never();
    match collected.expect("a body that is there") {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(error) => {
            assert!(matches!(error.code(), 400 | 413), "{error:?}");
            Err(error.code())
        }
    }
}
