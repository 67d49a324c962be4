use bident::message;

#[message]
#[derive(Clone, Debug)]
struct Login {
    name: String,
    #[field(secret)]
    password: String,
}

fn main() {}
