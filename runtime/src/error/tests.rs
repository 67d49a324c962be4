//! `#[error_reason]` there and back.

use super::{CallError, Code, Error, Reason};
use crate::error_reason;

#[error_reason(domain = "user.v1")]
#[derive(Debug, PartialEq, thiserror::Error)]
enum UserError {
    #[error("user {id} not found")]
    #[error_reason(code = 404)]
    UserNotFound {
        id: u64,
        r#type: String,
        #[error_reason(skip)]
        hint: Option<&'static str>,
    },
    #[error("too busy")]
    #[error_reason(code = 503, reason = "BUSY", grpc = "RESOURCE_EXHAUSTED", expose)]
    TooBusy,
    #[error(transparent)]
    #[error_reason(transparent)]
    Quota(#[from] QuotaExceeded),
}

#[error_reason(code = 429, domain = "quota.v1")]
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("over the limit of {limit}")]
struct QuotaExceeded {
    limit: u32,
}

#[error_reason]
#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error("the store is broken")]
    #[error_reason(code = 500)]
    Broken(#[from] std::io::Error),
    #[error("{0}")]
    #[error_reason(code = 400)]
    Hidden(#[error_reason(skip)] String),
    #[error(transparent)]
    #[error_reason(transparent)]
    Call(#[from] CallError<UserError>),
    #[error(transparent)]
    #[error_reason(transparent)]
    Other(#[from] Error),
}

fn not_found() -> UserError {
    UserError::UserNotFound { id: 7, r#type: "guest".into(), hint: Some("look elsewhere") }
}

#[test]
fn a_variant_becomes_an_error() {
    let error = Error::from(not_found());
    assert_eq!((error.code(), error.grpc_code()), (404, Code::NotFound));
    assert_eq!((error.reason(), error.domain()), ("USER_NOT_FOUND", "user.v1"));
    assert_eq!(error.message(), "user 7 not found");
    let metadata: Vec<_> = error.metadata().iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(metadata, [("id", "7"), ("type", "guest")]);
}

#[test]
fn a_variant_is_rebuilt_without_what_was_skipped() {
    let error = Error::from(not_found());
    let rebuilt = UserError::from_error(error).expect("it is of this type");
    let expected = UserError::UserNotFound { id: 7, r#type: "guest".into(), hint: None };
    assert_eq!(rebuilt, expected);
}

#[test]
fn options_of_a_variant_are_kept() {
    let error = Error::from(UserError::TooBusy);
    assert_eq!((error.code(), error.reason()), (503, "BUSY"));
    assert_eq!(error.grpc_code(), Code::ResourceExhausted);
    assert!(error.is_exposed());
}

#[test]
fn what_does_not_fit_stays_an_error() {
    let foreign = Error::not_found("USER_NOT_FOUND", "?").with_domain("other.v1").with("id", 7);
    assert!(UserError::from_error(foreign.with("type", "")).is_err(), "another domain");
    let incomplete = Error::not_found("USER_NOT_FOUND", "?").with("id", 7);
    assert!(UserError::from_error(incomplete).is_err(), "a field is missing");
    let broken = Error::not_found("USER_NOT_FOUND", "?").with("id", "x").with("type", "");
    assert!(UserError::from_error(broken).is_err(), "a field does not parse");
    let unknown = UserError::from_error(Error::not_found("BOOK_NOT_FOUND", "kept"));
    assert_eq!(unknown.map_err(|error| error.message().to_owned()), Err("kept".to_owned()));
}

#[test]
fn an_empty_domain_matches_any() {
    let kratos = Error::not_found("USER_NOT_FOUND", "?").with("id", 7).with("type", "guest");
    assert!(UserError::from_error(kratos).is_ok());
}

#[test]
fn a_transparent_variant_is_the_reason_inside_it() {
    let error = Error::from(UserError::Quota(QuotaExceeded { limit: 3 }));
    assert_eq!((error.code(), error.reason()), (429, "QUOTA_EXCEEDED"));
    assert_eq!((error.domain(), error.message()), ("quota.v1", "over the limit of 3"));
    let rebuilt = UserError::from_error(error).expect("the inner reason is of this type");
    assert_eq!(rebuilt, UserError::Quota(QuotaExceeded { limit: 3 }));
}

#[test]
fn sources_are_kept_and_never_sent() {
    let error = Error::from(StoreError::Broken(std::io::Error::other("disk on fire")));
    assert_eq!(
        (error.code(), error.reason(), error.message()),
        (500, "BROKEN", "the store is broken")
    );
    assert!(error.metadata().is_empty());
    let source = std::error::Error::source(&error).expect("the source is kept");
    assert_eq!(source.to_string(), "disk on fire");
    assert!(StoreError::from_error(error).is_err(), "a source cannot be rebuilt");
}

#[test]
fn errors_of_any_kind_pass_through_and_are_not_claimed() {
    let passed = Error::from(StoreError::Call(CallError::Reason(not_found())));
    assert_eq!((passed.code(), passed.reason()), (404, "USER_NOT_FOUND"));
    assert!(StoreError::from_error(passed).is_err());
    let other = Error::from(StoreError::Other(Error::conflict("TAKEN", "taken")));
    assert_eq!((other.code(), other.reason()), (409, "TAKEN"));
    assert!(matches!(CallError::<StoreError>::from_error(other), CallError::Other(_)));
    let hidden = Error::from(StoreError::Hidden("x".into()));
    assert!(
        matches!(StoreError::from_error(hidden), Ok(StoreError::Hidden(text)) if text.is_empty())
    );
}
