use bident::message;

#[message]
struct Block<const N: usize> {
    bytes: Vec<u8>,
}

fn main() {}
