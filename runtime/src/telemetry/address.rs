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
    let (mut begin, mut colon) = (0, None);
    // These texts are short: one loop is sooner done than two searches are prepared.
    for (at, byte) in authority.bytes().enumerate() {
        match byte {
            // What comes before it is for the server alone.
            b'@' => (begin, colon) = (at + 1, None),
            b':' if colon.is_none() => colon = Some(at),
            _ => {}
        }
    }
    if let Some(rest) = authority[begin..].strip_prefix('[') {
        return match rest.split_once(']') {
            Some((host, port)) => (host, port.strip_prefix(':').and_then(|port| port.parse().ok())),
            None => ("", None),
        };
    }
    match colon {
        Some(colon) => (&authority[begin..colon], authority[colon + 1..].parse().ok()),
        None => (&authority[begin..], None),
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
