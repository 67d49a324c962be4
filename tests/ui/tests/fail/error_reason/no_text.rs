#[bident::error_reason]
enum Wrong {
    #[error_reason(code = 404)]
    NotFound,
}

fn main() {}
