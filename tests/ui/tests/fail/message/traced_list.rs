use bident::message;

#[message]
struct Search {
    #[field(traced = "search.words")]
    words: Vec<String>,
}

fn main() {}
