struct Greeter;

fn main() {
    bident::App::new("a").service(Greeter);
}
