//! Who a peer is, by the certificate that it has proved to own.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;

/// The peer of a call, as its certificate names it: `server.tls.client_ca` has vouched for that, and the peer has proved to
/// own its key. Cheap to clone.
///
/// Found with [`Context::peer_identity`](crate::Context::peer_identity), and among the extensions of the requests that the
/// user's own routes and layers see.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerIdentity(Arc<Inner>);

#[derive(PartialEq, Eq)]
struct Inner {
    chain: Vec<CertificateDer<'static>>,
    common_name: Option<String>,
    dns_names: Vec<String>,
    uris: Vec<String>,
}

impl PeerIdentity {
    /// `None` where there is no certificate, or none that can be read.
    pub(crate) fn of(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let certificate = webpki::EndEntityCert::try_from(chain.first()?).ok()?;
        let owned = |name: &str| name.to_owned();
        Some(Self(Arc::new(Inner {
            common_name: common_name(certificate.subject()),
            dns_names: certificate.valid_dns_names().map(owned).collect(),
            uris: certificate.valid_uri_names().map(owned).collect(),
            chain: chain.iter().map(|certificate| certificate.clone().into_owned()).collect(),
        })))
    }

    /// The certificates that the peer has shown, in DER: its own first, then those between it and its authority.
    pub fn chain(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.chain.iter().map(|certificate| &**certificate)
    }

    /// The common name of the certificate's subject, the last one where there are several.
    pub fn common_name(&self) -> Option<&str> {
        self.0.common_name.as_deref()
    }

    /// The DNS names among the certificate's alternative names.
    pub fn dns_names(&self) -> &[String] {
        &self.0.dns_names
    }

    /// The URIs among the certificate's alternative names.
    pub fn uris(&self) -> &[String] {
        &self.0.uris
    }

    /// The SPIFFE ID: the URI where there is exactly one and it is `spiffe://...`, as that specification demands.
    pub fn spiffe_id(&self) -> Option<&str> {
        match self.0.uris.as_slice() {
            [uri] if uri.starts_with("spiffe://") => Some(uri),
            _ => None,
        }
    }
}

impl fmt::Debug for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerIdentity")
            .field("common_name", &self.0.common_name)
            .field("dns_names", &self.0.dns_names)
            .field("uris", &self.0.uris)
            .finish_non_exhaustive()
    }
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The last common name in the contents of a `Name`: sets of pairs of a type and a value.
fn common_name(mut subject: &[u8]) -> Option<String> {
    let mut found = None;
    while let Some((SET, mut set)) = element(&mut subject) {
        while let Some((SEQUENCE, mut pair)) = element(&mut set) {
            if element(&mut pair) == Some((OBJECT_IDENTIFIER, COMMON_NAME))
                && let Some((UTF8_STRING | PRINTABLE_STRING | IA5_STRING, value)) =
                    element(&mut pair)
                && let Ok(value) = std::str::from_utf8(value)
            {
                found = Some(value.to_owned());
            }
        }
    }
    found
}

/// Takes the next element of DER: its tag and its contents. `None` at the end, and where there is no whole one.
fn element<'a>(der: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (tag, length, rest) = match **der {
        [tag, length @ ..=0x7f, ref rest @ ..] => (tag, usize::from(length), rest),
        [tag, 0x81, length, ref rest @ ..] => (tag, usize::from(length), rest),
        [tag, 0x82, high, low, ref rest @ ..] => {
            (tag, usize::from(u16::from_be_bytes([high, low])), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    *der = rest;
    Some((tag, contents))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One set with one pair.
    fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        let tlv = |tag: u8, contents: &[u8]| {
            let mut bytes = vec![tag, 0x82];
            bytes.extend(u16::try_from(contents.len()).unwrap().to_be_bytes());
            bytes.extend(contents);
            bytes
        };
        let pair = [tlv(OBJECT_IDENTIFIER, kind), tlv(tag, value)].concat();
        tlv(SET, &tlv(SEQUENCE, &pair))
    }

    #[test]
    fn the_last_common_name_counts() {
        let organisation = attribute(&[0x55, 0x04, 0x0a], UTF8_STRING, b"Acme");
        let first = attribute(COMMON_NAME, PRINTABLE_STRING, b"first");
        let last = attribute(COMMON_NAME, UTF8_STRING, "größer".as_bytes());
        let unread = attribute(COMMON_NAME, 0x1e, b"\0x");
        let subject = [first, organisation.clone(), last, unread].concat();
        assert_eq!(common_name(&subject).as_deref(), Some("größer"));
        assert_eq!(common_name(&organisation), None);
    }

    #[test]
    fn what_is_cut_short_is_no_name() {
        let whole = attribute(COMMON_NAME, UTF8_STRING, b"name");
        assert_eq!(common_name(&whole).as_deref(), Some("name"));
        for end in 0..whole.len() {
            assert_eq!(common_name(&whole[..end]), None, "{end}");
        }
    }
}
