//! The service that the suite's clients call: it answers as its requests say, and tells what it saw of them.

use async_stream::try_stream;
use bident::prelude::*;
use bident::{Any, Error};
use futures_core::Stream;

use super::messages::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse,
    ConformancePayload, IdempotentUnaryRequest, IdempotentUnaryResponse, RequestInfo, Response,
    ServerStreamRequest, ServerStreamResponse, StreamResponseDefinition, UnaryRequest,
    UnaryResponse, UnaryResponseDefinition, UnimplementedRequest, UnimplementedResponse,
};
use super::seen::{beside, info, wait};

pub struct ConformanceService;

#[service(package = "connectrpc.conformance.v1")]
impl ConformanceService {
    #[rpc]
    async fn unary(&self, ctx: &Context, req: UnaryRequest) -> Result<UnaryResponse, Error> {
        let seen = vec![Any::of(&req)];
        let payload = one(ctx, req.response_definition, seen).await?;
        Ok(UnaryResponse { payload: Some(payload) })
    }

    #[rpc(idempotent)]
    async fn idempotent_unary(
        &self,
        ctx: &Context,
        req: IdempotentUnaryRequest,
    ) -> Result<IdempotentUnaryResponse, Error> {
        let seen = vec![Any::of(&req)];
        let payload = one(ctx, req.response_definition, seen).await?;
        Ok(IdempotentUnaryResponse { payload: Some(payload) })
    }

    /// As the stubs of other generators answer for what nobody has written.
    #[rpc]
    async fn unimplemented(
        &self,
        _req: UnimplementedRequest,
    ) -> Result<UnimplementedResponse, Error> {
        Err(Error::unimplemented("", "nobody has written this method").expose())
    }

    #[rpc]
    async fn client_stream(
        &self,
        ctx: &Context,
        mut requests: Streaming<ClientStreamRequest>,
    ) -> Result<ClientStreamResponse, Error> {
        let (mut seen, mut definition) = (Vec::new(), None);
        while let Some(request) = requests.next().await.transpose()? {
            if seen.is_empty() {
                definition.clone_from(&request.response_definition);
            }
            seen.push(Any::of(&request));
        }
        let payload = one(ctx, definition, seen).await?;
        Ok(ClientStreamResponse { payload: Some(payload) })
    }

    #[rpc]
    async fn server_stream(
        &self,
        ctx: &Context,
        req: ServerStreamRequest,
    ) -> impl Stream<Item = Result<ServerStreamResponse, Error>> + Send {
        let mut seen = vec![Any::of(&req)];
        let definition = req.response_definition.unwrap_or_default();
        beside(ctx, &definition.response_headers, &definition.response_trailers);
        try_stream! {
            let mut answers = Answers::new(ctx, definition);
            while let Some(payload) = answers.next(&seen).await {
                seen.clear();
                yield ServerStreamResponse { payload: Some(payload) };
            }
            answers.end(seen)?;
        }
    }

    #[rpc]
    async fn bidi_stream(
        &self,
        ctx: &Context,
        mut requests: Streaming<BidiStreamRequest>,
    ) -> Result<impl Stream<Item = Result<BidiStreamResponse, Error>> + Send, Error> {
        // The first request says what the headers are.
        let first = requests.next().await.transpose()?;
        let (mut seen, mut in_turn) = (Vec::new(), false);
        let mut definition = StreamResponseDefinition::default();
        if let Some(first) = first {
            seen.push(Any::of(&first));
            in_turn = first.full_duplex;
            definition = first.response_definition.unwrap_or_default();
        }
        beside(ctx, &definition.response_headers, &definition.response_trailers);
        Ok(try_stream! {
            let mut answers = Answers::new(ctx, definition);
            loop {
                if in_turn && !seen.is_empty() {
                    let Some(payload) = answers.next(&seen).await else { break };
                    seen.clear();
                    yield BidiStreamResponse { payload: Some(payload) };
                }
                let Some(request) = requests.next().await.transpose()? else { break };
                seen.push(Any::of(&request));
            }
            while let Some(payload) = answers.next(&seen).await {
                seen.clear();
                yield BidiStreamResponse { payload: Some(payload) };
            }
            answers.end(seen)?;
        })
    }
}

/// The answers of a stream, one after the other.
struct Answers<'a> {
    ctx: &'a Context,
    definition: StreamResponseDefinition,
    sent: usize,
}

impl<'a> Answers<'a> {
    fn new(ctx: &'a Context, definition: StreamResponseDefinition) -> Self {
        Self { ctx, definition, sent: 0 }
    }

    /// The next one: the first tells everything that was seen, the others only what is new.
    async fn next(&mut self, seen: &[Any]) -> Option<ConformancePayload> {
        let data = self.definition.response_data.get(self.sent)?.clone();
        wait(self.definition.response_delay_ms).await;
        let request_info = if self.sent == 0 {
            Some(info(self.ctx, seen.to_vec()))
        } else {
            (!seen.is_empty())
                .then(|| RequestInfo { requests: seen.to_vec(), ..RequestInfo::default() })
        };
        self.sent += 1;
        Some(ConformancePayload { data, request_info })
    }

    /// The error behind the last of them, if there is to be one.
    fn end(self, seen: Vec<Any>) -> Result<(), Error> {
        let Some(failure) = self.definition.error else { return Ok(()) };
        let error = Error::from(failure);
        Err(if self.sent == 0 { error.with_detail(&info(self.ctx, seen)) } else { error })
    }
}

/// The one answer of a call.
async fn one(
    ctx: &Context,
    definition: Option<UnaryResponseDefinition>,
    requests: Vec<Any>,
) -> Result<ConformancePayload, Error> {
    let info = info(ctx, requests);
    let Some(definition) = definition else {
        return Ok(ConformancePayload { data: Vec::new(), request_info: Some(info) });
    };
    beside(ctx, &definition.response_headers, &definition.response_trailers);
    wait(definition.response_delay_ms).await;
    match definition.response {
        Some(Response::Error(failure)) => Err(Error::from(failure).with_detail(&info)),
        Some(Response::ResponseData(data)) => {
            Ok(ConformancePayload { data, request_info: Some(info) })
        }
        None => Ok(ConformancePayload { data: Vec::new(), request_info: Some(info) }),
    }
}
