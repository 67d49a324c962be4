#![allow(unused)]

struct Shop;

#[bident::traced]
impl Shop {
    #[traced(name = "a")]
    #[traced(name = "b")]
    fn sell(&self) {}
}

fn main() {}
