use bident::message;

#[message]
enum Numbered {
    Left,
    #[field(5, other)]
    Other(i32),
}

#[message]
enum Named {
    Left,
    #[field(other, name = "OTHER")]
    Other(i32),
}

fn main() {}
