use bident::message;

#[message]
struct Book {
    #[field(19_000)]
    title: String,
    #[field(tag = 18_999)]
    author: String,
    pages: u32,
}

fn main() {}
