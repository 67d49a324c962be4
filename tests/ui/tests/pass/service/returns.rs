//! A message, a result, a reply, a result of a reply, and every kind of error.

use bident::{CallError, Error, Reply, error_reason, message, service};

#[message]
struct Book {
    id: u64,
}

#[error_reason(code = 404)]
#[derive(Debug)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("gone")
    }
}

struct Books;

#[service(package = "books.v1")]
impl Books {
    #[rpc]
    async fn nothing(&self) {}

    #[rpc]
    async fn message(&self) -> Book {
        Book { id: 1 }
    }

    #[rpc]
    async fn reply(&self) -> Reply<Book> {
        Reply::new(Book { id: 1 }).status(201)
    }

    #[rpc]
    async fn reason(&self) -> Result<Book, Gone> {
        Err(Gone)
    }

    #[rpc]
    async fn reply_or_reason(&self) -> Result<Reply<Book>, Gone> {
        Ok(Reply::new(Book { id: 1 }))
    }

    #[rpc]
    async fn error(&self) -> bident::Result<Book> {
        Err(Error::not_found("GONE", "gone"))
    }

    #[rpc]
    async fn nothing_or_error(&self) -> bident::Result {
        Ok(())
    }

    #[rpc]
    async fn infallible(&self) -> Result<Book, std::convert::Infallible> {
        Ok(Book { id: 1 })
    }

    #[rpc]
    async fn passed_on(&self) -> Result<Book, CallError<Gone>> {
        Err(CallError::Reason(Gone))
    }
}

/// The client gives the message, and the method's own error back.
#[allow(dead_code)]
async fn typed(client: BooksClient) {
    let _: Result<(), CallError<Error>> = client.nothing().await;
    let _: Result<Book, CallError<Gone>> = client.reply_or_reason().await;
    let _: Result<Book, CallError<CallError<Gone>>> = client.passed_on().await;
}

fn main() {}
