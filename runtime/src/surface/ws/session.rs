//! A socket and its call, until either ends.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream as _;
use futures_sink::Sink as _;
use http::Response;
use http_body::Body;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Utf8Bytes};

use super::{END, ERROR, Handshake, Inbox};
use crate::call::BoxFuture;
use crate::error::{BoxError, reasons};
use crate::surface::envelope::Envelopes;
use crate::surface::rest::{FAILED, TEXT, error_json};
use crate::{Error, Result};

/// How long a peer may be silent before it is sent a ping: proxies close what says nothing. No answer is waited for, since
/// there are clients that read only when they want a message.
const QUIET: Duration = Duration::from_secs(30);
/// How long a call goes on whose caller has closed the socket: enough to take note that there will be no more messages.
const GOODBYE: Duration = Duration::from_millis(50);
/// How long a peer may take to answer a close.
const FAREWELL: Duration = Duration::from_secs(1);
/// How many messages are written before the socket is read again.
const BURST: usize = 64;
/// The most text that a close has room for.
const CLOSE_TEXT: usize = 123;

/// Whether the server wants its sockets closed, so that they end in order before it stops.
#[derive(Clone)]
pub(crate) struct Leave(pub(crate) Arc<dyn Fn() -> bool + Send + Sync>);

/// A call that is to have a socket.
pub(crate) struct Socket {
    pub(crate) handshake: Handshake,
    pub(crate) upgrade: OnUpgrade,
    pub(crate) leave: Option<Leave>,
    pub(crate) inbox: Arc<Inbox>,
    /// The most bytes of a message.
    pub(crate) limit: usize,
}

