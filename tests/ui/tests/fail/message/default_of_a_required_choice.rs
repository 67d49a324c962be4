use bident::message;

#[message]
enum Shape {
    Circle(f64),
    Square(f64),
}

#[message]
struct Drawing {
    shape: Shape,
}

fn main() {
    let _ = Drawing::default();
}
