//! Where the parts of a request message come from over HTTP: body, query and path.

mod body;
mod text;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use bident::prelude::*;
use e2e::{Running, start};
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
