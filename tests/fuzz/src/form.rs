//! Forms with files: `multipart/form-data` as a stream of parts.

use std::sync::LazyLock;

use bident::__fuzzing::{Binding, Bindings};
use bident::FormPart;
use bident::message::Message as _;
use bident::service::{BindingSpec, MethodSpec, Shape};
use futures_util::FutureExt as _;
use http::Request;

use crate::body;

/// The most bytes of one message, so that parts of a few kilobytes come in pieces.
const LIMIT: usize = 1 << 8;

static METHOD: MethodSpec = MethodSpec {
    bindings: &[BindingSpec { verb: "POST", path: "/", body: Some("*"), response_body: None }],
    shape: Shape::ClientStream,
    ..MethodSpec::new("Form", "/fuzz.v1.Fuzz/Form", FormPart::describe, FormPart::describe)
};

static BINDING: LazyLock<Binding> = LazyLock::new(|| {
    let request = Request::post("/").header("content-type", "multipart/form-data; boundary=x");
    let request = request.body(()).expect("a request");
    let bindings = Bindings::new(&METHOD).expect("a binding");
    bindings.of(&request).expect("a route").1
});

/// An input is a byte for the size of the pieces, and a form whose boundary is `x`.
pub fn form(data: &[u8]) {
    let [size, form @ ..] = data else { return };
    let whole = read(form, 0);
    assert_eq!(whole, read(form, usize::from(*size).max(1)), "in pieces of {size}");
    for part in &whole.0 {
        let mut there = form.windows(part.data.len().max(1));
        assert!(part.data.is_empty() || there.any(|bytes| bytes == part.data));
        assert!(!part.data.windows(5).any(|bytes| bytes == b"\r\n--x"), "a boundary is no data");
    }
}

/// The parts that came whole, their pieces put together, and the code of what ended the form.
fn read(form: &[u8], size: usize) -> (Vec<FormPart>, Option<u16>) {
    let mut items = BINDING.requests::<FormPart>(body(form, size), LIMIT).expect("a boundary");
    let (mut parts, mut open) = (Vec::new(), None::<FormPart>);
    while let Some(item) = items.next().now_or_never().expect("a body that is there") {
        let piece = match item {
            Ok(piece) => piece,
            Err(error) => {
                assert!(matches!(error.code(), 400 | 413), "{error:?}");
                return (parts, Some(error.code()));
            }
        };
        assert!(piece.data.len() <= LIMIT);
        let mut part =
            open.take().unwrap_or(FormPart { data: Default::default(), ..piece.clone() });
        part.data = [&part.data[..], &piece.data].concat().into();
        part.more = piece.more;
        if part.more {
            open = Some(part);
        } else {
            parts.push(part);
        }
    }
    assert!(open.is_none(), "a part that goes on is not the last");
    (parts, None)
}
