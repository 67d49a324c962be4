use bident::message;

#[message(package = "acme.v1", package = "acme.v2")]
struct Book {
    #[field(5, tag = 6)]
    title: String,
}

fn main() {}
