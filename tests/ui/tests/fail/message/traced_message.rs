use bident::message;

#[message]
struct Word {
    text: String,
}

#[message]
struct Search {
    #[field(traced = "search.word")]
    word: Word,
}

fn main() {}
