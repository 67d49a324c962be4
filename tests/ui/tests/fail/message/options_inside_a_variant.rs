use bident::message;

#[message]
enum Shape {
    Circle(#[field(5, name = "round")] f64),
}

fn main() {}
