#![allow(unused)]

trait Shop {
    #[bident::traced]
    fn sell(&self);
}

fn main() {}
