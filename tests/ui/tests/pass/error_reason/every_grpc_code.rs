//! Every gRPC status code but `OK` can be an error's, and is the one that was named.

use bident::error::Reason as _;

#[bident::error_reason]
enum Every {
    #[error_reason(code = 500, grpc = "CANCELLED")]
    Cancelled,
    #[error_reason(code = 500, grpc = "UNKNOWN")]
    Unknown,
    #[error_reason(code = 500, grpc = "INVALID_ARGUMENT")]
    InvalidArgument,
    #[error_reason(code = 500, grpc = "DEADLINE_EXCEEDED")]
    DeadlineExceeded,
    #[error_reason(code = 500, grpc = "NOT_FOUND")]
    NotFound,
    #[error_reason(code = 500, grpc = "ALREADY_EXISTS")]
    AlreadyExists,
    #[error_reason(code = 500, grpc = "PERMISSION_DENIED")]
    PermissionDenied,
    #[error_reason(code = 500, grpc = "RESOURCE_EXHAUSTED")]
    ResourceExhausted,
    #[error_reason(code = 500, grpc = "FAILED_PRECONDITION")]
    FailedPrecondition,
    #[error_reason(code = 500, grpc = "ABORTED")]
    Aborted,
    #[error_reason(code = 500, grpc = "OUT_OF_RANGE")]
    OutOfRange,
    #[error_reason(code = 500, grpc = "UNIMPLEMENTED")]
    Unimplemented,
    #[error_reason(code = 500, grpc = "INTERNAL")]
    Internal,
    #[error_reason(code = 500, grpc = "UNAVAILABLE")]
    Unavailable,
    #[error_reason(code = 500, grpc = "DATA_LOSS")]
    DataLoss,
    #[error_reason(code = 500, grpc = "UNAUTHENTICATED")]
    Unauthenticated,
}

impl std::fmt::Display for Every {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("every")
    }
}

fn main() {
    let every = [
        Every::Cancelled,
        Every::Unknown,
        Every::InvalidArgument,
        Every::DeadlineExceeded,
        Every::NotFound,
        Every::AlreadyExists,
        Every::PermissionDenied,
        Every::ResourceExhausted,
        Every::FailedPrecondition,
        Every::Aborted,
        Every::OutOfRange,
        Every::Unimplemented,
        Every::Internal,
        Every::Unavailable,
        Every::DataLoss,
        Every::Unauthenticated,
    ];
    for reason in every {
        let error = reason.into_error();
        assert_eq!(error.grpc_code().name(), error.reason());
    }
}
