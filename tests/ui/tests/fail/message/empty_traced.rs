use bident::message;

#[message]
struct User {
    #[field(traced = "")]
    name: String,
}

fn main() {}
