//! WebSocket, for methods whose requests are a stream: one text frame a message, and control frames as Kratos v3 has them.
//!
//! | frame | says |
//! |---|---|
//! | text | one message; binary where the format is |
//! | text `\x1eend` | no more messages from here |
//! | text `\x1eerror:...` | an error; over it goes the error's JSON |
//! | close 1000, 1011, 1001 | the call ended well, with an error, because the server stops or the connection is old |
//! | close 1002, 1007, 1009 | what came was no WebSocket, no UTF-8, larger than a message may be |
//!
//! A call is accepted when its handler first asks for a message, or has answered: what is refused before has an HTTP status.
//! From then on a task of its own owns the socket and the call. It ends with either of them: the socket knows when its server
//! wants it closed, and fails when that is not heard.

mod handshake;
mod inbox;
mod session;

pub(crate) use handshake::{Handshake, upgrade_required};
pub(crate) use inbox::Inbox;
pub(crate) use session::{Leave, Socket};

/// What stands in front of the text of a control frame.
const END: &[u8] = b"\x1eend";
const ERROR: &[u8] = b"\x1eerror:";
