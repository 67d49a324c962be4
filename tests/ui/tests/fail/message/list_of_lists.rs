use bident::message;

#[message]
struct Matrix {
    rows: Vec<Vec<u32>>,
    maybe: Option<Vec<String>>,
}

fn main() {}
