//! Addresses as text. They are few and come again with every call, so the last ones are kept: to format one costs as much as
//! the rest of a span's attributes together.

use std::cell::RefCell;
use std::net::IpAddr;

/// How many a thread keeps.
const KEPT: usize = 16;

type Kept = Option<(IpAddr, Box<str>)>;

thread_local! {
    static TEXTS: RefCell<[Kept; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

/// Hands on the address as text.
pub(super) fn with<T>(address: IpAddr, told: impl FnOnce(&str) -> T) -> T {
    let last = match address {
        IpAddr::V4(address) => address.octets()[3],
        IpAddr::V6(address) => address.octets()[15],
    };
    TEXTS.with_borrow_mut(|texts| {
        let kept = &mut texts[usize::from(last) % KEPT];
        if kept.as_ref().is_none_or(|(known, _)| *known != address) {
            *kept = Some((address, address.to_string().into()));
        }
        told(kept.as_ref().map_or("", |(_, text)| text))
    })
}

/// The host and the port of `example.com:8000`, `[::1]:8000` or a host alone.
pub(super) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    // What comes before an `@` is for the server alone. These texts are short: a loop is sooner done than a search prepared.
    let at = authority.bytes().rposition(|byte| byte == b'@');
    let authority = at.map_or(authority, |at| &authority[at + 1..]);
    if let Some(rest) = authority.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((host, port)) => (host, port.strip_prefix(':').and_then(|port| port.parse().ok())),
            None => ("", None),
        };
    }
    match authority.bytes().position(|byte| byte == b':') {
        Some(colon) => (&authority[..colon], authority[colon + 1..].parse().ok()),
        None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_text_however_often_it_comes() {
        for address in ["127.0.0.1", "10.0.0.17", "::1", "127.0.0.1", "10.0.0.1"] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(with(address, str::to_owned), address.to_string());
        }
    }

    #[test]
    fn hosts_and_ports_are_told_apart() {
        assert_eq!(host_and_port("example.com:8000"), ("example.com", Some(8000)));
        assert_eq!(host_and_port("example.com"), ("example.com", None));
        assert_eq!(host_and_port("[::1]:80"), ("::1", Some(80)));
        assert_eq!(host_and_port("[::1]"), ("::1", None));
        assert_eq!(host_and_port("user:secret@example.com:1"), ("example.com", Some(1)));
        assert_eq!(host_and_port("example.com:many"), ("example.com", None));
        assert_eq!(host_and_port("[::1"), ("", None));
    }
}
