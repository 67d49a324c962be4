use bident::message;

#[message]
enum Contact {
    #[field(1)]
    Email(String),
    #[field(5)]
    Phone(String),
}

#[message]
struct User {
    name: String,
    #[field(oneof)]
    contact: Option<Contact>,
}

fn main() {}
