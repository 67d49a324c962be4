#[bident::error_reason]
enum Wrong {}

fn main() {}
