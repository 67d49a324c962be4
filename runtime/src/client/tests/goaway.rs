//! Servers that do not begin a call and say so, frame by frame.

use tokio::io::AsyncWriteExt as _;

use super::*;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The server's end of a connection.
struct Peer(TcpStream);

impl Peer {
    async fn accept(listener: &TcpListener) -> Self {
        let (mut socket, _) = soon(listener.accept()).await.unwrap();
        soon(socket.read_exact(&mut [0; 24])).await.expect("the preface");
        let mut peer = Self(socket);
        peer.send(SETTINGS, 0, 0, &[]).await;
        peer
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        soon(self.0.write_all(&frame)).await.unwrap();
    }

    /// Waits until a stream is opened; its number.
    async fn opened(&mut self) -> u32 {
        loop {
            let mut head = [0; 9];
            soon(self.0.read_exact(&mut head)).await.expect("a frame");
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            soon(self.0.read_exact(&mut vec![0; length as usize])).await.expect("its payload");
            if head[3] == HEADERS {
                return u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            }
        }
    }

    /// A whole answer: a head and nothing else.
    async fn answer(&mut self, stream: u32) {
        const STATUS_200: u8 = 0x88;
        const END: u8 = 0x5;
        self.send(HEADERS, END, stream, &[STATUS_200]).await;
    }

    async fn refuse(&mut self, stream: u32, reason: u32) {
        self.send(RST_STREAM, 0, stream, &reason.to_be_bytes()).await;
    }

    async fn go_away(&mut self, last: u32, reason: u32) {
        let payload = [last.to_be_bytes(), reason.to_be_bytes()].concat();
        self.send(GOAWAY, 0, 0, &payload).await;
    }
}

async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(10 * SECOND, future).await.expect("it took too long")
}

#[tokio::test]
async fn a_call_beyond_the_last_stream_moves_on_and_the_one_before_it_ends() {
    for reason in [0, ENHANCE_YOUR_CALM] {
        let (listener, address) = listen().await;
        let server = tokio::spawn(async move {
            let mut old = Peer::accept(&listener).await;
            assert_eq!([old.opened().await, old.opened().await], [1, 3]);
            old.go_away(1, reason).await;
            let mut new = Peer::accept(&listener).await;
            assert_eq!(new.opened().await, 1);
            new.answer(1).await;
            assert_eq!(new.opened().await, 3, "the old connection gets no further calls");
            new.answer(3).await;
            old.answer(1).await;
            (old, new)
        });
        let transport = transport("grpc", address);
        let mut calls = tokio::task::JoinSet::new();
        let transport = std::sync::Arc::new(transport);
        for _ in 0..2 {
            let transport = std::sync::Arc::clone(&transport);
            calls.spawn(async move { call(&transport, 10 * SECOND, 100).await.map(|_| ()) });
        }
        soon(calls.join_next()).await.unwrap().unwrap().expect("the call that moved on");
        call(&transport, 10 * SECOND, 100).await.expect("a new call");
        soon(calls.join_next()).await.unwrap().unwrap().expect("the call that was under way");
        soon(server).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_call_is_sent_once_more_and_no_oftener() {
    for refusals in [1, 2] {
        let (listener, address) = listen().await;
        let server = tokio::spawn(async move {
            let mut peer = Peer::accept(&listener).await;
            for _ in 0..refusals {
                let stream = peer.opened().await;
                peer.refuse(stream, REFUSED_STREAM).await;
            }
            let stream = peer.opened().await;
            peer.answer(stream).await;
            peer
        });
        let transport = transport("grpc", address);
        let answer = call(&transport, 10 * SECOND, 100).await;
        match refusals {
            1 => assert!(answer.is_ok()),
            _ => {
                let error = answer.err().expect("two refusals");
                assert_eq!(error.grpc_code(), Code::Unavailable, "{error}");
                call(&transport, 10 * SECOND, 100).await.expect("the third stream is answered");
            }
        }
        soon(server).await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_of_requests_is_not_sent_again() {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        assert_eq!(peer.opened().await, 1);
        peer.refuse(1, REFUSED_STREAM).await;
        assert_eq!(peer.opened().await, 3);
        peer.answer(3).await;
        peer
    });
    let transport = transport("grpc", address);
    let body = Body::new(Full::new(Bytes::from_static(b"taken")));
    let request = crate::client::grpc::post(HeaderMap::new(), body);
    let deadline = Some(Instant::now() + 10 * SECOND);
    let error = transport
        .exchange(request, "/a.B/C", deadline, 100, &mut Outbound::default())
        .await
        .err()
        .unwrap();
    assert_eq!(error.grpc_code(), Code::Unavailable, "{error}");
    call(&transport, 10 * SECOND, 100).await.expect("another call");
    soon(server).await.unwrap();
}
