//! Nothing is in scope that is not named here.
#![no_implicit_prelude]

use ::std::prelude::rust_2024::derive;

/// A book.
#[::kit::message(crate = ::kit)]
pub struct Book {
    /// Its title.
    pub title: ::std::string::String,
    /// Its tags.
    pub tags: ::std::vec::Vec<::std::string::String>,
    /// The part after this one.
    pub next: ::std::option::Option<::std::boxed::Box<Book>>,
    /// How many copies each shop has.
    pub stock: ::std::collections::HashMap<::std::string::String, u32>,
}

/// What it is about.
#[::kit::message(crate = ::kit)]
pub enum Genre {
    /// Nobody knows.
    Unknown,
    /// Made up.
    Novel,
}

/// What was found.
#[::kit::message(crate = ::kit)]
pub enum Found {
    /// A book.
    Book(Book),
    /// Its number alone.
    Number(u64),
    /// Nothing.
    Nothing,
}

/// A number of a book.
#[::kit::message(crate = ::kit)]
pub struct Isbn(pub ::std::string::String);

/// What goes wrong.
#[::kit::error_reason(domain = "books.v1", crate = ::kit)]
#[derive(::std::fmt::Debug)]
pub enum BookError {
    /// It is not there.
    #[error_reason(code = 404)]
    NotFound {
        /// Which.
        title: ::std::string::String,
        /// Where it was looked for.
        #[error_reason(skip)]
        shelf: ::std::option::Option<u32>,
    },
    /// Something else.
    #[error_reason(transparent)]
    Other(::kit::Error),
}

impl ::std::fmt::Display for BookError {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        f.write_str("no such book")
    }
}

/// The books.
#[derive(::std::default::Default)]
pub struct Books;

#[::kit::service(package = "books.v1", linked, crate = ::kit)]
impl Books {
    /// Opens.
    ///
    /// # Errors
    /// Never.
    #[hook(before_start, after_stop)]
    pub async fn open(&self) -> ::kit::Result {
        ::std::result::Result::Ok(())
    }

    /// Gets.
    ///
    /// # Errors
    /// Where there is none.
    #[rpc(
        get = "/v1/books/{title}",
        post(path = "/v1/books/{title}:stock", body = "stock", response_body = "tags")
    )]
    pub async fn get(&self, request: Book) -> ::std::result::Result<Book, BookError> {
        ::std::result::Result::Ok(request)
    }

    /// Counts.
    #[rpc(timeout = "5s", idempotent, deprecated)]
    pub async fn count(&self) {}

    /// Finds.
    #[rpc(
        post = "/v1/{genre}/books",
        body = "isbn",
        traced(genre, "from" = ctx.operation(), isbn = ?isbn)
    )]
    pub async fn find(&self, ctx: &::kit::Context, genre: Genre, isbn: Isbn) -> Found {
        let _ = (ctx, genre, isbn);
        Found::Nothing
    }

    /// Takes a stream and gives one.
    #[rpc]
    pub async fn exchange(
        &self,
        books: ::kit::Streaming<Book>,
    ) -> impl ::kit::Stream<Item = ::std::result::Result<Book, ::kit::Error>> + ::std::marker::Send
    {
        books
    }

    /// Takes one plain value.
    ///
    /// # Errors
    /// Never.
    #[rpc(form)]
    pub async fn sell(
        &self,
        isbn: Isbn,
    ) -> ::std::result::Result<::kit::Reply<Book>, ::kit::Error> {
        let _ = isbn;
        ::std::result::Result::Ok(::kit::Reply::new(::std::default::Default::default()))
    }
}

/// A contract.
#[::kit::service(package = "books.v1", crate = ::kit)]
pub trait Shelves {
    /// Lists.
    #[rpc(get = "/v1/shelves/{shelf}")]
    async fn list(&self, shelf: u32) -> ::std::result::Result<Book, BookError>;

    /// Tells what comes.
    #[rpc]
    async fn watch(
        &self,
        shelf: u32,
    ) -> ::std::result::Result<impl ::kit::Stream<Item = Book>, BookError>;

    /// Counts.
    #[rpc]
    async fn total(&self, kinds: ::std::vec::Vec<Genre>) -> Book {
        let _ = kinds;
        ::std::default::Default::default()
    }
}

/// An implementation.
pub struct Wooden;

impl Shelves for Wooden {
    async fn list(&self, number: u32) -> ::std::result::Result<Book, BookError> {
        ::std::result::Result::Err(BookError::NotFound {
            title: ::std::string::String::new(),
            shelf: ::std::option::Option::Some(number),
        })
    }

    async fn watch(
        &self,
        _: u32,
    ) -> ::std::result::Result<impl ::kit::Stream<Item = Book>, BookError> {
        ::std::result::Result::Ok(Never)
    }
}

/// Says nothing.
struct Never;

impl ::kit::Stream for Never {
    type Item = Book;

    fn poll_next(
        self: ::std::pin::Pin<&mut Self>,
        _: &mut ::std::task::Context<'_>,
    ) -> ::std::task::Poll<::std::option::Option<Book>> {
        ::std::task::Poll::Ready(::std::option::Option::None)
    }
}

#[::kit::service(hooks, crate = ::kit)]
impl Wooden {
    /// Dusts.
    ///
    /// # Errors
    /// Never.
    #[hook(after_start)]
    pub async fn dust(&self) -> ::kit::Result {
        ::std::result::Result::Ok(())
    }
}

/// What is mounted.
#[must_use]
pub fn mounted() -> impl ::kit::service::Service {
    ShelvesServer(Wooden).with_hooks()
}

#[::kit::traced(crate = ::kit)]
impl Wooden {
    /// Looks.
    ///
    /// # Errors
    /// Never.
    #[traced(fields(shelf.id = %shelf, ?deep), kind = "internal")]
    pub fn look(&self, shelf: u32, deep: bool) -> ::std::result::Result<u32, BookError> {
        if deep {
            return ::std::result::Result::Ok(shelf);
        }
        ::std::result::Result::Ok(0)
    }

    /// Waits.
    pub async fn wait(&self) -> ::std::string::String {
        ::std::default::Default::default()
    }
}
