//! Which route and which form a typed client takes for a stream over HTTP, told by what comes back: the same as over gRPC.

use bident::HttpBody;

use super::*;

#[message(package = "streaming.v1")]
struct Stored {
    name: String,
    file: HttpBody,
}

/// A reply whose JSON looks like the end of a stream that failed.
#[message(package = "streaming.v1")]
struct Verdict {
    error: Failure,
}

#[message(package = "streaming.v1")]
struct Failure {
    code: i32,
    reason: String,
}

#[message(package = "streaming.v1")]
struct Wrapped {
    note: Note,
    left_out: String,
}

struct Routes;

#[service(package = "streaming.v1")]
impl Routes {
    /// A route with a variable in it, and bytes as they are: neither is for a stream of whole messages.
    #[rpc(post = "/routes/files/{name}", body = "file")]
    async fn store(&self, mut pieces: Streaming<Stored>) -> Result<Note, bident::Error> {
        let mut all = String::new();
        while let Some(piece) = pieces.next().await.transpose()? {
            all +=
                &format!("{} {} {};", piece.name, piece.file.content_type, piece.file.data.len());
        }
        Ok(Note::new(all))
    }

    #[rpc(get = "/routes/files/{text}")]
    async fn load(&self, note: Note) -> impl Stream<Item = HttpBody> + Send {
        stream::iter(["a", "bc"]).map(move |data| HttpBody::new(note.text.clone(), data))
    }

    #[rpc(get = "/routes/file/{text}")]
    async fn whole(&self, note: Note) -> HttpBody {
        HttpBody::new("text/plain", note.text)
    }

    #[rpc(get = "/routes/verdicts/{text}")]
    async fn verdicts(&self, note: Note) -> impl Stream<Item = Result<Verdict, Trouble>> + Send {
        let verdict = Verdict { error: Failure { code: 404, reason: note.text } };
        let broke = stream::once(async { Err(Trouble::Broke { sent: 2 }) });
        stream::iter([verdict.clone(), verdict]).map(Ok).chain(broke)
    }

    #[rpc(get = "/routes/inner/{text}", response_body = "note")]
    async fn inner(&self, note: Note) -> impl Stream<Item = Wrapped> + Send {
        stream::iter([Wrapped { note, left_out: "over HTTP".into() }])
    }

    /// A route that takes lines.
    #[rpc(post = "/routes/all", body = "*")]
    async fn all(&self, ctx: &Context, notes: Notes) -> Note {
        let notes: Vec<_> = notes.map(|note| note.unwrap().text).collect().await;
        let over = ctx.header("content-type").unwrap_or_default();
        Note::new(format!("{} {over}", notes.join("+")))
    }

    /// A route for WebSockets alone.
    #[rpc(get = "/routes/talk/{text}")]
    async fn talk(&self, notes: Notes) -> impl Stream<Item = Plain<Note>> + Send {
        notes
    }
}

async fn client(scheme: &str) -> (Running, RoutesClient) {
    let server = start(App::new("routes").service(Routes)).await;
    let client = RoutesClient::connect(format!("{scheme}://{}", server.addr)).await.unwrap();
    (server, client)
}

#[tokio::test]
async fn bytes_of_any_type_are_messages_to_a_typed_client() {
    for scheme in PRONGS {
        let (_server, client) = client(scheme).await;
        let piece = |name: &str, size| Stored {
            name: name.to_owned(),
            file: HttpBody::new("image/png", vec![0; size]),
        };
        let stored = client.store([piece("a", 3), piece("b", 5)].into_iter().collect()).await;
        assert_eq!(stored.unwrap().text, "a image/png 3;b image/png 5;", "{scheme}");

        let mut loaded = client.load(Note::new("text/csv")).await.unwrap();
        for data in ["a", "bc"] {
            let piece = loaded.next().await.unwrap().unwrap();
            assert_eq!(
                (piece.content_type.as_str(), &piece.data[..]),
                ("text/csv", data.as_bytes())
            );
        }
        assert!(loaded.next().await.is_none());
        assert_eq!(client.whole(Note::new("x y")).await.unwrap().data, "x y");
    }
}

#[tokio::test]
async fn a_message_that_looks_like_an_error_is_a_message() {
    for scheme in PRONGS {
        let (_server, client) = client(scheme).await;
        let mut verdicts = client.verdicts(Note::new("GUILTY")).await.unwrap();
        for _ in 0..2 {
            let verdict = verdicts.next().await.unwrap().unwrap();
            assert_eq!((verdict.error.code, verdict.error.reason.as_str()), (404, "GUILTY"));
        }
        let end = verdicts.next().await.unwrap().unwrap_err();
        assert!(matches!(end, CallError::Reason(Trouble::Broke { sent: 2 })), "{scheme}: {end:?}");
        assert!(verdicts.next().await.is_none());
    }
}

#[tokio::test]
async fn a_field_that_is_the_body_is_in_its_message_again() {
    for scheme in PRONGS {
        let (_server, client) = client(scheme).await;
        let mut inner = client.inner(Note::new("deep")).await.unwrap();
        let wrapped = inner.next().await.unwrap().unwrap();
        let left_out = if scheme == "http" { "" } else { "over HTTP" };
        assert_eq!((wrapped.note.text.as_str(), wrapped.left_out.as_str()), ("deep", left_out));
        assert!(inner.next().await.is_none());
    }
}

#[tokio::test]
async fn streams_of_requests_are_lines_on_a_route_that_takes_them() {
    for (scheme, over) in [("grpc", "application/grpc+proto"), ("http", "application/x-ndjson")] {
        let (_server, client) = client(scheme).await;
        let all = client.all(notes(&["a\nb", "c"])).await.unwrap();
        assert_eq!(all.text, format!("a\nb+c {over}"));
        let talked = client.talk(notes(&["a", "b"])).await.unwrap();
        assert_eq!(texts(talked).await.0, ["a", "b"], "{scheme}");
    }
}
