use bident::message;

#[message]
struct Book {
    #[field(0)]
    title: String,
    #[field(536_870_912)]
    author: String,
}

fn main() {}
