#![allow(unused)]

#[bident::traced(fields(id = ))]
fn sell() {}

fn main() {}
