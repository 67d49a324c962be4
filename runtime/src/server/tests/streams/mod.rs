//! Streams over HTTP: a service with one method of each shape, and clients of both versions for it.

mod answers;
mod bytes_of_any_type;
mod requests;
#[cfg(feature = "ws")]
mod sockets;

use std::sync::atomic::{AtomicUsize, Ordering};

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;

use super::*;
use crate::HttpBody;
use crate::call::Body;
use crate::message::{TypeRef, Types};

#[bident::message(package = "test.v1")]
pub(super) struct Item {
    id: String,
    text: String,
    n: u32,
    inner: Option<Text>,
}

pub(super) static SPEC: ServiceSpec = ServiceSpec {
    package: "test.v1",
    name: "Streams",
    full_name: "test.v1.Streams",
    doc: "",
    deprecated: false,
    methods: &METHODS,
};

const fn streaming(
    name: &'static str,
    operation: &'static str,
    bindings: &'static [BindingSpec],
    shape: Shape,
) -> MethodSpec {
    let describe: fn(&mut Types) -> TypeRef = Item::describe;
    MethodSpec { input: describe, output: describe, ..method(name, operation, bindings, shape) }
}

const fn with_body(path: &'static str, body: &'static str) -> BindingSpec {
    BindingSpec { verb: "POST", path, body: Some(body), response_body: None }
}

/// A file in a message.
#[bident::message(package = "test.v1")]
pub(super) struct Stored {
    name: String,
    file: HttpBody,
}

const fn of_files(
    name: &'static str,
    operation: &'static str,
    bindings: &'static [BindingSpec],
    shape: Shape,
    sides: [fn(&mut Types) -> TypeRef; 2],
) -> MethodSpec {
    MethodSpec { input: sides[0], output: sides[1], ..method(name, operation, bindings, shape) }
}

static METHODS: [MethodSpec; 7] = [
    streaming(
        "Feed",
        "/test.v1.Streams/Feed",
        &[
            binding("GET", "/feed/{id}"),
            with_body("/feed/{id}", "inner"),
            BindingSpec { response_body: Some("text"), ..binding("GET", "/texts/{id}") },
        ],
        Shape::ServerStream,
    ),
    streaming(
        "Join",
        "/test.v1.Streams/Join",
        &[with_body("/join/{id}", "*")],
        Shape::ClientStream,
    ),
    streaming(
        "Chat",
        "/test.v1.Streams/Chat",
        &[with_body("/chat/{id}", "inner"), binding("GET", "/listen/{id}")],
        Shape::Bidi,
    ),
    of_files(
        "Read",
        "/test.v1.Streams/Read",
        &[
            binding("GET", "/file/{id}"),
            BindingSpec { response_body: Some("file"), ..binding("GET", "/stored/{id}") },
        ],
        Shape::Unary,
        [Item::describe, Stored::describe],
    ),
    of_files(
        "Echo",
        "/test.v1.Streams/Echo",
        &[binding("POST", "/bytes")],
        Shape::Unary,
        [HttpBody::describe, HttpBody::describe],
    ),
    of_files(
        "Download",
        "/test.v1.Streams/Download",
        &[binding("GET", "/download/{id}")],
        Shape::ServerStream,
        [Item::describe, HttpBody::describe],
    ),
    of_files(
        "Upload",
        "/test.v1.Streams/Upload",
        &[with_body("/upload/{name}", "file")],
        Shape::ClientStream,
        [Stored::describe, Item::describe],
    ),
];

