use bident::message;

#[message]
struct Numbers {
    #[field(zigzag, fixed)]
    both: i32,
    #[field(zigzag)]
    unsigned: u32,
    #[field(fixed)]
    text: String,
}

fn main() {}
