fn sorted<K: bident::message::MapKey>(_: K) {}

fn main() {
    sorted(1.5);
}
