#[bident::service(hooks)]
trait Ping {}

fn main() {}
