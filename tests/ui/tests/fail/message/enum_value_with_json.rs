use bident::message;

#[message]
enum Side {
    #[field(json = "left")]
    Left,
}

fn main() {}
