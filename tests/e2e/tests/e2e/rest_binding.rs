//! Where the parts of a request message come from over HTTP: body, query and path.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use bident::prelude::*;
use e2e::{Running, WIRES, call, grpc, refused, start};
use serde_json::{Value, json};

#[message]
#[derive(Copy)]
enum Color {
    Red,
    DeepBlue,
}

#[message]
struct Author {
    name: String,
    age: u32,
    home: Option<Home>,
}

#[message]
struct Home {
    city: String,
}

/// A field of every shape that text can be bound to.
#[message]
struct Everything {
    text: String,
    count: i32,
    big: i64,
    ratio: f64,
    yes: bool,
    data: Vec<u8>,
    color: Color,
    when: SystemTime,
    wait: Duration,
    tags: Vec<String>,
    numbers: Vec<u32>,
    colors: Vec<Color>,
    labels: BTreeMap<String, String>,
    counts: HashMap<String, u32>,
    maybe: Option<u32>,
    author: Author,
    two_words: String,
    step: Option<Step>,
    nick: Nick,
    small: u8,
    bytes: bytes::Bytes,
    friends: Vec<Author>,
}

/// One field without a name: on every surface what it holds.
#[message]
struct Nick(String);

#[message]
struct Sum {
    sum: i64,
}

/// Has no value with nothing set: only a whole body can be one.
#[message]
struct Move {
    by: Step,
}

#[message]
enum Step {
    Up(u32),
    Down(u32),
}

struct Echo;

#[service(package = "e2e.binding.v1")]
impl Echo {
    #[rpc(get = "/v1/query", post = "/v1/whole", form)]
    async fn whole(&self, req: Everything) -> Everything {
        req
    }

    #[rpc(get = "/v1/paths/{author.home.city}/{text}", get = "/v1/colors/{color}/{count}")]
    async fn paths(&self, req: Everything) -> Everything {
        req
    }

    #[rpc(
        get = "/v1/{text=shelves/*}",
        get = "/v1/{text=files/**}",
        post = "/v1/{text=shelves/*}:move",
        post = "/v1/{text=shelves/*}"
    )]
    async fn names(&self, req: Everything) -> Everything {
        req
    }

    #[rpc(put = "/v1/authors/{text}", body = "author", response_body = "author", form)]
    async fn author(&self, req: Everything) -> Everything {
        Everything {
            author: Author { name: format!("{}/{}", req.text, req.author.name), ..req.author },
            ..req
        }
    }

    #[rpc(post = "/v1/tags", body = "tags", response_body = "tags")]
    async fn tags(&self, req: Everything) -> Everything {
        req
    }

    #[rpc(get = "/v1/add/{a}/{b}")]
    async fn add(&self, a: i64, b: i64) -> Sum {
        Sum { sum: a + b }
    }

    #[rpc(get = "/v1/add/{a}/zero")]
    async fn add_nothing(&self, a: i64) -> Sum {
        Sum { sum: a }
    }

    #[rpc(post = "/v1/move")]
    async fn step(&self, req: Move) -> Sum {
        match req.by {
            Step::Up(by) => Sum { sum: by.into() },
            Step::Down(by) => Sum { sum: -i64::from(by) },
        }
    }

    #[rpc(
        delete(path = "/v1/gone/{text}", body = "*"),
        custom(kind = "PURGE", path = "/v1/gone/{text}")
    )]
    async fn gone(&self, req: Everything) -> Everything {
        req
    }

    #[rpc(post = "/v1/nothing")]
    async fn nothing(&self) {}

    #[rpc(
        custom(kind = "*", path = "/v1/any/{text}"),
        custom(kind = "HEAD", path = "/v1/any/{text}")
    )]
    async fn any(&self, req: Everything) -> Reply<Everything> {
        Reply::new(req).header("x-any", "yes")
    }
}

async fn server() -> Running {
    start(App::new("binding").service(Echo)).await
}

