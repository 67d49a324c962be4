use bident::message;

#[message(json = "camelCase")]
struct Book {
    title: String,
}

fn main() {}
