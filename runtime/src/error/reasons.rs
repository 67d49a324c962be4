//! The reasons that the kit itself gives, each with one code and one fixed text.

/// No route has this path (404); over gRPC it is [`METHOD_NOT_FOUND`].
pub const ROUTE_NOT_FOUND: &str = "ROUTE_NOT_FOUND";
/// No service has this method (501, UNIMPLEMENTED).
pub const METHOD_NOT_FOUND: &str = "METHOD_NOT_FOUND";
/// The path is served, with other HTTP methods (405).
pub const METHOD_NOT_ALLOWED: &str = "METHOD_NOT_ALLOWED";
/// The input could not be decoded (400).
pub const CODEC: &str = "CODEC";
/// The content type is one that this route does not read (415).
pub const UNSUPPORTED_MEDIA_TYPE: &str = "UNSUPPORTED_MEDIA_TYPE";
/// The path speaks WebSocket alone (426).
pub const UPGRADE_REQUIRED: &str = "UPGRADE_REQUIRED";
/// A page of another origin may not open this WebSocket (403).
pub const ORIGIN_NOT_ALLOWED: &str = "ORIGIN_NOT_ALLOWED";
/// The body is larger than `server.max_body` (413).
pub const BODY_TOO_LARGE: &str = "BODY_TOO_LARGE";
/// The deadline passed (504).
pub const DEADLINE_EXCEEDED: &str = "DEADLINE_EXCEEDED";
/// The caller went away (499).
pub const CANCELLED: &str = "CANCELLED";
/// A panic, or an error that nobody classified (500).
pub const INTERNAL: &str = "INTERNAL";
/// The server, or a peer it needs, is away (503).
pub const UNAVAILABLE: &str = "UNAVAILABLE";

/// All of them.
pub(crate) const ALL: [&str; 10] = [
    ROUTE_NOT_FOUND,
    METHOD_NOT_FOUND,
    METHOD_NOT_ALLOWED,
    CODEC,
    UNSUPPORTED_MEDIA_TYPE,
    BODY_TOO_LARGE,
    DEADLINE_EXCEEDED,
    CANCELLED,
    INTERNAL,
    UNAVAILABLE,
];
