#![allow(unused)]

struct Id;

#[bident::traced(fields(%id))]
fn sell(id: Id) {}

fn main() {}
