#![allow(unused)]

struct Shop;

#[bident::traced(name = "shop")]
impl Shop {
    fn sell(&self) {}
}

fn main() {}
