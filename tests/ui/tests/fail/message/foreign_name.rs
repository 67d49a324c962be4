use bident::message;

#[message]
struct User {
    #[field(foreign = "acme v1")]
    address: Option<String>,
}

fn main() {}
