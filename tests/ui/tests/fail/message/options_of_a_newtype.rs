use bident::message;

#[message(name = "Id")]
struct BookId(#[field(5)] String);

fn main() {}
