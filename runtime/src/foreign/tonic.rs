//! Services built with tonic, and its status.
//!
//! tonic's own transport is not used: a service gets the request as it is, once the middleware has let it through.

use std::convert::Infallible;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TE};
use http::{HeaderValue, Request, Response, Version};
use http_body_util::BodyExt as _;
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;
use tonic::{Code as TonicCode, Status};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use super::Service;
use crate::Error;
use crate::call::Body;
use crate::error::{Code, details};
use crate::surface::{self, Format, Web};

/// A mounted service.
#[derive(Clone)]
pub(crate) struct TonicService {
    /// `helloworld.Greeter`.
    name: &'static str,
    service: BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>,
}

impl TonicService {
    pub(crate) fn new<S, B>(service: S) -> Self
    where
        S: tower_service::Service<
                Request<tonic::body::Body>,
                Response = Response<B>,
                Error = Infallible,
            > + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = bytes::Bytes, Error = Status> + Send + 'static,
    {
        let service = service
            .map_request(|request: Request<Body>| request.map(tonic::body::Body::new))
            .map_response(|response: Response<B>| {
                response.map(|body| Body::new(body.map_err(Error::from)))
            });
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

    /// The service for one call; one over gRPC-Web is put as gRPC, and its answer translated when it is sent.
    pub(super) fn serve(&self, web: Option<Web>) -> Service {
        let service = self.service.clone();
        Box::new(move |request| {
            let request = match web {
                None => request,
                Some(web) => as_grpc(web, request),
            };
            Box::pin(async move {
                match service.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        })
    }
}

/// The request as a service reads it that knows nothing of the web.
fn as_grpc(web: Web, request: Request<Body>) -> Request<Body> {
    let mut request =
        request.map(|body| if web.reads_text { surface::web::decoded(body) } else { body });
    let media = match web.wire.format {
        Format::Proto => "application/grpc+proto",
        Format::Json => "application/grpc+json",
    };
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.remove(CONTENT_LENGTH);
    *request.version_mut() = Version::HTTP_2;
    request
}

/// A status as an error: code, message, details and metadata are all kept.
impl From<Status> for Error {
    fn from(status: Status) -> Self {
        // An error never looks like a success.
        let code = match Code::from_number(status.code() as u32) {
            Code::Ok => Code::Unknown,
            code => code,
        };
        let details = bytes::Bytes::copy_from_slice(status.details());
        let trailers = status.metadata().clone().into_headers();
        details::decode(code, status.message().to_owned(), details, trailers)
    }
}

/// An error as a status: code, reason, message and metadata are all kept, those of a server error too. A service built
/// with tonic sends its status as it is; what callers may see of it is that service's decision.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let error = error.expose();
        let metadata = error.foreign().map(|foreign| foreign.trailers.clone()).unwrap_or_default();
        Self::with_details_and_metadata(
            TonicCode::from_i32(i32::from(error.grpc_code().number())),
            error.message().to_owned(),
            details::encode(&error),
            MetadataMap::from_headers(metadata),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_comes_back_whole() {
        for number in 1..=16 {
            let mut metadata = MetadataMap::new();
            metadata.insert("x-kept", "yes".parse().unwrap());
            let code = TonicCode::from_i32(number);
            let details = bytes::Bytes::from_static(b"\x08\x05\x1a\x02\x0a\x00");
            let status = Status::with_details_and_metadata(code, "why", details, metadata);
            let (message, details) = (status.message().to_owned(), status.details().to_vec());
            let back = Status::from(Error::from(status));
            assert_eq!((back.code(), back.message()), (code, &*message));
            assert_eq!(back.details(), details);
            assert_eq!(back.metadata().get("x-kept").unwrap(), "yes");
        }
    }

    #[test]
    fn every_error_comes_back_whole() {
        for code in 400..600 {
            let error = Error::new(code, "WHY", "text").with("id", 7).with_domain("d.v1");
            let grpc = error.grpc_code();
            let back = Error::from(Status::from(error));
            assert_eq!((back.code(), back.grpc_code()), (code, grpc));
            assert_eq!((back.reason(), back.message(), back.domain()), ("WHY", "text", "d.v1"));
            assert_eq!(back.metadata()["id"], "7");
        }
    }

    #[test]
    fn an_ok_status_is_no_success() {
        let error = Error::from(Status::new(TonicCode::Ok, ""));
        assert_eq!((error.code(), error.grpc_code()), (500, Code::Unknown));
    }
}
