#![allow(unused)]

#[bident::traced]
struct Shop;

fn main() {}
