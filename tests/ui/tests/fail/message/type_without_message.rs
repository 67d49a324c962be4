use bident::message;

#[derive(Debug, Clone, PartialEq)]
struct Plain;

#[message]
struct Order {
    item: Plain,
    items: Vec<Plain>,
}

fn main() {}
