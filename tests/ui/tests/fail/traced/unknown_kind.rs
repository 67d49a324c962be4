#![allow(unused)]

#[bident::traced(kind = "sideways")]
fn sell() {}

fn main() {}
