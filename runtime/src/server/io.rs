//! The socket as hyper sees it: bytes pass through, and the first ones of a request are noticed, as is a peer that
//! does not take what is sent, or has gone while nobody reads what it sent.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::connections::Entered;
use super::state::{Order, Phase, State};

/// What HTTP/2 connections start with.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How much of it tells HTTP/2 from every HTTP/1.1 request.
const TELLING: usize = 4;

/// How much is kept of what nobody has asked for yet, and how much of that is read at once.
const AHEAD: usize = 16 * 1024;
const PIECE: usize = 4 * 1024;

/// What bytes go through: the socket itself, or TLS on it.
pub(super) enum Socket {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

/// Does the same with either.
macro_rules! on_either {
    ($socket:expr, $io:ident => $does:expr) => {
        match $socket {
            Socket::Plain($io) => $does,
            #[cfg(feature = "tls")]
            Socket::Tls($io) => $does,
        }
    };
}

/// A socket that tells its connection's state what arrives. Where the user's routes change the protocol it becomes theirs,
/// and goes on counting as a connection of the server until they drop it.
pub(super) struct Watched {
    socket: Socket,
    entered: Entered,
    _permit: OwnedSemaphorePermit,
    /// What was read to tell the protocol, and how much of it hyper has had.
    sniffed: [u8; PREFACE.len()],
    length: u8,
    replayed: u8,
    /// How many bytes of HTTP/2's preface are still to come.
    preface: u8,
    asked: Asked,
    /// What has been read before hyper asked for it.
    ahead: BytesMut,
}

/// Which way bytes go: each may be waited for by a task of its own.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Read = 0,
    Write = 1,
}

/// What hyper got when it asked for bytes, since it last flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It has not asked.
    Nothing,
    /// As much as it had room for.
    Much,
    /// All that was there.
    All,
    /// None so far: it waits for them.
    Pending,
}

/// Who waits for a socket that has become the user's.
#[derive(Default)]
pub(super) struct Switched(Mutex<[Option<Waker>; 2]>);

impl Switched {
    fn wait(&self, waker: &Waker, direction: Direction) {
        let waiting = &mut self.lock()[direction as usize];
        match waiting {
            Some(known) => known.clone_from(waker),
            None => *waiting = Some(waker.clone()),
        }
    }

