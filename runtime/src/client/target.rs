//! Where a client sends its calls, and over which prong.

use std::fmt;

use http::uri::Authority;

use crate::call::Protocol;
use crate::error::reasons;
use crate::{Error, Result};

/// A fixed address with its prong: `grpc://host:port`, `http://host[:port]`, the same over TLS as `grpcs` and `https`, or
/// `host:port`, which is gRPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) protocol: Protocol,
    /// Whether over TLS.
    pub(crate) secure: bool,
    pub(crate) authority: Authority,
}

impl Target {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong =
            |what: &str| Error::internal(reasons::INTERNAL, format!("target `{text}`: {what}"));
        let (protocol, secure, rest) = match text.split_once("://") {
            None => (Protocol::Grpc, false, text),
            Some(("grpc", rest)) => (Protocol::Grpc, false, rest),
            Some(("http", rest)) => (Protocol::Http, false, rest),
            Some(("grpcs", rest)) => (Protocol::Grpc, true, rest),
            Some(("https", rest)) => (Protocol::Http, true, rest),
            Some((scheme, _)) => {
                return Err(wrong(&format!(
                    "the scheme `{scheme}` is not known; write `grpc://host:port`, `http://host:port`, `grpcs` or `https` for TLS, or `host:port`"
                )));
            }
        };
        if secure && !cfg!(feature = "tls") {
            return Err(wrong(
                "this program was built without TLS: bident's cargo feature `tls` is off",
            ));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let authority: Authority = rest.parse().map_err(|_| {
            wrong("expected `host:port` after the scheme, without a path or a query")
        })?;
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(wrong("expected `host:port`, without a user"));
        }
        match authority.port_u16() {
            None if protocol == Protocol::Grpc => Err(wrong("gRPC has no usual port; add one")),
            None if authority.as_str() != authority.host() => {
                Err(wrong("the port is not a number"))
            }
            Some(0) => Err(wrong("port 0 cannot be called")),
            _ => Ok(Self { protocol, secure, authority }),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secure = if self.secure { "s" } else { "" };
        write!(f, "{}{secure}://{}", self.protocol.name(), self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_the_prong() {
        for (text, shown) in [
            ("grpc://127.0.0.1:9000", "grpc://127.0.0.1:9000"),
            ("grpc://127.0.0.1:9000/", "grpc://127.0.0.1:9000"),
            ("user.svc:9000", "grpc://user.svc:9000"),
            ("[::1]:9000", "grpc://[::1]:9000"),
            ("http://user.svc:8000", "http://user.svc:8000"),
            ("http://user.svc", "http://user.svc"),
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn the_scheme_says_whether_over_tls() {
        for (text, secure) in [
            ("grpcs://a:1", true),
            ("https://a:1", true),
            ("https://a", true),
            ("http://a", false),
            ("a:1", false),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.secure, secure, "{text}");
            assert!(target.to_string().ends_with(text), "{target}");
        }
        let error = Target::parse("grpcs://a").unwrap_err();
        assert!(error.message().contains("gRPC has no usual port"), "{error}");
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn without_tls_its_schemes_say_what_is_missing() {
        for text in ["grpcs://a:1", "https://a"] {
            let error = Target::parse(text).unwrap_err();
            assert!(error.message().contains("cargo feature `tls` is off"), "{error}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, part) in [
            ("ftp://a:1", "the scheme `ftp` is not known"),
            ("discovery:///user", "the scheme `discovery` is not known"),
            ("grpc://a", "gRPC has no usual port"),
            ("a", "gRPC has no usual port"),
            ("http://a:99999", "the port is not a number"),
            ("http://a:0", "port 0"),
            ("http://a:1/prefix", "without a path"),
            ("http://me@a:1", "without a user"),
            ("", "without a path"),
            ("grpc://", "without a path"),
            ("http://a b", "without a path"),
        ] {
            let error = Target::parse(text).unwrap_err();
            assert!(error.message().contains(part), "{text}: {error}");
        }
    }
}