/// The fields of an answer that are not what they are when nothing is set.
fn set(answer: &Value) -> Value {
    let epoch = json!("1970-01-01T00:00:00Z");
    let unset = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_f64() == Some(0.0),
        Value::String(value) => matches!(&**value, "" | "0" | "0s" | "COLOR_RED"),
        Value::Array(value) => value.is_empty(),
        Value::Object(value) => {
            value.is_empty() || *value == *json!({"name": "", "age": 0}).as_object().unwrap()
        }
    };
    let fields = answer.as_object().expect("an object").iter();
    fields
        .filter(|(_, value)| !unset(value) && **value != epoch)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn a_query_sets_fields_of_every_shape() {
    let server = server().await;
    for (query, expected) in [
        ("text=a%20b%2Bc+d", json!({"text": "a b+c d"})),
        ("count=-7&big=9007199254740993", json!({"count": -7, "big": "9007199254740993"})),
        ("ratio=0.5&yes=true", json!({"ratio": 0.5, "yes": true})),
        ("data=aGk%3D", json!({"data": "aGk="})),
        ("color=COLOR_DEEP_BLUE", json!({"color": "COLOR_DEEP_BLUE"})),
        ("color=1", json!({"color": "COLOR_DEEP_BLUE"})),
        ("when=2024-02-29T12:00:00.5Z", json!({"when": "2024-02-29T12:00:00.500Z"})),
        ("when=2024-02-29T13:00:00%2B01:00", json!({"when": "2024-02-29T12:00:00Z"})),
        ("wait=1.5s", json!({"wait": "1.500s"})),
        ("tags=a&tags=b,c&tags[]=d", json!({"tags": ["a", "b,c", "d"]})),
        ("numbers=1&numbers=2", json!({"numbers": [1, 2]})),
        ("colors=COLOR_DEEP_BLUE&colors=0", json!({"colors": ["COLOR_DEEP_BLUE", "COLOR_RED"]})),
        (
            "labels[k]=v&labels.l=w&labels[m.n]=x",
            json!({"labels": {"k": "v", "l": "w", "m.n": "x"}}),
        ),
        ("labels%5Bk%5D=v", json!({"labels": {"k": "v"}})),
        ("counts[a]=3", json!({"counts": {"a": 3}})),
        ("maybe=4", json!({"maybe": 4})),
        ("author.name=ann&author.age=3", json!({"author": {"name": "ann", "age": 3}})),
        (
            "author.home.city=rom",
            json!({"author": {"name": "", "age": 0, "home": {"city": "rom"}}}),
        ),
        ("twoWords=a", json!({"twoWords": "a"})),
        ("two_words=a", json!({"twoWords": "a"})),
        ("step.up=3", json!({"step": {"up": 3}})),
        ("nick=a", json!({"nick": "a"})),
        ("small=255&bytes=aGk", json!({"small": 255, "bytes": "aGk="})),
        (
            "friends.name=a&friends.name=b",
            json!({"friends": [{"name": "a", "age": 0}, {"name": "b", "age": 0}]}),
        ),
        ("nothing=1&author.nothing=2&nothing.at.all=%FF&utm=100%", json!({})),
        ("text=1&text=2", json!({"text": "2"})),
        ("count=&yes=&when=&color=", json!({})),
        ("", json!({})),
        ("&&=&a", json!({})),
    ] {
        let answer = call("GET", &format!("/v1/query?{query}")).send(server.addr).await;
        assert_eq!((answer.status.as_u16(), set(&answer.json())), (200, expected), "{query}");
    }
}

