#![allow(unused)]

#[bident::traced(level = "debug")]
fn sell() {}

fn main() {}
