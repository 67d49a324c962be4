use bident::message;

#[message(packages = "acme.v1")]
struct Order {
    #[field(0)]
    id: String,
    #[field(traced = "order.card", secret)]
    card: String,
    #[field(5, zigzag, fixed)]
    total: i64,
    #[field(5)]
    items: Vec<String>,
}

fn main() {}
