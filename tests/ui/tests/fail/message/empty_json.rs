use bident::message;

#[message]
struct User {
    #[field(json = "")]
    name: String,
}

fn main() {}
