use bident::message;

#[message]
struct Search {
    #[field(traced = "search.key")]
    key: Vec<u8>,
}

fn main() {}