    pub(super) fn wake(&self) {
        let waiting = std::mem::take(&mut *self.lock());
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, [Option<Waker>; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which protocol a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoken {
    Http1,
    Http2,
}

impl Watched {
    pub(super) fn new(socket: Socket, entered: Entered, permit: OwnedSemaphorePermit) -> Self {
        Self {
            socket,
            entered,
            _permit: permit,
            sniffed: [0; PREFACE.len()],
            length: 0,
            replayed: 0,
            preface: 0,
            asked: Asked::Nothing,
            ahead: BytesMut::new(),
        }
    }

    fn state(&self) -> &State {
        &self.entered.state
    }

    /// An error once what has switched must end. While it is still hyper's, the connection's task sees to that.
    #[inline]
    fn go_on(&self, cx: &Context<'_>, direction: Direction) -> io::Result<()> {
        match self.state().switched() {
            None => Ok(()),
            Some(switched) => self.go_on_switched(switched, cx, direction),
        }
    }

    #[cold]
    fn go_on_switched(
        &self,
        switched: &Switched,
        cx: &Context<'_>,
        direction: Direction,
    ) -> io::Result<()> {
        switched.wait(cx.waker(), direction);
        if self.state().order() < Order::Abort {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the server has stopped"))
    }

    /// Reads as many bytes as it takes to tell the protocol; hyper gets them first. `None` where the peer closed before.
    pub(super) fn poll_sniff(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Spoken>>> {
        loop {
            let mut buffer = ReadBuf::new(&mut self.sniffed);
            buffer.set_filled(usize::from(self.length));
            let before = buffer.filled().len();
            let socket = &mut self.socket;
            ready!(on_either!(socket, io => Pin::new(io).poll_read(cx, &mut buffer)))?;
            let read = buffer.filled();
            if read.len() == before {
                return Poll::Ready(Ok(None));
            }
            if before == 0 {
                self.entered.state.set_phase(Phase::Reading);
            }
            let spoken = match read.len() {
                length if read[..] != PREFACE[..length] => Spoken::Http1,
                length if length >= TELLING => Spoken::Http2,
                _ => {
                    self.length = read.len() as u8;
                    continue;
                }
            };
            self.length = read.len() as u8;
            if spoken == Spoken::Http2 {
                self.state().set_http2();
                self.preface = PREFACE.len() as u8;
                self.passed_preface(usize::from(self.length));
            }
            return Poll::Ready(Ok(Some(spoken)));
        }
    }

    fn poll_socket(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The socket wakes the task itself: it has nothing that could be held back.
        let cx = &mut Context::from_waker(self.entered.state.task().unwrap_or(cx.waker()));
        on_either!(&mut self.socket, io => Pin::new(io).poll_read(cx, buffer))
    }

    /// Over HTTP/1 hyper reads no further than a handler asks it to, and is told not to look for the peer's end: see
    /// [`Speech`](super::conn::Speech). So that is noticed here, with bytes that hyper gets when it asks for them. A peer that
    /// has sent more than is kept is heard of no earlier than its bytes are read.
    #[cold]
    fn read_ahead(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.ahead.len() < AHEAD {
            let mut piece = [MaybeUninit::uninit(); PIECE];
            let mut buffer = ReadBuf::uninit(&mut piece);
            let Poll::Ready(read) = self.poll_socket(cx, &mut buffer) else { break };
            read?;
            if buffer.filled().is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the peer has gone"));
            }
            self.ahead.extend_from_slice(buffer.filled());
            // Should hyper have asked for them earlier, it asks again.
            cx.waker().wake_by_ref();
        }
        Ok(())
    }

    /// HTTP/2: a connection whose preface is complete is idle until a stream opens.
    fn passed_preface(&mut self, bytes: usize) {
        if self.preface > 0 {
            self.preface = self.preface.saturating_sub(bytes.min(PREFACE.len()) as u8);
            if self.preface == 0 {
                self.state().set_phase(Phase::Idle);
            }
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.go_on(cx, Direction::Read)?;
        let this = &mut *self;
        if this.replayed < this.length {
            let left = &this.sniffed[usize::from(this.replayed)..usize::from(this.length)];
            let now = left.len().min(buffer.remaining());
            buffer.put_slice(&left[..now]);
            this.replayed += now as u8;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        if this.ahead.is_empty() {
            let polled = this.poll_socket(cx, buffer);
            this.asked = match polled {
                Poll::Pending => Asked::Pending,
                _ if buffer.remaining() == 0 => Asked::Much,
                _ => Asked::All,
            };
            ready!(polled)?;
        } else {
            let now = this.ahead.len().min(buffer.remaining());
            buffer.put_slice(&this.ahead[..now]);
            this.ahead.advance(now);
            this.asked = Asked::Much;
        }
        let read = buffer.filled().len() - before;
        if read > 0 {
            let state = this.state();
            if state.http2() {
                this.passed_preface(read);
            } else if matches!(state.phase(), Phase::Idle | Phase::Fresh)
                && state.switched().is_none()
            {
                state.set_phase(Phase::Reading);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.go_on(cx, Direction::Write)?;
        let polled = on_either!(&mut self.socket, io => Pin::new(io).poll_write(cx, bytes));
        self.state().wrote(polled.is_pending());
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.go_on(cx, Direction::Write)?;
        let polled =
            on_either!(&mut self.socket, io => Pin::new(io).poll_write_vectored(cx, pieces));
        self.state().wrote(polled.is_pending());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        on_either!(&self.socket, io => io.is_write_vectored())
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes whenever it has done all that it can.
        match std::mem::replace(&mut self.asked, Asked::Nothing) {
            Asked::Pending => {}
            _ if !self.state().is_called() => {}
            // It may ask for more first.
            Asked::Much => cx.waker().wake_by_ref(),
            Asked::All | Asked::Nothing => self.read_ahead(cx)?,
        }
        match &mut self.socket {
            Socket::Plain(io) => Pin::new(io).poll_flush(cx),
            #[cfg(feature = "tls")]
            Socket::Tls(io) => {
                // Records that were taken and not sent wait in the session: the socket had no room for them.
                let polled = Pin::new(io).poll_flush(cx);
                if polled.is_pending() || self.state().blocked() {
                    self.state().wrote(polled.is_pending());
                }
                polled
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_either!(&mut self.socket, io => Pin::new(io).poll_shutdown(cx))
    }
}
