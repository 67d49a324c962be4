use bident::message;

#[message]
enum Shape {
    Circle(f64),
    Points(Vec<String>),
    Maybe(Option<u32>),
}

fn main() {}