/// How many messages of a flood have been made.
pub(super) static FLOODED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn mount(inside: &Inside) -> Mount {
    let mut mount = Mount::new(&SPEC);
    let told = inside.clone();
    mount.stream(&METHODS[0], move |context, request: Item, answers| async move {
        answers.send(feed(context, request, told).await).await
    });
    mount.unary::<Streaming<Item>, _, _, _>(
        &METHODS[1],
        |_, mut items: Streaming<Item>| async move {
            let mut all = Item::default();
            while let Some(item) = items.next().await {
                let item = item?;
                all = Item { id: item.id, text: all.text + &item.text, n: all.n + 1, ..item };
            }
            Ok::<_, Error>(all)
        },
    );
    let told = inside.clone();
    mount.stream(&METHODS[2], move |_, items: Streaming<Item>, answers| async move {
        let _tell = Tell(told.events.clone());
        let _ = told.events.send(Event::Began);
        let answers_of_items = items.enumerate().then(move |(n, item)| {
            let told = told.clone();
            async move {
                let item = item?;
                match &*item.text {
                    "broken" => Err(Error::conflict("BROKEN", "as you said").with("n", n)),
                    "wait" => {
                        told.go.acquire().await.unwrap().forget();
                        Ok(item)
                    }
                    _ => Ok(Item { n: n as u32, ..item }),
                }
            }
        });
        answers.send(Ok(answers_of_items)).await
    });
    mount.unary::<Item, _, _, _>(&METHODS[3], |_, item: Item| async move {
        Stored { name: item.id, file: HttpBody::new(item.text, "bytes") }
    });
    mount.unary::<HttpBody, _, _, _>(&METHODS[4], |_, body: HttpBody| async move { body });
    mount.stream(&METHODS[5], |_, item: Item, answers| async move {
        let pieces = stream::iter(0..item.n).map(move |n| match &*item.text {
            "refused" => Err(Error::not_found("NO_FILE", "no such file")),
            "broken" if n > 0 => Err(Error::conflict("BROKEN", "half of a file")),
            _ => Ok(HttpBody::new("text/csv", format!("{n};\n"))),
        });
        answers.send(Ok(pieces.then(async |piece| piece))).await
    });
    mount.unary::<Streaming<Stored>, _, _, _>(
        &METHODS[6],
        |_, mut files: Streaming<Stored>| async move {
            let mut all = Item::default();
            while let Some(Stored { name, file }) = files.next().await.transpose()? {
                all.id = format!("{name} {}", file.content_type);
                all.n += file.data.len() as u32;
            }
            Ok::<_, Error>(all)
        },
    );
    mount
}

/// As many messages as were asked for; what comes then the text says.
async fn feed(context: Context, request: Item, inside: Inside) -> Result<Streaming<Item>> {
    context.set_header("x-beside", "header");
    context.set_trailer("x-after", "trailer");
    if request.text == "refused" {
        return Err(Error::not_found("ITEM_NOT_FOUND", "no such item").with("id", request.id));
    }
    let last_seen = context.header("last-event-id").unwrap_or_default().to_owned();
    let item = request.clone();
    let items = stream::iter(0..request.n).map(move |n| {
        let text = format!("{}{last_seen}", item.text);
        Ok(Item { n, text, ..item.clone() })
    });
    Ok(match &*request.text {
        "broken" => {
            let broken = Error::conflict("BROKEN", "as you said").with("id", request.id);
            Streaming::new(items.chain(stream::once(async { Err(broken) })))
        }
        "wait" => {
            let tell = Tell(inside.events.clone());
            let wait = stream::once(async move {
                let _tell = tell;
                let _ = inside.events.send(Event::Began);
                inside.go.acquire().await.unwrap().forget();
                Ok(Item::default())
            });
            Streaming::new(items.chain(wait))
        }
        "flood" => Streaming::new(stream::repeat_with(|| {
            FLOODED.fetch_add(1, Ordering::SeqCst);
            Ok(Item { text: "x".repeat(16 * 1024), ..Item::default() })
        })),
        _ => Streaming::new(items),
    })
}

/// A client of one version of HTTP.
struct Caller {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
}

impl Harness {
    /// One for each version.
    fn callers(&self) -> [Caller; 2] {
        [false, true].map(|http2| {
            let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
            Caller { client, address: self.address() }
        })
    }
}

impl Caller {
    /// Sends a request with these headers, and gives the head of its answer.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Body,
    ) -> Response<hyper::body::Incoming> {
        self.try_ask(method, path, headers, body).await.unwrap()
    }

    async fn try_ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Body,
    ) -> Result<Response<hyper::body::Incoming>, hyper_util::client::legacy::Error> {
        let mut request = Request::new(body);
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = format!("http://{}{path}", self.address).parse().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        soon(self.client.request(request)).await
    }

    async fn get(&self, path: &str, accept: &str) -> Response<hyper::body::Incoming> {
        self.ask("GET", path, &[("accept", accept)], Body::empty()).await
    }
}

async fn whole(response: Response<hyper::body::Incoming>) -> String {
    let body = soon(response.into_body().collect()).await.unwrap();
    assert!(body.trailers().is_none());
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

/// The bytes that arrive next.
async fn piece(body: &mut hyper::body::Incoming) -> String {
    let frame = soon(body.frame()).await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}
