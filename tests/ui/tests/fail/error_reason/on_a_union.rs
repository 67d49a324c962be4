#[bident::error_reason]
union Wrong {
    a: u32,
}

fn main() {}
