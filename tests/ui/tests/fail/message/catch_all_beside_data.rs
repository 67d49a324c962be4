use bident::message;

#[message]
enum Contact {
    #[field(1)]
    Email(String),
    #[field(other)]
    Other(i32),
}

fn main() {}
