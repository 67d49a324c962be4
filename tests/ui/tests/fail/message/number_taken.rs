use bident::message;

#[message]
struct Book {
    #[field(2)]
    title: String,
    #[field(1)]
    author: String,
    pages: u32,
}

fn main() {}
