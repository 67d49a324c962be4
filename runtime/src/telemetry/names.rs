//! Every name that is written: keys of attributes, instruments, units, and the schema that they belong to. The one place.
//!
//! The semantic conventions of OpenTelemetry, release 1.44.0: <https://opentelemetry.io/docs/specs/semconv/>.

/// The scope of everything that the kit writes itself.
pub(crate) const SCOPE: &str = "bident";

/// The release of the conventions that the names belong to.
pub(crate) const SCHEMA: &str = "https://opentelemetry.io/schemas/1.44.0";

/// The scope, with the version of the kit and the schema.
pub(crate) fn scope() -> opentelemetry::InstrumentationScope {
    let scope = opentelemetry::InstrumentationScope::builder(SCOPE);
    scope.with_version(env!("CARGO_PKG_VERSION")).with_schema_url(SCHEMA).build()
}

/// Upper bounds in seconds, as the conventions advise for every duration of a call.
pub(crate) const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Keys of attributes.
pub(crate) mod key {
    pub(crate) const CLIENT_ADDRESS: &str = "client.address";
    /// Of the kit's own, as the conventions have none for configuration.
    pub(crate) const CONFIG_KEY: &str = "config.key";
    pub(crate) const CONFIG_OUTCOME: &str = "config.outcome";
    pub(crate) const CONFIG_REVISION: &str = "config.revision";
    pub(crate) const CONFIG_SOURCE: &str = "config.source";
    pub(crate) const ERROR_TYPE: &str = "error.type";
    pub(crate) const EXCEPTION_MESSAGE: &str = "exception.message";
    pub(crate) const EXCEPTION_TYPE: &str = "exception.type";
    pub(crate) const HTTP_METHOD: &str = "http.request.method";
    pub(crate) const HTTP_METHOD_ORIGINAL: &str = "http.request.method_original";
    pub(crate) const HTTP_ROUTE: &str = "http.route";
    pub(crate) const HTTP_STATUS: &str = "http.response.status_code";
    pub(crate) const PEER_ADDRESS: &str = "network.peer.address";
    pub(crate) const PEER_PORT: &str = "network.peer.port";
    pub(crate) const PROTOCOL_VERSION: &str = "network.protocol.version";
    pub(crate) const RPC_METHOD: &str = "rpc.method";
    pub(crate) const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
    /// Called `rpc.status_code` from release 1.45 on.
    pub(crate) const RPC_STATUS: &str = "rpc.response.status_code";
    pub(crate) const RPC_SYSTEM: &str = "rpc.system.name";
    pub(crate) const SERVER_ADDRESS: &str = "server.address";
    pub(crate) const SERVER_PORT: &str = "server.port";
    pub(crate) const URL_FULL: &str = "url.full";
    pub(crate) const URL_PATH: &str = "url.path";
    pub(crate) const URL_QUERY: &str = "url.query";
    pub(crate) const URL_SCHEME: &str = "url.scheme";
    pub(crate) const USER_AGENT: &str = "user_agent.original";

    pub(crate) const KRATOS_KIND: &str = "kratos.kind";
    pub(crate) const KRATOS_OPERATION: &str = "kratos.operation";
    pub(crate) const KRATOS_ERROR_CODE: &str = "kratos.error.code";
    pub(crate) const KRATOS_ERROR_REASON: &str = "kratos.error.reason";
    /// The beginning of a key: that of the metadata follows.
    pub(crate) const KRATOS_ERROR_METADATA: &str = "kratos.error.metadata.";
    /// Who calls, as the header `x-md-service-name` says.
    pub(crate) const PEER_SERVICE: &str = "service.peer.name";

    /// The beginnings of keys: the name of a header follows.
    pub(crate) const HTTP_REQUEST_HEADER: &str = "http.request.header.";
    pub(crate) const HTTP_RESPONSE_HEADER: &str = "http.response.header.";
    pub(crate) const RPC_REQUEST_METADATA: &str = "rpc.request.metadata.";
    pub(crate) const RPC_RESPONSE_METADATA: &str = "rpc.response.metadata.";
}

/// Keys of before, written beside the present ones where `OTEL_SEMCONV_STABILITY_OPT_IN` asks for it.
pub(crate) mod older {
    pub(crate) const ERROR_CODE: &str = "error.code";
    pub(crate) const ERROR_MESSAGE: &str = "error.message";
    pub(crate) const ERROR_METADATA: &str = "error.metadata";
    pub(crate) const ERROR_REASON: &str = "error.reason";
    pub(crate) const HTTP_CLIENT_IP: &str = "http.client_ip";
    pub(crate) const HTTP_METHOD: &str = "http.method";
    pub(crate) const HTTP_REQUEST_SIZE: &str = "http.request_size";
    pub(crate) const HTTP_RESPONSE_SIZE: &str = "http.response_size";
    pub(crate) const HTTP_SCHEME: &str = "http.scheme";
    pub(crate) const HTTP_STATUS: &str = "http.status_code";
    pub(crate) const HTTP_TARGET: &str = "http.target";
    pub(crate) const HTTP_USER_AGENT: &str = "http.user_agent";
    pub(crate) const PEER_IP: &str = "net.peer.ip";
    pub(crate) const PEER_PORT: &str = "net.peer.port";
    pub(crate) const RPC_SERVICE: &str = "rpc.service";
    pub(crate) const RPC_STATUS: &str = "rpc.grpc.status_code";
    pub(crate) const RPC_SYSTEM: &str = "rpc.system";
}

/// What stands for a method or a name that nobody knows, so that what peers send makes no series.
pub(crate) const OTHER: &str = "_OTHER";
