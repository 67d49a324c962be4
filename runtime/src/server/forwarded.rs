//! Who called, and as what, where a proxy stands in front: `Forwarded`, `X-Forwarded-*` and `X-Real-IP`, believed from
//! trusted proxies alone.
//!
//! Anyone may send these headers, and a proxy that writes one of them lets the others through as they came. Hence a list
//! is read from its right end, where the nearest proxy wrote, and headers that contradict each other are not believed.

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// `server.trusted_proxies`: whose word is taken for where a call comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustedProxies(Vec<Network>);

/// What stands for several networks: everyone, this machine, and the networks that the internet does not route.
const SHORT: [(&str, &[&str]); 3] = [
    ("*", &["0.0.0.0/0", "::/0"]),
    ("loopback", &["127.0.0.0/8", "::1"]),
    ("private", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]),
];

/// All addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl TrustedProxies {
    /// Addresses, `10.1.2.3` or `fd00::1`, networks, `10.0.0.0/8`, and short forms for several. The error is the first
    /// that is none of these.
    pub(crate) fn parse<T: AsRef<str>>(list: impl IntoIterator<Item = T>) -> Result<Self, String> {
        let mut networks = Vec::new();
        for item in list {
            let text = item.as_ref().trim();
            let short = SHORT.iter().find(|(name, _)| *name == text);
            for network in short.map_or(&[text][..], |(_, networks)| *networks) {
                networks.push(Network::parse(network).ok_or_else(|| item.as_ref().to_owned())?);
            }
        }
        Ok(Self(networks))
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits: u32 = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|digit| digit.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
        };
        if bits > most {
            return None;
        }
        // `::ffff:10.0.0.0/104` is `10.0.0.0/8`, as addresses are compared in their short form.
        match address.to_canonical() {
            short @ IpAddr::V4(_) if address.is_ipv6() => {
                Some(Self { address: short, bits: bits.checked_sub(96)? })
            }
            address => Some(Self { address, bits }),
        }
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.bits
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

/// A request as its caller sent it to the outermost trusted proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    pub(crate) client: IpAddr,
    /// `http` or `https`, where a proxy said so.
    pub(crate) scheme: Option<&'static str>,
    /// As in `Host`, where a proxy said so.
    pub(crate) host: Option<&'a str>,
}

/// The caller's address: the peer's, or what trusted proxies tell.
pub(crate) fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted: &TrustedProxies,
) -> IpAddr {
    seen(peer, headers, trusted).client
}

/// What trusted proxies tell; the peer alone where it is none of them.
pub(crate) fn seen<'a>(peer: IpAddr, headers: &'a HeaderMap, trusted: &TrustedProxies) -> Seen<'a> {
    let peer = peer.to_canonical();
    let alone = Seen { client: peer, scheme: None, host: None };
    if !trusted.contains(peer) {
        return alone;
    }
    let forwarded =
        walk(elements(headers, &FORWARDED).map(|element| parameter(element, "for")), trusted);
    let listed = walk(elements(headers, &X_FORWARDED_FOR).map(Some), trusted);
    // A proxy further in writes the next one's address here, which is nobody's who called.
    let real = walk(elements(headers, &X_REAL_IP).map(Some), trusted);
    let real = real.filter(|hop| !trusted.contains(hop.address));
    let mut told = [forwarded, listed, real].into_iter().flatten();
    let Some(first) = told.next() else {
        return Seen { scheme: proto(headers, 0), host: host(headers, 0), ..alone };
    };
    if told.any(|other| other.address != first.address) {
        return alone;
    }
    let element = forwarded.and_then(|hop| nth(headers, &FORWARDED, hop.passed));
    let told = |name| element.and_then(|element| parameter(element, name));
    // Those who append do so to every list alike.
    let passed = listed.map_or(0, |hop| hop.passed);
    Seen {
        client: first.address,
        scheme: told("proto").and_then(scheme).or_else(|| proto(headers, passed)),
        host: told("host").filter(|host| is_host(host)).or_else(|| host(headers, passed)),
    }
}

/// Where a list ends that is read from the right.
#[derive(Debug, Clone, Copy)]
struct Hop {
    address: IpAddr,
    /// How many elements stand to the right of it.
    passed: usize,
}

