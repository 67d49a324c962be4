use bident::message;

#[message]
enum Contact {
    #[field(2)]
    Email(String),
}

#[message]
enum Address {
    #[field(2)]
    Street(String),
}

#[message]
struct User {
    name: String,
    #[field(oneof)]
    contact: Option<Contact>,
    #[field(oneof)]
    address: Option<Address>,
}

fn main() {}
