//! The kit's own settings, typed. Their defaults are `defaults.yaml`.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::cors::CorsSettings;
use super::telemetry::TelemetryKeys;
use super::tree::{Mistake, Node, Origin, Value};
use super::{de, nearest};
use crate::server::forwarded::TrustedProxies;

/// The longest that any setting may be.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// Every setting of the kit.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) server: ServerSettings,
    pub(crate) admin: AdminSettings,
    pub(crate) log: LogSettings,
    #[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "only telemetry reads it"))]
    pub(crate) telemetry: TelemetryKeys,
}

/// `server`.
#[derive(Debug, Clone)]
pub(crate) struct ServerSettings {
    /// Where HTTP and gRPC are served.
    pub(crate) addr: Address,
    /// The second listener, where one is wanted.
    pub(crate) grpc_addr: Option<Address>,
    /// `None` where it is zero: no bound.
    pub(crate) timeout: Option<Duration>,
    pub(crate) drain: Duration,
    pub(crate) grace: Duration,
    pub(crate) max_body: usize,
    pub(crate) max_connections: NonZeroUsize,
    pub(crate) max_streams: NonZeroU32,
    pub(crate) header_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) reflection: bool,
    /// Whether the kit's own reasons are told as details of a status.
    pub(crate) reasons: bool,
    pub(crate) tls: Option<TlsSettings>,
    /// `None` where it is zero: connections do not age.
    pub(crate) max_connection_age: Option<Duration>,
    pub(crate) max_connection_age_grace: Duration,
    pub(crate) keep_alive: Option<KeepAlive>,
    pub(crate) cors: Option<CorsSettings>,
    /// What callers say of traces is not believed.
    #[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "only telemetry reads it"))]
    pub(crate) public: bool,
    /// Whose word is taken for where a call comes from.
    pub(crate) trusted_proxies: TrustedProxies,
}

/// `server.tls`, where it names any file.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "tls"),
    allow(dead_code, reason = "checked all the same, so that the mistake is that there is no TLS")
)]
pub(crate) struct TlsSettings {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_ca: Option<PathBuf>,
    pub(crate) client_auth: ClientAuth,
}

/// Whether a client must show a certificate, where it is asked for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientAuth {
    /// One without is refused.
    Require,
    /// One without is served, and has no identity.
    Request,
}

/// `server.keep_alive`, where it is on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepAlive {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
}

/// `admin`.
#[derive(Debug, Clone)]
pub(crate) struct AdminSettings {
    pub(crate) addr: Address,
}

/// `log`.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "telemetry"),
    allow(dead_code, reason = "checked all the same; only log output reads all of it")
)]
pub(crate) struct LogSettings {
    /// A level, or a list of `target=level`.
    pub(crate) level: String,
    /// Whether the environment said so, which `RUST_LOG` does not override.
    pub(crate) level_from_environment: bool,
    pub(crate) format: LogFormat,
    pub(crate) access: AccessLog,
    /// Whether the records of calls have the request.
    pub(crate) arguments: bool,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Which calls are logged at `info` or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccessLog {
    /// Those that failed.
    Errors,
    /// All of them.
    All,
}

/// An address to listen on: `127.0.0.1:8000`, `localhost:8000`, `[::]:8000` or `:8000` for every interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) String);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let text = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text };
        let named = |(host, port): (&str, &str)| {
            !host.is_empty() && !host.contains(':') && port.parse::<u16>().is_ok()
        };
        if text.parse::<SocketAddr>().is_ok() || text.rsplit_once(':').is_some_and(named) {
            Ok(Self(text))
        } else {
            let expected = "an address such as 127.0.0.1:8000";
            Err(serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &expected))
        }
    }
}

