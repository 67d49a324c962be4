use bident::message;

#[message]
#[field(5)]
struct Book {
    title: String,
}

fn main() {}
