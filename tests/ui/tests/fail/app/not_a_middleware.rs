async fn greet() {}

fn main() {
    bident::App::new("a").middleware(greet);
}
