use bident::message;

#[message]
struct Point(i32, i32);

fn main() {}
