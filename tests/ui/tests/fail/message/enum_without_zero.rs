use bident::message;

#[message]
enum Color {
    Red = 1,
    Blue,
}

fn main() {}
