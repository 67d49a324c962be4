#![allow(unused)]

#[bident::traced]
const fn sell() {}

fn main() {}
