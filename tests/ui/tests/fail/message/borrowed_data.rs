use bident::message;

#[message]
struct Book<'a> {
    title: &'a str,
}

fn main() {}
