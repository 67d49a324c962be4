#![allow(unused)]

#[bident::traced(name = " ")]
fn sell() {}

fn main() {}