/// Reads every setting and adds every mistake to `mistakes`; `None` where there was one.
pub(crate) fn read(tree: &Node, defaults: &Node, mistakes: &mut Vec<Mistake>) -> Option<Settings> {
    let before = mistakes.len();
    unknown_keys(tree, defaults, mistakes);
    check_clients(tree, mistakes);
    let mut source = Source { tree, mistakes };
    let settings = (|| {
        // Each line is read before any may end this: a `?` too early would hide the mistakes after it.
        let addr = source.get("server.addr");
        let grpc_addr = source.get("server.grpc.addr");
        let timeout = source.duration("server.timeout");
        let drain = source.duration("server.drain");
        let grace = source.duration("server.grace");
        let max_body = source.get("server.max_body");
        let max_connections = source.get("server.max_connections");
        let max_streams = source.get("server.max_streams");
        let header_timeout = source.duration("server.header_timeout");
        let idle_timeout = source.duration("server.idle_timeout");
        let reflection = source.get("server.reflection");
        let reasons = source.get("server.reasons");
        let tls = source.tls();
        let max_connection_age = source.duration("server.max_connection_age");
        let max_connection_age_grace = source.duration("server.max_connection_age_grace");
        let keep_alive = source.keep_alive();
        let cors = source.cors();
        let public = source.get("server.public");
        let trusted_proxies = source.trusted_proxies();
        let admin_addr = source.get("admin.addr");
        let level = source.level();
        let level_from_environment =
            source.tree.find("log.level").is_some_and(|node| matches!(node.origin, Origin::Env(_)));
        let format = source.get("log.format");
        let access = source.get("log.access");
        let arguments = source.get("log.arguments");
        let telemetry = source.telemetry();
        Some(Settings {
            server: ServerSettings {
                addr: addr?,
                grpc_addr: grpc_addr?,
                timeout: Some(timeout?).filter(|timeout: &Duration| !timeout.is_zero()),
                drain: drain?,
                grace: grace?,
                max_body: max_body?,
                max_connections: max_connections?,
                max_streams: max_streams?,
                header_timeout: header_timeout?,
                idle_timeout: idle_timeout?,
                reflection: reflection?,
                reasons: reasons?,
                tls: tls?,
                max_connection_age: Some(max_connection_age?).filter(|age| !age.is_zero()),
                max_connection_age_grace: max_connection_age_grace?,
                keep_alive: keep_alive?,
                cors: cors?,
                public: public?,
                trusted_proxies: trusted_proxies?,
            },
            telemetry: telemetry?,
            admin: AdminSettings { addr: admin_addr? },
            log: LogSettings {
                level: level?,
                level_from_environment,
                format: format?,
                access: access?,
                arguments: arguments?,
            },
        })
    })();
    if mistakes.len() > before { None } else { settings }
}

pub(super) struct Source<'a> {
    pub(super) tree: &'a Node,
    pub(super) mistakes: &'a mut Vec<Mistake>,
}

