use bident::message;

#[message]
struct Sizes {
    a: usize,
    b: isize,
    c: Option<u128>,
    d: Vec<i128>,
}

fn main() {}