impl Socket {
    /// Gives the answer that changes the protocol, and the task that owns the socket from then on.
    pub(crate) fn accept<B>(
        self,
        call: BoxFuture<'static, Response<B>>,
    ) -> (Response<()>, impl Future<Output = ()> + Send + 'static)
    where
        B: Body<Data = Bytes, Error = BoxError> + Send + Unpin + 'static,
    {
        let Self { handshake, upgrade, leave, inbox, limit } = self;
        let task = async move {
            // A connection that broke before has no call any more.
            let Ok(upgraded) = upgrade.await else { return };
            let config = WebSocketConfig::default()
                .read_buffer_size(8 * 1024)
                .write_buffer_size(16 * 1024)
                .max_message_size(Some(limit))
                .max_frame_size(Some(limit));
            let io = TokioIo::new(upgraded);
            let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
            let session = Session {
                socket,
                inbox,
                leave,
                limit,
                answer: Answer::Awaited(call),
                cut: Envelopes::new(usize::MAX),
                heard: true,
                parting: None,
                fault: CloseCode::Error,
                quiet: Box::pin(sleep_until(Instant::now() + QUIET)),
            };
            session.run().await;
        };
        (handshake.answer(()), task)
    }
}

/// How a session ends.
enum Ended {
    /// All messages of the answer have been written.
    Well,
    /// With this error.
    Failed(Bytes),
    /// The server stops, or the connection is too old.
    Leaving,
    /// Nobody is there any more.
    Gone,
}

/// What the call answers.
enum Answer<B> {
    Awaited(BoxFuture<'static, Response<B>>),
    Messages(B),
    /// One whole error.
    Error(B),
}

struct Session<B> {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    inbox: Arc<Inbox>,
    leave: Option<Leave>,
    limit: usize,
    answer: Answer<B>,
    /// The messages of the answer that came together.
    cut: Envelopes,
    /// Whether the peer can still be heard.
    heard: bool,
    /// The time that the call has left, and what the peer did that its answer may be lost.
    parting: Option<(Pin<Box<Sleep>>, Ended)>,
    /// What an error closes with: the call's own, unless what the peer sent was no WebSocket.
    fault: CloseCode,
    quiet: Pin<Box<Sleep>>,
}

impl<B: Body<Data = Bytes, Error = BoxError> + Send + Unpin> Session<B> {
    async fn run(mut self) {
        let ended = poll_fn(|cx| self.poll(cx)).await;
        // The handler, or what is left of it, is over before its caller is told.
        let Self { mut socket, answer, inbox, fault, .. } = self;
        drop((answer, inbox));
        let closing = match ended {
            Ended::Gone => {
                // The answer to a close may be on its way yet.
                let flushed = poll_fn(|cx| Pin::new(&mut socket).poll_flush(cx));
                let _ = timeout(FAREWELL, flushed).await;
                return;
            }
            Ended::Well => CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() },
            Ended::Leaving => {
                let error =
                    Error::unavailable(reasons::UNAVAILABLE, "the server closes this socket")
                        .expose();
                let closing = closing(CloseCode::Away, &error_json(&error));
                let _ = put(&mut socket, control(&error_json(&error))).await;
                closing
            }
            Ended::Failed(error) => {
                let _ = put(&mut socket, control(&error)).await;
                closing(fault, &error)
            }
        };
        if put(&mut socket, Message::Close(Some(closing))).await.is_err() {
            return;
        }
        // What the peer has sent by then is read, so that nothing which was sent to it is lost.
        let answered = poll_fn(|cx| {
            while let Some(Ok(_)) = ready!(Pin::new(&mut socket).poll_next(cx)) {}
            Poll::Ready(())
        });
        let _ = timeout(FAREWELL, answered).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        if self.leave.as_ref().is_some_and(|leave| leave.0()) {
            return Poll::Ready(Ended::Leaving);
        }
        if let Poll::Ready(gone) = self.hear(cx) {
            return Poll::Ready(gone);
        }
        let more = match self.say(cx) {
            Poll::Ready(Some(ended)) => return Poll::Ready(ended),
            Poll::Ready(None) => true,
            Poll::Pending => false,
        };
        if self.can_write() && self.quiet.as_mut().poll(cx).is_ready() {
            self.awake();
            // Asked for again, so that somebody waits for the next time.
            let _ = self.quiet.as_mut().poll(cx);
            if Pin::new(&mut self.socket).start_send(Message::Ping(Bytes::new())).is_err() {
                return Poll::Ready(Ended::Gone);
            }
        }
        // The answer to a close goes this way too.
        if let Poll::Ready(Err(_)) = Pin::new(&mut self.socket).poll_flush(cx) {
            return Poll::Ready(Ended::Gone);
        }
        if let Some((time, _)) = &mut self.parting
            && time.as_mut().poll(cx).is_ready()
            && let Some((_, ended)) = self.parting.take()
        {
            return Poll::Ready(ended);
        }
        if more {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// After a close nothing may be sent.
    fn can_write(&self) -> bool {
        !matches!(self.parting, Some((_, Ended::Gone)))
    }

    fn awake(&mut self) {
        self.quiet.as_mut().reset(Instant::now() + QUIET);
    }

    /// Takes in what the peer sends, as far as there is room for it. Ready where that ends the session.
    fn hear(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        while self.heard && self.inbox.poll_room(cx).is_ready() {
            let Some(heard) = ready!(Pin::new(&mut self.socket).poll_next(cx)) else {
                return Poll::Ready(Ended::Gone);
            };
            self.awake();
            match heard {
                Ok(Message::Text(text)) => self.message(text.into()),
                // A control frame is text: bytes of a file may begin as they like.
                Ok(Message::Binary(bytes)) => self.inbox.push(bytes),
                Ok(Message::Close(frame)) => {
                    let code = frame.map_or(CloseCode::Status, |frame| frame.code);
                    if matches!(code, CloseCode::Normal | CloseCode::Away) {
                        self.inbox.end(Ok(()));
                        self.part(GOODBYE, Ended::Gone);
                    } else {
                        self.part(Duration::ZERO, Ended::Gone);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let Some((code, error)) = refusal(&error, self.limit) else {
                        return Poll::Ready(Ended::Gone);
                    };
                    self.fault = code;
                    let told = error_json(&error).into();
                    self.inbox.end(Err(error));
                    self.part(FAREWELL, Ended::Failed(told));
                }
            }
        }
        Poll::Pending
    }

    fn message(&self, bytes: Bytes) {
        if bytes[..] == *END {
            self.inbox.end(Ok(()));
        } else if let Some(text) = bytes.strip_prefix(ERROR) {
            let text = String::from_utf8_lossy(text).into_owned();
            self.inbox.end(Err(Error::new(499, reasons::CANCELLED, text)));
        } else {
            self.inbox.push(bytes);
        }
    }

    /// The peer will not be heard any more; its call may have a little longer.
    fn part(&mut self, time: Duration, ended: Ended) {
        self.heard = false;
        self.parting = Some((Box::pin(sleep_until(Instant::now() + time)), ended));
    }

    /// Sends what the call answers, as far as the peer takes it. Ready with nothing where there is more.
    fn say(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ended>> {
        for _ in 0..BURST {
            let write = self.can_write();
            if write && ready!(Pin::new(&mut self.socket).poll_ready(cx)).is_err() {
                return Poll::Ready(Some(Ended::Gone));
            }
            let message = match ready!(self.poll_answer(cx)) {
                Ok(message) => message,
                Err(ended) if write => return Poll::Ready(Some(ended)),
                Err(_) => return Poll::Ready(Some(Ended::Gone)),
            };
            if write && Pin::new(&mut self.socket).start_send(message).is_err() {
                return Poll::Ready(Some(Ended::Gone));
            }
        }
        Poll::Ready(None)
    }

    /// The next message of the answer, or how it ended.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Ended>> {
        loop {
            if let Ok(Some((kind, bytes))) = self.cut.next() {
                return Poll::Ready(match (kind, Utf8Bytes::try_from(bytes.clone())) {
                    (FAILED, _) => Err(Ended::Failed(bytes)),
                    (TEXT, Ok(text)) => Ok(Message::Text(text)),
                    _ => Ok(Message::Binary(bytes)),
                });
            }
            let body = match &mut self.answer {
                Answer::Awaited(call) => {
                    let response = ready!(call.as_mut().poll(cx));
                    let well = response.status().is_success();
                    let body = response.into_body();
                    self.answer = if well { Answer::Messages(body) } else { Answer::Error(body) };
                    continue;
                }
                Answer::Messages(body) | Answer::Error(body) => body,
            };
            let frame = ready!(Pin::new(body).poll_frame(cx));
            match frame.map(|frame| frame.map(http_body::Frame::into_data)) {
                Some(Ok(Ok(error))) if matches!(self.answer, Answer::Error(_)) => {
                    return Poll::Ready(Err(Ended::Failed(error)));
                }
                Some(Ok(Ok(messages))) => self.cut.push(messages),
                Some(Ok(Err(_trailers))) => {}
                None => return Poll::Ready(Err(Ended::Well)),
                Some(Err(_)) => return Poll::Ready(Err(Ended::Gone)),
            }
        }
    }
}

/// Sends one message. A peer that takes nothing is the connection's to end.
async fn put(
    socket: &mut WebSocketStream<TokioIo<Upgraded>>,
    message: Message,
) -> Result<(), tungstenite::Error> {
    poll_fn(|cx| Pin::new(&mut *socket).poll_ready(cx)).await?;
    Pin::new(&mut *socket).start_send(message)?;
    poll_fn(|cx| Pin::new(&mut *socket).poll_flush(cx)).await
}

/// The frame that tells of an error.
fn control(error: &[u8]) -> Message {
    Message::text(String::from_utf8_lossy(&[ERROR, error].concat()).into_owned())
}

/// A close that names the error's reason.
fn closing(code: CloseCode, error: &[u8]) -> CloseFrame {
    let error: serde_json::Value = serde_json::from_slice(error).unwrap_or_default();
    let reason = error["reason"].as_str().filter(|reason| reason.len() <= CLOSE_TEXT);
    CloseFrame { code, reason: reason.unwrap_or_default().into() }
}

/// What was wrong with what the peer sent, and the close for it; `None` where the peer is simply gone.
fn refusal(error: &tungstenite::Error, limit: usize) -> Option<(CloseCode, Error)> {
    use tungstenite::Error as Fault;
    use tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
    match error {
        Fault::Capacity(_) => Some((CloseCode::Size, Error::body_too_large(limit))),
        Fault::Protocol(ResetWithoutClosingHandshake) => None,
        Fault::Protocol(_) => Some((CloseCode::Protocol, Error::codec(format!("{error}")))),
        Fault::Utf8(_) => Some((CloseCode::Invalid, Error::codec(format!("{error}")))),
        _ => None,
    }
}
