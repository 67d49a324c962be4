#![allow(unused)]

#[bident::traced(fields(error.type = "x"))]
fn sell() {}

fn main() {}
