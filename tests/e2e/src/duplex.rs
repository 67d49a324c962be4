//! One request whose body is fed while its answer is read: both directions are seen as they happen.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::task::JoinHandle;

use crate::body::{Feed, Pieces};
use crate::bounded;
use crate::connection::{Connection, Driver, Wire};

/// A request under way, alone on its connection.
#[derive(Debug)]
pub struct Duplex {
    answer: Answer,
    driver: Driver,
}

#[derive(Debug)]
enum Answer {
    Awaited(JoinHandle<hyper::Result<http::Response<Incoming>>>),
    Come { status: StatusCode, headers: HeaderMap, body: Incoming },
}

/// What comes after the head of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes of the body.
    Data(Bytes),
    /// The trailers, behind which nothing comes.
    Trailers(HeaderMap),
    /// The end of the body.
    End,
    /// The connection or the stream broke off.
    Broken,
}

impl Duplex {
    /// Connects and sends the head of a request; its body is what `feed` gives, in pieces without a length.
    ///
    /// # Panics
    /// When nobody listens there, or when HTTP does not allow the request.
    pub async fn post(
        address: SocketAddr,
        wire: Wire,
        path: &str,
        headers: &[(String, String)],
        feed: Feed,
    ) -> Self {
        let Connection { mut sender, driver, .. } = Connection::open(address, wire).await;
        let mut request = Request::post(sender.target(address, path));
        if wire == Wire::Http1 {
            request = request.header("host", address.to_string());
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = Pieces { fed: Some(feed), ..Pieces::default() };
        let request = request.body(body).expect("a request");
        let task = tokio::spawn(async move { sender.send(request).await });
        Self { answer: Answer::Awaited(task), driver }
    }

    async fn come(&mut self) {
        if let Answer::Awaited(task) = &mut self.answer {
            let response = bounded("the head of an answer", task).await.expect("no panic");
            let (head, body) = response.expect("an answer").into_parts();
            self.answer = Answer::Come { status: head.status, headers: head.headers, body };
        }
    }

    /// The status and the headers of the answer.
    ///
    /// # Panics
    /// When none comes.
    pub async fn head(&mut self) -> (StatusCode, &HeaderMap) {
        self.come().await;
        match &self.answer {
            Answer::Come { status, headers, .. } => (*status, headers),
            Answer::Awaited(_) => unreachable!("the answer has come"),
        }
    }

    /// What comes next.
    ///
    /// # Panics
    /// When there is no answer at all, or when nothing comes in time.
    pub async fn part(&mut self) -> Part {
        self.come().await;
        let Answer::Come { body, .. } = &mut self.answer else {
            unreachable!("the answer has come")
        };
        match bounded("a part of an answer", body.frame()).await {
            None => Part::End,
            Some(Err(_)) => Part::Broken,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => Part::Data(data),
                Err(frame) => frame.into_trailers().map_or(Part::End, Part::Trailers),
            },
        }
    }

    /// Closes the socket in the middle of it.
    pub fn hang_up(self) {
        if let Answer::Awaited(task) = &self.answer {
            task.abort();
        }
        drop(self.driver);
    }

    /// Gives the call up and keeps the connection: over h2c the stream is reset. The returned value holds the connection.
    #[must_use]
    pub fn give_up(self) -> impl Sized {
        if let Answer::Awaited(task) = &self.answer {
            task.abort();
        }
        self.driver
    }
}
