use bident::message;

#[message]
enum Side<T> {
    Left,
    #[field(other)]
    Other(T),
}

fn main() {}
