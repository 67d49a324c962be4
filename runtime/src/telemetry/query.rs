//! What of a request's target may leave the process.

use std::borrow::Cow;

use super::secrets::Secrets;

/// What stands for a secret.
pub(super) const REDACTED: &str = "REDACTED";

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

/// A path, and a query behind it.
pub(super) fn target(text: &str, secrets: Option<&Secrets>) -> String {
    match text.split_once('?') {
        Some((before, query)) => format!("{}?{}", path(before, secrets), redacted(query, secrets)),
        None => path(text, secrets).into_owned(),
    }
}

/// A path in which the values of secret fields are `REDACTED`.
pub(super) fn path<'p>(text: &'p str, secrets: Option<&Secrets>) -> Cow<'p, str> {
    secrets.map_or(Cow::Borrowed(text), |secrets| secrets.redacted(text))
}

/// A query in which the values of secret keys and fields are `REDACTED`.
pub(super) fn redacted(query: &str, secrets: Option<&Secrets>) -> String {
    let mut out = String::with_capacity(query.len());
    for (index, pair) in query.split('&').enumerate() {
        if index > 0 {
            out.push('&');
        }
        match pair.split_once('=') {
            Some((key, _)) if is_secret(key) || secrets.is_some_and(|it| it.hold_key(key)) => {
                out.push_str(key);
                out.push('=');
                out.push_str(REDACTED);
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
    use super::*;

    #[test]
    fn signatures_stay_here() {
        for (query, told) in [
            ("a=1&sig=abc&b", "a=1&sig=REDACTED&b"),
            ("%73ig=abc", "%73ig=REDACTED"),
            ("SIG=abc&signature=1", "SIG=abc&signature=1"),
        ] {
            assert_eq!(redacted(query, None), told);
        }
        let told = "/p?X-Amz-Signature=REDACTED&q=";
        assert_eq!(target("/p?X-Amz-Signature=x=y&q=", None), told);
        assert_eq!(target("/plain", None), "/plain");
    }
}
