use std::collections::HashMap;

use bident::message;

#[message]
struct Search {
    #[field(traced = "search.words")]
    words: HashMap<String, u32>,
}

fn main() {}
