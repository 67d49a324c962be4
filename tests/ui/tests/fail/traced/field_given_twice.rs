#![allow(unused)]

#[bident::traced(fields(id = 1, id = 2))]
fn sell() {}

fn main() {}
