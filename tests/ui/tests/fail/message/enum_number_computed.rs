use bident::message;

const BLUE: isize = 5;

#[message]
enum Color {
    Red,
    Blue = BLUE,
}

fn main() {}
