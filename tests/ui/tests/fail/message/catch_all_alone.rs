use bident::message;

#[message]
enum Side {
    #[field(other)]
    Other(i32),
}

fn main() {}
