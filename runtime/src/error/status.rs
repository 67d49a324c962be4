//! The one table between HTTP status codes and gRPC status codes.
//!
//! The rows are Kratos v3's (`transport/http/status`); where Kratos answers `UNKNOWN` for every other code, a client
//! error stays a client error here and a server error stays a server error.

/// A gRPC status code, as <https://grpc.github.io/grpc/core/md_doc_statuscodes.html> numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Code {
    /// The call succeeded.
    Ok = 0,
    /// The caller gave the call up.
    Cancelled = 1,
    /// An error of a kind nobody classified.
    Unknown = 2,
    /// The request is wrong whatever the state of the system.
    InvalidArgument = 3,
    /// The deadline passed before the call ended.
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be created exists.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A quota or a limit is used up.
    ResourceExhausted = 8,
    /// The system is not in the state that the call needs.
    FailedPrecondition = 9,
    /// The call lost a race and may be tried again from the start.
    Aborted = 10,
    /// The call went past the valid range.
    OutOfRange = 11,
    /// The method is not served here.
    Unimplemented = 12,
    /// The server broke a promise of its own.
    Internal = 13,
    /// The service is away for the moment.
    Unavailable = 14,
    /// Data is lost for good.
    DataLoss = 15,
    /// The caller is not known.
    Unauthenticated = 16,
}

/// Every code with its wire name, by number.
const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

impl Code {
    /// The name used on the wire and in telemetry: `NOT_FOUND`.
    pub const fn name(self) -> &'static str {
        CODES[self as usize].1
    }

    /// The code with this name, if it is one of the seventeen.
    pub const fn from_name(name: &str) -> Option<Self> {
        let mut at = 0;
        while at < CODES.len() {
            if crate::__private::same(CODES[at].1, name) {
                return Some(CODES[at].0);
            }
            at += 1;
        }
        None
    }

    /// The code with this number; a number outside 0 to 16 is `UNKNOWN`, as the gRPC specification asks of readers.
    pub fn from_number(number: u32) -> Self {
        CODES.get(number as usize).map_or(Self::Unknown, |(code, _)| *code)
    }

    /// The number sent as `grpc-status`.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The gRPC code for an HTTP status.
    pub const fn from_http(status: u16) -> Self {
        match status {
            200..=299 => Self::Ok,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 | 410 => Self::NotFound,
            408 | 504 => Self::DeadlineExceeded,
            409 => Self::Aborted,
            412 => Self::FailedPrecondition,
            413 | 429 => Self::ResourceExhausted,
            499 => Self::Cancelled,
            501 => Self::Unimplemented,
            503 => Self::Unavailable,
            400..=498 => Self::InvalidArgument,
            500..=599 => Self::Internal,
            _ => Self::Unknown,
        }
    }

    /// The HTTP status for a gRPC code.
    pub const fn http(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::Cancelled => 499,
            Self::InvalidArgument | Self::OutOfRange => 400,
            Self::DeadlineExceeded => 504,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::Aborted => 409,
            Self::PermissionDenied => 403,
            Self::Unauthenticated => 401,
            Self::ResourceExhausted => 429,
            Self::FailedPrecondition => 412,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::Unknown | Self::Internal | Self::DataLoss => 500,
        }
    }
}
