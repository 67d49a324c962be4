//! Services built with tonic, and its status.
//!
//! tonic's own transport is not used: a service gets the request as it is, once the middleware has let it through.

use std::convert::Infallible;

use http::{HeaderMap, Request, Response};
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;
use tonic::{Code as TonicCode, Status};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use super::Service;
use crate::Error;
use crate::call::Body;
use crate::error::{Code, details};

/// A mounted service.
#[derive(Clone)]
pub(crate) struct TonicService {
    /// `helloworld.Greeter`.
    name: &'static str,
    service: BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>,
}

impl TonicService {
    pub(crate) fn new<S>(service: S) -> Self
    where
        S: tower_service::Service<
                Request<tonic::body::Body>,
                Response = Response<tonic::body::Body>,
                Error = Infallible,
            > + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let service = service
            .map_request(|request: Request<Body>| request.map(tonic::body::Body::new))
            .map_response(|response: Response<tonic::body::Body>| response.map(Body::new));
        Self { name: S::NAME, service: BoxCloneSyncService::new(service) }
    }

    /// The service's full name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the path is one of its methods'.
    pub(super) fn takes(&self, path: &str) -> bool {
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(self.name));
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    pub(super) fn serve(&self) -> Service {
        let service = self.service.clone();
        Box::new(move |request| {
            Box::pin(async move {
                match service.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        })
    }
}

/// A status as an error: code, message, details and metadata are all kept.
impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let code = Code::from_number(u32::from(status.code() as u8));
        let details = bytes::Bytes::copy_from_slice(status.details());
        let trailers = status.metadata().clone().into_headers();
        details::decode(code, status.message().to_owned(), details, trailers)
    }
}

/// An error as a status, with everything that callers may see.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let mut metadata = HeaderMap::new();
        if error.is_exposed()
            && let Some(foreign) = error.foreign()
        {
            metadata.extend(foreign.trailers.clone());
        }
        Self::with_details_and_metadata(
            TonicCode::from_i32(i32::from(error.grpc_code().number())),
            error.public_message().to_owned(),
            details::encode(&error),
            MetadataMap::from_headers(metadata),
        )
    }
}
