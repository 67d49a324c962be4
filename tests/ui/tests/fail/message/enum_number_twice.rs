use bident::message;

#[message]
enum Side {
    Left = 0,
    #[field(1)]
    Right = 1,
}

fn main() {}
