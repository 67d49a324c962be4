use bident::message;

#[message]
enum Never {}

fn main() {}
