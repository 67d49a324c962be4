//! Client spans and the metrics of calls to others: every attribute of the conventions, with its type, and nothing else.

use std::sync::{Mutex, PoisonError};

use bident::call::BoxFuture;
use e2e::call;
use support::otlp::{Shape, Status};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::metrics::is_duration;
use super::*;

/// Does the job that it is given, once.
struct Caller(Mutex<Option<BoxFuture<'static, ()>>>);

#[service(package = "telemetry.v1")]
impl Caller {
    #[rpc(get = "/do")]
    async fn run(&self) -> Note {
        let job = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        job.expect("a job").await;
        Note::new("done")
    }
}

/// What an app tells of the calls that a handler makes.
pub(super) async fn calling(
    settings: &str,
    headers: &[(&str, &str)],
    job: impl Future<Output = ()> + Send + 'static,
) -> Received {
    let caller = Caller(Mutex::new(Some(Box::pin(job))));
    let told = Told::open(App::new("caller").service(caller), settings).await;
    let request =
        headers.iter().fold(call("GET", "/do"), |call, (name, value)| call.header(name, value));
    assert_eq!(request.send(told.addr).await.status, 200);
    told.end().await
}

/// The spans of calls to others.
pub(super) fn client_spans(received: &Received) -> Vec<&Span> {
    received.spans.iter().filter(|span| span.kind == Kind::Client).collect()
}

/// The span of the one call.
pub(super) fn only(received: &Received) -> &Span {
    let [span] = client_spans(received)[..] else { panic!("{:#?}", received.spans) };
    span
}

/// A server that gives one request this answer and hangs up; the head of that request.
pub(super) async fn canned(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let asked = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("a caller");
        let mut socket = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(socket.read_line(&mut head).await.expect("a line") > 0, "{head}");
        }
        socket.write_all(answer.as_bytes()).await.expect("a reader");
        head
    });
    (addr, asked)
}

/// A client of the service that `e2e::start` has started, by its name: the address shows on the connection alone.
async fn by_name(scheme: &str, server: &Running) -> DeskClient {
    let target = format!("{scheme}://localhost:{}", server.addr.port());
    DeskClient::connect(target).await.expect("a client")
}

#[tokio::test]
async fn a_call_over_http_has_every_attribute_and_no_other() {
    let server = start(desk()).await;
    let client = by_name("http", &server).await;
    let received = calling("", &[], async move {
        client.work(Note::new("fine")).await.expect("an answer");
    })
    .await;
    let (span, port) = (only(&received), i64::from(server.addr.port()));
    assert_eq!((span.name.as_str(), &span.status), ("GET /desk/{text}", &Status::Unset));
    let expected = attributes([
        ("http.request.method", "GET".into()),
        ("http.response.status_code", 200.into()),
        ("kratos.kind", "http".into()),
        ("kratos.operation", WORK.into()),
        ("network.peer.address", "127.0.0.1".into()),
        ("network.peer.port", port.into()),
        ("network.protocol.version", "1.1".into()),
        ("server.address", "localhost".into()),
        ("server.port", port.into()),
        ("url.full", format!("http://localhost:{port}/desk/fine").as_str().into()),
    ]);
    assert_eq!(span.attributes, expected);
}

#[tokio::test]
async fn a_call_over_grpc_has_every_attribute_and_no_other() {
    let server = start(desk()).await;
    let client = by_name("grpc", &server).await;
    let received = calling("", &[], async move {
        client.work(Note::new("fine")).await.expect("an answer");
    })
    .await;
    let (span, port) = (only(&received), i64::from(server.addr.port()));
    assert_eq!((span.name.as_str(), &span.status), ("telemetry.v1.Desk/Work", &Status::Unset));
    let expected = attributes([
        ("kratos.kind", "grpc".into()),
        ("kratos.operation", WORK.into()),
        ("network.peer.address", "127.0.0.1".into()),
        ("network.peer.port", port.into()),
        ("rpc.method", "telemetry.v1.Desk/Work".into()),
        ("rpc.response.status_code", "OK".into()),
        ("rpc.system.name", "grpc".into()),
        ("server.address", "localhost".into()),
        ("server.port", port.into()),
    ]);
    assert_eq!(span.attributes, expected);
}

