//! Expansions, printed and compared with the files in `snapshots/`, which are reviewed like code.
//!
//! `BIDENT_BLESS=1 cargo test -p bident-macros` writes them anew.

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;

fn compare(name: &str, expansion: TokenStream) -> String {
    let file: syn::File = syn::parse2(expansion).expect("an expansion is a list of items");
    let found = prettyplease::unparse(&file);
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(format!("{name}.rs"));
    if std::env::var_os("BIDENT_BLESS").is_some() {
        std::fs::write(&path, &found).expect("snapshots can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "the expansion is not that of {}:\n{found}", path.display());
    found
}

/// The guide shows the first snapshot word for word.
fn compare_with_guide(snapshot: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/generated-code.md");
    let page = std::fs::read_to_string(&path).expect("the guide is there");
    let heading = "## What comes out\n\n```rust\n";
    let (before, rest) = page.split_once(heading).expect("the guide has its heading");
    let (shown, after) = rest.split_once("```\n").expect("the guide's code ends");
    if std::env::var_os("BIDENT_BLESS").is_some() {
        let page = format!("{before}{heading}{snapshot}```\n{after}");
        std::fs::write(&path, page).expect("the guide can be written");
    } else {
        assert!(shown == snapshot, "the guide shows another expansion than the snapshot");
    }
}

#[test]
fn service_on_an_impl() {
    let item = quote! {
        /// Greets people.
        impl Greeter {
            /// Says hello.
            #[rpc(get = "/helloworld/{name}", post = "/v1/hello", timeout = "1.5s", idempotent)]
            async fn say_hello(&self, req: HelloRequest) -> Result<HelloReply, GreeterError> {
                self.greet(req).await
            }

            async fn greet(&self, req: HelloRequest) -> Result<HelloReply, GreeterError> {}
        }
    };
    let attr = quote!(package = "helloworld.v1");
    let found = compare("service_impl", crate::service::service(attr, item));
    compare_with_guide(&found);
}

#[test]
fn service_with_every_form_of_arguments() {
    let item = quote! {
        impl<S: Store> Books<S> {
            #[rpc(post(path = "/v1/{shelf}/books", body = "title", response_body = "title"))]
            async fn add(&self, shelf: String, ctx: &Context, title: String) -> Book {}

            #[cfg(feature = "remove")]
            #[rpc(custom(kind = "PURGE", path = "/v1/books"))]
            async fn purge(&self) {}

            #[rpc(traced(of, priority = "high", "by" = %ctx.operation(), count.all = reply.all))]
            async fn count(&self, ctx: &Context, of: Genre) -> Result<Reply<Count>, Error> {}

            #[hook(before_start)]
            async fn open(&self) -> bident::Result {}
        }
    };
    compare(
        "service_arguments",
        crate::service::service(quote!(package = "", crate = ::kit), item),
    );
}

#[test]
fn service_on_a_trait() {
    let item = quote! {
        pub trait Users: Send + Sync + 'static {
            #[rpc(get = "/v1/users/{id}")]
            async fn get_user(&self, id: String) -> Result<User, UserError>;

            /// How many there are.
            #[rpc]
            async fn count(&self) -> Count {
                Count::default()
            }
        }
    };
    compare("service_trait", crate::service::service(quote!(package = "user.v1"), item));
}

#[test]
fn service_with_streams() {
    let item = quote! {
        pub trait Notes {
            #[rpc(get = "/v1/notes/{topic}")]
            async fn watch(
                &self,
                topic: String,
            ) -> Result<impl Stream<Item = Result<Note, NoteError>> + Send, NoteError>;

            #[rpc]
            async fn collect(&self, notes: Streaming<Note>) -> Summary;

            #[rpc]
            fn echo(&self, notes: Streaming<Note>) -> impl Stream<Item = Note>;
        }
    };
    compare("service_streams", crate::service::service(quote!(package = "notes.v1"), item));
}

#[test]
fn service_that_is_linked() {
    let item = quote! {
        impl Greeter {
            #[construct]
            async fn new(config: &Config) -> bident::Result<Self> {}

            #[rpc]
            async fn ping(&self) {}
        }
    };
    compare("service_linked", crate::service::service(quote!(package = "a.v1", linked), item));
}

#[test]
fn hooks_alone() {
    let item = quote! {
        impl Shop {
            #[hook(after_start, before_stop)]
            async fn tell(&self) -> bident::Result {}
        }
    };
    compare("service_hooks", crate::service::service(quote!(hooks), item));
}

#[test]
fn bodies_are_not_read() {
    let item = quote! {
        impl Greeter {
            #[rpc]
            async fn ping(&self) { half written & }
        }
    };
    let found = crate::service::service(quote!(package = "a.v1"), item).to_string();
    assert!(found.contains("{ half written & }"), "{found}");
    assert!(!found.contains("compile_error"), "{found}");
}

#[test]
fn every_mistake_is_reported_and_the_item_survives() {
    let item = quote! {
        impl Greeter {
            #[rpc(gett = "/a", timeout = "soon")]
            fn ping(self, one: impl Copy) {}
            #[rpc(get = "/v1//x")]
            async fn pong(&self) {}
        }
    };
    let found = crate::service::service(quote!(package = "a.v1", pakage = "b"), item).to_string();
    assert_eq!(found.matches("compile_error").count(), 7, "{found}");
    assert!(found.contains("fn ping (self , one : impl Copy) { }"), "{found}");
    assert!(!found.contains("rpc ("), "{found}");
}

#[test]
fn error_reason_on_an_enum() {
    let item = quote! {
        #[derive(Debug, thiserror::Error)]
        pub enum UserError {
            #[error("user {id} not found")]
            #[error_reason(code = 404)]
            NotFound { id: String, #[error_reason(skip)] hint: Option<String> },
            #[error("busy")]
            #[error_reason(code = 503, reason = "TOO_BUSY", grpc = "RESOURCE_EXHAUSTED", expose)]
            Busy,
            #[error("storage")]
            #[error_reason(code = 500)]
            Storage(#[from] std::io::Error),
            #[error(transparent)]
            #[error_reason(transparent)]
            Other(#[from] bident::Error),
        }
    };
    let attr = quote!(domain = "user.v1");
    compare("error_reason_enum", crate::error_reason::error_reason(attr, item));
}

#[test]
fn traced_on_an_impl() {
    let item = quote! {
        impl<S: Store> Books<S> {
            const SHELVES: u32 = 3;

            async fn add(&self, title: String) -> Result<Book, BookError> {}

            #[traced(name = "books.count", kind = "client", fields(shelf.id = %shelf, deep, ?mode))]
            fn count(&self, shelf: u32, deep: bool, mode: Mode) -> u64 {}
        }
    };
    compare("traced_impl", crate::traced::traced(quote!(), item));
}

#[test]
fn traced_on_a_method() {
    let item = quote! {
        pub async fn touch<'a>(&'a mut self) -> Option<&'a str> {}
    };
    compare("traced_method", crate::traced::traced(quote!(crate = ::kit), item));
}

#[test]
fn message_on_a_struct() {
    let item = quote! {
        /// A book.
        pub struct Book {
            /// Its number.
            #[field(tag = 7, zigzag)]
            id: i64,
            title: Option<String>,
            #[field(secret)]
            note: String,
        }
    };
    let found = crate::message::message(quote!(package = "books.v1"), item);
    compare("message_struct", found);
}

#[test]
fn message_on_an_enum() {
    let item = quote! {
        pub enum Genre {
            Unknown,
            ScienceFiction = 5,
            #[field(other)]
            Other(i32),
        }
    };
    compare("message_enum", crate::message::message(quote!(), item));
}

#[test]
fn message_on_an_enum_with_data() {
    let item = quote! {
        pub enum Found {
            Book(Book),
            Count { total: u32 },
            Nothing,
        }
    };
    compare("message_oneof", crate::message::message(quote!(), item));
}

#[test]
fn message_on_a_newtype() {
    let item = quote! {
        pub struct Isbn(String);
    };
    compare("message_newtype", crate::message::message(quote!(), item));
}
