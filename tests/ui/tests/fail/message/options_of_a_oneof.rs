use bident::message;

#[message]
enum Contact {
    #[field(5)]
    Phone(String),
}

#[message]
struct User {
    #[field(oneof, tag = 5, secret)]
    contact: Option<Contact>,
}

fn main() {}