/// Calls a desk twice, with a success and an error; each point of the metric of that name with its span.
async fn measured<const N: usize>(
    scheme: &str,
    name: &str,
    common: [(&str, Value); N],
    outcomes: [&[(&str, Value)]; 2],
) {
    let server = start(desk()).await;
    let client = by_name(scheme, &server).await;
    let received = calling("", &[], async move {
        client.work(Note::new("fine")).await.expect("an answer");
        client.work(Note::new("missing")).await.expect_err("there is none");
    })
    .await;
    let metric = received.metric(name).expect(name);
    is_duration(metric);
    let spans = client_spans(&received);
    assert_eq!((metric.points.len(), spans.len()), (2, 2), "{metric:?}");
    for (span, outcome) in spans.into_iter().zip(outcomes) {
        let mut expected = attributes(common.clone());
        expected.insert("server.address".to_owned(), "localhost".into());
        expected.insert("server.port".to_owned(), i64::from(server.addr.port()).into());
        expected.extend(outcome.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        let point = metric.points.iter().find(|point| point.attributes == expected);
        let point = point.unwrap_or_else(|| panic!("{expected:?} is not in {metric:#?}"));
        assert_eq!(point.count, 1);
        assert!((point.sum - span.seconds()).abs() < 1e-6, "{} {span:?}", point.sum);
        assert_eq!(span.get("error.type"), expected.get("error.type"), "the same on both");
    }
}

#[tokio::test]
async fn the_duration_of_a_call_over_http_is_that_of_its_span() {
    let common =
        [("http.request.method", "GET".into()), ("network.protocol.version", "1.1".into())];
    let status = |code: i64| ("http.response.status_code", code.into());
    let outcomes: [&[_]; 2] = [&[status(200)], &[status(404), ("error.type", "404".into())]];
    measured("http", "http.client.request.duration", common, outcomes).await;
}

#[tokio::test]
async fn the_duration_of_a_call_over_grpc_is_that_of_its_span() {
    let method = "telemetry.v1.Desk/Work";
    let common = [("rpc.method", method.into()), ("rpc.system.name", "grpc".into())];
    let status = |code: &str| ("rpc.response.status_code", code.into());
    let outcomes: [&[_]; 2] =
        [&[status("OK")], &[status("NOT_FOUND"), ("error.type", "NOT_FOUND".into())]];
    measured("grpc", "rpc.client.call.duration", common, outcomes).await;
}

struct Scale;

#[service(package = "telemetry.v1")]
impl Scale {
    #[rpc(post = "/weigh")]
    async fn weigh(&self, note: Note) -> Note {
        note
    }

    #[rpc]
    async fn weigh_all(&self, mut notes: Streaming<Note>) -> Result<Note, Error> {
        let mut all = String::new();
        while let Some(note) = notes.next().await.transpose()? {
            all += &note.text;
        }
        Ok(Note::new(all))
    }
}

#[tokio::test]
async fn the_bodies_of_calls_over_http_are_measured() {
    let server = start(App::new("scale").service(Scale)).await;
    for scheme in ["http", "grpc"] {
        let client = ScaleClient::connect(format!("{scheme}://{}", server.addr)).await;
        let client = client.expect("a client");
        let received = calling("", &[], async move {
            client.weigh(Note::new("light")).await.expect("an answer");
            let notes = ["he", "a", "vy"].map(Note::new);
            client
                .weigh_all(Streaming::of(futures_util::stream::iter(notes)))
                .await
                .expect("an answer");
        })
        .await;
        // Known beforehand, and counted line by line; to the conventions an RPC has no size.
        let lines = "{\"text\":\"he\"}\n{\"text\":\"a\"}\n{\"text\":\"vy\"}\n";
        for (name, sum) in [
            ("http.client.request.body.size", "{\"text\":\"light\"}".len() + lines.len()),
            ("http.client.response.body.size", 2 * "{\"text\":\"light\"}".len()),
        ] {
            let metric = received.metric(name).filter(|_| scheme == "http");
            let Some(metric) = metric else {
                assert!(scheme == "grpc" && received.metric(name).is_none(), "{name}");
                continue;
            };
            assert_eq!((metric.unit.as_str(), metric.shape), ("By", Shape::Histogram));
            let [point] = &metric.points[..] else { panic!("{metric:?}") };
            assert_eq!((point.count, point.sum), (2, sum as f64), "{name}");
            assert_eq!(point.attributes.get("http.response.status_code"), Some(&200.into()));
        }
    }
}

struct Odd;

#[service(package = "telemetry.v1")]
impl Odd {
    #[rpc(custom(kind = "PURGE", path = "/odd/{text}"))]
    async fn purge(&self, note: Note) -> Note {
        note
    }
}

#[tokio::test]
async fn a_method_that_nobody_knows_is_other_to_its_caller_too() {
    let server = start(App::new("odd").service(Odd)).await;
    let client = OddClient::connect(format!("http://{}", server.addr)).await.expect("a client");
    let received = calling("", &[], async move {
        client.purge(Note::new("fine")).await.expect("an answer");
    })
    .await;
    let span = only(&received);
    assert_eq!(span.name, "HTTP /odd/{text}");
    assert_eq!(span.text("http.request.method"), "_OTHER");
    assert_eq!(span.text("http.request.method_original"), "PURGE");
    let metric = received.metric("http.client.request.duration").expect("the metric");
    let attributes = &metric.points[0].attributes;
    assert_eq!(attributes.get("http.request.method"), Some(&"_OTHER".into()));
    assert_eq!(attributes.get("http.request.method_original"), None);
}

#[tokio::test]
async fn an_address_is_written_as_servers_write_it() {
    for scheme in ["http", "grpc"] {
        // Whether anybody is there does not matter.
        let client = DeskClient::connect(format!("{scheme}://[::1]:1")).await.expect("a client");
        let received = calling("", &[], async move {
            client.work(Note::new("fine")).await.expect_err("nobody answers");
        })
        .await;
        let span = only(&received);
        assert_eq!(span.text("server.address"), "::1");
        assert_eq!(span.get("server.port"), Some(&1.into()));
        let url = (scheme == "http").then_some("http://[::1]:1/desk/fine");
        assert_eq!(span.get("url.full").and_then(Value::text), url);
    }
}

struct Vault;

#[service(package = "telemetry.v1")]
impl Vault {
    #[rpc(get = "/vault/{name}")]
    async fn open(&self, name: String, sig: String) -> Note {
        Note::new(name + &sig)
    }
}

#[tokio::test]
async fn the_secrets_of_an_url_are_left_out() {
    let server = start(App::new("vault").service(Vault)).await;
    let addr = server.addr;
    let client = VaultClient::connect(format!("http://{addr}")).await.expect("a client");
    let received = calling("", &[], async move {
        let note = client.open("gold".to_owned(), "abc".to_owned()).await.expect("an answer");
        assert_eq!(note.text, "goldabc");
    })
    .await;
    let full = only(&received).text("url.full");
    assert_eq!(full, format!("http://{addr}/vault/gold?sig=REDACTED"));
}

#[tokio::test]
async fn who_debugs_by_b3_does_so_all_the_way() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    for list in ["b3", "b3multi"] {
        let (addr, asked) = canned("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        let client = DeskClient::connect(format!("http://{addr}")).await.expect("a client");
        let theirs = format!("{TRACE}-00f067aa0ba902b7-d");
        let settings = format!("telemetry: {{sample: 0, propagators: [{list}]}}");
        let received = calling(&settings, &[("b3", &theirs)], async move {
            client.work(Note::new("fine")).await.expect("an answer");
        })
        .await;
        let (span, head) = (only(&received), asked.await.expect("a request"));
        let expected = match list {
            "b3" => format!("\r\nb3: {TRACE}-{}-d\r\n", span.id),
            _ => "\r\nx-b3-flags: 1\r\n".to_owned(),
        };
        assert!(head.contains(&expected), "{expected} is not in {head}");
        // What the W3C does not have is not exported as if it did.
        assert_eq!(received.spans.iter().map(|it| it.flags & 0xff).collect::<Vec<_>>(), [1, 1]);
    }
}

#[tokio::test]
async fn headers_that_the_program_sets_itself_stay() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let theirs = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let headers = [("traceparent", theirs.as_str()), ("baggage", "theirs=1")];
    // What the program sets, and what goes along beside it.
    for (own, value) in [("baggage", "mine=2"), ("b3", "0"), ("traceparent", "mine")] {
        let (addr, asked) = canned("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        let client = DeskClient::connect(format!("http://{addr}")).await.expect("a client");
        let client = client.with_metadata(own, value);
        let settings = "telemetry: {propagators: [tracecontext, baggage, b3]}";
        calling(settings, &headers, async move {
            client.work(Note::new("fine")).await.expect("an answer");
        })
        .await;
        let head = asked.await.expect("a request");
        for (name, usual) in [("baggage", "theirs=1"), ("b3", TRACE), ("traceparent", TRACE)] {
            let expected = if name == own { value } else { usual };
            let sent: Vec<_> =
                head.lines().filter_map(|it| it.strip_prefix(&format!("{name}: "))).collect();
            let [sent] = sent[..] else { panic!("{name} beside {own}: {head}") };
            assert!(sent.contains(expected), "{name} beside {own}: {head}");
        }
    }
}
