use std::collections::BTreeMap;

use bident::message;

#[message]
struct Prices {
    by_price: BTreeMap<Vec<u8>, String>,
}

fn main() {}
