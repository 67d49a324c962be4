struct Audit;

async fn greet() {}

fn main() {
    bident::App::new("a").middleware(Audit);
    bident::App::new("a").middleware(greet);
}
