#[bident::error_reason]
fn wrong() {}

fn main() {}
