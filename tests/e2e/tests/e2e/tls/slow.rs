//! Peers that are slow to take what is sent: bytes wait in the session too, where the socket has no room.

use super::*;

/// Asks for the large answer and reads no more of it than its first byte.
async fn asked(app: &Running, authority: &Authority) -> TlsStream<TcpStream> {
    let mut stream = connect(app.addr, authority, &["http/1.1"]).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0];
    bounded("an answer", stream.read_exact(&mut first)).await.unwrap();
    stream
}

/// Connects, is served, and waits until its connection is closed.
async fn idle_until_closed(app: &Running, authority: &Authority) {
    let mut idle = connect(app.addr, authority, &["http/1.1"]).await.unwrap();
    idle.write_all(b"GET /notes/x HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A close without TLS's own farewell is told as an error.
    let _ = bounded("the end", idle.read_to_end(&mut answer)).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// How many bytes there are until the connection ends.
async fn rest(mut stream: TlsStream<TcpStream>) -> usize {
    let mut taken = Vec::new();
    let _ = bounded("the rest", stream.read_to_end(&mut taken)).await;
    taken.len()
}

#[tokio::test]
async fn a_stop_waits_for_what_is_still_being_sent() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "").await;
    let stream = asked(&app, &authority).await;
    let idle = connect(app.addr, &authority, &["http/1.1"]).await.unwrap();

    let server = app.server.clone();
    let stop = tokio::spawn(async move { server.stop().await });
    // The stop has got as far as closing what is idle.
    assert_eq!(rest(idle).await, 0);
    assert!(rest(stream).await > LARGE);
    bounded("the stop", stop).await.unwrap();
    app.ended().await.unwrap();
}

#[tokio::test]
async fn who_takes_nothing_is_given_up() {
    let authority = Authority::new();
    let folder = Folder::with(&authority);
    let app = serve(&folder, "  idle_timeout: 300ms\n").await;
    let stream = asked(&app, &authority).await;
    for _ in 0..4 {
        idle_until_closed(&app, &authority).await;
    }
    assert!(rest(stream).await < LARGE);
    app.stop().await.unwrap();
}