#[tokio::test]
async fn a_query_that_does_not_fit_names_its_field() {
    let server = server().await;
    for (query, names) in [
        ("count=seven", "count"),
        ("count=2147483648", "count"),
        ("yes=perhaps", "yes"),
        ("small=256", "small"),
        ("step.up=x", "step.up"),
        ("color=COLOR_GREEN", "color"),
        ("when=yesterday", "when"),
        ("wait=long", "wait"),
        ("data=***", "data"),
        ("numbers=1&numbers=x", "numbers"),
        ("counts[a]=x", "counts"),
        ("author.age=old", "author.age"),
        ("text=%FF", "text"),
        ("author.name=100%", "author.name"),
    ] {
        let answer = call("GET", &format!("/v1/query?{query}")).send(server.addr).await;
        assert_eq!(answer.failure(), (400, "CODEC".to_owned()), "{query}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(names), "{query}: {message}");
    }
}

#[tokio::test]
async fn path_variables_are_decoded_and_win() {
    let server = server().await;
    for wire in WIRES {
        let answer =
            call("GET", "/v1/paths/rom%20a/x%2Fy?text=query&author.home.city=query&count=1");
        let answer = answer.over(wire).send(server.addr).await;
        let author = json!({"name": "", "age": 0, "home": {"city": "rom a"}});
        assert_eq!(set(&answer.json()), json!({"text": "x/y", "author": author, "count": 1}));
    }
    let get = async |path| call("GET", path).send(server.addr).await;
    assert_eq!(get("/v1/colors/COLOR_DEEP_BLUE/-3").await.json()["color"], "COLOR_DEEP_BLUE");
    assert_eq!(get("/v1/colors/1/-3").await.json()["count"], -3);
    assert_eq!(get("/v1/shelves/a%2Fb").await.json()["text"], "shelves/a%2Fb");
    assert_eq!(get("/v1/files/a%20b/c%2fd").await.json()["text"], "files/a b/c%2fd");
    assert_eq!(get("/v1/files").await.json()["text"], "files");
    assert_eq!(get("/v1/add/2/40").await.json(), json!({"sum": "42"}));
    assert_eq!(get("/v1/add/2/zero").await.json(), json!({"sum": "2"}));
    assert_eq!(get("/v1/%61dd/2/%7Aero").await.json(), json!({"sum": "2"}));
}

#[tokio::test]
async fn path_values_that_do_not_decode_name_their_variable() {
    let server = server().await;
    for (path, names) in [
        ("/v1/add/2/x", "b: "),
        ("/v1/add/99999999999999999999/1", "a: "),
        ("/v1/paths/rom/%FF", "text: "),
        ("/v1/paths/%2/x", "author.home.city: "),
        ("/v1/files/a/%zz", "text: "),
        ("/v1/colors/COLOR_GREEN/1", "color: "),
    ] {
        let answer = call("GET", path).send(server.addr).await;
        assert_eq!(answer.failure(), (400, "CODEC".to_owned()), "{path}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(names), "{path}: {message}");
    }
}

#[tokio::test]
async fn a_verb_is_another_route() {
    let server = server().await;
    let post = async |path| call("POST", path).json(r#"{"count": 1}"#).send(server.addr).await;
    let moved = post("/v1/shelves/7:move").await;
    assert_eq!(set(&moved.json()), json!({"text": "shelves/7", "count": 1}));
    let whole = post("/v1/shelves/7%3Amove").await;
    assert_eq!(set(&whole.json()), json!({"text": "shelves/7:move", "count": 1}));
    let other = post("/v1/shelves/urn:x").await;
    assert_eq!(other.json()["text"], "shelves/urn:x");
}

#[tokio::test]
async fn a_whole_body_leaves_the_query_unread() {
    let server = server().await;
    let answer = call("POST", "/v1/whole?text=query&count=x").json(r#"{"count": 2}"#);
    assert_eq!(set(&answer.send(server.addr).await.json()), json!({"count": 2}));
}

#[tokio::test]
async fn a_field_can_be_the_body_and_the_answer() {
    let server = server().await;
    let put = |body: &'static str| call("PUT", "/v1/authors/x?author.age=9&count=3").json(body);
    let answer = put(r#"{"name": "ann"}"#).send(server.addr).await;
    assert_eq!(answer.json(), json!({"name": "x/ann", "age": 9}));
    assert_eq!(put("").send(server.addr).await.json(), json!({"name": "x/", "age": 9}));
    let wrong = put(r#"{"age": "old"}"#).send(server.addr).await;
    assert_eq!(wrong.failure(), (400, "CODEC".to_owned()));
    assert!(wrong.text().contains("author.age"), "{}", wrong.text());

    let tags = call("POST", "/v1/tags").json(r#"["a", "b"]"#).send(server.addr).await;
    assert_eq!(tags.json(), json!(["a", "b"]));
}

#[tokio::test]
async fn a_form_is_read_where_the_method_says_so() {
    let server = server().await;
    let form = async |method, path| {
        let form = "text=a+b&labels%5Bk%5D=v&tags=1&tags=2&name=ann";
        call(method, path)
            .header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
            .body(form)
            .send(server.addr)
            .await
    };
    let whole = form("POST", "/v1/whole").await;
    assert_eq!(
        set(&whole.json()),
        json!({"text": "a b", "labels": {"k": "v"}, "tags": ["1", "2"]})
    );
    assert_eq!(form("PUT", "/v1/authors/x").await.json()["name"], "x/ann");
    assert_eq!(form("POST", "/v1/tags").await.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    let rpc = form("POST", "/e2e.binding.v1.Echo/Tags").await;
    assert_eq!(rpc.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    assert_eq!(form("POST", "/e2e.binding.v1.Echo/Whole").await.json()["text"], "a b");
}

#[tokio::test]
async fn an_empty_body_is_an_empty_message() {
    let server = server().await;
    for wire in WIRES {
        for path in ["/v1/whole", "/e2e.binding.v1.Echo/Whole"] {
            for content_type in
                [None, Some("application/json"), Some("application/proto"), Some("text/plain")]
            {
                let mut call = call("POST", path).over(wire);
                if let Some(content_type) = content_type {
                    call = call.header("content-type", content_type);
                }
                let answer = call.send(server.addr).await;
                assert_eq!((answer.status.as_u16(), set(&answer.json())), (200, json!({})));
            }
        }
        let nothing = call("POST", "/v1/nothing").over(wire).send(server.addr).await;
        assert_eq!((nothing.status.as_u16(), nothing.json()), (200, json!({})));
    }
    let step = call("POST", "/v1/move").send(server.addr).await;
    assert_eq!(step.failure(), (400, "CODEC".into()));
    let step = call("POST", "/v1/move").json(r#"{"by": {"down": 2}}"#).send(server.addr).await;
    assert_eq!(step.json(), json!({"sum": "-2"}));
}

#[tokio::test]
async fn a_body_with_delete_and_a_custom_verb() {
    let server = server().await;
    let answer = call("DELETE", "/v1/gone/x").json(r#"{"count": 1, "text": "y"}"#);
    assert_eq!(set(&answer.send(server.addr).await.json()), json!({"count": 1, "text": "x"}));
    let answer = call("PURGE", "/v1/gone/x?count=2").send(server.addr).await;
    assert_eq!(set(&answer.json()), json!({"count": 2, "text": "x"}));
}

#[tokio::test]
async fn a_binding_may_leave_the_method_open() {
    let server = server().await;
    for method in ["GET", "PATCH", "TRACE", "OPTIONS", "HEAD"] {
        let answer = call(method, "/v1/any/x").send(server.addr).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-any")), (200, "yes"), "{method}");
    }
}

#[tokio::test]
async fn the_rpc_path_takes_json_as_well_as_grpc() {
    let server = server().await;
    let path = "/e2e.binding.v1.Echo/Add";
    for wire in WIRES {
        let answer = call("POST", path).json(r#"{"a": "40", "b": 2}"#).over(wire);
        assert_eq!(answer.send(server.addr).await.json(), json!({"sum": "42"}));
        let get = call("GET", path).over(wire).send(server.addr).await;
        assert_eq!(get.failure(), (405, "METHOD_NOT_ALLOWED".into()));
        assert_eq!(get.header("allow"), "OPTIONS, POST");
    }
    let request = AddRequest { a: 40, b: 2 };
    assert_eq!(grpc(server.addr, path, &request).await.decode::<Sum>().sum, 42);
}

#[tokio::test]
async fn a_field_travels_in_binary_where_it_is_a_message() {
    let server = server().await;
    let ann = AuthorBytes { name: "ann".to_owned(), age: 3 };
    let put = call("PUT", "/v1/authors/x")
        .header("content-type", "application/proto")
        .header("accept", "application/proto")
        .body(prost::Message::encode_to_vec(&ann));
    let answer = put.send(server.addr).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/proto"));
    let answer: AuthorBytes = prost::Message::decode(answer.body).unwrap();
    assert_eq!((&*answer.name, answer.age), ("x/ann", 3));

    let list = call("POST", "/v1/tags").header("accept", "application/proto").json(r#"["a", "b"]"#);
    let list = list.send(server.addr).await;
    assert_eq!(list.header("content-type"), "application/json", "a list has no binary form");
    assert_eq!(list.json(), json!(["a", "b"]));
    let list =
        call("POST", "/v1/tags").header("content-type", "application/proto").body("\n\u{1}a");
    assert_eq!(list.send(server.addr).await.failure(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
}

#[derive(Clone, PartialEq, prost::Message)]
struct AuthorBytes {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    age: u32,
}

/// What the macro makes of two plain arguments, as prost's own derive writes it.
#[derive(Clone, PartialEq, prost::Message)]
struct AddRequest {
    #[prost(int64, tag = "1")]
    a: i64,
    #[prost(int64, tag = "2")]
    b: i64,
}

#[tokio::test]
async fn routes_that_clash_and_bindings_that_do_not_fit_are_all_told_at_build() {
    struct First;
    struct Second;

    #[service(package = "e2e.clash.v1")]
    impl First {
        #[rpc(get = "/v1/{text}")]
        async fn one(&self, req: Everything) -> Everything {
            req
        }

        #[rpc(get = "/v1/deep/{author.nothing}")]
        async fn deep(&self, req: Everything) -> Everything {
            req
        }

        #[rpc(get = "/v1/step")]
        async fn step(&self, req: Move) -> Move {
            req
        }
    }

    #[service(package = "e2e.clash.v1")]
    impl Second {
        #[rpc(get = "/v1/{count}")]
        async fn two(&self, req: Everything) -> Everything {
            req
        }
    }

    let app = App::new("clash").service(First).service(Second);
    let told = refused(app).await;
    for says in [
        "e2e.clash.v1.Second/Two with GET /v1/{count} and /e2e.clash.v1.First/One with GET /v1/{text}",
        "`{author.nothing}`: `Author` has no field `nothing`",
        "a `Move` cannot be put together from a path and a query",
    ] {
        assert!(told.contains(says), "{says} in {told}");
    }
}
