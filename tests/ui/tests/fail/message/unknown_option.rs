use bident::message;

#[message(pakage = "acme.v1")]
struct Book {
    #[field(number = 5)]
    title: String,
    #[field(other)]
    author: String,
}

fn main() {}
