//! The example as a user starts it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Hello(Child);

impl Drop for Hello {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_says_hello_on_the_port_that_it_names() {
    let child = Command::new(env!("CARGO_BIN_EXE_hello"))
        .env("BIDENT_SERVER__ADDR", "127.0.0.1:0")
        .env("BIDENT_ADMIN__ADDR", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .expect("hello");
    let mut hello = Hello(child);
    let mut line = String::new();
    BufReader::new(hello.0.stdout.take().expect("its stdout"))
        .read_line(&mut line)
        .expect("a line");
    let address = line.strip_prefix("helloworld: http+grpc on ").expect(&line);
    let (address, _) = address.split_once(',').expect(&line);

    for (request, status, body) in [
        ("GET /helloworld/world HTTP/1.1", "200", r#"{"message":"Hello world"}"#),
        (
            "GET /helloworld/ghost HTTP/1.1",
            "404",
            r#"{"code":404,"reason":"USER_NOT_FOUND","message":"user ghost not found","metadata":{"name":"ghost"}}"#,
        ),
    ] {
        let mut socket = TcpStream::connect(address).expect("a connection");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        write!(socket, "{request}\r\nhost: hello\r\nconnection: close\r\n\r\n").expect("a request");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.ends_with(body), "{answer}");
    }
}
