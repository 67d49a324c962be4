//! Batches of spans or log records, framed and sent; and metrics.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use prost::Message as _;

use super::super::batch::Batch;
use super::super::metrics::{Push, points};
use super::super::queue::{Export, Lost};
use super::request;
use super::send::Sender;

/// The most characters of what a collector says that are told.
const TOLD: usize = 300;

pub(super) struct Exporter {
    sender: Sender,
    resource: Vec<u8>,
}

impl Exporter {
    pub(super) fn new(sender: Sender, resource: &Resource) -> Self {
        Self { sender, resource: request::resource(resource) }
    }
}

impl Export for Exporter {
    async fn export(&self, batch: Batch) -> Result<(), Lost> {
        let number = batch.len();
        let message = request::request(batch, &self.resource);
        send(&self.sender, message, number).await
    }
}

/// Of metrics there are few: they become the messages of `opentelemetry-proto` first.
pub(super) struct Metrics(pub(super) Sender);

impl Push for Metrics {
    async fn push(&self, metrics: &ResourceMetrics) -> Result<(), Lost> {
        let message = ExportMetricsServiceRequest::from(metrics).encode_to_vec();
        send(&self.0, vec![message.into()], points(metrics)).await
    }
}

async fn send(sender: &Sender, message: Vec<Bytes>, number: usize) -> Result<(), Lost> {
    match sender.send(message).await {
        Ok(answer) => taken(answer, number),
        Err(cause) => Err(Lost { number, cause }),
    }
}

/// `ExportTraceServiceResponse`, and those of log records and metrics, which are the same on the wire.
#[derive(Clone, PartialEq, prost::Message)]
struct Response {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// What an answer says of the `number` items that were sent. One that cannot be read is still a success.
fn taken(answer: Bytes, number: usize) -> Result<(), Lost> {
    let partial = Response::decode(answer).unwrap_or_default().partial_success.unwrap_or_default();
    let rejected = usize::try_from(partial.rejected).unwrap_or(0).min(number);
    if rejected == 0 {
        // A message without a number is advice.
        return Ok(());
    }
    let message: String = partial.error_message.chars().take(TOLD).collect();
    Err(Lost { number: rejected, cause: format!("the collector refused some: {message}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rejected: i64, message: &str) -> Result<(), Lost> {
        let partial = PartialSuccess { rejected, error_message: message.to_owned() };
        taken(Response { partial_success: Some(partial) }.encode_to_vec().into(), 10)
    }

    #[test]
    fn what_a_collector_refuses_of_a_batch_is_lost() {
        let lost =
            |number| Err(Lost { number, cause: "the collector refused some: too old".to_owned() });
        assert_eq!(said(3, "too old"), lost(3));
        assert_eq!(said(i64::MAX, "too old"), lost(10));
        assert_eq!(said(0, "slower, please"), Ok(()));
        assert_eq!(said(-1, "nonsense"), Ok(()));
        let long = said(1, &"ä".repeat(1000)).expect_err("it is lost");
        assert_eq!(long.cause.matches('ä').count(), TOLD);
    }

    #[test]
    fn an_answer_without_sense_is_a_success() {
        assert_eq!(taken(Bytes::new(), 10), Ok(()));
        assert_eq!(taken(Bytes::from_static(&[0xff; 9]), 10), Ok(()));
    }
}
