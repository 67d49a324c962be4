use bident::message;

#[message]
enum Side {
    Left,
    #[field(4294967296)]
    Right,
}

fn main() {}
