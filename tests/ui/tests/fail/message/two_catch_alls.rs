use bident::message;

#[message]
enum Side {
    Left,
    #[field(other)]
    Other(i32),
    #[field(other)]
    Another(i32),
}

fn main() {}
