use bident::message;

#[derive(Debug, Clone, PartialEq)]
struct Address;

#[message]
struct User {
    #[field(foreign = "acme.v1.Address")]
    address: Option<Address>,
}

fn main() {}
