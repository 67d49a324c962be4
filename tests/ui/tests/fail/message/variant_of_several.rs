use bident::message;

#[message]
enum Shape {
    Circle(f64),
    Rect(f64, f64),
}

fn main() {}
