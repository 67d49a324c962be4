use bident::message;

#[message]
enum Color {
    Red,
    #[field(other)]
    Other,
}

fn main() {}
