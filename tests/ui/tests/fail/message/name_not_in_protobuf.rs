use bident::message;

#[message(package = "acme..v1", name = "A Book")]
struct Book {
    #[field(name = "the title")]
    title: String,
    größe: u32,
}

fn main() {}