impl Source<'_> {
    pub(super) fn get<T: for<'de> Deserialize<'de>>(&mut self, key: &str) -> Option<T> {
        // Where a section is not a map, `unknown_keys` has said so once for all its keys.
        let (section, _) = key.rsplit_once('.')?;
        if !matches!(self.tree.find(section)?.value, Value::Map(_)) {
            return None;
        }
        de::read(self.tree, key).map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    /// A duration that can be added to any time of day.
    pub(super) fn duration(&mut self, key: &str) -> Option<Duration> {
        let duration = self.get(key)?;
        if duration <= LONGEST {
            return Some(duration);
        }
        self.mistake(key, format!("expected at most {} days", LONGEST.as_secs() / 86_400));
        None
    }

    /// `server.tls`: both files, or none of it.
    fn tls(&mut self) -> Option<Option<TlsSettings>> {
        let cert: Option<Option<PathBuf>> = self.get("server.tls.cert");
        let key: Option<Option<PathBuf>> = self.get("server.tls.key");
        let client_ca: Option<Option<PathBuf>> = self.get("server.tls.client_ca");
        let client_auth = self.get("server.tls.client_auth");
        let (cert, key, client_ca, client_auth) = (cert?, key?, client_ca?, client_auth?);
        let wanted = match (&cert, &key, &client_ca) {
            (Some(_), None, _) => Some(("server.tls.key", "the certificate in server.tls.cert")),
            (None, Some(_), _) => Some(("server.tls.cert", "the key in server.tls.key")),
            (None, None, Some(_)) => Some(("server.tls.cert", "server.tls.client_ca")),
            _ => None,
        };
        if let Some((missing, beside)) = wanted {
            self.mistake(missing, format!("expected the path of a file, to go with {beside}"));
            return None;
        }
        let files = cert.zip(key);
        Some(files.map(|(cert, key)| TlsSettings { cert, key, client_ca, client_auth }))
    }

    fn trusted_proxies(&mut self) -> Option<TrustedProxies> {
        let list: Option<Vec<String>> = self.get("server.trusted_proxies")?;
        match TrustedProxies::parse(list.unwrap_or_default()) {
            Ok(trusted) => Some(trusted),
            Err(text) => {
                let what =
                    format!("expected addresses and networks such as 10.0.0.0/8, found {text:?}");
                self.mistake("server.trusted_proxies", what);
                None
            }
        }
    }

    fn keep_alive(&mut self) -> Option<Option<KeepAlive>> {
        let interval = self.duration("server.keep_alive.interval");
        let timeout = self.duration("server.keep_alive.timeout");
        let (interval, timeout) = (interval?, timeout?);
        if !interval.is_zero() && timeout.is_zero() {
            let what = "expected more than 0s: nobody answers in no time".to_owned();
            self.mistake("server.keep_alive.timeout", what);
            return None;
        }
        Some((!interval.is_zero()).then_some(KeepAlive { interval, timeout }))
    }

    pub(super) fn mistake(&mut self, key: &str, what: String) {
        let origin = self.tree.find(key).map(|node| node.origin.clone());
        self.mistakes.push(Mistake { origin, key: key.to_owned(), what });
    }

    /// `log.level`: a level, or a filter of comma-separated `target=level`.
    fn level(&mut self) -> Option<String> {
        let level: String = self.get("log.level")?;
        let known = |level: &str| {
            ["off", "error", "warn", "info", "debug", "trace"]
                .contains(&level.to_ascii_lowercase().as_str())
        };
        let fine = |part: &str| match part.split_once('=') {
            Some((target, level)) => !target.trim().is_empty() && known(level.trim()),
            None => known(part.trim()),
        };
        if level.split(',').all(fine) {
            return Some(level);
        }
        let expected = "expected off, error, warn, info, debug or trace, alone or as target=level";
        self.mistake("log.level", format!("{expected}, found {level:?}"));
        None
    }
}

/// Names every key of the kit's own sections that the defaults do not have.
fn unknown_keys(tree: &Node, defaults: &Node, mistakes: &mut Vec<Mistake>) {
    let Value::Map(sections) = &defaults.value else { return };
    for section in sections {
        if let Some(node) = tree.child(&section.key) {
            compare(&section.key, node, &section.node, mistakes);
        }
    }
}

fn compare(path: &str, node: &Node, known: &Node, mistakes: &mut Vec<Mistake>) {
    let Value::Map(known) = &known.value else { return };
    let Value::Map(entries) = &node.value else {
        mistakes.push(Mistake {
            origin: Some(node.origin.clone()),
            key: path.to_owned(),
            what: "expected a map of keys".into(),
        });
        return;
    };
    if known.is_empty() {
        // `clients`: its keys are names of the user's own.
        return;
    }
    for entry in entries {
        match known.iter().find(|k| k.key == entry.key) {
            Some(k) => compare(&format!("{path}.{}", entry.key), &entry.node, &k.node, mistakes),
            None => {
                let advice = nearest::advice(&entry.key, known.iter().map(|k| k.key.as_str()));
                mistakes.push(Mistake {
                    origin: Some(entry.origin.clone()),
                    key: format!("{path}.{}", entry.key),
                    what: format!("unknown key{advice}"),
                });
            }
        }
    }
}

/// `clients.<name>.target` and `clients.<name>.tls` are the keys of a client.
fn check_clients(tree: &Node, mistakes: &mut Vec<Mistake>) {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Client {
        #[allow(dead_code, reason = "read by the client, checked here with everything else")]
        target: Option<String>,
        #[allow(dead_code, reason = "read by the client, checked here with everything else")]
        tls: Option<Tls>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "read by the client, checked here with everything else")]
    struct Tls {
        ca: Option<PathBuf>,
        cert: Option<PathBuf>,
        key: Option<PathBuf>,
        server_name: Option<String>,
    }
    let Some(Value::Map(clients)) = tree.child("clients").map(|node| &node.value) else { return };
    for client in clients {
        if let Err(mistake) =
            de::read_node::<Client>(&client.node, &format!("clients.{}", client.key))
        {
            mistakes.push(mistake);
        }
    }
}