/// The first address that is no trusted proxy's; where there is none, the last that can be read.
fn walk<'a>(
    list: impl DoubleEndedIterator<Item = Option<&'a str>>,
    trusted: &TrustedProxies,
) -> Option<Hop> {
    let mut last = None;
    for (passed, text) in list.rev().enumerate() {
        let Some(address) = text.and_then(address) else { break };
        last = Some(Hop { address, passed });
        if !trusted.contains(address) {
            break;
        }
    }
    last
}

/// The elements of a list, over all headers of the name. A comma inside quotes is none between elements.
fn elements<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
    headers.get_all(name).iter().flat_map(|value| split(value.to_str().unwrap_or(""), b','))
}

fn nth<'a>(headers: &'a HeaderMap, name: &HeaderName, from_right: usize) -> Option<&'a str> {
    elements(headers, name).rev().nth(from_right)
}

fn split(text: &str, at: u8) -> impl DoubleEndedIterator<Item = &str> {
    let mut quoted = false;
    let mut parts = Vec::new();
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte == b'"' {
            quoted = !quoted;
        } else if byte == at && !quoted {
            parts.push(text[start..index].trim());
            start = index + 1;
        }
    }
    parts.push(text[start..].trim());
    parts.into_iter().filter(|part| !part.is_empty())
}

/// `for`, `proto` or `host` of an element of `Forwarded`.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    split(element, b';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

/// An address in any of the forms that proxies write, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let address: IpAddr = text.parse().ok().or_else(with_port).or_else(bare)?;
    Some(address.to_canonical())
}

fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"].into_iter().find(|known| text.eq_ignore_ascii_case(known))
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

/// The element beside the caller's own, or the leftmost of a list that is shorter.
fn beside<'a>(headers: &'a HeaderMap, name: &HeaderName, passed: usize) -> Option<&'a str> {
    elements(headers, name).rev().take(passed + 1).last()
}

fn proto(headers: &HeaderMap, passed: usize) -> Option<&'static str> {
    beside(headers, &X_FORWARDED_PROTO, passed).and_then(scheme)
}

