//! What of a query may leave the process.

use std::borrow::Cow;

/// Keys whose values are signatures or credentials, as the conventions list them.
const SECRET: [&str; 7] = [
    "AWSAccessKeyId",
    "Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Signature",
    "sig",
];

/// A query, or a path with one, in which the values of secret keys are `REDACTED`.
pub(super) fn redacted(text: &str) -> String {
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (Some(path), query),
        None => (None, text),
    };
    let mut out = String::with_capacity(text.len());
    if let Some(path) = path {
        out.push_str(path);
        out.push('?');
    }
    for (index, pair) in query.split('&').enumerate() {
        if index > 0 {
            out.push('&');
        }
        match pair.split_once('=') {
            Some((key, _)) if is_secret(key) => {
                out.push_str(key);
                out.push_str("=REDACTED");
            }
            _ => out.push_str(pair),
        }
    }
    out
}

fn is_secret(key: &str) -> bool {
    let key: Cow<'_, str> = percent_encoding::percent_decode_str(key).decode_utf8_lossy();
    SECRET.contains(&&*key)
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn signatures_stay_here() {
        assert_eq!(redacted("a=1&sig=abc&b"), "a=1&sig=REDACTED&b");
        assert_eq!(redacted("/p?X-Amz-Signature=x=y&q="), "/p?X-Amz-Signature=REDACTED&q=");
        assert_eq!(redacted("%73ig=abc"), "%73ig=REDACTED");
        assert_eq!(redacted("SIG=abc&signature=1"), "SIG=abc&signature=1");
        assert_eq!(redacted("/plain"), "/plain");
    }
}
