#[bident::service(package = "a.v1")]
struct Greeter;

fn main() {}