fn host(headers: &HeaderMap, passed: usize) -> Option<&str> {
    beside(headers, &X_FORWARDED_HOST, passed).filter(|host| is_host(host))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PEER: &str = "10.0.0.1";

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let value = |text| HeaderValue::from_str(text).expect("a value");
        list.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect()
    }

    fn trusted() -> TrustedProxies {
        TrustedProxies::parse(["10.0.0.0/8", "fd00::/8"]).expect("networks")
    }

    fn client(peer: &str, list: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, text) in list {
            map.append(*name, HeaderValue::from_str(text).expect("a value"));
        }
        client_address(peer.parse().expect("an address"), &map, &trusted()).to_string()
    }

    #[test]
    fn networks_and_addresses_are_trusted_and_nothing_else() {
        let list = ["10.0.0.0/8", "192.0.2.7", " fd00::/8", "::ffff:172.16.0.0/108"];
        let trusted = TrustedProxies::parse(list).expect("networks");
        for (address, inside) in [
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("::ffff:10.0.0.1", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("fd12::1", true),
            ("fe80::1", false),
            ("172.16.3.4", true),
            ("172.32.0.1", false),
        ] {
            assert_eq!(trusted.contains(address.parse().expect("one")), inside, "{address}");
        }
        let short = |name: &str, address: &str| {
            let trusted = TrustedProxies::parse([name]).expect("networks");
            trusted.contains(address.parse().expect("one"))
        };
        assert!(short("*", "198.51.100.1") && short("*", "2001:db8::1"));
        assert!(short("loopback", "127.0.0.2") && short("loopback", "::1"));
        assert!(!short("loopback", "10.0.0.1") && !short("private", "127.0.0.1"));
        assert!(short("private", "172.31.0.1") && short("private", "fd00::1"));
        assert!(!short("private", "172.32.0.1") && !short("private", "2001:db8::1"));
        assert!(TrustedProxies::parse(["0.0.0.0/0"]).expect("all").contains([1, 2, 3, 4].into()));
        assert!(!TrustedProxies::default().contains([127, 0, 0, 1].into()));
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "proxy", "10.0.0", "::1/129"] {
            assert_eq!(TrustedProxies::parse(["::1", wrong]), Err(wrong.to_owned()));
        }
    }

    #[test]
    fn who_is_not_trusted_tells_nothing() {
        let all = [
            ("forwarded", "for=198.51.100.1"),
            ("x-forwarded-for", "198.51.100.1"),
            ("x-real-ip", "198.51.100.1"),
        ];
        assert_eq!(client("203.0.113.9", &all), "203.0.113.9");
        assert_eq!(client("::ffff:203.0.113.9", &all), "203.0.113.9");
        for one in all {
            assert_eq!(client(PEER, &[one]), "198.51.100.1", "{one:?}");
        }
    }

    #[test]
    fn a_list_is_read_from_the_right_past_trusted_proxies() {
        for (list, expected) in [
            ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
            ("6.6.6.6, 198.51.100.1, 10.2.3.4, fd00::7", "198.51.100.1"),
            ("198.51.100.1:4711,10.2.3.4:80", "198.51.100.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("10.7.7.7, 10.2.3.4", "10.7.7.7"),
            ("6.6.6.6, unknown, 10.2.3.4", "10.2.3.4"),
            ("unknown", PEER),
            ("", PEER),
            (", ,", PEER),
        ] {
            assert_eq!(client(PEER, &[("x-forwarded-for", list)]), expected, "{list}");
        }
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1, 10.1.1.1")];
        assert_eq!(client(PEER, &lines), "198.51.100.1");
    }

    #[test]
    fn forwarded_is_read_in_all_its_forms() {
        for (value, expected) in [
            ("For=198.51.100.1;proto=https", "198.51.100.1"),
            ("for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            (
                "for=6.6.6.6, proto=https; for = 198.51.100.1 ;by=\"a,b;c\", for=10.9.9.9",
                "198.51.100.1",
            ),
            ("for=_hidden, for=10.9.9.9", "10.9.9.9"),
            ("for=_hidden", PEER),
            ("proto=https", PEER),
            ("for=\"", PEER),
        ] {
            assert_eq!(client(PEER, &[("forwarded", value)]), expected, "{value}");
        }
    }

    #[test]
    fn headers_that_contradict_each_other_are_not_believed() {
        let real = ("x-real-ip", "198.51.100.1");
        assert_eq!(client(PEER, &[("x-forwarded-for", "6.6.6.6"), real]), PEER);
        assert_eq!(client(PEER, &[("forwarded", "for=6.6.6.6"), real]), PEER);
        assert_eq!(
            client(PEER, &[("x-forwarded-for", "6.6.6.6, 198.51.100.1"), real]),
            "198.51.100.1"
        );
        let inner = [("x-forwarded-for", "198.51.100.1, 10.3.3.3"), ("x-real-ip", "10.3.3.3")];
        assert_eq!(client(PEER, &inner), "198.51.100.1");
    }

    #[test]
    fn scheme_and_host_are_those_that_the_caller_used() {
        let seen = |list: &[(&'static str, &str)]| {
            let headers = headers(list);
            let seen = seen([10, 0, 0, 1].into(), &headers, &trusted());
            (seen.scheme, seen.host.map(str::to_owned))
        };
        let host = |text: &str| Some(text.to_owned());
        let forwarded = "for=6.6.6.6;proto=http;host=evil, for=198.51.100.1;proto=HTTPS;host=\"shop.example:8443\", for=10.1.1.1;proto=http;host=inner";
        assert_eq!(seen(&[("forwarded", forwarded)]), (Some("https"), host("shop.example:8443")));
        let listed = [
            ("x-forwarded-for", "6.6.6.6, 198.51.100.1, 10.1.1.1"),
            ("x-forwarded-proto", "http, https, http"),
            ("x-forwarded-host", "shop.example"),
        ];
        assert_eq!(seen(&listed), (Some("https"), host("shop.example")));
        assert_eq!(seen(&[("x-forwarded-proto", "https")]), (Some("https"), None));
        assert_eq!(
            seen(&[("x-forwarded-proto", "gopher"), ("x-forwarded-host", "a b")]),
            (None, None)
        );
        let map = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-host", "evil")]);
        let outside = super::seen([203, 0, 113, 9].into(), &map, &trusted());
        assert_eq!((outside.scheme, outside.host), (None, None));
    }
}
