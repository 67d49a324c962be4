//! The other end of the socket: HTTP/1.1 by hand, HTTP/2 and gRPC taken apart.

use super::*;

/// Sends one request over HTTP/2; its answer, of which nothing has been taken.
pub(super) async fn ask(
    send: &mut h2::client::SendRequest<Bytes>,
    request: Request<Full<Bytes>>,
) -> Result<h2::client::ResponseFuture, h2::Error> {
    let (head, body) = request.into_parts();
    let mut ready = soon(send.clone().ready()).await?;
    let (answer, mut stream) = ready.send_request(Request::from_parts(head, ()), false)?;
    stream.send_data(soon(body.collect()).await.unwrap().to_bytes(), true)?;
    Ok(answer)
}

/// Takes all that is left of a body, opening its window.
pub(super) async fn take(mut body: h2::RecvStream) -> Result<usize, h2::Error> {
    let mut total = 0;
    while let Some(bytes) = soon(body.data()).await {
        let bytes = bytes?;
        total += bytes.len();
        body.flow_control().release_capacity(bytes.len())?;
    }
    soon(body.trailers()).await?;
    Ok(total)
}

pub(super) fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("http://test{path}")).body(Full::default()).unwrap()
}

/// HTTP/1.1 by hand.
pub(super) struct Plain(pub(super) TcpStream);

impl Plain {
    pub(super) async fn send(&mut self, bytes: &str) {
        soon(self.0.write_all(bytes.as_bytes())).await.unwrap();
    }

    /// One response: its head, and as many bytes as it says.
    pub(super) async fn response(&mut self) -> (String, String) {
        let mut bytes = Vec::new();
        loop {
            let byte = soon(self.0.read_u8()).await.expect("a response");
            bytes.push(byte);
            if bytes.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        let head = String::from_utf8(bytes).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        soon(self.0.read_exact(&mut body)).await.unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    pub(super) async fn closed(&mut self) -> bool {
        matches!(soon(self.0.read(&mut [0; 64])).await, Ok(0) | Err(_))
    }
}

pub(super) fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A gRPC answer taken apart.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) messages: Vec<Text>,
    pub(super) trailers: HeaderMap,
}

impl Answer {
    pub(super) fn grpc_status(&self) -> &str {
        let status = self.trailers.get("grpc-status").or(self.headers.get("grpc-status"));
        status.unwrap().to_str().unwrap()
    }

    pub(super) fn error(&self) -> Error {
        let said =
            if self.headers.contains_key("grpc-status") { &self.headers } else { &self.trailers };
        let details = crate::call::binaries(said, "grpc-status-details-bin").next().unwrap();
        let code = crate::Code::from_number(self.grpc_status().parse().unwrap());
        let message = said.get("grpc-message").map_or("", |m| m.to_str().unwrap()).to_owned();
        crate::error::details::decode(code, message, details, HeaderMap::new())
    }
}

pub(super) fn framed(message: &Text) -> Bytes {
    crate::message::encode_framed(message).unwrap()
}

pub(super) fn grpc_request(path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let request = Request::post(format!("http://test{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    request.body(Full::new(body)).unwrap()
}

pub(super) async fn take_apart(response: Response<hyper::body::Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = soon(body.collect()).await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    let bytes = body.to_bytes();
    let mut messages = Vec::new();
    let mut rest = &bytes[..];
    while let Some(([0, length @ ..], more)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes(*length) as usize;
        messages.push(crate::message::decode_slice(&more[..length]).unwrap());
        rest = &more[length..];
    }
    Answer { status: head.status, headers: head.headers, messages, trailers }
}

pub(super) async fn grpc(
    send: &mut http2::SendRequest<Full<Bytes>>,
    method: &str,
    message: &str,
) -> Answer {
    let request = grpc_request(&format!("/test.v1.Echo/{method}"), framed(&text(message)));
    take_apart(soon(send.send_request(request)).await.unwrap()).await
}
