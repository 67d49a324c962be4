use bident::message;

#[message]
enum Color {
    Red,
    #[field(name = "COLOR_RED")]
    Blue,
}

fn main() {}
