//! Queries and paths: text that becomes fields, and the routes that say which.

use bident::prelude::*;
use e2e::{WIRES, call, refused};
use serde_json::json;

use super::{Everything, Move, server, set};

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
async fn a_binding_may_leave_the_method_open() {
    let server = server().await;
    for method in ["GET", "PATCH", "TRACE", "OPTIONS", "HEAD"] {
        let answer = call(method, "/v1/any/x").send(server.addr).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-any")), (200, "yes"), "{method}");
    }
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
