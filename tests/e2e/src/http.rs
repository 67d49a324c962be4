//! Plain HTTP requests over HTTP/1.1 or h2c, each on a connection of its own unless it is given one.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::body::Pieces;
use crate::bounded;
use crate::connection::{Connection, Pending, Sender, Wire};

/// One request in the making.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Pieces,
    wire: Wire,
}

/// A request with a method and a path, over HTTP/1.1, without headers and without a body.
///
/// # Panics
/// When HTTP does not allow the method's name.
pub fn call(method: &str, path: &str) -> Call {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let (path, body) = (path.to_owned(), Pieces::whole(Bytes::new()));
    Call { method, path, headers: Vec::new(), body, wire: Wire::Http1 }
}

impl Call {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A body without a content type.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Pieces::whole(body.into());
        self
    }

    /// A body in JSON.
    #[must_use]
    pub fn json(self, body: impl Into<Bytes>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    /// A body that does not say its length.
    #[must_use]
    pub fn pieces<B: Into<Bytes>>(mut self, pieces: impl IntoIterator<Item = B>) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        self.body = Pieces { pieces, ..Pieces::default() };
        self
    }

    /// Never ends the body: the server gets its pieces and then waits.
    #[must_use]
    pub fn never_ending(mut self) -> Self {
        self.body.sized = false;
        self.body.open = true;
        self
    }

    /// Over this HTTP.
    #[must_use]
    pub fn over(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Sends the request and reads the whole answer.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, address: SocketAddr) -> Answer {
        let mut connection = Connection::open(address, self.wire).await;
        self.send_on(&mut connection).await
    }

    /// Sends the request; `None` where the server, or the client itself, refuses to go on.
    pub async fn try_send(&self, address: SocketAddr) -> Option<Answer> {
        let mut connection = Connection::open(address, self.wire).await;
        let exchange = self.exchange(&mut connection.sender, connection.address);
        bounded("an answer or a refusal", exchange).await.ok()
    }

    /// Sends the request on a connection that stays open.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send_on(&self, connection: &mut Connection) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        let exchange = self.exchange(&mut connection.sender, connection.address);
        bounded(&what, exchange).await.unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// Sends the request on a connection that may have ended: `None` where it was not sent any more, or where the server
    /// said that it takes no more streams and has not begun this one.
    ///
    /// # Panics
    /// When it was sent and there is no answer.
    pub async fn send_unless_closed(&self, connection: &mut Connection) -> Option<Answer> {
        let what = format!("{} {}", self.method, self.path);
        let exchange = self.exchange(&mut connection.sender, connection.address);
        match bounded(&what, exchange).await {
            Ok(answer) => Some(answer),
            Err(error) if error.is_canceled() || error.is_closed() || refused(&error) => None,
            Err(error) => panic!("{what}: {error:?}"),
        }
    }

    /// Sends the request; the answer may be waited for or not.
    pub async fn begin(self, address: SocketAddr) -> Pending<Answer> {
        let connection = Connection::open(address, self.wire).await;
        connection.begin(move |mut sender, address| async move {
            self.exchange(&mut sender, address).await.expect("an answer")
        })
    }

    async fn exchange(&self, sender: &mut Sender, address: SocketAddr) -> hyper::Result<Answer> {
        let mut request =
            Request::builder().method(&self.method).uri(sender.target(address, &self.path));
        if matches!(sender, Sender::Http1(_)) {
            request = request.header("host", address.to_string());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(self.body.clone()).expect("a request");
        let (head, body) = sender.send(request).await?.into_parts();
        let body = body.collect().await?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes(), trailers })
    }
}

/// Whether a GOAWAY without an error took the stream back.
fn refused(error: &hyper::Error) -> bool {
    let source =
        std::error::Error::source(error).and_then(|error| error.downcast_ref::<h2::Error>());
    source.is_some_and(|error| {
        error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
    })
}

/// A whole HTTP answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The trailers.
    pub trailers: HeaderMap,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The status and the reason of an error.
    pub fn failure(&self) -> (u16, String) {
        let reason = self.json()["reason"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), reason)
    }
}
