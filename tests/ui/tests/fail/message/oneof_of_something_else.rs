use bident::message;

#[message]
struct Contact {
    email: String,
}

#[message]
struct User {
    #[field(oneof)]
    contact: Contact,
}

fn main() {}
