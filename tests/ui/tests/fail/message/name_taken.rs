use bident::message;

#[message]
struct Book {
    title: String,
    #[field(name = "title")]
    subtitle: String,
    page_count: u32,
    #[field(json = "pageCount")]
    pages: u32,
}

fn main() {}
