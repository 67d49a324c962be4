use bident::message;

#[message(skip(Hash))]
struct Book {
    title: String,
}

fn main() {}
