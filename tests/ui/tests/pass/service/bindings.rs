//! Every verb, several at once, bodies, and the whole grammar of templates.

use bident::service::Service as _;
use bident::{message, service};

#[message]
struct Shelf {
    name: String,
    book: Book,
}

#[message]
struct Book {
    id: u64,
}

struct Shelves;

#[service(package = "shelves.v1", name = "ShelfService", deprecated)]
impl Shelves {
    #[rpc(get = "/v1/{name=shelves/*}", get = "/v2/{name=**}", put = "/v1/shelves:update")]
    async fn verbs(&self, shelf: Shelf) -> Shelf {
        shelf
    }

    #[rpc(
        patch = "/v1/shelves/{name}/books/{book.id}",
        post(path = "/v1/shelves/{name}/books:add", body = "book", response_body = "name"),
        delete(path = "/v1/shelves/*/books/{book.id}", body = "*"),
        custom(kind = "PURGE", path = "/v1/purge/**"),
        custom(kind = "*", path = "/v1/any"),
        response_body = "book"
    )]
    async fn bodies(&self, shelf: Shelf) -> Shelf {
        shelf
    }

    #[rpc(name = "Other", post = "/", body = "", timeout = "1m30s", idempotent, deprecated, form)]
    async fn options(&self, shelf: Shelf) -> Shelf {
        shelf
    }
}

fn main() {
    let spec = Shelves::SPEC;
    assert_eq!((spec.full_name, spec.deprecated), ("shelves.v1.ShelfService", true));
    let parts = |at: usize| -> Vec<_> {
        let bindings = spec.methods[at].bindings.iter();
        bindings.map(|b| (b.verb, b.path, b.body, b.response_body)).collect()
    };
    let all = Some("*");
    assert_eq!(
        parts(0),
        [
            ("GET", "/v1/{name=shelves/*}", None, None),
            ("GET", "/v2/{name=**}", None, None),
            ("PUT", "/v1/shelves:update", all, None),
        ]
    );
    assert_eq!(
        parts(1),
        [
            ("PATCH", "/v1/shelves/{name}/books/{book.id}", all, Some("book")),
            ("POST", "/v1/shelves/{name}/books:add", Some("book"), Some("name")),
            ("DELETE", "/v1/shelves/*/books/{book.id}", all, Some("book")),
            ("PURGE", "/v1/purge/**", None, Some("book")),
            ("*", "/v1/any", None, Some("book")),
        ]
    );
    let other = &spec.methods[2];
    assert_eq!(other.operation, "/shelves.v1.ShelfService/Other");
    assert_eq!(parts(2), [("POST", "/", None, None)]);
    assert_eq!(other.timeout, Some(std::time::Duration::from_secs(90)));
    assert!(other.idempotent && other.deprecated && other.form);
}
