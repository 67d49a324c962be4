//! The HTTP client that `opentelemetry-otlp` sends metrics with.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use opentelemetry_http::{HttpClient, HttpError};

use super::losses::Losses;
use crate::call::Protocol;
use crate::client::{self, Connector};

/// The most that is read of an answer, which says little more than how much was taken.
pub(super) const ANSWER: usize = 4 * 1024 * 1024;

/// A client with the endpoint and the headers of one exporter, whatever it is asked for. Its connections live on the thread that asks.
pub(super) struct Http {
    client: Client<Connector, Full<Bytes>>,
    endpoint: Uri,
    headers: HeaderMap,
    losses: Arc<Losses>,
    timeout: Duration,
}

impl Http {
    pub(super) fn new(
        endpoint: Uri,
        headers: HeaderMap,
        losses: Arc<Losses>,
        timeout: Duration,
        #[cfg(feature = "tls")] tls: Option<crate::client::Secured>,
    ) -> Self {
        let connector = Connector::new(
            #[cfg(feature = "tls")]
            tls,
        );
        let client = client::client(Protocol::Http, connector);
        Self { client, endpoint, headers, losses, timeout }
    }
}

impl std::fmt::Debug for Http {
    /// Without the endpoint and the headers, which are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (mut head, body) = request.into_parts();
        head.uri = self.endpoint.clone();
        for (name, value) in &self.headers {
            head.headers.insert(name, value.clone());
        }
        let request = Request::from_parts(head, Full::new(body));
        let exchange = async {
            let (head, body) = self.client.request(request).await?.into_parts();
            let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        let answered = match tokio::time::timeout(self.timeout, exchange).await {
            Ok(answered) => answered,
            Err(_) => Err(format!("no answer within {:?}", self.timeout).into()),
        };
        if let Err(error) = &answered {
            // What the exporter makes of it is that there was an error.
            self.losses.note(chain(&**error));
        }
        answered
    }
}

/// An error and what it comes from.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
