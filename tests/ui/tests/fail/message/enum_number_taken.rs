use bident::message;

#[message]
enum Color {
    Red,
    #[field(2)]
    Blue,
    #[field(2)]
    Green,
}

fn main() {}
